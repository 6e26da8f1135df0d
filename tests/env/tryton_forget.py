"""Ends every session of a running Tryton at once, as a long silence would, in its database file.

usage: tryton_forget.py FILE
"""

import sqlite3
import sys

# Tryton writes in short transactions; one that holds the file longer than this hangs.
TIMEOUT_SECONDS = 10

if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    database = sqlite3.connect(sys.argv[1], timeout=TIMEOUT_SECONDS)
    with database:
        database.execute("DELETE FROM ir_session")
