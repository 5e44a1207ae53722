/* COMMENT ON a relation or a column. */
#include "base/assert.h"
#include "plan/catalog.h"

static bool is_kind(enum catalog_kind kind, enum syntax_object_kind wanted)
{
    switch (wanted) {
    case SYNTAX_OBJECT_TABLE: return kind == CATALOG_TABLE;
    case SYNTAX_OBJECT_VIEW: return kind == CATALOG_VIEW;
    case SYNTAX_OBJECT_MATERIALIZED_VIEW: return kind == CATALOG_MATERIALIZED_VIEW;
    case SYNTAX_OBJECT_INDEX: return kind == CATALOG_INDEX;
    case SYNTAX_OBJECT_SOURCE: return kind == CATALOG_SOURCE;
    case SYNTAX_OBJECT_SINK: return kind == CATALOG_SINK;
    case SYNTAX_OBJECT_COLUMN: return kind != CATALOG_INDEX && kind != CATALOG_SINK;
    }
    unreachable();
}

static const char *kind_words(enum syntax_object_kind kind)
{
    switch (kind) {
    case SYNTAX_OBJECT_TABLE: return "a table";
    case SYNTAX_OBJECT_VIEW: return "a view";
    case SYNTAX_OBJECT_MATERIALIZED_VIEW: return "a materialized view";
    case SYNTAX_OBJECT_INDEX: return "an index";
    case SYNTAX_OBJECT_SOURCE: return "a source";
    case SYNTAX_OBJECT_SINK: return "a sink";
    case SYNTAX_OBJECT_COLUMN: return "a table or view";
    }
    unreachable();
}

enum status catalog_find_commented(const struct catalog *catalog,
                                   const struct syntax_comment *comment,
                                   struct catalog_relation **relation, i32 *column, struct err *err)
{
    const struct syntax_relation *name = &comment->relation;
    struct catalog_relation *found = catalog_find(catalog, name->schema, name->name);
    *column = -1;
    if (!found) return err_set(err, "42P01", "relation \"%s\" does not exist", name->name);
    if (found->kind == CATALOG_SYSTEM_TABLE)
        return err_set(err, "42501", "permission denied: \"%s\" is a system catalog", found->name);
    if (!is_kind(found->kind, comment->kind))
        return err_set(err, "42809", "\"%s\" is not %s", found->name, kind_words(comment->kind));
    *relation = found;
    if (comment->kind != SYNTAX_OBJECT_COLUMN) return OK;
    *column = schema_find(found->row, slice_of(comment->column));
    if (*column >= 0) return OK;
    return err_set(err, "42703", "column \"%s\" of relation \"%s\" does not exist", comment->column,
                   found->name);
}

void catalog_comment(struct catalog_relation *relation, i32 column, const char *text)
{
    const char *own = text ? arena_string(&relation->arena, text, strlen(text)) : NULL;
    if (column < 0) {
        relation->comment = own;
        return;
    }
    if (!relation->column_comments)
        relation->column_comments =
            arena_array(&relation->arena, const char *, relation->row->column_count);
    relation->column_comments[column] = own;
}
