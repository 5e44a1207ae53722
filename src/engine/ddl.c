#include "engine/ddl.h"

#include "base/assert.h"
#include "engine/budget.h"
#include "engine/dml_rows.h"
#include "engine/engine_internal.h"
#include "engine/hidden.h"
#include "engine/side_log.h"
#include "engine/source_check.h"
#include "plan/bind.h"
#include "plan/define.h"
#include "plan/rewrite.h"

#include <stdio.h>

/* What a statement will do once it is durable. */
struct plan {
    struct engine *engine;
    const struct syntax_statement *statement;
    struct arena *arena;
    struct catalog_relation *made;     /* to be added, or NULL */
    struct catalog_relation *replaced; /* by it, or NULL */
    struct catalog_relations victims;
    bool nothing; /* IF [NOT] EXISTS says so */
    bool checks;  /* the rows that are there too: before it is logged */
};

static enum status plan_statement(struct plan *plan, struct err *err);
static enum status plan_table(struct plan *plan, struct err *err);
static enum status plan_view(struct plan *plan, struct err *err);
static enum status plan_index(struct plan *plan, struct err *err);
static enum status check_unique(struct plan *plan, const struct syntax_create_index *create,
                                const struct bind_index *bound, struct err *err);
static enum status apply(struct plan *plan, struct err *err);
static enum status apply_replace(struct plan *plan, struct err *err);
static enum status apply_comment(struct plan *plan, struct err *err);
static void drop_all(struct plan *plan);

bool ddl_is(const struct syntax_statement *statement)
{
    switch (statement->kind) {
    case SYNTAX_CREATE_TABLE:
    case SYNTAX_CREATE_VIEW:
    case SYNTAX_CREATE_SINK:
    case SYNTAX_CREATE_INDEX:
    case SYNTAX_DROP:
    case SYNTAX_COMMENT: return true;
    case SYNTAX_SELECT:
    case SYNTAX_INSERT:
    case SYNTAX_UPDATE:
    case SYNTAX_DELETE:
    case SYNTAX_TRUNCATE:
    case SYNTAX_EXPLAIN:
    case SYNTAX_PRESSURE:
    case SYNTAX_SHOW:
    case SYNTAX_SET:
    case SYNTAX_RESET:
    case SYNTAX_TRANSACTION:
    case SYNTAX_SUBSCRIBE: return false;
    }
    unreachable();
}

enum status ddl_check(struct txn *txn, struct err *err)
{
    struct plan plan = {
        .engine = txn->engine, .statement = txn->statements[0], .arena = &txn->arena, .checks = true
    };
    enum status status = OK;
    if (plan.statement->kind != SYNTAX_DROP) status = budget_check(txn->engine, err);
    if (!status) status = plan_statement(&plan, err);
    if (plan.made) catalog_relation_free(&txn->engine->catalog, plan.made);
    return status;
}

static void answer_filled(void *context, const struct err *err)
{
    struct txn *txn = context;
    txn_answer(txn, err, txn->engine->tick);
}

void ddl_apply(struct txn *txn)
{
    struct engine *engine = txn->engine;
    struct plan plan = { .engine = engine, .statement = txn->statements[0], .arena = &txn->arena };
    struct err err;
    enum status status = plan_statement(&plan, &err);
    assert(status == OK); /* nothing changed since it was checked */
    txn->outcomes = arena_array(&txn->arena, struct txn_outcome, 1);
    snprintf(txn->outcomes[0].tag, sizeof txn->outcomes[0].tag, "%s",
             syntax_tag(txn->statements[0]));
    if (apply(&plan, &err)) {
        txn_answer(txn, &err, engine->tick);
        return;
    }
    struct relation *relation = plan.made ? plan.made->live : NULL;
    if (relation && relation->state == RELATION_FILLING) {
        relation->on_filled = answer_filled;
        relation->on_filled_context = txn;
        return;
    }
    txn_answer(txn, NULL, engine->tick);
}

