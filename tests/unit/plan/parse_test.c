/* Statements and the trees they give, one line each. */
#include "plan/parse.h"

#include <malloc.h>

#include "tests/unit/plan/plan_test.h"

struct pair {
    const char *sql;
    const char *tree;
};

static void check_pairs(const struct pair *pairs, size_t count, const char *head, const char *open,
                        const char *close)
{
    struct plan_fixture fixture;
    plan_fixture_init(&fixture);
    for (size_t i = 0; i < count; i++) {
        const char *sql = arena_format(&fixture.arena, "%s%s", head, pairs[i].sql);
        const char *tree = arena_format(&fixture.arena, "%s%s%s", open, pairs[i].tree, close);
        assert_string_equal(plan_print(&fixture, sql), tree);
    }
    plan_fixture_deinit(&fixture);
}

TEST(parse_gives_the_tree_of_an_expression)
{
    static const struct pair pairs[] = {
        { "a", "a" },
        { "a.b.c", "a.b.c" },
        { "t.*", "t.*" },
        { "*", "*" },
        { "\"A b\".\"c\"\"\"", "\"A b\".\"c\"\"\"" },
        { "1", "1" },
        { "-1", "-1" },
        { "2147483648", "2147483648" },
        { "-9223372036854775808", "-9223372036854775808" },
        { "9223372036854775807", "9223372036854775807" },
        { "9223372036854775808", "9223372036854775808" },
        { "1.50", "1.50" },
        { "1e10", "1e10" },
        { ".5", ".5" },
        { "'it''s'", "'it''s'" },
        { "E'a\\nb'", "'a\nb'" },
        { "U&'\\0041'", "'A'" },
        { "$$dollar$$", "'dollar'" },
        { "b'101'", "(bits b101)" },
        { "x'1F'", "(bits x1F)" },
        { "NULL", "null" },
        { "TRUE", "true" },
        { "false", "false" },
        { "$2", "$2" },
        { "a + b * c - d", "(- (+ a (* b c)) d)" },
        { "- a", "(- a)" },
        { "@ a", "(@ a)" },
        { "a ->> 'x' #> b", "(#> (->> a 'x') b)" },
        { "a OPERATOR(pg_catalog.+) b", "(+ a b)" },
        { "a <> b", "(<> a b)" },
        { "a != b", "(<> a b)" },
        { "a = ANY (b)", "(=-any a b)" },
        { "a < ALL (ARRAY[1, 2])", "(<-all a (array-of 1 2))" },
        { "a AND b AND c", "(and a b c)" },
        { "(a AND b) AND (c AND (d AND e))", "(and a b c d e)" },
        { "a OR b AND c OR NOT d", "(or a (and b c) (not d))" },
        { "NOT NOT a", "(not (not a))" },
        { "a IS DISTINCT FROM b", "(is-distinct a b)" },
        { "a IS NOT DISTINCT FROM b", "(not-is-distinct a b)" },
        { "a IS NULL", "(is-null a)" },
        { "a IS NOT NULL", "(not-is-null a)" },
        { "a ISNULL", "(is-null a)" },
        { "a IS TRUE", "(is-true a)" },
        { "a IS NOT FALSE", "(not-is-false a)" },
        { "a IS UNKNOWN", "(is-unknown a)" },
        { "a IN (1, 2)", "(in-list a 1 2)" },
        { "a NOT IN (1)", "(not-in-list a 1)" },
        { "(a, b) IN ((1, 2), (3, 4))", "(in-list (row a b) (row 1 2) (row 3 4))" },
        { "a BETWEEN 1 AND 2", "(between a 1 2)" },
        { "a NOT BETWEEN SYMMETRIC 1 AND 2", "(not-between-symmetric a 1 2)" },
        { "a LIKE 'x%'", "(like a 'x%')" },
        { "a NOT ILIKE b ESCAPE '!'", "(not-ilike a b '!')" },
        { "a SIMILAR TO b", "(similar a b)" },
        { "a NOT SIMILAR TO b ESCAPE 'c'", "(not-similar a b 'c')" },
        { "a ~ 'x'", "(~ a 'x')" },
        { "coalesce(a, b, 1)", "(coalesce a b 1)" },
        { "nullif(a, b)", "(nullif a b)" },
        { "greatest(a, b)", "(greatest a b)" },
        { "least(a)", "(least a)" },
        { "CASE WHEN a THEN 1 ELSE 2 END", "(case (when a 1) (else 2))" },
        { "CASE a WHEN 1 THEN 'x' WHEN 2 THEN 'y' END", "(case a (when 1 'x') (when 2 'y'))" },
        { "a::int", "(cast a int4)" },
        { "CAST(a AS numeric(10, 2))", "(cast a numeric(10,2))" },
        { "a::varchar(20)::char", "(cast (cast a varchar(20)) bpchar(1))" },
        { "a::\"char\"", "(cast a char)" },
        { "a::double precision", "(cast a float8)" },
        { "a::float8[]", "(cast a float8[])" },
        { "a::int[3][4]", "(cast a int4[][])" },
        { "a::myschema.mytype(1)", "(cast a myschema.mytype(1))" },
        { "date '2020-01-01'", "(cast '2020-01-01' date)" },
        { "timestamp with time zone 'x'", "(cast 'x' timestamptz)" },
        { "timestamp(3) 'x'", "(cast 'x' timestamp(3))" },
        { "interval '1 day'", "(cast '1 day' interval)" },
        { "interval '1-2' YEAR TO MONTH", "(cast '1-2' interval-year-month)" },
        { "interval '1' day to second(3)", "(cast '1' interval-day-hour-minute-second(3))" },
        { "interval(2) '1'", "(cast '1' interval(2))" },
        { "a COLLATE \"C\"", "(collate a \"C\")" },
        { "a COLLATE s.c", "(collate a s.c)" },
        { "f()", "(f)" },
        { "s.f(a, 1)", "(s.f a 1)" },
        { "count(*)", "(count *)" },
        { "count(DISTINCT a)", "(count distinct a)" },
        { "sum(a ORDER BY b DESC) FILTER (WHERE c > 0)",
          "(sum a (order (b desc)) (filter (> c 0)))" },
        { "f(a, VARIADIC b)", "(f variadic a b)" },
        { "f(a, x => 1, y := 2)", "(f a (=> x 1) (=> y 2))" },
        { "percentile_cont(0.5) WITHIN GROUP (ORDER BY a)",
          "(percentile_cont 0.5 within-group (order (a)))" },
        { "row_number() OVER (PARTITION BY a ORDER BY b)",
          "(row_number (over (window (partition a) (order (b)))))" },
        { "sum(a) OVER w", "(sum a (over (window w)))" },
        { "sum(a) OVER (w ROWS BETWEEN 1 PRECEDING AND UNBOUNDED FOLLOWING EXCLUDE TIES)",
          "(sum a (over (window (base w) (rows (preceding 1) (unbounded-following) "
          "exclude-ties))))" },
        { "sum(a) OVER (ORDER BY b RANGE '1 day' PRECEDING)",
          "(sum a (over (window (order (b)) (range (preceding '1 day') (current-row)))))" },
        { "sum(a) OVER (ORDER BY b GROUPS BETWEEN CURRENT ROW AND 2 FOLLOWING EXCLUDE CURRENT ROW)",
          "(sum a (over (window (order (b)) (groups (current-row) (following 2) "
          "exclude-current-row))))" },
        { "current_date", "(current_date)" },
        { "current_timestamp", "(current_timestamp)" },
        { "current_timestamp(3)", "(current_timestamp 3)" },
        { "localtime", "(localtime)" },
        { "current_user", "(current_user)" },
        { "extract(year FROM a)", "(pg_catalog.extract 'year' a)" },
        { "a AT TIME ZONE 'UTC'", "(pg_catalog.timezone 'UTC' a)" },
        { "position('a' IN b)", "(pg_catalog.position b 'a')" },
        { "substring(a FROM 2 FOR 3)", "(pg_catalog.substring a 2 3)" },
        { "substring(a, 2)", "(substring a 2)" },
        { "overlay(a PLACING b FROM 2)", "(pg_catalog.overlay a b 2)" },
        { "trim(BOTH 'x' FROM a)", "(pg_catalog.btrim a 'x')" },
        { "ltrim(a)", "(ltrim a)" },
        { "GROUPING(a, b)", "(grouping a b)" },
        { "(SELECT 1)", "(scalar (select (1)))" },
        { "EXISTS (SELECT 1)", "(exists (select (1)))" },
        { "a IN (SELECT b FROM t)", "(in a (select (b) (from t)))" },
        { "a NOT IN (SELECT b FROM t)", "(not (in a (select (b) (from t))))" },
        { "a = ANY (SELECT 1)", "(any = a (select (1)))" },
        { "a <> ALL (SELECT 1)", "(all <> a (select (1)))" },
        { "ARRAY(SELECT 1)", "(array (select (1)))" },
        { "ARRAY[1, 2]", "(array-of 1 2)" },
        { "ARRAY[[1], [2]]", "(array-of (array-of 1) (array-of 2))" },
        { "ROW(1, 2)", "(row 1 2)" },
        { "ROW()", "(row)" },
        { "(1, 2)", "(row 1 2)" },
        { "a[1]", "(at a [1])" },
        { "a[1:2]", "(at a [1:2])" },
        { "a[:]", "(at a [:])" },
        { "a[1][2]", "(at a [1] [2])" },
        { "(a).b", "(at a .b)" },
        { "(a).*", "(at a .*)" },
        { "(f(x)).b[1]", "(at (f x) .b [1])" },
    };
    check_pairs(pairs, countof(pairs), "SELECT ", "(select (", "))");
}

