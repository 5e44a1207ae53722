#include "ops/table.h"

#include <stdio.h>
#include <string.h>

#include "base/rand.h"
#include "tests/test.h"

/* Two tables that should always be the same: one is changed by transactions, the other by the images of its ticks. */
struct world {
    struct mem mem;
    struct graph graph;
    struct arena arena;
    struct rand rand;
    struct op *table;
    struct op *replica;
    struct buf image;
    struct err err;
};

/* --- a keyed table: (id bigint primary key, u text unique, v integer, w text) --- */

#define ID_COUNT     60
#define UNIQUE_COUNT 30 /* values of u; 0 stands for NULL */

struct item {
    bool is_live;
    u32 u;
    i32 v;
};

struct items {
    struct item by_id[ID_COUNT];
};

static struct schema_column item_columns[] = { { "id", { .id = TYPE_INT8 }, true },
                                               { "u", { .id = TYPE_TEXT }, false },
                                               { "v", { .id = TYPE_INT4 }, true },
                                               { "w", { .id = TYPE_TEXT }, false } };
static u32 item_key[] = { 0 }, item_unique[] = { 1 };
static struct schema item_schema = { .column_count = 4, .columns = item_columns, 1, item_key };
static const struct table_key item_keys[] = {
    { .name = "item_pkey", .columns = item_key, .column_count = 1, .is_primary = true },
    { .name = "item_u_key", .columns = item_unique, .column_count = 1 },
};

static bool u_is_unique = true;

static struct op *make_items(struct world *w)
{
    u32 key_count = u_is_unique ? 2 : 1;
    struct op *op = op_table_make(&w->graph, &(struct table_options){ .name = "item",
                                                                      .schema = &item_schema,
                                                                      .keys = item_keys,
                                                                      .key_count = key_count });
    graph_hold(op);
    return op;
}

struct item_row {
    u32 id;
    u32 u;
    i32 v; /* INT32_MIN: NULL, which v must not be */
};

static struct batch *item_batch(struct arena *arena, const struct item_row *rows, u32 count)
{
    struct batch *batch = batch_make_for(arena, &item_schema, count);
    batch->row_count = count;
    column_need_nulls(&batch->columns[1], arena, count);
    for (u32 row = 0; row < count; row++) {
        const struct item_row *item = &rows[row];
        char *unique = arena_format(arena, "u%u", item->u);
        char *long_text = arena_format(arena, "a long text about %u and %d", item->id, item->v);
        bool is_null = item->v == INT32_MIN;
        if (is_null) column_need_nulls(&batch->columns[2], arena, count);
        if (is_null) batch->columns[2].nulls[row] = 1;
        batch->columns[1].nulls[row] = item->u == 0;
        batch->weights[row] = 1;
        ((i64 *)batch->columns[0].data)[row] = item->id;
        ((struct str *)batch->columns[1].data)[row] =
            item->u ? str_make(unique, strlen(unique)) : (struct str){ .size = 0 };
        ((i64 *)batch->columns[2].data)[row] = is_null ? 0 : item->v;
        ((struct str *)batch->columns[3].data)[row] = str_make(long_text, strlen(long_text));
    }
    return batch;
}

static struct item_row item_of(const struct batch *batch, u32 row)
{
    struct str unique = ((struct str *)batch->columns[1].data)[row];
    struct item_row item = { .id = (u32)((i64 *)batch->columns[0].data)[row],
                             .v = (i32)((i64 *)batch->columns[2].data)[row] };
    char text[16] = "";
    memcpy(text, str_data(&unique), unique.size);
    if (!column_is_null(&batch->columns[1], row)) sscanf(text, "u%u", &item.u);
    return item;
}

/* --- the world --- */

static void world_open(struct world *w, u64 seed, struct op *(*make)(struct world *))
{
    memset(w, 0, sizeof *w);
    mem_init(&w->mem, "test", NULL, 0);
    graph_init(&w->graph, &w->mem, 77);
    arena_init(&w->arena, &w->mem);
    buf_init(&w->image, &w->mem);
    w->rand.state = seed;
    w->table = make(w);
    w->replica = make(w);
}