enum status ddl_replay(struct engine *engine, u64 tick, struct slice text, struct err *err)
{
    (void)tick;
    struct arena arena;
    arena_init(&arena, &engine->mem);
    struct syntax_statement *statement;
    struct plan plan = { .engine = engine, .arena = &arena };
    enum status status = parse_statement(text, &engine->runner, &arena, &statement, err);
    if (!status) {
        plan.statement = statement;
        status = plan_statement(&plan, err);
        if (status && plan.made) catalog_relation_free(&engine->catalog, plan.made);
    }
    if (!status) status = apply(&plan, err);
    arena_deinit(&arena);
    return status;
}

static enum status plan_drop(struct plan *plan, struct err *err)
{
    const struct syntax_drop *drop = plan->statement->drop;
    return catalog_plan_drop_statement(&plan->engine->catalog, drop, plan->arena, &plan->victims,
                                       err);
}

static enum status plan_comment(struct plan *plan, struct err *err)
{
    struct catalog_relation *relation;
    i32 column;
    return catalog_find_commented(&plan->engine->catalog, plan->statement->comment, &relation,
                                  &column, err);
}

static enum status plan_statement(struct plan *plan, struct err *err)
{
    switch (plan->statement->kind) {
    case SYNTAX_CREATE_TABLE: return plan_table(plan, err);
    case SYNTAX_CREATE_VIEW: return plan_view(plan, err);
    case SYNTAX_CREATE_INDEX: return plan_index(plan, err);
    case SYNTAX_DROP: return plan_drop(plan, err);
    case SYNTAX_CREATE_SINK: return err_set(err, "0A000", "CREATE SINK is not supported yet");
    case SYNTAX_COMMENT: return plan_comment(plan, err);
    case SYNTAX_SELECT:
    case SYNTAX_INSERT:
    case SYNTAX_UPDATE:
    case SYNTAX_DELETE:
    case SYNTAX_TRUNCATE:
    case SYNTAX_EXPLAIN:
    case SYNTAX_PRESSURE:
    case SYNTAX_SHOW:
    case SYNTAX_SET:
    case SYNTAX_RESET:
    case SYNTAX_TRANSACTION:
    case SYNTAX_SUBSCRIBE: break;
    }
    unreachable();
}

/* The catalog's own copy of the statement: a relation outlives the transaction that made it. */
static enum status begin_relation(struct plan *plan, enum catalog_kind kind,
                                  const struct syntax_relation *name, bool if_not_exists,
                                  struct err *err)
{
    struct catalog *catalog = &plan->engine->catalog;
    const char *schema = name->schema ? name->schema : "public";
    if (strcmp(schema, "weir") == 0)
        return err_set(err, "42501", "permission denied for schema weir");
    struct catalog_relation *there = catalog_find(catalog, schema, name->name);
    if (there && there != plan->replaced) {
        if (if_not_exists) {
            plan->nothing = true;
            return OK;
        }
        return err_set(err, "42P07", "relation \"%s\" already exists", name->name);
    }
    struct catalog_relation *made = catalog_relation_new(catalog, kind, schema, name->name);
    struct slice text = plan->statement->text;
    struct syntax_statement *own;
    plan->made = made;
    made->definition = arena_string(&made->arena, text.data, text.size);
    made->canonical = parse_canonical(slice_of(made->definition), &made->arena);
    if (parse_statement(slice_of(made->definition), &plan->engine->runner, &made->arena, &own, err))
        return FAIL;
    made->statement = own;
    return OK;
}