TEST(parse_gives_the_tree_of_a_statement)
{
    static const struct pair pairs[] = {
        { "SELECT", "(select ())" },
        { "SELECT a AS b, c d, 1 FROM t", "(select ((as a b) (as c d) 1) (from t))" },
        { "SELECT DISTINCT a FROM t", "(select distinct (a) (from t))" },
        { "SELECT DISTINCT ON (a, b) c FROM t", "(select distinct (on a b) (c) (from t))" },
        { "TABLE t", "(select (*) (from t))" },
        { "SELECT * FROM a, s.b AS x (p, q), ONLY c",
          "(select (*) (from a (as s.b x (p q)) only-c))" },
        { "SELECT * FROM a JOIN b ON a.x = b.x LEFT JOIN c USING (y, z)",
          "(select (*) (from (left-join (join a b (on (= a.x b.x))) c (using (y z)))))" },
        { "SELECT * FROM a CROSS JOIN b NATURAL FULL JOIN c",
          "(select (*) (from (natural-full-join (join a b) c)))" },
        { "SELECT * FROM (a RIGHT JOIN b USING (x) AS u) AS j",
          "(select (*) (from (as (right-join a b (using (x) u)) j)))" },
        { "SELECT * FROM (SELECT 1) AS s (x), LATERAL (SELECT s.x) AS l",
          "(select (*) (from (as (select (1)) s (x)) (as lateral (select (s.x)) l)))" },
        { "SELECT * FROM f(1) WITH ORDINALITY AS t (a, n), LATERAL g(t.a)",
          "(select (*) (from (as (f 1) with-ordinality t (a n)) (as lateral (g t.a))))" },
        { "SELECT * FROM f() AS t (a int, b text)",
          "(select (*) (from (as (f) (columns (a int4) (b text)) t)))" },
        { "SELECT * FROM ROWS FROM (f(1), g() AS (a int)) AS t",
          "(select (*) (from (as (rows-from (f 1) (g) (columns (a int4))) t)))" },
        { "SELECT * FROM regexp_split_to_table(a, ' ') w",
          "(select (*) (from (as (regexp_split_to_table a ' ') w)))" },
        { "SELECT * FROM t TABLESAMPLE bernoulli (10) REPEATABLE (1)",
          "(select (*) (from t (sample bernoulli 10 (seed 1))))" },
        { "SELECT a, count(*) FROM t WHERE b > 1 GROUP BY a HAVING count(*) > 1",
          "(select (a (count *)) (from t) (where (> b 1)) (group a) (having (> (count *) 1)))" },
        { "SELECT 1 GROUP BY DISTINCT a, (b, c), (), ROLLUP (d, (e, f)), CUBE (g), GROUPING SETS "
          "((h), (), CUBE (i))",
          "(select (1) (group-distinct a (row b c) () (rollup d (row e f)) (cube g) (sets h () "
          "(cube i))))" },
        { "SELECT 1 WINDOW w AS (PARTITION BY a), x AS (w ORDER BY b)",
          "(select (1) (window w (partition a)) (window x (base w) (order (b))))" },
        { "SELECT a FROM t ORDER BY a, b DESC NULLS LAST, c ASC NULLS FIRST LIMIT 10 OFFSET 5",
          "(select (a) (from t) (order (a) (b desc nulls-last) (c asc nulls-first)) (limit 10) "
          "(offset 5))" },
        { "SELECT a LIMIT ALL", "(select (a))" },
        { "SELECT a FROM t ORDER BY a FETCH FIRST 3 ROWS WITH TIES",
          "(select (a) (from t) (order (a)) (limit-ties 3))" },
        { "SELECT a FROM t FOR UPDATE OF t, u SKIP LOCKED FOR SHARE NOWAIT",
          "(select (a) (from t) (for-update t u skip-locked) (for-share nowait))" },
        { "VALUES (1, 'a'), (2, 'b') ORDER BY 1", "(values (row 1 'a') (row 2 'b') (order (1)))" },
        { "SELECT 1 UNION SELECT 2 UNION ALL SELECT 3",
          "(union-all (union (select (1)) (select (2))) (select (3)))" },
        { "SELECT 1 EXCEPT (SELECT 2 INTERSECT SELECT 3 LIMIT 1) ORDER BY 1",
          "(except (select (1)) (intersect (select (2)) (select (3)) (limit 1)) (order (1)))" },
        { "WITH a AS (SELECT 1), b (x) AS MATERIALIZED (SELECT 2) SELECT * FROM a, b",
          "(select (with (a (select (1))) (b (x) materialized (select (2)))) (*) (from a b))" },
        { "WITH RECURSIVE r (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM r) SELECT * FROM r",
          "(select (with-recursive (r (n) (union-all (values (row 1)) (select ((+ n 1)) (from "
          "r))))) (*) (from r))" },
        { "WITH d AS (DELETE FROM t RETURNING *) SELECT * FROM d",
          "(select (with (d (delete t (returning (*))))) (*) (from d))" },
        { "INSERT INTO t VALUES (1, DEFAULT)", "(insert t (values (row 1 default)))" },
        { "INSERT INTO s.t AS x (a, b) SELECT 1, 2 RETURNING a, b + 1 AS c",
          "(insert (as s.t x) (a b) (select (1 2)) (returning (a (as (+ b 1) c))))" },
        { "INSERT INTO t DEFAULT VALUES", "(insert t default-values)" },
        { "INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING",
          "(insert t (values (row 1)) (conflict-nothing))" },
        { "INSERT INTO t VALUES (1) ON CONFLICT (a, lower(b) DESC) WHERE c DO UPDATE SET a = "
          "excluded.a WHERE t.a > 1",
          "(insert t (values (row 1)) (conflict-update (on (a) ((lower b) desc) (where c)) (set "
          "(a) excluded.a) (where (> t.a 1))))" },
        { "INSERT INTO t VALUES (1) ON CONFLICT ON CONSTRAINT k DO UPDATE SET (a, b) = (1, "
          "DEFAULT)",
          "(insert t (values (row 1)) (conflict-update (constraint k) (set (a b) (row 1 "
          "default))))" },
        { "WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a",
          "(insert (with (a (select (1)))) t (select (*) (from a)))" },
        { "UPDATE t SET a = a + 1, b = DEFAULT WHERE a = 1 RETURNING *",
          "(update t (set (a) (+ a 1)) (set (b) default) (where (= a 1)) (returning (*)))" },
        { "UPDATE t AS x SET (a, b) = (SELECT 1, 2), c[1] = 2, d.e = 3 FROM u WHERE x.a = u.a",
          "(update (as t x) (set (a b) (scalar (select (1 2)))) (set (c [1]) 2) (set (d .e) 3) "
          "(from u) (where (= x.a u.a)))" },
        { "DELETE FROM t WHERE a = 1", "(delete t (where (= a 1)))" },
        { "DELETE FROM t x USING u, v WHERE x.a = u.a RETURNING x.a",
          "(delete (as t x) (using u v) (where (= x.a u.a)) (returning (x.a)))" },
        { "TRUNCATE a, s.b", "(truncate a s.b)" },
        { "TRUNCATE TABLE a CASCADE", "(truncate a cascade)" },
        { "CREATE TABLE t (a bigint PRIMARY KEY, b text NOT NULL DEFAULT 'x' || 'y', c "
          "numeric(10,2) NULL UNIQUE CHECK (c > 0))",
          "(create-table t (a int8 (primary-key)) (b text (not-null) (default (|| 'x' 'y'))) (c "
          "numeric(10,2) (null) (unique) (check (> c 0))))" },
        { "CREATE TABLE IF NOT EXISTS s.t (a int, b int, CONSTRAINT k PRIMARY KEY (a, b), UNIQUE "
          "NULLS NOT DISTINCT (b), FOREIGN KEY (a) REFERENCES u (x), CHECK (a < b))",
          "(create-table if-not-exists s.t (a int4) (b int4) (primary-key (name k) (a b)) (unique "
          "nulls-not-distinct (b)) (references (a) u (x)) (check (< a b)))" },
        { "CREATE TABLE t (a text COLLATE \"C\", b int GENERATED ALWAYS AS (1 + 1) STORED, c int "
          "REFERENCES u)",
          "(create-table t (a text (collate \"C\")) (b int4 (generated (+ 1 1))) (c int4 "
          "(references u)))" },
        { "CREATE TABLE bid (auction bigint) WITH (append_only = true, retain = '1 hour', n = 5, f "
          "= 0.5, w = json, bare)",
          "(create-table bid (auction int8) (options (append_only 'true') (retain '1 hour') (n 5) "
          "(f 0.5) (w json) (bare)))" },
        { "CREATE TABLE t ()", "(create-table t)" },
        { "CREATE VIEW cheap AS SELECT * FROM product WHERE price < 10",
          "(create-view cheap (select (*) (from product) (where (< price 10))))" },
        { "CREATE OR REPLACE VIEW s.v (a, b) WITH (x = 1) AS SELECT 1, 2",
          "(create-view or-replace s.v (a b) (select (1 2)) (options (x 1)))" },
        { "CREATE MATERIALIZED VIEW v AS SELECT category, count(*) AS products FROM product GROUP "
          "BY category",
          "(create-materialized-view v (select (category (as (count *) products)) (from product) "
          "(group category)))" },
        { "CREATE MATERIALIZED VIEW IF NOT EXISTS v (a) WITH (history = '64MB') AS VALUES (1) WITH "
          "DATA",
          "(create-materialized-view if-not-exists v (a) (values (row 1)) (options (history "
          "'64MB')))" },
        { "CREATE OR REPLACE MATERIALIZED VIEW v AS SELECT 1",
          "(create-materialized-view or-replace v (select (1)))" },
        { "CREATE INDEX ON category_total (value)",
          "(create-index (on category_total) (btree (value)))" },
        { "CREATE UNIQUE INDEX IF NOT EXISTS i ON s.t USING btree (a DESC NULLS LAST, lower(b) "
          "text_ops, c COLLATE \"C\") INCLUDE (d) WHERE e > 1",
          "(create-unique-index if-not-exists i (on s.t) (btree (a desc nulls-last) ((lower b) "
          "(class text_ops)) (c (collate \"C\"))) (include (d)) (where (> e 1)))" },
        { "CREATE SOURCE trade (symbol text, at timestamptz) WITH (connector = 'kafka', max_items "
          "= 100000)",
          "(create-source trade (symbol text) (at timestamptz) (options (connector 'kafka') "
          "(max_items 100000)))" },
        { "CREATE SOURCE IF NOT EXISTS s.x (a int NOT NULL)",
          "(create-source if-not-exists s.x (a int4 (not-null)))" },
        { "CREATE SINK totals FROM category_total WITH (connector = 'file', max_bytes = '64MB')",
          "(create-sink totals (from category_total) (options (connector 'file') (max_bytes "
          "'64MB')))" },
        { "CREATE SINK IF NOT EXISTS \"S\".\"T\" FROM public.x",
          "(create-sink if-not-exists \"S\".\"T\" (from public.x))" },
        { "DROP TABLE a, s.b", "(drop-table a s.b)" },
        { "DROP TABLE IF EXISTS a CASCADE", "(drop-table if-exists a cascade)" },
        { "DROP VIEW v", "(drop-view v)" },
        { "DROP MATERIALIZED VIEW IF EXISTS v RESTRICT", "(drop-materialized-view if-exists v)" },
        { "DROP INDEX i", "(drop-index i)" },
        { "DROP SOURCE trade", "(drop-source trade)" },
        { "DROP SINK IF EXISTS a, \"B\" CASCADE", "(drop-sink if-exists a \"B\" cascade)" },
        { "COMMENT ON TABLE t IS 'x'", "(comment-table t 'x')" },
        { "COMMENT ON COLUMN s.t.a IS NULL", "(comment-column s.t.a null)" },
        { "COMMENT ON MATERIALIZED VIEW v IS 'y'", "(comment-materialized-view v 'y')" },
        { "COMMENT ON SOURCE t IS 'z'", "(comment-source t 'z')" },
        { "EXPLAIN SELECT 1", "(explain (select (1)))" },
        { "EXPLAIN ANALYZE VERBOSE INSERT INTO t VALUES (1)",
          "(explain-analyze (options (analyze) (verbose)) (insert t (values (row 1))))" },
        { "EXPLAIN (ANALYZE false, FORMAT json) CREATE MATERIALIZED VIEW v AS SELECT 1",
          "(explain (options (analyze 'false') (format 'json')) (create-materialized-view v "
          "(select (1))))" },
        { "EXPLAIN VIEW v", "(explain view v)" },
        { "EXPLAIN VERBOSE MATERIALIZED VIEW v", "(explain view v)" },
        { "EXPLAIN (ANALYZE, FORMAT json) MATERIALIZED VIEW s.v",
          "(explain-analyze (options (analyze) (format 'json')) view s.v)" },
        { "EXPLAIN ANALYZE MATERIALIZED VIEW s.v", "(explain-analyze view s.v)" },
        { "EXPLAIN PRESSURE", "(explain-pressure)" },
        { "EXPLAIN PRESSURE FOR totals", "(explain-pressure totals)" },
        { "SHOW weir.memory", "(show \"weir.memory\")" },
        { "SHOW ALL", "(show all)" },
        { "SHOW TRANSACTION ISOLATION LEVEL", "(show transaction_isolation)" },
        { "SET weir.stance TO conflate", "(set \"weir.stance\" ('conflate'))" },
        { "SET LOCAL a = 1, 'x'", "(set-local a (1) ('x'))" },
        { "SET TIME ZONE 'UTC'", "(set timezone ('UTC'))" },
        { "SET a TO DEFAULT", "(set a)" },
        { "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
          "(set \"SESSION CHARACTERISTICS\" (transaction_read_only 1))" },
        { "RESET a", "(reset a)" },
        { "RESET ALL", "(reset all)" },
        { "BEGIN", "(begin)" },
        { "START TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ WRITE",
          "(begin (options (transaction_isolation 'serializable') (transaction_read_only 0)))" },
        { "COMMIT", "(commit)" },
        { "END", "(commit)" },
        { "ROLLBACK AND CHAIN", "(rollback chain)" },
        { "ABORT", "(rollback)" },
        { "SAVEPOINT a", "(savepoint a)" },
        { "RELEASE SAVEPOINT a", "(release a)" },
        { "ROLLBACK TO a", "(rollback-to a)" },
        { "SUBSCRIBE category_total", "(subscribe category_total)" },
        { "SUBSCRIBE TO weir.edges WITH (stance = 'every')",
          "(subscribe weir.edges (options (stance 'every')))" },
        { "SUBSCRIBE (SELECT * FROM t WHERE a IN (1, 2)) WITH (snapshot, progress = false)",
          "(subscribe (select (*) (from t) (where (in-list a 1 2))) (options (snapshot) (progress "
          "'false')))" },
    };
    check_pairs(pairs, countof(pairs), "", "", "");
}

