#!/bin/sh
# Runs tools/bootstrap.py with the first Python 3 that answers, however old: a name on PATH may be
# a shim of a version manager that fails when it is called.
cd "$(dirname "$0")/.." || exit 1
for name in python3 python3.13 python3.12 python3.14 python python3.11 python3.10 python3.9 python3.8; do
    if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 6))' >/dev/null 2>&1; then
        exec "$name" -m tools.bootstrap "$@"
    fi
done
echo "bootstrap: no Python 3 on PATH answers. Install Python 3.13 or 3.12 from your system's packages" >&2
echo "bootstrap: or from https://www.python.org/downloads/, then run make again." >&2
exit 1