static void world_close(struct world *w)
{
    graph_release(&w->graph, w->table);
    graph_release(&w->graph, w->replica);
    buf_deinit(&w->image);
    arena_deinit(&w->arena);
    graph_deinit(&w->graph);
    mem_deinit(&w->mem);
}

static struct batch *gather(const struct rows *rows, const u32 *slots, u32 count,
                            struct arena *arena)
{
    struct batch *batch = arena_new(arena, struct batch);
    batch->row_count = count;
    batch->column_count = rows_column_count(rows);
    batch->columns = arena_array(arena, struct column, batch->column_count);
    batch->weights = arena_array(arena, i32, MAX(count, 1u));
    rows_gather(rows, slots, count, NULL, 0, arena, batch->columns);
    return batch;
}

/* The same slots with the same rows, weights, and answers of the index. */
static void assert_same(struct world *w)
{
    const struct rows *a = w->table->rows, *b = w->replica->rows;
    assert_int_equal(rows_slot_end(a), rows_slot_end(b));
    assert_int_equal(rows_count(a), rows_count(b));
    u32 a_count, b_count;
    const u32 *a_dirty = rows_dirty(a, &a_count), *b_dirty = rows_dirty(b, &b_count);
    assert_int_equal(a_count, b_count);
    if (a_count > 0) assert_memory_equal(a_dirty, b_dirty, a_count * sizeof(u32));
    for (u32 slot = 0; slot < rows_slot_end(a); slot++) {
        i32 old = rows_weight(a, slot, SIDE_OLD), new = rows_weight(a, slot, SIDE_NEW);
        assert_int_equal(old, rows_weight(b, slot, SIDE_OLD));
        assert_int_equal(new, rows_weight(b, slot, SIDE_NEW));
        if (old == 0 && new == 0) continue;
        struct arena_mark mark = arena_mark(&w->arena);
        struct batch *row = gather(a, &slot, 1, &w->arena);
        assert_true(rows_identical(b, slot, row, 0));
        if (w->table->index) {
            u32 rows[32], a_slots[32], b_slots[32];
            u64 hash;
            struct index_probe probe;
            batch_hash(row, item_key, 1, w->graph.seed, &hash);
            index_probe_init(&probe, w->table->index, row->columns, &hash, 1, false);
            u32 found = index_probe_next(&probe, rows, a_slots, 32);
            index_probe_init(&probe, w->replica->index, row->columns, &hash, 1, false);
            assert_int_equal(index_probe_next(&probe, rows, b_slots, 32), found);
            assert_true(found >= 1 && found <= 2);
            assert_memory_equal(a_slots, b_slots, found * sizeof(u32));
        }
        arena_rewind(&w->arena, mark);
    }
}

static void step_and_settle(struct world *w)
{
    while (graph_step(&w->graph, 100) == TURN_MORE)
        ;
    graph_settle(&w->graph);
}

/* Logs the tick and applies it to the replica, or takes it back. */
static bool end_tick(struct world *w)
{
    bool is_lost = rand_chance(&w->rand, 1, 8), was_compact = rand_chance(&w->rand, 1, 2);
    if (is_lost) {
        if (was_compact) table_compact(w->table);
        table_undo(w->table);
    } else if (table_compact(w->table)) {
        buf_clear(&w->image);
        table_image(w->table, &w->image);
        assert_ok(table_apply(w->replica, buf_slice(&w->image), &w->arena, &w->err), &w->err);
        assert_same(w);
    }
    step_and_settle(w);
    assert_same(w);
    arena_reset(&w->arena);
    return !is_lost;
}

/* --- transactions of items, and what they should do --- */

static bool model_is_unique(const struct items *items)
{
    bool seen[UNIQUE_COUNT] = { false };
    for (u32 id = 0; id < ID_COUNT && u_is_unique; id++) {
        const struct item *item = &items->by_id[id];
        if (!item->is_live || item->u == 0) continue;
        if (seen[item->u]) return false;
        seen[item->u] = true;
    }
    return true;
}

static bool model_has_u(const struct items *items, u32 u)
{
    for (u32 id = 0; id < ID_COUNT && u && u_is_unique; id++)
        if (items->by_id[id].is_live && items->by_id[id].u == u) return true;
    return false;
}