static enum status plan_table(struct plan *plan, struct err *err)
{
    const struct syntax_create_table *create = plan->statement->create_table;
    enum catalog_kind kind = create->is_source ? CATALOG_SOURCE : CATALOG_TABLE;
    if (create->is_source && !plan->engine->options.takes_sources)
        return err_set(err, "0A000",
                       "CREATE SOURCE is not supported by the server yet; `weir run` reads "
                       "stdin and files");
    if (begin_relation(plan, kind, &create->relation, create->is_if_not_exists, err)) return FAIL;
    if (plan->nothing) return OK;
    struct catalog_relation *made = plan->made;
    struct source source;
    if (create->is_source && source_check(made->statement, &source, err)) return FAIL;
    if (define_table(made->statement, made, err)) return FAIL;
    if (made->retain_us > 0) return err_set(err, "0A000", "retain is not supported yet");
    const struct bind_options options = { .catalog = &plan->engine->catalog,
                                          .text = slice_of(made->definition),
                                          .arena = plan->arena,
                                          .has_now = true };
    return bind_defaults_check(&options, made, err);
}

/* The definition behind CREATE [OR REPLACE]. */
static const char *behind_create(const char *canonical)
{
    static const char *const words[] = { "create ", "or replace " };
    for (u32 index = 0; index < countof(words); index++)
        if (strncmp(canonical, words[index], strlen(words[index])) == 0)
            canonical += strlen(words[index]);
    return canonical;
}

bool ddl_is_same(const char *canonical, const char *other)
{
    return strcmp(behind_create(canonical), behind_create(other)) == 0;
}

/* OR REPLACE of the same changes nothing. Of another: a plain view that nobody uses is replaced; what others use
 * would change its meaning under them. */
static enum status replace_view(struct plan *plan, const struct syntax_create_view *create,
                                struct err *err)
{
    struct catalog_relation *old =
        catalog_find(&plan->engine->catalog, create->relation.schema, create->relation.name);
    enum catalog_kind kind = create->is_materialized ? CATALOG_MATERIALIZED_VIEW : CATALOG_VIEW;
    if (!create->is_replace || !old) return OK;
    if (old->kind != kind)
        return err_set(err, "42809", "\"%s\" is not a %s", old->name, catalog_kind_name(kind));
    const char *canonical = parse_canonical(plan->statement->text, plan->arena);
    plan->nothing = ddl_is_same(canonical, old->canonical);
    if (plan->nothing) return OK;
    if (kind == CATALOG_VIEW && old->used_by.count == 0) {
        plan->replaced = old;
        return OK;
    }
    err_set(err, "0A000", "CREATE OR REPLACE of %s \"%s\" by another definition is not supported",
            catalog_kind_name(kind), old->name);
    if (old->used_by.count > 0)
        err_detail(err, "%s %s depends on it.", catalog_kind_name(old->used_by.items[0]->kind),
                   old->used_by.items[0]->name);
    return err_hint(err, "DROP it with CASCADE and CREATE it again, with what depends on it.");
}

static enum status plan_view(struct plan *plan, struct err *err)
{
    const struct syntax_create_view *create = plan->statement->create_view;
    enum catalog_kind kind = create->is_materialized ? CATALOG_MATERIALIZED_VIEW : CATALOG_VIEW;
    if (replace_view(plan, create, err)) return FAIL;
    if (plan->nothing) return OK;
    if (begin_relation(plan, kind, &create->relation, create->is_if_not_exists, err)) return FAIL;
    if (plan->nothing) return OK;
    struct catalog_relation *made = plan->made;
    struct bind_query query;
    struct delta_plan *dataflow;
    struct slice text = slice_of(made->definition);
    const struct bind_options options = { .catalog = &plan->engine->catalog,
                                          .text = text,
                                          .arena = plan->arena };
    if (bind_view(&options, made->statement->create_view, &query, err)) return FAIL;
    /* The tree is bound over the statement; the key of what comes out is the view's. */
    made->row = schema_copy(query.root->schema, &made->arena);
    made->uses.items =
        arena_copy(&made->arena, query.uses.items, query.uses.count * sizeof *query.uses.items);
    made->uses.count = query.uses.count;
    if (plan->replaced)
        return catalog_check_replace(&plan->engine->catalog, plan->replaced, made, err);
    if (kind == CATALOG_VIEW) return OK;
    struct logical *root = rewrite(plan->arena, query.root, NULL);
    bool will_wait = plan->engine->replaying && relation_uses_suspended(made);
    if (will_wait) return OK; /* it is suspended, too */
    if (relation_check_uses(&query.uses, err)) return FAIL;
    return delta_plan(plan->arena, root, true, build_statistics(plan->engine->registry), text,
                      &dataflow, err);
}

