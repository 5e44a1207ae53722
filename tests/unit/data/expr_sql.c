#include "tests/unit/data/expr_sql.h"

#include "plan/bind.h"
#include "plan/parse.h"

static enum status bind_in(struct arena *arena, const struct catalog *catalog, const char *sql,
                           struct expr **out, struct err *err)
{
    struct syntax_statement *statement;
    struct bind_query query;
    if (parse_statement(slice_of(sql), NULL, arena, &statement, err)) return FAIL;
    struct bind_options options = { .catalog = catalog, .text = slice_of(sql), .arena = arena };
    if (bind_select(&options, statement->select, &query, err)) return FAIL;
    if (query.root->kind != LOGICAL_PROJECT)
        return err_set(err, "XX000", "not a projection: %d", (int)query.root->kind);
    *out = query.root->project.exprs[0];
    return OK;
}

enum status expr_sql_bind(struct arena *arena, const struct schema *schema, const char *text,
                          struct expr **out, struct err *err)
{
    struct catalog catalog;
    catalog_init(&catalog, arena->mem);
    enum status status = OK;
    const char *from = "";
    if (schema) {
        struct catalog_relation *table = catalog_relation_new(&catalog, CATALOG_TABLE, NULL, "t");
        table->row = schema_copy(schema, &table->arena);
        status = catalog_add(&catalog, table, err);
        from = " FROM t";
    }
    if (!status)
        status = bind_in(arena, &catalog, arena_format(arena, "SELECT %s%s", text, from), out, err);
    catalog_deinit(&catalog);
    return status;
}
