#include "plan/define.h"

#include "tests/unit/plan/plan_test.h"

/* What CREATE TABLE gives, in words; or "SQLSTATE@position message". */
static const char *define(struct plan_fixture *fixture, const char *sql)
{
    struct catalog catalog;
    catalog_init(&catalog, &fixture->mem);
    struct syntax_statement *statement = plan_parse(fixture, sql);
    struct catalog_relation *relation =
        catalog_relation_new(&catalog, CATALOG_TABLE, NULL, statement->create_table->relation.name);
    struct buf *buf = &fixture->buf;
    buf_clear(buf);
    err_clear(&fixture->err);
    if (define_table(statement, relation, &fixture->err)) {
        buf_format(buf, "%s@%d %s", fixture->err.sqlstate, fixture->err.position,
                   fixture->err.message);
    } else {
        for (u32 i = 0; i < relation->row->column_count; i++) {
            const struct schema_column *column = &relation->row->columns[i];
            char type[64];
            type_name(column->type, type);
            buf_format(buf, "%s%s %s%s%s", i > 0 ? ", " : "", column->name, type,
                       column->not_null ? " not null" : "",
                       relation->defaults && relation->defaults[i] ? " default" : "");
        }
        for (u32 i = 0; i < relation->key_count; i++) {
            const struct catalog_key *key = &relation->keys[i];
            buf_format(buf, "; %s %s%s", key->is_primary ? "primary" : "unique", key->name,
                       key->is_nulls_not_distinct ? " nulls not distinct" : "");
            for (u32 j = 0; j < key->column_count; j++)
                buf_format(buf, " %u", key->columns[j]);
        }
        if (relation->row->key_count > 0) buf_format(buf, "; key of %u", relation->row->key_count);
        if (relation->is_append_only) buf_puts(buf, "; append only");
        if (relation->retain_us) buf_format(buf, "; %lld us", (long long)relation->retain_us);
    }
    buf_putc(buf, 0);
    catalog_relation_free(&catalog, relation);
    catalog_deinit(&catalog);
    return buf->data;
}