/* Code, position in characters from 1, message. */
TEST(parse_says_what_is_wrong_and_where)
{
    static const struct pair pairs[] = {
        { "SELECT 1 +", "42601@11 syntax error at end of input" },
        { "SELECT é, é FROM é é é", "42601@22 syntax error at or near \"é\"" },
        { "select 'abc", "42601@8 unterminated quoted string at or near \"'abc\"" },
        { "select 1 /* abc", "42601@10 unterminated /* comment at or near \"/* abc\"" },
        { "SELECT $0", "42P02@8 there is no parameter $0" },
        { "SELECT $70000", "42P02@8 there is no parameter $70000" },
        { "SELECT 1; SELECT 2",
          "42601@10 cannot insert multiple commands into a prepared statement" },
        { "ALTER TABLE t ADD a int", "0A000@1 ALTER TABLE is not supported" },
        { "CREATE OR REPLACE FUNCTION f() RETURNS int AS 'x' LANGUAGE sql",
          "0A000@1 CREATE FUNCTION is not supported" },
        { "GRANT SELECT ON t TO u", "0A000@1 GRANT is not supported" },
        { "MERGE INTO a USING b ON x WHEN MATCHED THEN DELETE", "0A000@1 MERGE is not supported" },
        { "COPY t FROM STDIN", "0A000@1 COPY is not supported" },
        { "VACUUM t", "0A000@1 VACUUM is not supported" },
        { "SELECT a INTO b FROM t", "0A000@15 SELECT INTO is not supported" },
        { "SELECT xmlelement(NAME x)", "0A000@8 XML is not supported" },
        { "SELECT * FROM a.b.c.d",
          "42601@15 improper qualified name (too many dotted names): a.b.c.d" },
        { "SELECT * FROM a.b.c",
          "0A000@15 cross-database references are not implemented: \"a.b.c\"" },
        { "SELECT a::x.y.z", "0A000@11 a type of another database is not supported" },
        { "SELECT a OPERATOR(s.+) b", "42883@10 operator does not exist: s.+" },
        { "SELECT * FROM t ORDER BY a USING <", "0A000@34 ORDER BY USING is not supported" },
        { "SELECT 1 ORDER BY a FETCH FIRST 3 ROWS WITH TIES FOR UPDATE SKIP LOCKED",
          "42601@0 SKIP LOCKED and WITH TIES options cannot be used together" },
        { "SELECT 1 FETCH FIRST 3 ROWS WITH TIES",
          "42601@0 WITH TIES cannot be specified without ORDER BY clause" },
        { "SELECT * FROM (SELECT 1)", "42601@15 subquery in FROM must have an alias" },
        { "VALUES (1), (2, 3)", "42601@14 VALUES lists must all be the same length" },
        { "UPDATE t SET (a, b) = (1, 2, 3)",
          "42601@23 number of columns does not match number of values" },
        { "UPDATE t SET (a, b) = f(1)", "0A000@23 source for a multiple-column UPDATE item must be "
                                        "a sub-SELECT or ROW() expression" },
        { "DELETE FROM t WHERE CURRENT OF c", "0A000@0 WHERE CURRENT OF is not supported" },
        { "INSERT INTO t OVERRIDING SYSTEM VALUE VALUES (1)",
          "0A000@13 OVERRIDING is not supported" },
        { "INSERT INTO t VALUES (1) ON CONFLICT DO UPDATE SET a = 1",
          "42601@26 ON CONFLICT DO UPDATE requires inference specification or constraint name" },
        { "SELECT a::numeric('x')",
          "42601@11 type modifiers must be simple constants or identifiers" },
        { "SELECT a::%", "42601@11 syntax error at or near \"%\"" },
        { "CREATE TEMP TABLE t (a int)", "0A000@19 CREATE TEMPORARY TABLE is not supported" },
        { "CREATE UNLOGGED TABLE t (a int)", "0A000@23 CREATE UNLOGGED TABLE is not supported" },
        { "CREATE TABLE t (LIKE u)", "0A000@22 LIKE in CREATE TABLE is not supported" },
        { "CREATE TABLE t (a int) INHERITS (u)", "0A000@14 INHERITS is not supported" },
        { "CREATE TABLE t (a int) PARTITION BY LIST (a)",
          "0A000@14 PARTITION BY is not supported" },
        { "CREATE TABLE t (a int) ON COMMIT DROP", "0A000@14 ON COMMIT is not supported" },
        { "CREATE TABLE t (a int) TABLESPACE x", "0A000@14 TABLESPACE is not supported" },
        { "CREATE TABLE t (a int PRIMARY KEY DEFERRABLE)", "0A000@35 DEFERRABLE is not supported" },
        { "CREATE TABLE t (a int GENERATED ALWAYS AS IDENTITY)",
          "0A000@23 GENERATED AS IDENTITY is not supported" },
        { "CREATE TABLE t (a int, EXCLUDE (a WITH =))", "0A000@24 EXCLUDE is not supported" },
        { "CREATE TABLE t AS SELECT 1", "0A000@14 CREATE TABLE AS is not supported" },
        { "CREATE TABLE t (a int) WITH (x = json.y)",
          "42601@30 invalid value for parameter \"x\"" },
        { "CREATE TEMP VIEW v AS SELECT 1", "0A000@18 a temporary view is not supported" },
        { "CREATE RECURSIVE VIEW v (a) AS SELECT 1",
          "0A000@8 CREATE RECURSIVE VIEW is not supported" },
        { "CREATE VIEW v AS SELECT 1 WITH CHECK OPTION",
          "0A000@13 WITH CHECK OPTION is not supported" },
        { "CREATE MATERIALIZED VIEW v AS SELECT 1 WITH NO DATA",
          "0A000@26 WITH NO DATA is not supported" },
        { "CREATE OR REPLACE MATERIALIZED VIEW IF NOT EXISTS v AS SELECT 1",
          "42601@1 OR REPLACE and IF NOT EXISTS cannot be used together" },
        { "CREATE OR REPLACE MATERIALIZED VIEW v AS SELEC 1",
          "42601@42 syntax error at or near \"SELEC\"" },
        { "CREATE SOURCE x AS SELECT 1", "0A000@15 CREATE SOURCE AS is not supported" },
        { "CREATE SOURCE é (é é é)", "42601@22 syntax error at or near \"é\"" },
        { "CREATE SINK x", "42601@14 syntax error at end of input" },
        { "CREATE SINK x AS SELECT 1", "0A000@15 CREATE SINK AS is not supported" },
        { "CREATE SINK x FROM y WITH (a b)", "42601@30 syntax error at or near \"b\"" },
        { "CREATE SINK x FROM y TABLESPACE z", "42601@22 syntax error at or near \"TABLESPACE\"" },
        { "CREATE SINK select FROM y", "42601@13 syntax error at or near \"select\"" },
        { "CREATE SINK x FROM a.b.c", "0A000@0 a name in another database is not supported" },
        { "DROP SOURCE", "42601@12 syntax error at end of input" },
        { "DROP FUNCTION f", "0A000@1 DROP FUNCTION is not supported" },
        { "SUBSCRIBE", "42601@10 syntax error at end of input" },
        { "SUBSCRIBE (SELECT 1", "42601@20 syntax error at end of input" },
        { "SUBSCRIBE (SELECT 1) 2", "42601@22 syntax error at or near \"2\"" },
        { "SUBSCRIBE (DELETE FROM t)", "42601@12 syntax error at or near \"DELETE\"" },
        { "SUBSCRIBE x y", "42601@13 syntax error at or near \"y\"" },
        { "EXPLAIN PRESSURE 1", "42601@18 syntax error at or near \"1\"" },
        { "EXPLAIN EXECUTE x", "0A000@0 this statement is not supported" },
        { "EXPLAIN (nosuch) VIEW v", "42601@10 unrecognized EXPLAIN option \"nosuch\"" },
        { "EXPLAIN (format) VIEW v",
          "22023@10 unrecognized value for EXPLAIN option \"format\": \"\"" },
        { "EXPLAIN (a b c) VIEW v", "42601@14 syntax error at or near \"c\"" },
        { "EXPLAIN () VIEW v", "42601@10 syntax error at or near \")\"" },
        { "EXPLAIN VIEW", "42601@13 syntax error at end of input" },
        { "SET x FROM CURRENT", "0A000@1 SET FROM CURRENT is not supported" },
        { "PREPARE TRANSACTION 'x'", "0A000@1 a prepared transaction is not supported" },
        { "COMMENT ON SCHEMA s IS 'x'", "0A000@1 COMMENT on this kind of object is not supported" },
        { "WITH a AS (SELECT 1) CYCLE a SET b USING c SELECT 1",
          "0A000@6 CYCLE in WITH is not supported" },
        { "SELECT sum(a) OVER (ROWS UNBOUNDED FOLLOWING)",
          "42P20@26 frame start cannot be UNBOUNDED FOLLOWING" },
        { "SELECT U&'\\xyz'", "22025@11 invalid Unicode escape" },
        { "SELECT E'\\u0000'", "42601@10 invalid Unicode escape value at or near \"\\u0000\"" },
        { "TRUNCATE t RESTART IDENTITY", "0A000@1 RESTART IDENTITY is not supported" },
    };
    check_pairs(pairs, countof(pairs), "", "", "");
}

