#!/usr/bin/env bash
# A throw-away PostgreSQL on 127.0.0.1:PORT, its files in DIR.
#
#   postgres.sh start DIR PORT        makes the cluster when DIR has none, starts it, prints its URL
#   postgres.sh stop DIR [immediate]  stops it; `immediate` is a crash: the next start recovers from the log
#   postgres.sh run DIR PORT          start, and stop when stdin closes: it cannot outlive the test that started it
#
# PostgreSQL refuses to run as root: root runs it as the user `postgres`, or `nobody` when there is none, and DIR must
# be a place that this user can reach. fsync stays on: the tests are about what survives.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/common.sh"

START_SECONDS_MAX=60
SUPERUSER=plantgraph

bin=$(postgres_bin) || fail "no PostgreSQL >= $POSTGRES_MAJOR_MIN server programs here: run tests/setup.sh"

# Runs a command as the owner of the cluster.
as_owner() {
  if [ "$(id -u)" -ne 0 ]; then "$@"; return; fi
  setpriv --reuid "$owner" --regid "$(id -g "$owner")" --clear-groups env HOME="$dir" "$@"
}

create() {
  as_owner "$bin/initdb" -D "$dir/data" -U "$SUPERUSER" --auth=trust --encoding=UTF8 --locale=C \
    --no-sync --no-instructions > "$dir/initdb.log" 2>&1 || fail "initdb failed: see $dir/initdb.log"
}

start() {
  mkdir -p "$dir"
  [ "$(id -u)" -ne 0 ] || chown "$owner" "$dir"
  as_owner test -w "$dir" || fail "user $owner cannot write to $dir: choose a directory below one that everybody may enter"
  [ -f "$dir/data/PG_VERSION" ] || create
  # 200 connections: every test of a parallel run has its own pool.
  as_owner "$bin/pg_ctl" -D "$dir/data" -l "$dir/log" -w -t "$START_SECONDS_MAX" -s start \
    -o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories='$dir' -c fsync=on -c synchronous_commit=on -c max_connections=200" \
    < /dev/null > /dev/null || fail "PostgreSQL did not start: see $dir/log"
  echo "postgres://$SUPERUSER@127.0.0.1:$port/postgres"
}

stop() { as_owner "$bin/pg_ctl" -D "$dir/data" -w -s -m "${1:-fast}" stop; }

[ $# -ge 2 ] || fail "usage: $0 start DIR PORT | stop DIR [immediate] | run DIR PORT"
dir=$(realpath -m "$2")
owner=$(id -un)
if [ "$(id -u)" -eq 0 ]; then
  owner=nobody
  ! id postgres > /dev/null 2>&1 || owner=postgres
fi

case $1 in
  start) port=${3:?port}; start ;;
  stop) stop "${3:-fast}" ;;
  run) port=${3:?port}; start; trap 'stop' EXIT; trap 'exit 0' INT TERM; cat > /dev/null ;;
  *) fail "usage: $0 start DIR PORT | stop DIR [immediate] | run DIR PORT" ;;
esac
