#!/bin/sh
# Random queries, data and changes, held to PostgreSQL's answers; see random_run.py.
#
# In the environment: SEED (default 1), COUNT of queries (default 400), JOBS, and WEIR_BUILD, whose engine is tried.
# For a long run: COUNT=20000 JOBS=2 SEED=$(date +%s) tests/oracle/random_test.sh
here=$(cd "$(dirname "$0")" && pwd)
if ! [ -x "${WEIR_PG_BIN:-/usr/lib/postgresql/15/bin}/initdb" ]; then
    echo '0 passed, 0 failed, 1 skipped'
    exit 0
fi
exec python3 "$here/random_run.py" --build "${WEIR_BUILD:-$here/../../build}" --seed "${SEED:-1}" \
    --count "${COUNT:-400}" --jobs "${JOBS:-1}"
