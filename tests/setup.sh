#!/usr/bin/env bash
# Prepares the third-party systems that the tests run against: PostgreSQL, Mosquitto, and from PyPI Tryton 8.2 and asyncua.
# Does only what is missing; when all is there it returns at once. Needs nothing but package registries.
#
#   tests/setup.sh            prepare
#   tests/setup.sh --fresh    throw the prepared files away first
#
# Files go to PLANTGRAPH_TEST_HOME (default ~/.cache/plantgraph-test). Only PostgreSQL is installed into the system, and
# only when no version that will do is there; for that it needs root or sudo, and apt-get.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
env_dir=$here/env
. "$env_dir/common.sh"

requirements=$env_dir/requirements.txt
python_minimum="3.10"

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; return; fi
  command -v sudo > /dev/null || fail "this needs root: run as root, or install sudo, or install by hand: $*"
  sudo "$@"
}

apt_install() {
  command -v apt-get > /dev/null || fail "install by hand, with this system's package manager: $*"
  say "installing $*"
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends -o Dpkg::Options::=--force-confold "$@" > /dev/null
}

prepare_postgres() {
  ! postgres_bin > /dev/null || return 0
  # Without this, Debian's package also makes and starts a server of its own, which nobody asked for.
  if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
    as_root mkdir -p /etc/postgresql-common
    echo "create_main_cluster = false" | as_root tee /etc/postgresql-common/createcluster.conf > /dev/null
  fi
  apt_install postgresql
  postgres_bin > /dev/null || fail "the installed PostgreSQL is older than $POSTGRES_MAJOR_MIN: install a newer one by hand"
}

# The broker for MQTT. Debian's package also starts a server of its own where there is an init system; nobody uses that one.
prepare_mosquitto() {
  [ ! -x /usr/sbin/mosquitto ] && ! command -v mosquitto > /dev/null || return 0
  apt_install mosquitto
}

# A file name that says what a prepared thing was made from: when a source changes, the name does.
stamp() { echo "$1.$(cat "${@:2}" | sha256sum | cut -c1-16)"; }

python_usable() {
  python3 -c "import sys, venv, ensurepip; sys.exit(sys.version_info < tuple(map(int, '$python_minimum'.split('.'))))" 2> /dev/null
}

prepare_python() {
  local done
  done=$(stamp "$test_home/venv-ready" "$requirements")
  [ ! -f "$done" ] || [ ! -x "$venv/bin/python" ] || return 0
  python_usable || apt_install python3 python3-venv
  python_usable || fail "Python >= $python_minimum with the modules venv and ensurepip is needed"
  say "making the Python environment in $venv"
  rm -rf "$venv" "$test_home"/venv-ready.*
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$requirements"
  touch "$done"
}

# Makes the Tryton database that every test copies: modules activated, seeded, one SQLite file.
prepare_tryton() {
  local done port
  done=$(stamp "$template-ready" "$requirements" "$env_dir/tryton_seed.py" "$env_dir/tryton_rpc.py")
  [ ! -f "$done" ] || [ ! -f "$template" ] || return 0
  say "making the Tryton database (about 20 s)"
  mkdir -p "$(dirname "$template")"
  rm -f "$template" "$template"-ready.*
  # In memory where the machine has it: Tryton commits some thousand times on the way.
  work=$(mktemp -d "$([ -w /dev/shm ] && echo /dev/shm || echo /tmp)/plantgraph-tryton.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  activate_tryton "$work"
  port=$("$venv/bin/python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  coproc TRYTON { exec "$env_dir/tryton.sh" run "$work" "$port" 9>&-; }
  read -r -u "${TRYTON[0]}" _ || fail "Tryton did not start"
  "$venv/bin/python" -B "$env_dir/tryton_seed.py" "http://127.0.0.1:$port" erp
  exec {TRYTON[1]}>&-
  wait "$TRYTON_PID" || true
  "$venv/bin/python" -c 'import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute("VACUUM INTO ?", (sys.argv[2],))' \
    "$work/db/erp.sqlite" "$template"
  touch "$done"
}

activate_tryton() {
  mkdir "$1/db"
  touch "$1/db/erp.sqlite"
  echo admin > "$1/password"
  printf '[database]\nuri = sqlite://\npath = %s/db\n' "$1" > "$1/admin.conf"
  TRYTONPASSFILE=$1/password "$venv/bin/trytond-admin" -c "$1/admin.conf" -d erp -u ir res production stock_lot \
    --activate-dependencies --email admin@example.com -p > "$1/admin.log" 2>&1 < /dev/null \
    || { tail -20 "$1/admin.log" >&2; fail "Tryton's database could not be made"; }
}

[ "${1:-}" != --fresh ] || rm -rf "$test_home"
mkdir -p "$test_home"
# Two runs at once would build into the same files.
exec 9> "$test_home/lock"
flock 9
prepare_postgres
prepare_mosquitto
prepare_python
prepare_tryton
say "ready in $test_home"