TEST(parse_refuses_bytes_that_are_no_text)
{
    struct plan_fixture fixture;
    plan_fixture_init(&fixture);
    struct syntax_statement *statement;
    assert_int_equal(
        parse_statement(SLICE("SELECT 'a\0b'"), NULL, &fixture.arena, &statement, &fixture.err),
        FAIL);
    assert_string_equal(fixture.err.sqlstate, "22021");
    assert_int_equal(fixture.err.position, 10);
    assert_int_equal(
        parse_statement(SLICE("SELECT '\xff'"), NULL, &fixture.arena, &statement, &fixture.err),
        FAIL);
    assert_string_equal(fixture.err.message, "invalid byte sequence for encoding \"UTF8\": 0xff");
    plan_fixture_deinit(&fixture);
}

TEST(parse_keeps_offsets_in_bytes_of_the_text)
{
    struct plan_fixture fixture;
    plan_fixture_init(&fixture);
    const char *sql = "SELECT 'é', bb FROM cc";
    struct syntax_statement *statement = plan_parse(&fixture, sql);
    const struct syntax_target *target = &statement->select->plain.targets.items[1];
    assert_int_equal(target->expr->offset, 13);
    assert_int_equal(syntax_position(statement->text, target->expr->offset), 13);
    assert_int_equal(statement->select->plain.from.items[0]->offset, 21);
    assert_int_equal(syntax_position(statement->text, 21), 21);
    assert_int_equal(syntax_position(statement->text, -1), 0);
    plan_fixture_deinit(&fixture);
}