/* The name that is written, or one that is free: product_price_idx. */
static const char *index_name(struct plan *plan, const struct syntax_create_index *create,
                              const struct bind_index *bound)
{
    if (create->name) return create->name;
    struct syntax_names columns = { .items = arena_array(plan->arena, const char *,
                                                         create->column_count),
                                    .count = create->column_count };
    for (u32 index = 0; index < create->column_count; index++)
        columns.items[index] = create->columns[index].name;
    return catalog_choose_name(&plan->engine->catalog, bound->relation->name, &columns, "idx",
                               plan->arena);
}

static enum status plan_index(struct plan *plan, struct err *err)
{
    const struct syntax_create_index *create = plan->statement->create_index;
    struct bind_index bound;
    const struct bind_options options = { .catalog = &plan->engine->catalog,
                                          .text = plan->statement->text,
                                          .arena = plan->arena };
    if (bind_index(&options, create, &bound, err)) return FAIL;
    struct relation *target = relation_of(bound.relation);
    bool follows = plan->engine->replaying && target->state == RELATION_SUSPENDED;
    if (!target->view && !follows)
        return err_set(err, "55000", "\"%s\" cannot be indexed now: it is not ready", target->name);
    struct syntax_relation name = { .schema = bound.relation->schema,
                                    .name = index_name(plan, create, &bound) };
    if (begin_relation(plan, CATALOG_INDEX, &name, create->is_if_not_exists, err)) return FAIL;
    if (plan->nothing) return OK;
    struct catalog_relation *made = plan->made;
    struct schema *row = arena_new(&made->arena, struct schema);
    row->column_count = bound.order_count;
    row->columns = arena_array(&made->arena, struct schema_column, bound.order_count);
    for (u32 index = 0; index < bound.order_count; index++)
        row->columns[index] = bound.relation->row->columns[bound.orders[index].column];
    made->row = row;
    made->uses.items = arena_array(&made->arena, struct catalog_relation *, 1);
    made->uses.items[0] = bound.relation;
    made->uses.count = 1;
    made->is_unique = create->is_unique;
    return create->is_unique && plan->checks ? check_unique(plan, create, &bound, err) : OK;
}

/* What a key takes for each row while it is made, twice: to see whether it can be, and to keep. */
#define KEY_ROW_SIZE 24

static enum status check_unique(struct plan *plan, const struct syntax_create_index *create,
                                const struct bind_index *bound, struct err *err)
{
    struct op *table = relation_of(bound->relation)->table;
    const struct mem *mem = &plan->engine->mem;
    struct catalog_key key;
    relation_index_key(plan->made->name, create, bound, plan->arena, &key);
    if (catalog_key_find(bound->relation, key.name))
        return err_set(err, "42P07", "relation \"%s\" already exists", key.name);
    if (!table_may_add_key(table)) {
        err_set(err, "0A000", "CREATE UNIQUE INDEX on a table without a key is not supported");
        return err_hint(err, "Declare UNIQUE or PRIMARY KEY in CREATE TABLE.");
    }
    u64 need = table_row_count(table) * KEY_ROW_SIZE;
    if (mem->max > 0 && mem->used + need > mem->max / 100 * BUDGET_FULL)
        return err_set(err, "53200", "out of memory: the index would take %llu of %llu MiB",
                       (unsigned long long)(need >> 20), (unsigned long long)(mem->max >> 20));
    const struct table_key own = dml_table_key(&key);
    return table_check_key(table, &own, err);
}

