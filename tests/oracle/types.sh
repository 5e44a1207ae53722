#!/bin/sh
# Holds Weir's types to PostgreSQL's: `types.sh BUILD [COUNT [SEED [OPERATION]]]`.
#
# Makes COUNT random cases (default 20000), asks PostgreSQL for the same answers, and prints the first
# that differ; the exit status is 0 when none does. A difference is allowed where Weir says so: what
# it refuses as not supported (0A000), and numerics of more than 38 digits or places, where
# PostgreSQL's answer must really have as many.
set -eu

build=$1
count=${2:-20000}
seed=${3:-1}
here=$(cd "$(dirname "$0")" && pwd)
cases=$(mktemp)
trap 'rm -f "$cases"' EXIT
"$here/pg.sh" start # exits with 77, which is "skipped", where there is no PostgreSQL
"$build/tests/oracle/type_cases" "$seed" "$count" ${4:+"$4"} >"$cases"

"$here/pg.sh" psql -q -v ON_ERROR_STOP=1 -v seed="$seed" <<SQL
\\i $here/types.sql
\\copy given (operation, args, damaged, sql, ours) from '$cases' csv
INSERT INTO answer SELECT number, operation, args, damaged, sql, ours, pg_temp.answer(sql) FROM given;
CREATE TEMP TABLE differs AS SELECT * FROM answer
WHERE ours IS DISTINCT FROM theirs
  AND NOT ours LIKE '!0A000%'
  AND NOT (ours LIKE '!22003 value overflows numeric format'
           AND (length(ltrim(regexp_replace(theirs, '[^0-9]', '', 'g'), '0')) > 38
                OR scale(CASE WHEN theirs ~ '^-?[0-9.]+\$' THEN theirs::numeric END) > 38))
  -- A damaged text may be refused for another reason, or where PostgreSQL reads it by chance.
  AND NOT (damaged AND ours LIKE '!22%')
  -- Near 1 PostgreSQL sometimes rounds the last digit of these to the farther side.
  AND NOT (operation IN ('decimal_log', 'decimal_power')
           AND CASE WHEN ours ~ '^-?0[.]' AND theirs ~ '^-?0[.]' AND length(ours) = length(theirs)
                    THEN abs(ours::numeric - theirs::numeric) * 10 ^ scale(ours::numeric) = 1 END)
  -- PostgreSQL 15 lets these overflow without a word; here they are errors.
  AND NOT (operation = 'timestamp_age' AND args LIKE '%infinity%')
  AND NOT (operation IN ('timestamp_subtract', 'interval_make')
           AND ours = '!22008 interval out of range')
  -- Where the sentence names the values that were computed and not only the text that was read.
  AND NOT (theirs LIKE ours || ': %' AND ours LIKE '!2200_ %');
\\pset format unaligned
SELECT operation, sql, ours, theirs FROM differs ORDER BY number LIMIT 40;
SELECT operation, count(*) FROM differs GROUP BY 1 ORDER BY 2 DESC;
SELECT count(*) AS cases, count(*) FILTER (WHERE theirs LIKE '!%') AS errors,
       count(*) FILTER (WHERE ours LIKE '!0A000%') AS refused,
       (SELECT count(*) FROM differs) AS differs FROM answer;
SELECT 1 / (count(*) = 0)::int AS same FROM differs \\g /dev/null
SQL
