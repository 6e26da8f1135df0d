#!/usr/bin/env bash
# Runs a Python program of the test environment, in its place: what is signalled is the program itself.
#
#   python.sh asyncua_plant.py PORT CONTROL_PORT PKI_DIR
#   python.sh tryton_do.py URL DATABASE COMMAND [ARGUMENT ...]
#   python.sh tryton_forget.py FILE
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/common.sh"

[ -x "$venv/bin/python" ] || fail "no Python environment in $venv: run tests/setup.sh"
program=${1:?program}
shift
exec "$venv/bin/python" -B "$here/$program" "$@"
