#include "engine/tick.h"

#include "base/assert.h"
#include "engine/budget.h"
#include "engine/ddl.h"
#include "engine/side_log.h"
#include "os/clock.h"

/* The cost of a tick is predicted from what a byte of input cost lately. */
#define STEP_ROWS 4096

static void refuse(struct engine *engine, struct txn *txn);
static void tick_seal(struct engine *engine);
static void compact_tables(struct engine *engine);
static void resolve_one(struct engine *engine, struct txn *txn);
static void begin_ddl(struct engine *engine, struct txn *txn);
static enum status tick_log(struct engine *engine, struct err *err);
static void tick_undo(struct engine *engine, const struct err *err);
static void tick_publish(struct engine *engine);
static void tick_settle(struct engine *engine);
static void answer_all(struct engine *engine, const struct err *err);

bool tick_begin(struct engine *engine)
{
    assert(engine->phase == PHASE_IDLE);
    if (engine->half_done && !engine->log_failed) return false;
    struct txn *first = producers_peek(&engine->producers);
    if (!first) return false;
    if (engine->log_failed) {
        refuse(engine, producers_take(&engine->producers));
        return true;
    }
    if (!log_has_room(&engine->log, engine->options.tick_size_max)) {
        log_flush(&engine->log); /* what nobody waits for may stand in the way */
        return log_has_room(&engine->log, engine->options.tick_size_max);
    }
    engine->tick_began_us = clock_now();
    engine->tick_size_before = engine->mem.used;
    engine->graph.tick_number = engine->tick + 1;
    engine->graph.tick_time = engine_now(engine);
    if (first->kind == TXN_DDL) {
        begin_ddl(engine, producers_take(&engine->producers));
        return true;
    }
    tick_seal(engine);
    compact_tables(engine);
    if (engine->table_count == 0) {
        tick_settle(engine); /* what came and went inside leaves no trace */
        answer_all(engine, NULL);
        return true;
    }
    struct err err;
    if (tick_log(engine, &err))
        tick_undo(engine, &err);
    else
        engine->phase = PHASE_LOGGED;
    return true;
}

/* The log takes nothing any more, so nobody need wait. */
static void refuse(struct engine *engine, struct txn *txn)
{
    struct err err;
    err_set(&err, "58030", "the log has failed: nothing is taken until a restart");
    txn_answer(txn, &err, engine->tick);
}

bool tick_logged(struct engine *engine)
{
    assert(engine->phase == PHASE_LOGGED);
    struct err err;
    if (log_durable(&engine->log) >= engine->sequence) {
        if (engine->ddl) {
            struct txn *txn = engine->ddl;
            engine->ddl = NULL;
            engine->phase = PHASE_IDLE;
            ddl_apply(txn);
            return true;
        }
        engine->phase = PHASE_STEPPING;
        return true;
    }
    if (!log_status(&engine->log, &err)) return false;
    tick_undo(engine, &err);
    return true;
}

void tick_step(struct engine *engine, u32 rows)
{
    assert(engine->phase == PHASE_STEPPING);
    enum turn turn = graph_step(&engine->graph, budget_step_rows(engine, rows));
    budget_guard(engine);
    if (turn == TURN_MORE) return;
    tick_finish(engine);
    i64 took = clock_now() - engine->tick_began_us;
    engine->tick_us_last = took;
    engine->tick_us_total += took;
}

void tick_finish(struct engine *engine)
{
    while (graph_step(&engine->graph, budget_step_rows(engine, STEP_ROWS)) == TURN_MORE)
        budget_guard(engine);
    budget_guard(engine);
    engine->tick = engine->graph.tick_number;
    engine->tick_time = engine->graph.tick_time;
    engine->tick_count++;
    tick_publish(engine);
    tick_settle(engine);
    engine->phase = PHASE_IDLE;
    subscription_wake(engine->pools, engine->resume_tick, engine->tick, clock_now());
    answer_all(engine, NULL);
    if (engine->on_publish) engine->on_publish(engine->on_publish_context, engine->tick);
}

/* --- seal and resolve --- */

/* As many transactions as fit; each is decided against those before it. */
static void tick_seal(struct engine *engine)
{
    u64 size = 0;
    for (;;) {
        struct txn *txn = producers_peek(&engine->producers);
        if (!txn || txn->kind == TXN_DDL) return;
        if (size > 0 && size + txn->item.size > engine->options.tick_size_max) return;
        size += txn->item.size;
        resolve_one(engine, producers_take(&engine->producers));
        if (clock_now() - engine->tick_began_us > engine->options.tick_cost_us) return;
    }
}

static void resolve_one(struct engine *engine, struct txn *txn)
{
    struct err err;
    err_clear(&err);
    enum status status = OK;
    if (txn->deadline_us < clock_now())
        status = err_set(&err, "57014", "the transaction waited longer than its deadline");
    else if (txn->broken && *txn->broken)
        status = err_set(&err, "57014", "an earlier part of the same body was rejected");
    else if (!budget_passes(txn) && budget_check(engine, &err))
        status = FAIL; /* it did not wait, for nobody would free memory */
    else
        status = txn_resolve(txn, &err);
    if (status)
        txn_answer(txn, &err, engine->tick);
    else
        list_append(&engine->taken, &txn->taken);
}

