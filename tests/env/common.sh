# Shared by the scripts of the test environment: where things are and who runs them. Sourced, never run.

# Virtual environment, prepared database and locks; outside the repository, so that `git clean` keeps it.
test_home=${PLANTGRAPH_TEST_HOME:-$HOME/.cache/plantgraph-test}
venv=$test_home/venv
template=$test_home/tryton/erp.sqlite

POSTGRES_MAJOR_MIN=15

say() { printf 'setup: %s\n' "$*"; }
fail() { printf '%s\n' "$*" >&2; exit 1; }

# Prints the newest directory that holds PostgreSQL server programs of at least POSTGRES_MAJOR_MIN; fails when none does.
postgres_bin() {
  local dir major
  for dir in $(printf '%s\n' /usr/lib/postgresql/*/bin /usr/pgsql-*/bin | sort -rV) "$(dirname "$(command -v postgres || echo /nowhere/postgres)")"; do
    [ -x "$dir/postgres" ] && [ -x "$dir/initdb" ] && [ -x "$dir/pg_ctl" ] || continue
    major=$("$dir/postgres" --version | sed 's/^[^0-9]*\([0-9]*\).*/\1/')
    [ "$major" -ge "$POSTGRES_MAJOR_MIN" ] && { echo "$dir"; return; }
  done
  return 1
}