/* Row after row, as PostgreSQL; or, when late, with uniqueness of u looked at in the end, which lets more pass. */
static bool model_insert(struct items *items, const struct item_row *rows, u32 count,
                         enum table_conflict conflict, bool any_key, bool may_repeat, bool late)
{
    bool touched[ID_COUNT] = { false };
    for (u32 row = 0; row < count; row++)
        if (rows[row].v == INT32_MIN) return false;
    for (u32 row = 0; row < count; row++) {
        struct item *item = &items->by_id[rows[row].id];
        bool by_id = item->is_live, by_u = model_has_u(items, rows[row].u);
        if (by_id && conflict == TABLE_CONFLICT_UPDATE) {
            if (touched[rows[row].id] && !may_repeat) return false;
            item->u = rows[row].u;
            item->v += rows[row].v;
            touched[rows[row].id] = true;
            continue;
        }
        if (conflict == TABLE_CONFLICT_IGNORE && (by_id || (by_u && any_key))) continue;
        if (by_id || (by_u && !late)) return false;
        *item = (struct item){ .is_live = true, .u = rows[row].u, .v = rows[row].v };
        touched[rows[row].id] = true;
    }
    return model_is_unique(items);
}

/* Takes u of the new row, adds up v. */
static enum status add_up(void *context, const struct batch *existing, const struct batch *excluded,
                          struct arena *arena, struct batch **updated, u32 *picks, struct err *err)
{
    (void)context;
    (void)err;
    struct item_row *rows = arena_array(arena, struct item_row, existing->row_count);
    for (u32 row = 0; row < existing->row_count; row++) {
        struct item_row old = item_of(existing, row), new = item_of(excluded, row);
        assert_int_equal(old.id, new.id);
        rows[row] = (struct item_row){ .id = old.id, .u = new.u, .v = old.v + new.v };
        picks[row] = row;
    }
    *updated = item_batch(arena, rows, existing->row_count);
    return OK;
}

static void random_items(struct world *w, struct item_row *rows, u32 count)
{
    bool is_dense = rand_chance(&w->rand, 1, 3);
    for (u32 row = 0; row < count; row++) {
        rows[row] = (struct item_row){ .id = (u32)rand_below(&w->rand, is_dense ? 5 : ID_COUNT),
                                       .v = (i32)rand_below(&w->rand, 3) };
        if (rand_chance(&w->rand, 1, 2)) rows[row].u = (u32)rand_below(&w->rand, UNIQUE_COUNT);
        if (rand_chance(&w->rand, 1, 100)) rows[row].v = INT32_MIN;
    }
}

static bool do_insert(struct world *w, struct table_txn *txn, struct items *items)
{
    struct item_row rows[12];
    u32 count = 1 + (u32)rand_below(&w->rand, countof(rows));
    random_items(w, rows, count);
    bool any_key = rand_chance(&w->rand, 1, 2);
    enum table_conflict conflict = (enum table_conflict)rand_below(&w->rand, 3);
    struct table_insert how = { .conflict = conflict,
                                .update = add_up,
                                .may_repeat = rand_chance(&w->rand, 1, 2),
                                .returns = rand_chance(&w->rand, 1, 2) };
    if (conflict == TABLE_CONFLICT_UPDATE || !any_key) how.conflict_key = &item_keys[0];
    struct items strict = *items;
    bool must = model_insert(&strict, rows, count, conflict, any_key, how.may_repeat, false);
    bool may = conflict == TABLE_CONFLICT_UPDATE
                   ? model_insert(items, rows, count, conflict, any_key, how.may_repeat, true)
                   : must;
    if (conflict != TABLE_CONFLICT_UPDATE) *items = strict;
    u32 half = count / 2;
    struct table_result result = { .row_count = 0 };
    table_statement_begin(txn, w->table);
    bool done = (half == 0 || !table_insert(txn, w->table, item_batch(&w->arena, rows, half), &how,
                                            &result, &w->err)) &&
                !table_insert(txn, w->table, item_batch(&w->arena, rows + half, count - half), &how,
                              &result, &w->err) &&
                !table_statement_end(txn, w->table, &w->err);
    assert_true(done ? may : !must);
    if (done && how.returns) assert_int_equal(result.returned_count, result.row_count);
    if (done && conflict != TABLE_CONFLICT_IGNORE) assert_int_equal(result.row_count, count);
    return done;
}

