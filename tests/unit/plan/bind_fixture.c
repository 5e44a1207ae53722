#include "plan/define.h"
#include "plan/rewrite.h"
#include "tests/unit/plan/bind_test.h"

const char *const bind_tables =
    "CREATE TABLE product (id bigint PRIMARY KEY, name text, category text, price numeric(10,2));"
    "CREATE TABLE bid (auction bigint, price bigint, at timestamptz) WITH (append_only = true);"
    "CREATE TABLE trade (account int, symbol varchar(8) NOT NULL, quantity int, price float8,"
    "  day date, PRIMARY KEY (account, symbol));"
    "CREATE TABLE account (id int PRIMARY KEY, owner text NOT NULL, active boolean,"
    "  opened timestamp DEFAULT now(), token uuid DEFAULT gen_random_uuid(), note text UNIQUE)";

void bind_fixture_init(struct bind_fixture *fixture)
{
    plan_fixture_init(&fixture->plan);
    catalog_init(&fixture->catalog, &fixture->plan.mem);
}

void bind_fixture_deinit(struct bind_fixture *fixture)
{
    catalog_deinit(&fixture->catalog);
    plan_fixture_deinit(&fixture->plan);
}

static struct syntax_statement *parse_in(struct bind_fixture *fixture, struct slice text,
                                         struct arena *arena)
{
    struct syntax_statement *statement = NULL;
    struct err *err = &fixture->plan.err;
    assert_ok(parse_statement(text, &plan_runner, arena, &statement, err), err);
    fixture->options = (struct bind_options){
        .catalog = &fixture->catalog,
        .text = statement->text,
        .arena = arena,
        .has_now = true,
        .now = INT64_C(700000000123456),
    };
    return statement;
}

struct syntax_statement *bind_parse(struct bind_fixture *fixture, const char *sql)
{
    return parse_in(fixture, slice_of(sql), &fixture->plan.arena);
}

static enum catalog_kind kind_of(const struct syntax_statement *statement, const char **name)
{
    switch ((int)statement->kind) {
    case SYNTAX_CREATE_TABLE: *name = statement->create_table->relation.name; return CATALOG_TABLE;
    case SYNTAX_CREATE_VIEW:
        *name = statement->create_view->relation.name;
        return statement->create_view->is_materialized ? CATALOG_MATERIALIZED_VIEW : CATALOG_VIEW;
    default: fail_msg("not a CREATE of a test"); return CATALOG_TABLE;
    }
}

static void define_one(struct bind_fixture *fixture, struct slice text)
{
    struct err *err = &fixture->plan.err;
    const char *name = NULL;
    enum catalog_kind kind = kind_of(parse_in(fixture, text, &fixture->plan.arena), &name);
    struct catalog_relation *relation = catalog_relation_new(&fixture->catalog, kind, NULL, name);
    struct syntax_statement *statement = parse_in(fixture, text, &relation->arena);
    relation->statement = statement;
    if (kind == CATALOG_TABLE) {
        assert_ok(define_table(statement, relation, err), err);
        assert_ok(bind_defaults_check(&fixture->options, relation, err), err);
    } else {
        struct bind_query query;
        assert_ok(bind_view(&fixture->options, statement->create_view, &query, err), err);
        relation->row = query.root->schema;
        relation->uses = query.uses;
    }
    assert_ok(catalog_add(&fixture->catalog, relation, err), err);
}

void bind_define(struct bind_fixture *fixture, const char *script)
{
    struct parse_split split = parse_split_make(slice_of(script));
    struct parse_piece piece;
    while (parse_next(&split, &piece))
        define_one(fixture, piece.text);
}

static const char *finish(struct bind_fixture *fixture)
{
    buf_putc(&fixture->plan.buf, 0);
    return fixture->plan.buf.data;
}

const char *bind_error(struct bind_fixture *fixture)
{
    const struct err *err = &fixture->plan.err;
    buf_clear(&fixture->plan.buf);
    buf_format(&fixture->plan.buf, "%s@%d %s", err->sqlstate, err->position, err->message);
    return finish(fixture);
}

static enum status bind_any(struct bind_fixture *fixture, const char *sql, struct bind_query *query)
{
    struct syntax_statement *statement = bind_parse(fixture, sql);
    if (statement->kind == SYNTAX_CREATE_VIEW)
        return bind_view(&fixture->options, statement->create_view, query, &fixture->plan.err);
    assert_int_equal(statement->kind, SYNTAX_SELECT);
    return bind_select(&fixture->options, statement->select, query, &fixture->plan.err);
}

const char *bind_tree(struct bind_fixture *fixture, const char *sql, bool is_rewritten)
{
    struct bind_query query;
    err_clear(&fixture->plan.err);
    if (bind_any(fixture, sql, &query)) return bind_error(fixture);
    if (is_rewritten) query.root = rewrite(&fixture->plan.arena, query.root, NULL);
    struct buf *buf = &fixture->plan.buf;
    buf_clear(buf);
    for (u32 i = 0; i < query.order_count; i++)
        buf_format(buf, "%s%s%s%s", i ? ", " : "order by ",
                   query.root->schema->columns[query.orders[i].column].name,
                   query.orders[i].descending ? " desc" : "",
                   i + 1 == query.order_count ? "\n" : "");
    if (query.limit != UINT64_MAX) buf_format(buf, "limit %llu\n", (unsigned long long)query.limit);
    if (query.offset) buf_format(buf, "offset %llu\n", (unsigned long long)query.offset);
    logical_print(query.root, 0, buf);
    return finish(fixture);
}

const char *bind_row(struct bind_fixture *fixture, const char *sql)
{
    struct bind_query query;
    err_clear(&fixture->plan.err);
    if (bind_any(fixture, sql, &query)) return bind_error(fixture);
    struct buf *buf = &fixture->plan.buf;
    const struct schema *schema = query.root->schema;
    buf_clear(buf);
    for (u32 c = 0; c < query.column_count; c++) {
        char type[64];
        type_name(schema->columns[c].type, type);
        buf_format(buf, "%s%s %s%s", c ? ", " : "", schema->columns[c].name, type,
                   schema->columns[c].not_null ? " not null" : "");
    }
    for (u32 k = 0; k < schema->key_count; k++)
        buf_format(buf, "%s%s", k ? ", " : "; key ", schema->columns[schema->key[k]].name);
    return finish(fixture);
}
