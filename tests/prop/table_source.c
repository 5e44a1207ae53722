#include "tests/prop/table_source.h"

#include "base/assert.h"

static const u32 key_columns[] = { 0, 1 };
static const struct table_key key = {
    .name = "t_pkey", .columns = key_columns, .column_count = 2, .is_primary = true
};

static u32 below(struct table_source *source, u32 bound)
{
    return (u32)rand_below(source->rand, bound);
}

void table_source_make(struct table_source *source, const char *types)
{
    struct fixture *f = source->fixture;
    struct table_options options = { .name = "t",
                                     .schema = fixture_schema(f, types),
                                     .keys = &key,
                                     .key_count = source->kind == TABLE_SOURCE_KEYED,
                                     .is_append_only = source->kind == TABLE_SOURCE_APPEND_ONLY };
    source->table = op_table_make(&f->graph, &options);
    graph_hold(source->table);
    assert(f->source_count < FIXTURE_SOURCE_COUNT_MAX);
    f->sources[f->source_count++] = source->table;
}

/* --- Statements --- */

/* What is there gives way, but for its key; every third row is left as it is. */
static enum status take_excluded(void *context, const struct batch *existing,
                                 const struct batch *excluded, struct arena *arena,
                                 struct batch **updated, u32 *picks, struct err *err)
{
    (void)err;
    u32 count = 0;
    for (u32 row = 0; row < existing->row_count; row++) {
        picks[count] = row;
        count += below(context, 3) > 0;
    }
    *updated = batch_pick(arena, excluded, picks, count);
    return OK;
}

static enum status insert_some(struct table_source *source, struct table_txn *txn, struct err *err)
{
    struct table_insert how = { .conflict = TABLE_CONFLICT_ERROR };
    if (source->kind == TABLE_SOURCE_KEYED && below(source, 4) > 0)
        how = (struct table_insert){ .conflict = below(source, 3) ? TABLE_CONFLICT_UPDATE
                                                                  : TABLE_CONFLICT_IGNORE,
                                     .conflict_key = &key,
                                     .update = take_excluded,
                                     .context = source,
                                     .may_repeat = below(source, 4) > 0 };
    struct table_result result = { 0 };
    u32 count = below(source, 8) == 0 ? 1 + below(source, 40) : 1 + below(source, 4);
    count = MIN(count, source->row_count_max);
    const struct batch *rows = source->rows(source->context, source->table->schema, count);
    return table_insert(txn, source->table, rows, &how, &result, err);
}

/* Some of the rows that are there now, each at most once. */
static u32 pick_slots(struct table_source *source, u32 *slots)
{
    u32 cursor = 0, all[BATCH_ROW_COUNT_MAX], count = 0;
    u32 live = table_scan_new(source->table, &cursor, all, BATCH_ROW_COUNT_MAX);
    u32 one_in = 1 + below(source, 5);
    for (u32 i = 0; i < live; i++) {
        slots[count] = all[i];
        count += below(source, one_in) == 0;
    }
    return count;
}

static enum status update_some(struct table_source *source, struct table_txn *txn, struct err *err)
{
    u32 slots[BATCH_ROW_COUNT_MAX], count = pick_slots(source, slots);
    struct table_result result = { 0 };
    if (count == 0) return OK;
    const struct schema *schema = source->table->schema;
    struct batch *rows = source->rows(source->context, schema, count);
    if (below(source, 3) > 0) /* the key, and perhaps something else, stays */
        rows_gather(source->table->rows, slots, count, (u32[]){ 0, 1, 2 }, 2 + below(source, 2),
                    txn->arena, rows->columns);
    return table_update(txn, source->table, slots, rows, &result, err);
}

static enum status run_statement(struct table_source *source, struct table_txn *txn,
                                 struct err *err)
{
    u32 slots[BATCH_ROW_COUNT_MAX], kind = below(source, 100);
    bool is_full = table_row_count(source->table) >= source->row_count_max;
    struct table_result result = { 0 };
    if (kind < 3) return table_truncate(txn, source->table, &result, err);
    if (kind < 50 && !is_full) return insert_some(source, txn, err);
    if (kind < 80) return update_some(source, txn, err);
    u32 count = pick_slots(source, slots);
    return table_delete(txn, source->table, slots, count, &result, err);
}

/* --- Transactions --- */

static void run_transaction(struct table_source *source)
{
    struct arena arena;
    struct table_txn txn;
    struct err err;
    arena_init(&arena, &source->fixture->mem);
    table_begin(&txn, &source->fixture->graph, &arena);
    enum status status = OK;
    for (u32 rest = 1 + below(source, 3); rest > 0 && !status; rest--) {
        table_statement_begin(&txn, source->table);
        status = run_statement(source, &txn, &err);
        if (!status) status = table_statement_end(&txn, source->table, &err);
    }
    if (status || below(source, 8) == 0)
        table_rollback(&txn);
    else
        table_commit(&txn);
    arena_deinit(&arena);
}

void table_source_change(struct table_source *source)
{
    for (u32 rest = 1 + below(source, 3); rest > 0; rest--)
        run_transaction(source);
    if (below(source, 12) == 0)
        table_undo(source->table);
    else
        table_compact(source->table);
}
