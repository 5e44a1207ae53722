#include "state/rows.h"

#include <string.h>

#include "tests/test.h"
#include "tests/unit/state/fixture.h"

#define SLOT_MAX 4096
#define PIN_MAX  3
#define KEPT_MAX 8192

/* What a pool should be, said plainly. */
struct model_row {
    u64 id;
    i32 w_new;
    i32 w_old;
    bool dirty;
};

struct model {
    struct model_row rows[SLOT_MAX];
    u32 slot_end;
    u32 free[SLOT_MAX];
    u32 free_count;
    u32 dirty[SLOT_MAX];
    u32 dirty_count;
};

struct world {
    struct mem mem;
    struct arena arena;
    struct rand rand;
    struct rows *rows;
    u32 column_count;
    u64 id_next;
    struct model model;
    struct model saved;
    bool is_saved;
    struct rows_pin *pins[PIN_MAX];
    u32 pin_changes_max[PIN_MAX];
    struct model pinned[PIN_MAX];
    u64 kept[KEPT_MAX]; /* id + 1 by kept number */
    u32 kept_count;
};

static struct world world;

static bool keep_some(void *context, u32 slot, u32 kept)
{
    struct world *w = context;
    u64 id = w->model.rows[slot].id;
    if (id % 3 != 0 || w->kept_count > 100) return false;
    assert_int_equal(w->kept[kept], 0);
    w->kept[kept] = id + 1;
    w->kept_count++;
    return true;
}

static void world_open(struct world *w, u64 seed, bool with_keeper)
{
    memset(w, 0, sizeof *w);
    mem_init(&w->mem, "test", NULL, 0);
    arena_init(&w->arena, &w->mem);
    w->rand.state = seed;
    w->column_count = FIXTURE_TYPE_COUNT;
    w->rows = rows_open(&w->mem, fixture_types, w->column_count);
    if (with_keeper) rows_set_keeper(w->rows, keep_some, w);
}

static void world_close(struct world *w)
{
    for (u32 i = 0; i < PIN_MAX; i++)
        rows_pin_close(w->pins[i]);
    for (u32 i = 0; i < KEPT_MAX; i++)
        if (w->kept[i]) rows_kept_free(w->rows, i);
    rows_close(w->rows);
    arena_deinit(&w->arena);
    mem_deinit(&w->mem);
}

static u32 model_take(struct model *model, u64 id, i32 weight)
{
    u32 slot = model->free_count ? model->free[--model->free_count] : model->slot_end++;
    assert_true(model->slot_end <= SLOT_MAX);
    model->rows[slot] = (struct model_row){ .id = id, .w_new = weight, .dirty = true };
    model->dirty[model->dirty_count++] = slot;
    return slot;
}

static void model_change(struct model *model, u32 slot, i32 delta)
{
    struct model_row *row = &model->rows[slot];
    if (!row->dirty) model->dirty[model->dirty_count++] = slot;
    row->dirty = true;
    row->w_new += delta;
}

static u32 model_count(const struct model *model)
{
    u32 count = 0;
    for (u32 slot = 0; slot < model->slot_end; slot++)
        count += model->rows[slot].w_new != 0;
    return count;
}

static void model_end(struct model *model)
{
    model->dirty_count = 0;
    if (model_count(model) == 0) model->slot_end = model->free_count = 0;
}

static void model_settle(struct model *model)
{
    for (u32 i = 0; i < model->dirty_count; i++) {
        struct model_row *row = &model->rows[model->dirty[i]];
        row->dirty = false;
        row->w_old = row->w_new;
        if (row->w_new == 0) model->free[model->free_count++] = model->dirty[i];
    }
    model_end(model);
}

static void do_add(struct world *w)
{
    u64 ids[20];
    u32 slots[20], count = 1 + (u32)rand_below(&w->rand, countof(ids));
    for (u32 i = 0; i < count; i++)
        ids[i] = w->id_next++;
    struct batch *batch = fixture_batch(&w->arena, fixture_types, w->column_count, ids, count);
    for (u32 i = 0; i < count; i++)
        batch->weights[i] = 1 + (i32)rand_below(&w->rand, 2);
    if (rand_chance(&w->rand, 1, 2)) {
        rows_add_batch(w->rows, batch, slots);
    } else {
        for (u32 i = 0; i < count; i++)
            slots[i] = rows_add(w->rows, batch, i, batch->weights[i]);
    }
    for (u32 i = 0; i < count; i++) {
        assert_int_equal(slots[i], model_take(&w->model, ids[i], batch->weights[i]));
        assert_true(rows_identical(w->rows, slots[i], batch, i));
        u64 hash;
        struct batch *one = fixture_batch(&w->arena, fixture_types, w->column_count, &ids[i], 1);
        batch_hash(one, NULL, 0, 7, &hash);
        assert_int_equal(rows_hash(w->rows, slots[i], NULL, 0, 7), hash);
        assert_true(rows_equal_key(w->rows, slots[i], NULL, w->column_count, one->columns, 0));
    }
}

