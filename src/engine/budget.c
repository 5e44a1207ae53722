#include "engine/budget.h"

static bool is_above(const struct engine *engine, u64 percent)
{
    u64 max = engine->mem.max;
    return max > 0 && engine->mem.used > max / 100 * percent;
}

bool budget_is_full(const struct engine *engine)
{
    return is_above(engine, BUDGET_FULL);
}

enum status budget_check(const struct engine *engine, struct err *err)
{
    if (!budget_is_full(engine)) return OK;
    err_set(err, "53200", "out of memory: %llu of %llu MiB are in use",
            (unsigned long long)(engine->mem.used >> 20),
            (unsigned long long)(engine->mem.max >> 20));
    return err_hint(err, "Delete rows, drop views, or start with a larger --memory.");
}

static bool is_table(const struct op *op)
{
    return op->input_count == 0;
}

/* Of the operators that the one at work feeds, the one that holds most. */
static struct op *largest_consumer(const struct op *op)
{
    struct op *largest = NULL;
    for (u32 index = 0; index < op->output_count; index++) {
        struct op *consumer = op->outputs[index].consumer;
        if (consumer->is_suspended) continue;
        if (!largest || consumer->mem.used > largest->mem.used) largest = consumer;
    }
    return largest;
}

void budget_guard(struct engine *engine)
{
    if (!is_above(engine, BUDGET_RESERVE)) return;
    struct op *current = graph_current(&engine->graph);
    if (!current) return;
    struct op *victim = is_table(current) ? largest_consumer(current) : current;
    if (!victim) return;
    graph_suspend(&engine->graph, victim, "memory");
    engine->suspends = true;
}

static bool uses_suspended(const struct relation *relation)
{
    for (u32 index = 0; relation->build && index < build_op_count(relation->build); index++)
        if (build_op(relation->build, index)->is_suspended) return true;
    return false;
}

void budget_settle(struct engine *engine)
{
    if (!engine->suspends) return;
    engine->suspends = false;
    for (struct catalog_relation *catalog = catalog_last(&engine->catalog); catalog;
         catalog = catalog_previous(&engine->catalog, catalog)) {
        struct relation *relation = catalog->live;
        if (!relation || !uses_suspended(relation)) continue;
        engine_note(engine, "\"%s\" is suspended: its state does not fit into the memory budget",
                    relation->name);
        relation_suspend(relation);
    }
}

bool budget_frees(const struct txn *txn)
{
    if (txn->kind == TXN_ROWS) return txn->ingest == INGEST_DELETE;
    for (u32 index = 0; index < txn->statement_count; index++) {
        enum syntax_statement_kind kind = txn->statements[index]->kind;
        if (kind != SYNTAX_DELETE && kind != SYNTAX_TRUNCATE && kind != SYNTAX_DROP) return false;
    }
    return true;
}