static const struct {
    const char *sql, *answer;
} cases[] = {
    { "CREATE TABLE product (id bigint PRIMARY KEY, name text, price numeric(10,2))",
      "id bigint not null, name text, price numeric(10,2); primary product_pkey 0; key of 1" },
    { "CREATE TABLE t (a int NOT NULL, b varchar(3) DEFAULT 'x' UNIQUE, c bool NULL)",
      "a integer not null, b character varying(3) default, c boolean; unique t_b_key 1" },
    { "CREATE TABLE t (a int, b int, c int, UNIQUE NULLS NOT DISTINCT (c, a), PRIMARY KEY (b, a))",
      "a integer not null, b integer not null, c integer; primary t_pkey 1 0; "
      "unique t_c_a_key nulls not distinct 2 0; key of 2" },
    { "CREATE TABLE t (a int CONSTRAINT x UNIQUE, CONSTRAINT y PRIMARY KEY (a))",
      "a integer not null; primary y 0; unique x 0; key of 1" },
    { "CREATE TABLE t (a int PRIMARY KEY UNIQUE)",
      "a integer not null; primary t_pkey 0; key of 1" },
    { "CREATE TABLE bid (a int) WITH (append_only, retain = '1 hour')",
      "a integer; append only; 3600000000 us" },
    { "CREATE SOURCE s (a int) WITH (connector = 'udp', retain = '2s', max_items = 5)",
      "a integer; append only; 2000000 us" },
    { "CREATE TABLE t (a text COLLATE \"C\", b text COLLATE pg_catalog.\"default\")",
      "a text, b text" },
    { "CREATE TABLE t (a int, b int, a text)", "42701@0 column \"a\" specified more than once" },
    { "CREATE TABLE t (a foo)", "42704@19 type \"foo\" does not exist" },
    { "CREATE TABLE t (a s.foo)", "42704@19 type \"s.foo\" does not exist" },
    { "CREATE TABLE t (a json)", "0A000@19 type \"json\" is not supported" },
    { "CREATE TABLE t (a int[])", "0A000@19 type \"int4[]\" is not supported" },
    { "CREATE TABLE t (a interval year to month)",
      "0A000@19 interval with fields or a precision is not supported" },
    { "CREATE TABLE t (a varchar(0))", "22023@19 length for type varchar must be at least 1" },
    { "CREATE TABLE t (a int COLLATE \"C\")",
      "42804@17 collations are not supported by type integer" },
    { "CREATE TABLE t (a text COLLATE \"de_DE\")",
      "0A000@17 collation \"de_DE\" is not supported" },
    { "CREATE TABLE t ()", "0A000@14 a table without columns is not supported" },
    { "CREATE TABLE t (a int CHECK (a > 0))", "0A000@23 CHECK is not supported" },
    { "CREATE TABLE t (a int REFERENCES u)", "0A000@23 a foreign key is not supported" },
    { "CREATE TABLE t (a int, FOREIGN KEY (a) REFERENCES u)",
      "0A000@24 a foreign key is not supported" },
    { "CREATE TABLE t (a int GENERATED ALWAYS AS (1) STORED)",
      "0A000@23 a generated column is not supported" },
    { "CREATE TABLE t (a int PRIMARY KEY, b int PRIMARY KEY)",
      "42P16@42 multiple primary keys for table \"t\" are not allowed" },
    { "CREATE TABLE t (a int, PRIMARY KEY (a, b))",
      "42703@24 column \"b\" named in key does not exist" },
    { "CREATE TABLE t (a int, UNIQUE (a, a))",
      "42701@24 column \"a\" appears twice in unique constraint" },
    { "CREATE TABLE t (a int CONSTRAINT k UNIQUE, b int CONSTRAINT k UNIQUE)",
      "42P07@50 relation \"k\" already exists" },
    { "CREATE TABLE t (a int NULL NOT NULL)",
      "42601@28 conflicting NULL/NOT NULL declarations for column \"a\" of table \"t\"" },
    { "CREATE TABLE t (a int NULL PRIMARY KEY)",
      "42601@23 conflicting NULL/NOT NULL declarations for column \"a\" of table \"t\"" },
    { "CREATE TABLE t (a int DEFAULT 1 DEFAULT 2)",
      "42601@33 multiple default values specified for column \"a\" of table \"t\"" },
    { "CREATE TABLE t (a int) WITH (fillfactor = 70)",
      "22023@30 unrecognized parameter \"fillfactor\"" },
    { "CREATE TABLE t (a int) WITH (append_only = maybe)",
      "22023@30 invalid value for boolean option \"append_only\": maybe" },
    { "CREATE TABLE t (a int) WITH (append_only, append_only = false)",
      "22023@43 parameter \"append_only\" specified more than once" },
    { "CREATE TABLE t (a int) WITH (retain)", "22023@30 parameter \"retain\" requires a value" },
    { "CREATE TABLE t (a int) WITH (retain = 'soon')",
      "22023@30 invalid value for \"retain\": \"soon\"" },
    { "CREATE SOURCE s (a int) WITH (append_only = off)",
      "22023@15 a source is always append-only" },
};

TEST(define_table_gives_columns_keys_and_options)
{
    struct plan_fixture fixture;
    plan_fixture_init(&fixture);
    for (size_t i = 0; i < countof(cases); i++) {
        assert_string_equal(define(&fixture, cases[i].sql), cases[i].answer);
    }
    plan_fixture_deinit(&fixture);
}

TEST(define_table_refuses_too_many_columns)
{
    struct plan_fixture fixture;
    plan_fixture_init(&fixture);
    struct buf sql;
    buf_init(&sql, &fixture.mem);
    buf_puts(&sql, "CREATE TABLE t (c int");
    for (u32 i = 0; i < SCHEMA_COLUMN_COUNT_MAX; i++)
        buf_format(&sql, ", c%u int", i);
    buf_puts(&sql, ")");
    buf_putc(&sql, 0);
    assert_string_equal(define(&fixture, sql.data), "54011@0 tables can have at most 1600 columns");
    buf_deinit(&sql);
    plan_fixture_deinit(&fixture);
}