/* The live slots and their rows, some of them. */
static struct batch *pick_some(struct world *w, struct op *table, u32 **slots_out)
{
    u32 cursor = 0, found[512], count;
    u32 *slots = arena_array(&w->arena, u32, 512), total = 0;
    while ((count = table_scan_new(table, &cursor, found, countof(found))))
        for (u32 i = 0; i < count; i++)
            if (rand_chance(&w->rand, 1, 3)) slots[total++] = found[i];
    *slots_out = slots;
    return gather(table->rows, slots, total, &w->arena);
}

static bool do_update(struct world *w, struct table_txn *txn, struct items *items)
{
    u32 *slots;
    struct batch *old = pick_some(w, w->table, &slots);
    if (old->row_count == 0) return true;
    struct item_row rows[ID_COUNT], before[ID_COUNT];
    u32 what = (u32)rand_below(&w->rand, 3), shift = 1 + (u32)rand_below(&w->rand, 3);
    for (u32 row = 0; row < old->row_count; row++) {
        before[row] = rows[row] = item_of(old, row);
        if (what == 0) rows[row].v += 1;
        if (what == 1) rows[row].id = (rows[row].id + shift) % ID_COUNT;
        if (what == 2 && rows[row].u) rows[row].u = 1 + (rows[row].u + shift) % (UNIQUE_COUNT - 1);
    }
    bool expected = true;
    for (u32 row = 0; row < old->row_count; row++)
        items->by_id[before[row].id].is_live = false;
    for (u32 row = 0; row < old->row_count; row++) {
        struct item *item = &items->by_id[rows[row].id];
        expected = expected && !item->is_live;
        *item = (struct item){ .is_live = true, .u = rows[row].u, .v = rows[row].v };
    }
    expected = expected && model_is_unique(items);
    struct table_result result = { .row_count = 0 };
    table_statement_begin(txn, w->table);
    bool done = !table_update(txn, w->table, slots, item_batch(&w->arena, rows, old->row_count),
                              &result, &w->err) &&
                !table_statement_end(txn, w->table, &w->err);
    assert_int_equal(done, expected);
    if (done) assert_int_equal(result.row_count, old->row_count);
    return done;
}

static bool do_delete(struct world *w, struct table_txn *txn, struct items *items)
{
    u32 *slots;
    struct batch *old = pick_some(w, w->table, &slots);
    struct table_result result = { .row_count = 0 };
    for (u32 row = 0; row < old->row_count; row++)
        items->by_id[item_of(old, row).id].is_live = false;
    table_statement_begin(txn, w->table);
    assert_ok(table_delete(txn, w->table, slots, old->row_count, &result, &w->err), &w->err);
    assert_ok(table_statement_end(txn, w->table, &w->err), &w->err);
    assert_int_equal(result.row_count, old->row_count);
    return true;
}

static bool do_truncate(struct world *w, struct table_txn *txn, struct items *items)
{
    struct table_result result = { .row_count = 0 };
    memset(items, 0, sizeof *items);
    assert_ok(table_truncate(txn, w->table, &result, &w->err), &w->err);
    return true;
}

/* One transaction of some statements; everything or nothing. */
static void do_txn(struct world *w, struct items *items)
{
    struct items trial = *items;
    struct table_txn txn;
    table_begin(&txn, &w->graph, &w->arena);
    bool done = true;
    u32 statements = 1 + (u32)rand_below(&w->rand, 3);
    for (u32 index = 0; done && index < statements; index++) {
        u32 what = (u32)rand_below(&w->rand, 100);
        if (what < 55)
            done = do_insert(w, &txn, &trial);
        else if (what < 80)
            done = do_update(w, &txn, &trial);
        else if (what < 98)
            done = do_delete(w, &txn, &trial);
        else
            done = do_truncate(w, &txn, &trial);
    }
    if (done && rand_chance(&w->rand, 9, 10)) {
        table_commit(&txn);
        *items = trial;
    } else {
        table_rollback(&txn);
    }
}

