#include "engine/budget.h"

#include "engine/ddl.h"
#include "engine/hidden.h"
#include "engine/reader.h"

/* What a transaction adds is written to the log from copies: the tick's image, which may have grown to twice its size,
 * and the log's buffer. */
#define IMAGE_COPIES 3

static bool is_above(const struct engine *engine, u64 percent)
{
    u64 max = engine->mem.max;
    return max > 0 && engine->mem.used > max / 100 * percent;
}

bool budget_is_full(const struct engine *engine)
{
    return is_above(engine, BUDGET_FULL);
}

bool budget_is_short(const struct engine *engine)
{
    return is_above(engine, BUDGET_RESERVE);
}

bool budget_makes_wait(const struct engine *engine)
{
    bool refuses = engine->draining || engine->options.refuses_when_full;
    return !refuses && budget_is_full(engine);
}

bool budget_is_last(const struct engine *engine)
{
    return is_above(engine, BUDGET_LAST);
}

static enum status say_full(const struct engine *engine, struct err *err)
{
    err_set(err, "53200", "out of memory: %llu of %llu MiB are in use",
            (unsigned long long)(engine->mem.used >> 20),
            (unsigned long long)(engine->mem.max >> 20));
    return err_hint(err, "Delete rows, drop views, or start with a larger --memory.");
}

enum status budget_check(const struct engine *engine, struct err *err)
{
    return budget_is_full(engine) ? say_full(engine, err) : OK;
}

enum status budget_check_read(const struct engine *engine, u64 size, struct err *err)
{
    bool refused = budget_is_full(engine) && size > BUDGET_READ_SIZE;
    return refused || is_above(engine, BUDGET_LAST) ? say_full(engine, err) : OK;
}

enum status budget_check_write(const struct engine *engine, struct err *err)
{
    u64 used = engine->mem.used, before = engine->tick_size_before;
    u64 growth = used > before ? used - before : 0;
    u64 max = engine->mem.max, limit = max / 100 * BUDGET_LAST;
    if (max == 0 || used + growth * IMAGE_COPIES <= limit) return OK;
    return say_full(engine, err);
}

enum status budget_check_replay(const struct engine *engine, struct err *err)
{
    if (!is_above(engine, 100)) return OK;
    err_set(err, "53200", "the tables do not fit into the memory budget of %llu MiB, at tick %llu",
            (unsigned long long)(engine->mem.max >> 20), (unsigned long long)engine->tick);
    return err_hint(err, "Start with a larger --memory.");
}

/* --- a tick --- */

/* What will be free when the tick has settled. */
static u64 size_leaving(const struct graph *graph)
{
    u64 size = 0;
    for (u32 index = 0; index < graph->touched_count; index++)
        if (graph->touched[index]->is_suspended) size += graph->touched[index]->mem.used;
    return size;
}

static bool is_enough(const struct engine *engine)
{
    u64 leaving = size_leaving(&engine->graph), reserve = engine->mem.max / 100 * BUDGET_RESERVE;
    return !is_above(engine, BUDGET_LAST) && engine->mem.used <= reserve + leaving;
}

/* Of the operators that the tick touched, the one that grew most; tables stay. */
static struct op *largest_growth(const struct graph *graph)
{
    struct op *largest = NULL;
    u64 most = 0;
    for (u32 index = 0; index < graph->touched_count; index++) {
        struct op *op = graph->touched[index];
        if (op->input_count == 0 || op->is_suspended || op->mem.used <= op->size_before) continue;
        if (op->mem.used - op->size_before <= most) continue;
        most = op->mem.used - op->size_before;
        largest = op;
    }
    return largest;
}

void budget_limit(struct engine *engine)
{
    engine->graph.size_max = engine->mem.max / 100 * BUDGET_LAST;
}

u32 budget_step_rows(const struct engine *engine, u32 rows)
{
    return is_above(engine, BUDGET_CAREFUL) ? MIN(rows, BATCH_ROW_COUNT_MAX) : rows;
}

void budget_guard(struct engine *engine)
{
    struct op *victim;
    if (!budget_is_short(engine)) return;
    readers_yield(engine);
    while (!is_enough(engine) && (victim = largest_growth(&engine->graph)))
        graph_suspend(&engine->graph, victim, "memory");
}

void budget_settle(struct engine *engine)
{
    if (!engine->suspends) return;
    engine->suspends = false;
    hidden_suspend(engine);
    struct catalog_relation *catalog = catalog_last(&engine->catalog), *previous;
    for (; catalog; catalog = previous) {
        struct relation *relation = catalog->live;
        previous = catalog_previous(&engine->catalog, catalog);
        if (!relation || !relation->build || !build_is_suspended(relation->build)) continue;
        engine_note(engine, "\"%s\" is suspended: its state does not fit into the memory budget",
                    relation->name);
        if (relation->state == RELATION_FILLING && !engine->replaying)
            ddl_drop(relation);
        else
            relation_suspend(relation);
    }
}

bool budget_passes(const struct txn *txn)
{
    if (txn->kind == TXN_DDL) return true;
    if (txn->kind == TXN_ROWS) return txn->ingest == INGEST_DELETE;
    for (u32 index = 0; index < txn->statement_count; index++) {
        enum syntax_statement_kind kind = txn->statements[index]->kind;
        if (kind != SYNTAX_DELETE && kind != SYNTAX_TRUNCATE && kind != SYNTAX_DROP) return false;
    }
    return true;
}
