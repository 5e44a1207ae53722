#include "plan/hint.h"

#include "tests/unit/engine/fixture.h"

/* A statement for each line of hints.def, so that none is there for a sentence that nobody says any more. */
static const char *const statements[] = {
    "SELECT id FROM t WHERE EXISTS (SELECT 1)",
    "SELECT id FROM t WHERE id IN (SELECT id FROM t)",
    "SELECT (SELECT 1)",
    "SELECT * FROM t, LATERAL (SELECT t.id) x",
    "UPDATE t SET (a, b) = (SELECT 1, 'x')",
    "SELECT * FROM t FULL JOIN t u ON t.id = u.id",
    "SELECT rank() OVER (ORDER BY id) FROM t",
    "SELECT string_agg(b, ',') FROM t",
    "SELECT array_agg(b) FROM t",
    "SELECT json_agg(b) FROM t",
    "SELECT stddev(a) FROM t",
    "SELECT variance(a) FROM t",
    "SELECT max(a ORDER BY b) FROM t",
    "SELECT a, count(*) FROM t GROUP BY ROLLUP (a)",
    "WITH RECURSIVE w AS (SELECT 1) SELECT * FROM w",
    "SELECT id FROM t WHERE (id, a) < (1, 2)",
    "SELECT ROW(1, 2)",
    "SELECT ARRAY[1]",
    "CREATE TABLE x (id serial)",
    "CREATE TABLE x (id bigserial)",
    "CREATE TABLE x (id smallserial)",
    "CREATE TABLE x (id int GENERATED ALWAYS AS IDENTITY)",
    "CREATE TABLE x (id int, a int GENERATED ALWAYS AS (id + 1) STORED)",
    "CREATE TABLE x (a jsonb)",
    "CREATE TABLE x (a time)",
    "CREATE TABLE x (a money)",
    "CREATE TABLE x (a inet)",
    "CREATE TABLE x (a int CHECK (a > 0))",
    "CREATE TABLE x (a int REFERENCES t (id))",
    "CREATE TABLE x (a int, EXCLUDE USING gist (a WITH =))",
    "CREATE TABLE x () INHERITS (t)",
    "CREATE TABLE x (a int) PARTITION BY RANGE (a)",
    "CREATE TABLE x AS SELECT 1",
    "SELECT 1 INTO x",
    "CREATE TABLE x (LIKE t)",
    "CREATE TEMP TABLE x (a int)",
    "CREATE TEMP VIEW x AS SELECT 1",
    "ALTER TABLE t ADD COLUMN c int",
    "ALTER VIEW v RENAME TO w",
    "CREATE FUNCTION f() RETURNS int AS 'select 1' LANGUAGE sql",
    "CREATE TRIGGER x AFTER INSERT ON t EXECUTE FUNCTION f()",
    "CREATE RULE x AS ON INSERT TO t DO NOTHING",
    "CREATE SEQUENCE x",
    "CREATE TYPE x AS ENUM ('a')",
    "CREATE DOMAIN x AS int",
    "CREATE SCHEMA x",
    "CREATE DATABASE x",
    "CREATE EXTENSION x",
    "CREATE ROLE x",
    "CREATE USER x",
    "CREATE POLICY x ON t",
    "GRANT SELECT ON t TO public",
    "REVOKE ALL ON t FROM public",
    "CREATE SINK s FROM t WITH (connector = 'file')",
    "CREATE INDEX ON t (lower(b))",
    "CREATE INDEX ON t (a) WHERE a > 1",
    "CREATE INDEX ON t USING gin (b)",
    "CREATE INDEX ON t (a) INCLUDE (b)",
    "CREATE MATERIALIZED VIEW x AS SELECT 1 WITH NO DATA",
    "REFRESH MATERIALIZED VIEW x",
    "UPDATE t SET a = u.a FROM t u",
    "DELETE FROM t USING t u",
    "WITH w AS (SELECT 1) DELETE FROM t",
    "MERGE INTO t USING t u ON t.id = u.id WHEN MATCHED THEN DELETE",
    "COPY t TO STDOUT",
    "PREPARE x AS SELECT 1",
    "DECLARE c CURSOR FOR SELECT 1",
    "LISTEN x",
    "NOTIFY x",
    "VACUUM",
    "ANALYZE",
    "REINDEX TABLE t",
    "LOCK TABLE t",
    "SELECT id FROM t FOR UPDATE",
    "BEGIN; SAVEPOINT a; COMMIT",
    "EXECUTE x",
    "SELECT * FROM t TABLESAMPLE SYSTEM (1)",
    "SELECT id FROM t ORDER BY id FETCH FIRST 1 ROW WITH TIES",
    "SELECT * FROM unnest(ARRAY[1]) x",
    "SELECT timestamptz '2024-01-01' AT TIME ZONE 'Europe/Berlin'",
    "CREATE MATERIALIZED VIEW x AS SELECT now()",
    "CREATE MATERIALIZED VIEW x AS SELECT current_date",
    "SELECT random()",
};

TEST(every_refusal_with_a_hint_is_met_by_a_statement)
{
    struct fixture fixture;
    bool met[256] = { false };
    fixture_open(&fixture);
    fixture_run(&fixture, "CREATE TABLE t (id int PRIMARY KEY, a int, b text)");
    for (u32 index = 0; index < countof(statements); index++) {
        err_clear(&fixture.err);
        fixture_run(&fixture, statements[index]);
        if (strcmp(fixture.err.sqlstate, "0A000") != 0)
            fail_msg("%s: %s %s", statements[index], fixture.err.sqlstate, fixture.err.message);
        u32 line = 0;
        while (hint_of_refusal(line) && strcmp(hint_of_refusal(line), fixture.err.hint) != 0)
            line++;
        if (!hint_of_refusal(line))
            fail_msg("no hint: %s: %s", statements[index], fixture.err.message);
        for (u32 same = 0; hint_of_refusal(same); same++)
            met[same] |= strcmp(hint_of_refusal(same), fixture.err.hint) == 0;
    }
    for (u32 line = 0; hint_of_refusal(line); line++)
        if (!met[line]) fail_msg("nobody meets: %s", hint_of_refusal(line));
    fixture_close(&fixture);
}