static void check_items(struct world *w, const struct items *items)
{
    u64 live = 0;
    for (u32 id = 0; id < ID_COUNT; id++) {
        const struct item *item = &items->by_id[id];
        live += item->is_live;
        struct item_row row = { .id = id, .u = item->u, .v = item->v };
        struct batch *batch = item_batch(&w->arena, &row, 1);
        u32 slot = table_find_new(w->table, batch->columns, 0);
        assert_int_equal(slot != SLOT_NONE, item->is_live);
        if (!item->is_live) continue;
        struct item_row stored = item_of(gather(w->table->rows, &slot, 1, &w->arena), 0);
        assert_int_equal(stored.u, item->u);
        assert_int_equal(stored.v, item->v);
    }
    assert_int_equal(table_row_count(w->table), live);
}

static void run_items(u64 seed)
{
    struct world w;
    struct items items = { 0 }, before = { 0 };
    world_open(&w, seed, make_items);
    for (u32 tick = 0; tick < 600; tick++) {
        u32 txns = (u32)rand_below(&w.rand, 6);
        for (u32 index = 0; index < txns; index++) {
            do_txn(&w, &items);
            check_items(&w, &items);
        }
        if (!end_tick(&w)) items = before;
        before = items;
        check_items(&w, &items);
    }
    world_close(&w);
}

TEST(table_with_keys_does_what_its_transactions_say_and_its_log_repeats_it)
{
    for (u32 round = 0; round < test_rounds(4); round++) {
        u_is_unique = round % 2 == 0;
        run_items(test_seed(21) + round);
    }
    u_is_unique = true;
}

/* --- a bag: (a integer, b text), equal rows share a slot --- */

#define BAG_COUNT 12

static struct schema_column bag_columns[] = { { "a", { .id = TYPE_INT4 }, false },
                                              { "b", { .id = TYPE_TEXT }, false } };
static struct schema bag_schema = { .column_count = 2, .columns = bag_columns };

static struct op *make_bag(struct world *w)
{
    struct op *op =
        op_table_make(&w->graph, &(struct table_options){ .name = "bag", .schema = &bag_schema });
    graph_hold(op);
    return op;
}

static struct batch *bag_batch(struct arena *arena, const u32 *numbers, u32 count)
{
    struct batch *batch = batch_make_for(arena, &bag_schema, count);
    batch->row_count = count;
    column_need_nulls(&batch->columns[1], arena, count);
    for (u32 row = 0; row < count; row++) {
        bool is_null = numbers[row] == 0;
        char *text = arena_format(arena, "%*u", (int)numbers[row] * 3, numbers[row]);
        batch->weights[row] = 1;
        batch->columns[1].nulls[row] = is_null;
        ((i64 *)batch->columns[0].data)[row] = numbers[row];
        ((struct str *)batch->columns[1].data)[row] =
            is_null ? (struct str){ .size = 0 } : str_make(text, strlen(text));
    }
    return batch;
}

static void bag_txn(struct world *w, i32 *counts)
{
    struct table_txn txn;
    i32 trial[BAG_COUNT];
    memcpy(trial, counts, sizeof trial);
    table_begin(&txn, &w->graph, &w->arena);
    for (u32 statement = 0; statement < 2; statement++) {
        struct table_result result = { .row_count = 0 };
        table_statement_begin(&txn, w->table);
        u32 what = (u32)rand_below(&w->rand, 3), numbers[20], *slots;
        if (what == 0) {
            u32 count = 1 + (u32)rand_below(&w->rand, countof(numbers));
            struct table_insert how = { .returns = true };
            for (u32 row = 0; row < count; row++)
                trial[numbers[row] = (u32)rand_below(&w->rand, BAG_COUNT)]++;
            assert_ok(table_insert(&txn, w->table, bag_batch(&w->arena, numbers, count), &how,
                                   &result, &w->err),
                      &w->err);
            assert_int_equal(result.returned_count, count);
            struct batch *given = gather(w->table->rows, result.returned, count, &w->arena);
            for (u32 row = 0; row < count; row++)
                assert_int_equal(((i64 *)given->columns[0].data)[row], numbers[row]);
            continue;
        }
        struct batch *old = pick_some(w, w->table, &slots);
        i32 moved[BAG_COUNT] = { 0 }, total = 0;
        for (u32 row = 0; row < old->row_count; row++) {
            u32 number = (u32)((i64 *)old->columns[0].data)[row];
            numbers[row] = (number + 1) % BAG_COUNT;
            moved[numbers[row]] = trial[number];
            total += trial[number];
            trial[number] = 0;
        }
        if (what == 1) {
            assert_ok(table_delete(&txn, w->table, slots, old->row_count, &result, &w->err),
                      &w->err);
        } else if (old->row_count > 0) {
            for (u32 number = 0; number < BAG_COUNT; number++)
                trial[number] += moved[number];
            assert_ok(table_update(&txn, w->table, slots,
                                   bag_batch(&w->arena, numbers, old->row_count), &result, &w->err),
                      &w->err);
        }
        assert_int_equal(result.row_count, total);
    }
    if (rand_chance(&w->rand, 4, 5)) {
        table_commit(&txn);
        memcpy(counts, trial, sizeof trial);
    } else {
        table_rollback(&txn);
    }
}