TEST(parse_keeps_offsets_of_statements_of_its_own)
{
    struct plan_fixture fixture;
    plan_fixture_init(&fixture);
    struct syntax_statement *statement =
        plan_parse(&fixture, "CREATE  SOURCE /* x */ aa (bb int) WITH (cc = 1)");
    const struct syntax_create_table *table = statement->create_table;
    assert_int_equal(table->relation.offset, 23);
    assert_int_equal(table->columns[0].offset, 27);
    assert_int_equal(table->options.items[0].offset, 41);
    statement = plan_parse(&fixture, "CREATE SINK aa FROM bb WITH (cc = 1)");
    assert_int_equal(statement->create_sink->relation.offset, 12);
    assert_int_equal(statement->create_sink->from.offset, 20);
    assert_int_equal(statement->create_sink->options.items[0].offset, 29);
    plan_fixture_deinit(&fixture);
}

TEST(parse_keeps_the_text_of_a_view_s_query)
{
    static const struct pair pairs[] = {
        { "CREATE VIEW v AS SELECT 1", "SELECT 1" },
        { "CREATE VIEW v AS /* a */ SELECT 1 -- b", "SELECT 1" },
        { "CREATE VIEW v AS SELECT 1 ;", "SELECT 1" },
        { "CREATE VIEW v (a) WITH (x = 'as') AS SELECT 1 AS b", "SELECT 1 AS b" },
        { "CREATE MATERIALIZED VIEW v AS WITH data AS (SELECT 1) SELECT * FROM data WITH DATA",
          "WITH data AS (SELECT 1) SELECT * FROM data" },
        { "CREATE OR REPLACE MATERIALIZED VIEW v AS TABLE t", "TABLE t" },
    };
    struct plan_fixture fixture;
    plan_fixture_init(&fixture);
    for (size_t i = 0; i < countof(pairs); i++) {
        struct syntax_statement *statement = plan_parse(&fixture, pairs[i].sql);
        struct slice text = statement->create_view->query_text;
        assert_string_equal(arena_string(&fixture.arena, text.data, text.size), pairs[i].tree);
    }
    plan_fixture_deinit(&fixture);
}