/* The tables whose changes came to nothing have no part in the tick and none in its record. */
static void compact_tables(struct engine *engine)
{
    u32 count = 0;
    for (u32 index = 0; index < engine->table_count; index++) {
        engine->tables[count] = engine->tables[index];
        count += table_compact(engine->tables[index]);
    }
    engine->table_count = count;
}

static void begin_ddl(struct engine *engine, struct txn *txn)
{
    struct err err;
    struct slice text = txn->statements[0]->text;
    if (ddl_check(txn, &err) ||
        log_append(&engine->log, RECORD_DDL, engine->tick, &text, 1, &engine->sequence, &err)) {
        tick_retry(engine);
        txn_answer(txn, &err, engine->tick);
        return;
    }
    log_flush(&engine->log);
    engine->ddl = txn;
    engine->phase = PHASE_LOGGED;
}

/* --- log --- */

/* time i64; then for each table: its id u32, the size of its image u32, the image. */
static void write_images(struct engine *engine, struct buf *out)
{
    buf_append(out, &engine->graph.tick_time, sizeof engine->graph.tick_time);
    for (u32 index = 0; index < engine->table_count; index++) {
        struct op *table = engine->tables[index];
        u32 head[2] = { relation_of_op(table)->catalog->id, 0 };
        size_t at = out->size;
        buf_append(out, head, sizeof head);
        table_image(table, out);
        head[1] = (u32)(out->size - at - sizeof head);
        memcpy(out->data + at, head, sizeof head);
    }
}

static enum status tick_log(struct engine *engine, struct err *err)
{
    struct buf image;
    buf_init(&image, &engine->mem);
    if (engine->options.data_dir) write_images(engine, &image); /* else nobody will read it */
    struct slice payload = buf_slice(&image);
    enum status status = relation_log_fills(engine, err);
    /* A tick larger than the log's buffers goes alone: the rare wait for the disk is here. */
    if (!status && !log_has_room(&engine->log, payload.size))
        status = log_wait(&engine->log, engine->sequence, err);
    if (!status)
        status = log_append(&engine->log, RECORD_TICK, engine->tick + 1, &payload, 1,
                            &engine->sequence, err);
    buf_deinit(&image);
    log_flush(&engine->log);
    return status;
}

enum status tick_replay(struct engine *engine, u64 tick, struct slice payload, struct err *err)
{
    const char *at = payload.data, *end = payload.data + payload.size;
    engine->graph.tick_number = tick;
    if (payload.size < 8) return err_set(err, "XX001", "a tick in the log is too short");
    memcpy(&engine->graph.tick_time, at, 8);
    at += 8;
    while (end - at >= 8) {
        u32 head[2];
        memcpy(head, at, sizeof head);
        at += sizeof head;
        struct catalog_relation *catalog = catalog_find_id(&engine->catalog, head[0]);
        if (!catalog || !relation_of(catalog)->table || (u64)(end - at) < head[1])
            return err_set(err, "XX001", "a tick in the log names a table that is not there");
        if (table_apply(relation_of(catalog)->table, slice_make(at, head[1]), &engine->resolve,
                        err))
            return FAIL;
        arena_reset(&engine->resolve);
        at += head[1];
    }
    if (at != end) return err_set(err, "XX001", "a tick in the log ends too early");
    tick_finish(engine);
    return OK;
}

void tick_retry(struct engine *engine)
{
    struct err err;
    if (!log_status(&engine->log, &err)) return;
    if (log_retry(&engine->log, engine->tick, &err) || side_log_repeat(engine, &err))
        engine->log_failed = true;
}

/* The disk did not take it: everything is as before, and whoever waited is told so. */
static void tick_undo(struct engine *engine, const struct err *err)
{
    for (u32 index = 0; index < engine->table_count; index++)
        table_undo(engine->tables[index]);
    graph_undo(&engine->graph);
    engine->table_count = 0;
    struct txn *ddl = engine->ddl;
    engine->ddl = NULL;
    engine->phase = PHASE_IDLE;
    tick_retry(engine);
    answer_all(engine, err);
    if (ddl) txn_answer(ddl, err, engine->tick);
    arena_reset(&engine->resolve);
}

/* --- publish and settle --- */

/* Views are found by what the tick touched, so 10 000 others cost nothing. */
static void tick_publish(struct engine *engine)
{
    const struct graph *graph = &engine->graph;
    for (u32 index = 0; index < graph->touched_count; index++) {
        if (graph->touched[index]->is_suspended) continue; /* its subscribers end at settle */
        for (struct view *view = graph->touched[index]->published; view; view = view->next_of_root)
            view_publish(view, engine->tick);
    }
}

static void tick_settle(struct engine *engine)
{
    graph_settle(&engine->graph);
    budget_settle(engine);
    engine->table_count = 0;
    arena_reset(&engine->resolve);
}

static void answer_all(struct engine *engine, const struct err *err)
{
    while (!list_empty(&engine->taken)) {
        struct txn *txn = container_of(engine->taken.next, struct txn, taken);
        list_remove(&txn->taken);
        txn_answer(txn, err, engine->tick);
    }
}