static void check_bag(struct world *w, const i32 *counts)
{
    i32 found[BAG_COUNT] = { 0 }, weights[BAG_COUNT];
    u32 cursor = 0, slots[BAG_COUNT];
    for (u32 count; (count = rows_scan(w->table->rows, &cursor, UINT32_MAX, SIDE_NEW, BAG_COUNT,
                                       slots, weights));) {
        struct batch *rows = gather(w->table->rows, slots, count, &w->arena);
        for (u32 row = 0; row < count; row++) {
            u32 number = (u32)((i64 *)rows->columns[0].data)[row];
            assert_int_equal(found[number], 0); /* one slot for all copies */
            found[number] = weights[row];
        }
    }
    assert_memory_equal(found, counts, sizeof found);
}

TEST(table_without_keys_counts_its_rows)
{
    for (u32 round = 0; round < test_rounds(4); round++) {
        struct world w;
        i32 counts[BAG_COUNT] = { 0 }, before[BAG_COUNT] = { 0 };
        world_open(&w, test_seed(31) + round, make_bag);
        for (u32 tick = 0; tick < 600; tick++) {
            u32 txns = (u32)rand_below(&w.rand, 5);
            for (u32 index = 0; index < txns; index++) {
                bag_txn(&w, counts);
                check_bag(&w, counts);
            }
            if (!end_tick(&w)) memcpy(counts, before, sizeof counts);
            memcpy(before, counts, sizeof counts);
            check_bag(&w, counts);
        }
        world_close(&w);
    }
}

/* --- single facts --- */

static bool insert_one(struct world *w, struct item_row row, const struct table_insert *how)
{
    struct table_txn txn;
    struct table_result result = { .row_count = 0 };
    table_begin(&txn, &w->graph, &w->arena);
    table_statement_begin(&txn, w->table);
    bool done =
        !table_insert(&txn, w->table, item_batch(&w->arena, &row, 1), how, &result, &w->err) &&
        !table_statement_end(&txn, w->table, &w->err);
    if (done)
        table_commit(&txn);
    else
        table_rollback(&txn);
    return done;
}

TEST(table_says_what_postgresql_says_of_a_violation)
{
    struct world w;
    const struct table_insert how = { .conflict = TABLE_CONFLICT_ERROR };
    world_open(&w, 1, make_items);
    assert_true(insert_one(&w, (struct item_row){ .id = 7, .u = 3, .v = 1 }, &how));
    assert_false(insert_one(&w, (struct item_row){ .id = 7, .u = 4, .v = 1 }, &how));
    assert_string_equal(w.err.sqlstate, "23505");
    assert_string_equal(w.err.message,
                        "duplicate key value violates unique constraint \"item_pkey\"");
    assert_string_equal(w.err.detail, "Key (id)=(7) already exists.");
    assert_int_equal(w.err.row, 1);
    assert_false(insert_one(&w, (struct item_row){ .id = 8, .u = 3, .v = 1 }, &how));
    assert_string_equal(w.err.message,
                        "duplicate key value violates unique constraint \"item_u_key\"");
    assert_string_equal(w.err.detail, "Key (u)=(u3) already exists.");
    assert_false(insert_one(&w, (struct item_row){ .id = 8, .v = INT32_MIN }, &how));
    assert_string_equal(w.err.sqlstate, "23502");
    assert_string_equal(
        w.err.message,
        "null value in column \"v\" of relation \"item\" violates not-null constraint");
    assert_string_equal(
        w.err.detail, "Failing row contains (8, null, null, a long text about 8 and -2147483648).");
    assert_int_equal(table_row_count(w.table), 1);
    while (!end_tick(&w))
        assert_true(insert_one(&w, (struct item_row){ .id = 7, .u = 3, .v = 1 }, &how));
    world_close(&w);
}