static enum status apply(struct plan *plan, struct err *err)
{
    if (plan->nothing) return OK;
    if (plan->statement->kind == SYNTAX_COMMENT) return apply_comment(plan, err);
    drop_all(plan);
    if (!plan->made) return OK;
    struct engine *engine = plan->engine;
    if (plan->replaced) return apply_replace(plan, err);
    if (catalog_add(&engine->catalog, plan->made, err)) {
        catalog_relation_free(&engine->catalog, plan->made);
        plan->made = NULL;
        return FAIL;
    }
    if (relation_open(engine, plan->made, err) == OK) return OK;
    catalog_remove(&engine->catalog, plan->made);
    catalog_relation_free(&engine->catalog, plan->made);
    plan->made = NULL;
    return FAIL;
}

/* A plain view is a name alone, so nothing is rebuilt. */
static enum status apply_replace(struct plan *plan, struct err *err)
{
    struct engine *engine = plan->engine;
    hidden_drop_users(engine, plan->replaced);
    if (catalog_replace(&engine->catalog, plan->replaced, plan->made, err)) {
        catalog_relation_free(&engine->catalog, plan->made);
        plan->made = NULL;
        return FAIL;
    }
    catalog_comment(plan->made, -1, plan->replaced->comment);
    for (u32 column = 0;
         plan->replaced->column_comments && column < plan->replaced->row->column_count; column++)
        catalog_comment(plan->made, (i32)column, plan->replaced->column_comments[column]);
    if (plan->replaced->live) relation_close(plan->replaced->live);
    catalog_relation_free(&engine->catalog, plan->replaced);
    return relation_open(engine, plan->made, err);
}

static enum status apply_comment(struct plan *plan, struct err *err)
{
    const struct syntax_comment *comment = plan->statement->comment;
    struct catalog_relation *relation;
    i32 column;
    if (catalog_find_commented(&plan->engine->catalog, comment, &relation, &column, err))
        return FAIL;
    catalog_comment(relation, column, comment->text);
    return OK;
}

static void drop_all(struct plan *plan)
{
    struct engine *engine = plan->engine;
    for (u32 index = 0; index < plan->victims.count; index++) {
        struct catalog_relation *victim = plan->victims.items[index];
        struct relation *relation = victim->live;
        if (relation && relation->on_filled) {
            struct err err;
            err_set(&err, "57014", "\"%s\" was dropped while it was being filled", victim->name);
            relation->on_filled(relation->on_filled_context, &err);
            relation->on_filled = NULL;
        }
        hidden_drop_users(engine, victim);
        if (relation) relation_close(relation);
        catalog_remove(&engine->catalog, victim);
        catalog_relation_free(&engine->catalog, victim);
    }
}

static void append_quoted(struct buf *out, const char *name)
{
    buf_putc(out, '"');
    for (; *name; name++) {
        if (*name == '"') buf_putc(out, '"');
        buf_putc(out, *name);
    }
    buf_putc(out, '"');
}

void ddl_drop(struct relation *relation)
{
    struct engine *engine = relation->engine;
    struct catalog_relation *catalog = relation->catalog;
    bool is_index = catalog->kind == CATALOG_INDEX;
    struct err err;
    struct buf text;
    buf_init(&text, &engine->mem);
    buf_puts(&text, is_index ? "DROP INDEX " : "DROP MATERIALIZED VIEW ");
    append_quoted(&text, catalog->schema);
    buf_putc(&text, '.');
    append_quoted(&text, catalog->name);
    struct slice statement = buf_slice(&text);
    relation_suspend(relation);
    enum status status = side_log_append(engine, RECORD_DDL, statement, &err);
    buf_deinit(&text);
    log_flush(&engine->log);
    if (status) return;
    relation_close(relation);
    catalog_remove(&engine->catalog, catalog);
    catalog_relation_free(&engine->catalog, catalog);
}