TEST(parse_counts_parameters)
{
    struct plan_fixture fixture;
    plan_fixture_init(&fixture);
    assert_int_equal(plan_parse(&fixture, "SELECT 1")->param_count, 0);
    assert_int_equal(plan_parse(&fixture, "SELECT $3 + $1")->param_count, 3);
    plan_fixture_deinit(&fixture);
}

TEST(parse_next_cuts_at_semicolons_outside_of_quotes_and_comments)
{
    static const char script[] = "-- a ; b\nSELECT ';', \";\", $$;$$ /* ; /* ; */ ; */;;\n"
                                 "  é; E'\\';' ; $a$ ; $b$ ; $a$ ;'x' -- ;\n'y';\n/* end */";
    static const struct {
        const char *text;
        u32 line, column;
    } pieces[] = {
        { "SELECT ';', \";\", $$;$$", 2, 1 },
        { "é", 3, 3 },
        { "E'\\';'", 3, 6 },
        { "$a$ ; $b$ ; $a$", 3, 15 },
        { "'x' -- ;\n'y'", 3, 32 },
    };
    struct parse_split split = parse_split_make(slice_make(script, sizeof script - 1));
    struct parse_piece piece;
    for (size_t i = 0; i < countof(pieces); i++) {
        assert_true(parse_next(&split, &piece));
        assert_true(slice_is(piece.text, pieces[i].text));
        assert_int_equal(piece.line, pieces[i].line);
        assert_int_equal(piece.column, pieces[i].column);
        assert_memory_equal(script + piece.offset, piece.text.data, piece.text.size);
    }
    assert_false(parse_next(&split, &piece));
    assert_false(parse_next(&split, &piece));
}