static void do_change(struct world *w)
{
    if (w->model.slot_end == 0) return;
    u32 slot = (u32)rand_below(&w->rand, w->model.slot_end);
    struct model_row *row = &w->model.rows[slot];
    if (row->w_new == 0 && row->w_old == 0) return;
    i32 delta = rand_chance(&w->rand, 2, 3) ? -row->w_new : (i32)rand_below(&w->rand, 3);
    rows_change(w->rows, slot, delta);
    model_change(&w->model, slot, delta);
}

static void check_weights(const struct world *w)
{
    const struct model *model = &w->model;
    assert_int_equal(rows_slot_end(w->rows), model->slot_end);
    assert_int_equal(rows_count(w->rows), model_count(model));
    u32 count;
    const u32 *dirty = rows_dirty(w->rows, &count);
    assert_int_equal(count, model->dirty_count);
    if (count > 0) assert_memory_equal(dirty, model->dirty, count * sizeof *dirty);
    for (u32 slot = 0; slot < model->slot_end; slot++) {
        assert_int_equal(rows_weight(w->rows, slot, SIDE_NEW), model->rows[slot].w_new);
        assert_int_equal(rows_weight(w->rows, slot, SIDE_OLD), model->rows[slot].w_old);
    }
}

static void check_content(struct world *w)
{
    u32 slots[300], cursor = 0;
    i32 weights[300];
    enum side side = rand_chance(&w->rand, 1, 2) ? SIDE_OLD : SIDE_NEW;
    u32 found = 0, expected = 0;
    for (u32 slot = 0; slot < w->model.slot_end; slot++)
        expected += (side == SIDE_OLD ? w->model.rows[slot].w_old : w->model.rows[slot].w_new) != 0;
    for (;;) {
        u32 count = rows_scan(w->rows, &cursor, UINT32_MAX, side, countof(slots), slots, weights);
        if (count == 0) break;
        found += count;
        struct column columns[FIXTURE_TYPE_COUNT];
        rows_gather(w->rows, slots, count, NULL, 0, &w->arena, columns);
        for (u32 i = 0; i < count; i++) {
            const struct model_row *row = &w->model.rows[slots[i]];
            assert_int_equal(weights[i], side == SIDE_OLD ? row->w_old : row->w_new);
            assert_true(fixture_is(columns, i, fixture_types, w->column_count, row->id));
        }
    }
    assert_int_equal(found, expected);
}

static void check_pin(struct world *w, u32 index)
{
    struct rows_pin *pin = w->pins[index];
    const struct model *model = &w->pinned[index];
    if (!pin || rows_pin_revoked(pin)) return;
    u32 slots[300], cursor = 0, found = 0, expected = 0, columns_wanted[2] = { 2, 8 };
    i32 weights[300];
    for (u32 slot = 0; slot < model->slot_end; slot++) {
        assert_int_equal(rows_pin_weight(pin, slot), model->rows[slot].w_old);
        expected += model->rows[slot].w_old != 0;
    }
    for (u32 count; (count = rows_pin_scan(pin, &cursor, countof(slots), slots, weights)) > 0;) {
        struct column columns[2], all[FIXTURE_TYPE_COUNT];
        rows_pin_gather(pin, slots, count, columns_wanted, 2, &w->arena, columns);
        rows_pin_gather(pin, slots, count, NULL, 0, &w->arena, all);
        for (u32 i = 0; i < count; i++) {
            assert_true(
                fixture_is(all, i, fixture_types, w->column_count, model->rows[slots[i]].id));
            assert_true(column_identical(&columns[0], i, &all[2], i));
            assert_true(column_identical(&columns[1], i, &all[8], i));
            assert_int_equal(weights[i], model->rows[slots[i]].w_old);
        }
        found += count;
    }
    assert_int_equal(found, expected);
}

static void do_pin(struct world *w)
{
    u32 index = (u32)rand_below(&w->rand, PIN_MAX);
    if (w->pins[index]) {
        check_pin(w, index);
        rows_pin_close(w->pins[index]);
        w->pins[index] = NULL;
        return;
    }
    u32 limit = rand_chance(&w->rand, 1, 4) ? 20 : 100000;
    w->pins[index] = rows_pin_open(w->rows, limit);
    w->pin_changes_max[index] = limit;
    w->pinned[index] = w->model;
}

