#!/bin/sh
# Writes tests/unit/data/golden/types.tsv: what PostgreSQL answers to 60 cases of each operation, for
# tests that run without it: `types_golden.sh BUILD`. A line is operation, arguments, answer.
set -eu

build=$1
here=$(cd "$(dirname "$0")" && pwd)
target=$here/../unit/data/golden/types.tsv
cases=$(mktemp)
trap 'rm -f "$cases"' EXIT
operations=$("$build/tests/oracle/type_cases" list | wc -l)
"$build/tests/oracle/type_cases" 20 $((operations * 60)) >"$cases"

# Where we may differ is said in types.sh; those cases, and damaged ones, are left out.
"$here/pg.sh" psql -q -v ON_ERROR_STOP=1 >"$target" <<SQL
\\i $here/types.sql
\\copy given (operation, args, damaged, sql, ours) from '$cases' csv
INSERT INTO answer SELECT number, operation, args, damaged, sql, ours, pg_temp.answer(sql) FROM given;
COPY (SELECT DISTINCT operation, replace(args, E'\\x1f', ' | '), theirs FROM answer
      WHERE NOT damaged AND (ours = theirs) ORDER BY 1, 2) TO STDOUT;
SQL
wc -l "$target"