TEST(parse_next_gives_the_rest_when_a_quote_is_open)
{
    static const char *const scripts[] = { "SELECT 'a; b",     "SELECT \"a; b", "SELECT $x$ a; b",
                                           "SELECT 1 /* a; b", "/* a; b",       "SELECT E'\\'; b" };
    for (size_t i = 0; i < countof(scripts); i++) {
        struct parse_split split = parse_split_make(slice_of(scripts[i]));
        struct parse_piece piece;
        assert_true(parse_next(&split, &piece));
        assert_true(slice_is(piece.text, scripts[i]));
        assert_false(parse_next(&split, &piece));
    }
}

TEST(parse_script_says_which_statement_is_wrong)
{
    struct plan_fixture fixture;
    plan_fixture_init(&fixture);
    struct parse_result result;
    struct slice script = SLICE("CREATE TABLE é (a int);\n\n  SELECT\n 1 +;\nSELECT 2");
    assert_int_equal(parse_script(script, NULL, &fixture.arena, &result, &fixture.err), FAIL);
    assert_int_equal(result.count, 1);
    assert_true(slice_is(result.failed.text, "SELECT\n 1 +"));
    assert_int_equal(fixture.err.position, 12);
    u32 line, column;
    parse_locate(&result.failed, fixture.err.position, &line, &column);
    assert_int_equal(line, 4);
    assert_int_equal(column, 5);
    plan_fixture_deinit(&fixture);
}