static void check_kept(struct world *w)
{
    for (u32 kept = 0; kept < KEPT_MAX; kept++) {
        if (!w->kept[kept] || !rand_chance(&w->rand, 1, 4)) continue;
        struct column columns[FIXTURE_TYPE_COUNT];
        rows_kept_gather(w->rows, &kept, 1, NULL, 0, &w->arena, columns);
        assert_true(fixture_is(columns, 0, fixture_types, w->column_count, w->kept[kept] - 1));
        rows_kept_free(w->rows, kept);
        w->kept[kept] = 0;
        w->kept_count--;
    }
}

static void do_savepoint(struct world *w)
{
    if (!w->is_saved) {
        rows_savepoint(w->rows);
        assert_int_equal(rows_savepoint_dirty(w->rows), w->model.dirty_count);
        w->saved = w->model;
    } else if (rand_chance(&w->rand, 1, 2)) {
        rows_release(w->rows);
    } else {
        rows_rollback(w->rows);
        w->model = w->saved;
    }
    w->is_saved = !w->is_saved;
}

static struct model before; /* the tick */
static u32 hook_calls;

static void on_gone(void *context, u32 slot)
{
    struct world *w = context;
    assert_int_equal(w->model.rows[slot].w_new, 0);
    assert_int_equal(w->model.rows[slot].w_old, 0);
    hook_calls++;
}

static void on_moved(void *context, u32 from, u32 to)
{
    struct world *w = context;
    struct column columns[FIXTURE_TYPE_COUNT];
    u32 slots[2] = { from, to };
    rows_gather(w->rows, slots, 2, NULL, 0, &w->arena, columns);
    for (u32 i = 0; i < 2; i++)
        assert_true(fixture_is(columns, i, fixture_types, w->column_count, w->model.rows[from].id));
    hook_calls++;
}

/* The tick's net sum, applied to the state before it, gives the same slots as compaction does. */
static void do_compact(struct world *w)
{
    struct rows_compact_hooks hooks = { .context = w, .gone = on_gone, .moved = on_moved };
    rows_compact(w->rows, &hooks);
    u32 count;
    const u32 *dirty = rows_dirty(w->rows, &count);
    u32 old_count = count > 0 ? rows_dirty_old_count(w->rows) : 0;
    struct model *applied = &world.saved;
    *applied = before;
    for (u32 i = 0; i < old_count; i++)
        model_change(applied, dirty[i],
                     rows_weight(w->rows, dirty[i], SIDE_NEW) - applied->rows[dirty[i]].w_new);
    /* Which new row lies where is the pool's choice; that they are all there is checked by content. */
    u64 ids[SLOT_MAX], sum = 0, sum_expected = 0;
    u32 live = 0;
    for (u32 slot = 0; slot < w->model.slot_end; slot++) {
        const struct model_row *row = &w->model.rows[slot];
        if (row->dirty && row->w_old == 0 && row->w_new != 0) ids[live++] = row->id;
    }
    assert_int_equal(count - old_count, live);
    struct column columns[FIXTURE_TYPE_COUNT];
    for (u32 i = old_count; i < count; i++) {
        u64 id = UINT64_MAX;
        rows_gather(w->rows, &dirty[i], 1, NULL, 0, &w->arena, columns);
        for (u32 k = 0; k < live && id == UINT64_MAX; k++)
            if (fixture_is(columns, 0, fixture_types, w->column_count, ids[k])) id = ids[k];
        assert_true(id != UINT64_MAX);
        sum += id;
        i32 weight = rows_weight(w->rows, dirty[i], SIDE_NEW);
        assert_int_equal(model_take(applied, id, weight), dirty[i]);
    }
    for (u32 k = 0; k < live; k++)
        sum_expected += ids[k];
    assert_int_equal(sum, sum_expected);
    w->model = *applied;
    check_weights(w);
}

static void do_end(struct world *w)
{
    if (w->is_saved) do_savepoint(w);
    if (rand_chance(&w->rand, 1, 2)) do_compact(w);
    check_content(w);
    if (rand_chance(&w->rand, 1, 5)) {
        rows_undo(w->rows);
        w->model = before;
    } else {
        rows_settle(w->rows);
        model_settle(&w->model);
    }
    before = w->model;
    check_weights(w);
    for (u32 i = 0; i < PIN_MAX; i++)
        if (rand_chance(&w->rand, 1, 4)) check_pin(w, i);
    check_kept(w);
    arena_reset(&w->arena);
}

/* Now and then almost everything goes, so that the pool runs empty. */
static void do_clear(struct world *w)
{
    for (u32 slot = 0; slot < w->model.slot_end; slot++) {
        i32 weight = w->model.rows[slot].w_new;
        if (weight == 0 || rand_chance(&w->rand, 1, 200)) continue;
        rows_change(w->rows, slot, -weight);
        model_change(&w->model, slot, -weight);
    }
}

