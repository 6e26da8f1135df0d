#!/usr/bin/env bash
# A real Tryton 8.2 on http://127.0.0.1:PORT, database `erp`, user and password `admin`, its files in DIR.
#
#   tryton.sh run DIR PORT    starts it on a fresh copy of the seeded database (or on what DIR has already), prints READY,
#                             and stops it when stdin closes: it cannot outlive the test that started it
#
# `tryton_do.py` changes things in it as a clerk would.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/common.sh"


answers() {
  "$venv/bin/python" - "$port" <<'PYTHON'
import json, sys, time, urllib.request
body = json.dumps({"id": 0, "method": "common.server.version", "params": []}).encode()
request = urllib.request.Request(f"http://127.0.0.1:{sys.argv[1]}/rpc/", body, {"Content-Type": "application/json"})
for _ in range(600):
    try:
        urllib.request.urlopen(request, timeout=5).read()
        sys.exit(0)
    except OSError:
        time.sleep(0.1)
sys.exit(1)
PYTHON
}

run() {
  mkdir -p "$dir/db"
  [ -f "$dir/db/erp.sqlite" ] || cp "$template" "$dir/db/erp.sqlite" || fail "no prepared Tryton database: run tests/setup.sh"
  printf '[database]\nuri = sqlite://\npath = %s/db\n[web]\nlisten = 127.0.0.1:%s\n' "$dir" "$port" > "$dir/trytond.conf"
  "$venv/bin/trytond" -c "$dir/trytond.conf" -d erp > "$dir/log" 2>&1 < /dev/null &
  server=$!
  trap 'kill "$server" 2> /dev/null || true; wait "$server" 2> /dev/null || true' EXIT
  trap 'exit 0' INT TERM
  answers || fail "Tryton did not start: see $dir/log"
  echo "READY http://127.0.0.1:$port"
  cat > /dev/null
}

[ $# -eq 3 ] && [ "$1" = run ] || fail "usage: $0 run DIR PORT"
dir=$(realpath -m "$2")
port=$3
run
