#include "engine/exec_explain.h"

#include "engine/engine_internal.h"
#include "engine/explain_json.h"
#include "engine/show.h"

struct subject {
    struct engine *engine;
    const struct relation *relation; /* the view that is explained, or NULL */
};

static enum status explain_query(struct engine *engine, const struct syntax_statement *statement,
                                 struct arena *arena, struct explain *out, struct err *err);
static enum status explain_view(struct engine *engine, const struct syntax_statement *statement,
                                struct arena *arena, struct explain *out, struct err *err);
static void give(struct engine *engine, const struct exec_callbacks *callbacks, struct slice text,
                 bool is_whole);

enum status exec_explain(struct engine *engine, const struct syntax_statement *statement,
                         const struct exec_callbacks *callbacks, struct err *err)
{
    const struct syntax_explain *written = statement->explain;
    struct explain explain = { .title = NULL };
    struct arena arena;
    arena_init(&arena, &engine->mem);
    enum status status = written->statement
                             ? explain_query(engine, statement, &arena, &explain, err)
                             : explain_view(engine, statement, &arena, &explain, err);
    if (!status) {
        struct buf text;
        buf_init(&text, &engine->mem);
        if (written->is_json)
            explain_json_write(&explain, &text);
        else
            explain_write(&explain, &text);
        give(engine, callbacks, buf_slice(&text), written->is_json);
        buf_deinit(&text);
    }
    arena_deinit(&arena);
    return status;
}

/* Names of the other views whose dataflow has op. */
static void users(void *context, const struct op *op, struct buf *out)
{
    const struct subject *subject = context;
    catalog_each(&subject->engine->catalog, catalog)
    {
        const struct relation *relation = catalog->live;
        if (!relation || !relation->build || relation == subject->relation) continue;
        u32 index = 0, count = build_op_count(relation->build);
        while (index < count && build_op(relation->build, index) != op)
            index++;
        if (index == count) continue;
        if (out->size > 0) buf_puts(out, ", ");
        buf_puts(out, relation->name);
    }
}

static enum status explain_query(struct engine *engine, const struct syntax_statement *statement,
                                 struct arena *arena, struct explain *out, struct err *err)
{
    const struct syntax_explain *written = statement->explain;
    if (written->is_analyze) {
        err_set(err, "0A000", "EXPLAIN ANALYZE of a statement is not supported");
        return err_hint(err, "A view that is kept counts what its operators do: EXPLAIN ANALYZE "
                             "MATERIALIZED VIEW name.");
    }
    const struct bind_options options = { .catalog = &engine->catalog,
                                          .text = statement->text,
                                          .arena = arena,
                                          .has_now = true,
                                          .now = engine_now(engine) };
    struct subject subject = { .engine = engine };
    const struct explain_options how = { .is_verbose = written->is_verbose,
                                         .registry = engine->registry,
                                         .users = users,
                                         .context = &subject };
    return explain_statement(&options, written->statement, &how, out, err);
}

static const char *title(struct arena *arena, const struct relation *relation)
{
    static const char *const states[] = { [RELATION_FILLING] = "being filled",
                                          [RELATION_READY] = "ready",
                                          [RELATION_SUSPENDED] = "suspended: memory" };
    u64 rows = relation->view ? rows_count(relation->view->rows) : 0;
    return arena_format(arena, "materialized view %s: %s, %llu row%s", relation->name,
                        states[relation->state], (unsigned long long)rows, rows == 1 ? "" : "s");
}

/* Its definition is bound anew; the operators are those that run. */
static enum status explain_view(struct engine *engine, const struct syntax_statement *statement,
                                struct arena *arena, struct explain *out, struct err *err)
{
    struct catalog_relation *catalog;
    if (catalog_get(&engine->catalog, &statement->explain->relation, statement->text, &catalog,
                    err))
        return FAIL;
    bool is_view = catalog->kind == CATALOG_VIEW || catalog->kind == CATALOG_MATERIALIZED_VIEW;
    if (!is_view) {
        err_set(err, "42809", "\"%s\" is not a view", catalog->name);
        return err_hint(err, "EXPLAIN SELECT … FROM %s shows how it is read.", catalog->name);
    }
    const struct relation *relation = catalog->live;
    const struct bind_options options = { .catalog = &engine->catalog,
                                          .text = slice_of(catalog->definition),
                                          .arena = arena };
    struct subject subject = { .engine = engine, .relation = relation };
    const struct explain_options how = { .is_verbose = statement->explain->is_verbose,
                                         .registry = engine->registry,
                                         .build = relation ? relation->build : NULL,
                                         .users = users,
                                         .context = &subject };
    if (relation && relation->build) out->title = title(arena, relation);
    return explain_statement(&options, catalog->statement, &how, out, err);
}

static void give(struct engine *engine, const struct exec_callbacks *callbacks, struct slice text,
                 bool is_whole)
{
    struct schema_column column = { .name = "QUERY PLAN", .type = TYPE(TEXT) };
    const struct schema schema = { .column_count = 1, .columns = &column };
    callbacks->on_columns(callbacks->context, &schema);
    while (text.size > 0) {
        const char *newline = is_whole ? NULL : memchr(text.data, '\n', text.size);
        struct slice line =
            slice_make(text.data, newline ? (size_t)(newline - text.data) : text.size);
        show_give_row(callbacks, &schema, &engine->mem, &line);
        size_t size = line.size + (newline ? 1 : 0);
        text = slice_make(text.data + size, text.size - size);
    }
}