static void run_world(u64 seed, u32 steps, bool readers)
{
    struct world *w = &world;
    world_open(w, seed, readers);
    before = w->model;
    for (u32 step = 0; step < steps; step++) {
        u32 what = (u32)rand_below(&w->rand, 100);
        if (what < 12 && w->model.slot_end < SLOT_MAX / 2)
            do_add(w);
        else if (what < 70)
            do_change(w);
        else if (what < 80)
            do_savepoint(w);
        else if (what < 84 && readers)
            do_pin(w);
        else if (what < 96)
            check_weights(w);
        else if (what == 96 && rand_chance(&w->rand, 1, 4))
            do_clear(w);
        else
            do_end(w);
    }
    if (w->is_saved) do_savepoint(w);
    rows_settle(w->rows);
    model_settle(&w->model);
    world_close(w);
}

TEST(rows_are_what_a_plain_model_says)
{
    for (u32 round = 0; round < test_rounds(6); round++)
        run_world(test_seed(1) + round, 10000, false);
}

TEST(rows_readers_see_their_tick_and_change_no_slot)
{
    for (u32 round = 0; round < test_rounds(6); round++)
        run_world(test_seed(100) + round, 8000, true);
    assert_true(hook_calls > 0);
}

TEST(rows_count_their_memory_exactly_and_give_it_back_when_empty)
{
    struct mem mem;
    struct arena arena;
    mem_init(&mem, "test", NULL, 0);
    struct mem arena_mem;
    mem_init(&arena_mem, "arena", NULL, 0);
    arena_init(&arena, &arena_mem);
    struct rows *rows = rows_open(&mem, fixture_types, FIXTURE_TYPE_COUNT);
    assert_true(mem.used < 1024 + 512);
    u64 empty = mem.used;
    assert_int_equal(rows_size(rows), mem.used);
    for (u32 round = 0; round < 3; round++) {
        for (u32 i = 0; i < 60; i++) {
            u64 ids[500];
            u32 slots[500];
            for (u32 k = 0; k < 500; k++)
                ids[k] = i * 500 + k;
            struct batch *batch =
                fixture_batch(&arena, fixture_types, FIXTURE_TYPE_COUNT, ids, 500);
            rows_add_batch(rows, batch, slots);
            arena_reset(&arena);
            assert_int_equal(rows_size(rows), mem.used);
        }
        assert_true(mem.used > 60 * 500 * (u64)rows_width(rows));
        rows_settle(rows);
        for (u32 slot = 0; slot < 30000; slot++)
            rows_change(rows, slot, -1);
        assert_int_equal(rows_size(rows), mem.used);
        rows_settle(rows);
        assert_int_equal(rows_size(rows), mem.used);
        assert_int_equal(mem.used, empty);
    }
    rows_close(rows);
    mem_deinit(&mem);
    arena_deinit(&arena);
}

TEST(rows_store_each_type_in_sql_width)
{
    struct mem mem;
    mem_init(&mem, "test", NULL, 0);
    struct type narrow[] = { TYPE(INT4), TYPE(INT2), TYPE(BOOL) };
    struct rows *rows = rows_open(&mem, narrow, 3);
    assert_int_equal(rows_width(rows), 16); /* 8 + 1 + 7 */
    rows_close(rows);
    struct type product[] = {
        TYPE(INT8), TYPE(TEXT), TYPE(TEXT), { .id = TYPE_NUMERIC, .precision = 10, .scale = 2 }
    };
    rows = rows_open(&mem, product, 4);
    assert_int_equal(rows_width(rows), 60); /* 8 + 1 + 8 + 16 + 16 + 8 */
    rows_close(rows);
    mem_deinit(&mem);
}

TEST(rows_pin_past_its_entries_is_revoked_and_holds_nothing)
{
    struct mem mem;
    struct arena arena;
    mem_init(&mem, "test", NULL, 0);
    arena_init(&arena, &mem);
    struct type type = TYPE(INT8);
    struct rows *rows = rows_open(&mem, &type, 1);
    i64 values[100];
    u32 slots[100];
    for (u32 i = 0; i < 100; i++)
        values[i] = i;
    rows_add_batch(rows, fixture_int8(&arena, values, 100), slots);
    rows_settle(rows);
    struct rows_pin *pin = rows_pin_open(rows, 10);
    for (u32 i = 0; i < 11; i++) {
        assert_false(rows_pin_revoked(pin));
        rows_change(rows, i, -1);
        rows_settle(rows);
        if (i < 10) assert_int_equal(rows_pin_weight(pin, i), 1);
    }
    assert_true(rows_pin_revoked(pin));
    arena_reset(&arena);
    arena_deinit(&arena);
    u64 used = mem.used;
    rows_pin_close(pin);
    assert_true(used - mem.used < 64); /* only the pin itself */
    assert_int_equal(mem.used, rows_size(rows));
    rows_close(rows);
    mem_deinit(&mem);
}