TEST(parse_script_of_nothing_is_empty)
{
    struct plan_fixture fixture;
    plan_fixture_init(&fixture);
    struct parse_result result;
    struct slice script = SLICE(" ;; -- nothing\n /* */ ;");
    assert_ok(parse_script(script, NULL, &fixture.arena, &result, &fixture.err), &fixture.err);
    assert_int_equal(result.count, 0);
    plan_fixture_deinit(&fixture);
}

TEST(parse_canonical_ignores_space_comments_and_the_case_of_words)
{
    static const char *const same[] = {
        "CREATE VIEW v AS SELECT a,b FROM t WHERE c<-1",
        "create view V as\n  select a , b -- x\n from T /* y */ where c < - 1;",
        "\tCREATE VIEW v AS SELECT a, b FROM t WHERE c < -1 ; ; ",
    };
    static const char *const others[] = {
        "CREATE VIEW v AS SELECT a,b FROM t WHERE c<-2",
        "CREATE VIEW v AS SELECT a,b FROM \"T\" WHERE c<-1",
        "CREATE VIEW v AS SELECT a, 'b' FROM t WHERE c<-1",
        "CREATE VIEW v AS SELECT a,b FROM t WHERE c<@-1",
    };
    struct plan_fixture fixture;
    plan_fixture_init(&fixture);
    const char *canonical = parse_canonical(slice_of(same[0]), &fixture.arena);
    assert_string_equal(canonical, "create view v as select a , b from t where c < - 1");
    for (size_t i = 0; i < countof(same); i++) {
        assert_string_equal(parse_canonical(slice_of(same[i]), &fixture.arena), canonical);
    }
    for (size_t i = 0; i < countof(others); i++) {
        assert_string_not_equal(parse_canonical(slice_of(others[i]), &fixture.arena), canonical);
    }
    assert_string_not_equal(parse_canonical(SLICE("SELECT 'A b'"), &fixture.arena),
                            parse_canonical(SLICE("SELECT 'a b'"), &fixture.arena));
    assert_string_equal(parse_canonical(SLICE(" ; "), &fixture.arena), "");
    plan_fixture_deinit(&fixture);
}

TEST(parse_differ_shows_where_definitions_part)
{
    struct slice known =
        SLICE("CREATE VIEW v AS SELECT a, b FROM t WHERE a > 1 AND b < 2 ORDER BY 1");
    struct slice same =
        SLICE("create view V as select A,b -- x\n from t where a>1 and b<2 order by 1;");
    struct slice given =
        SLICE("CREATE VIEW v AS SELECT a, b FROM t WHERE a > 10 AND b < 2 ORDER BY 1");
    struct parse_difference difference;
    assert_false(parse_differ(known, same, &difference));
    assert_true(parse_differ(known, given, &difference));
    assert_true(slice_is(difference.known, "1 AND b < 2 ORDER BY 1"));
    assert_true(slice_is(difference.given, "10 AND b < 2 ORDER BY 1"));
    assert_int_equal(difference.given_offset, 46);
    assert_true(parse_differ(known, slice_make(known.data, known.size - 11), &difference));
    assert_true(slice_is(difference.known, "ORDER BY 1"));
    assert_int_equal(difference.given.size, 0);
    assert_true(parse_differ(SLICE("SELECT 'a'"), SLICE("SELECT 'A'"), &difference));
}

static void parse_many(struct plan_fixture *fixture, u32 count)
{
    static const char *const statements[] = { "SELECT a, count(*) FROM t GROUP BY a",
                                              "CREATE SINK a FROM b WITH (c = 1)",
                                              "SELECT a FROM FROM" };
    for (u32 i = 0; i < count; i++) {
        arena_reset(&fixture->arena);
        const char *tree = plan_print(fixture, statements[i % countof(statements)]);
        assert_int_equal(tree[0], i % countof(statements) == 2 ? '4' : '(');
    }
}

TEST(parse_gives_back_the_library_s_memory)
{
    struct plan_fixture fixture;
    plan_fixture_init(&fixture);
    parse_many(&fixture, 1000);
    size_t before = mallinfo2().uordblks;
    parse_many(&fixture, 10000);
    assert_true(mallinfo2().uordblks < before + KIB(64));
    plan_fixture_deinit(&fixture);
}