/* Ten thousand transactions on one row in one tick: the index must not keep all the versions. */
TEST(table_row_that_changes_often_in_a_tick_stays_cheap)
{
    struct world w;
    const struct table_insert how = { .conflict = TABLE_CONFLICT_UPDATE,
                                      .conflict_key = &item_keys[0],
                                      .update = add_up };
    world_open(&w, 1, make_items);
    for (u32 index = 0; index < 10000; index++) {
        assert_true(insert_one(&w, (struct item_row){ .id = 5, .u = 1, .v = 1 }, &how));
        assert_int_equal(index_count(w.table->index), 1);
        arena_reset(&w.arena);
    }
    assert_true(table_compact(w.table));
    u32 count;
    rows_dirty(w.table->rows, &count);
    assert_int_equal(count, 1);
    assert_int_equal(rows_slot_end(w.table->rows), 1);
    step_and_settle(&w);
    world_close(&w);
}

TEST(table_that_is_append_only_keeps_each_row_and_refuses_changes)
{
    struct world w;
    memset(&w, 0, sizeof w);
    mem_init(&w.mem, "test", NULL, 0);
    graph_init(&w.graph, &w.mem, 1);
    arena_init(&w.arena, &w.mem);
    w.table = op_table_make(
        &w.graph,
        &(struct table_options){ .name = "bid", .schema = &bag_schema, .is_append_only = true });
    graph_hold(w.table);
    u32 numbers[] = { 3, 3, 3 }, slot = 0;
    struct table_txn txn;
    struct table_result result = { .row_count = 0 };
    struct batch *rows = bag_batch(&w.arena, numbers, 3);
    table_begin(&txn, &w.graph, &w.arena);
    table_statement_begin(&txn, w.table);
    assert_ok(table_insert(&txn, w.table, rows, &(struct table_insert){ 0 }, &result, &w.err),
              &w.err);
    assert_int_equal(result.row_count, 3);
    assert_int_equal(rows_slot_end(w.table->rows), 3);
    assert_int_equal(table_delete(&txn, w.table, &slot, 1, &result, &w.err), FAIL);
    assert_string_equal(w.err.sqlstate, "42809");
    assert_int_equal(table_truncate(&txn, w.table, &result, &w.err), FAIL);
    rows->row_count = 1;
    assert_int_equal(table_update(&txn, w.table, &slot, rows, &result, &w.err), FAIL);
    table_commit(&txn);
    assert_true(table_compact(w.table));
    step_and_settle(&w);
    graph_release(&w.graph, w.table);
    arena_deinit(&w.arena);
    graph_deinit(&w.graph);
    mem_deinit(&w.mem);
}

/* Whatever bytes come, the answer is an error or a change, never a crash. */
TEST(table_refuses_a_damaged_image)
{
    struct world w;
    const struct table_insert how = { .conflict = TABLE_CONFLICT_ERROR };
    world_open(&w, 1, make_items);
    for (u32 id = 0; id < 20; id++)
        assert_true(insert_one(&w, (struct item_row){ .id = id, .v = 1 }, &how));
    assert_true(table_compact(w.table));
    buf_clear(&w.image);
    table_image(w.table, &w.image);
    for (size_t size = 0; size < w.image.size; size++) {
        struct slice cut = slice_make(w.image.data, size);
        assert_int_equal(table_apply(w.replica, cut, &w.arena, &w.err), FAIL);
        assert_string_equal(w.err.sqlstate, "XX001");
        table_undo(w.replica);
    }
    assert_ok(table_apply(w.replica, buf_slice(&w.image), &w.arena, &w.err), &w.err);
    assert_same(&w);
    step_and_settle(&w);
    world_close(&w);
}
