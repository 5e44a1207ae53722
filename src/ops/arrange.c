/* An arrangement: rows by key. Over slots that lie in a pool already it is only an index; else it keeps
 * the rows in a pool of its own, equal rows as one slot with a weight.
 *
 * The index holds what was there before the tick and what is there after it; settle takes out the
 * slots that ended at weight 0. */
#include "base/assert.h"
#include "ops/emit.h"
#include "ops/ops.h"

/* A list that was longer than this in one tick gives its memory back. */
#define DIRTY_KEPT_MAX 64

struct arrange {
    struct op op;
    bool owns_rows;
    bool owns_index;
    u32 position; /* in dirty: changes before it were emitted */
    /* Slots of a shared pool that came this tick. An own pool has its own list. */
    u32 dirty_count;
    u32 dirty_capacity;
    u32 *dirty;
};

static const struct op_class arrange_class;

static struct index *index_below(const struct op *input, const u32 *pool_key, u32 key_count);
static void arrange_link(struct op *op);
static u32 pool_key_of(const struct op *op, const u32 *key, u32 key_count, u32 *pool_key);
static const u32 *arrange_dirty(const struct op *op, u32 *count);

static bool has_index_by(const struct op *op, const u32 *key, u32 key_count)
{
    return op->index && op->index_key_count == key_count &&
           memcmp(op->index_key, key, sizeof(*key) * key_count) == 0;
}

static struct op *arrange_make(struct graph *graph, struct op *input, const u32 *key, u32 key_count,
                               bool owns_rows);

struct op *op_arrange_make(struct graph *graph, struct op *input, const u32 *key, u32 key_count)
{
    if (op_is_shareable(input) && has_index_by(input, key, key_count)) return input;
    return arrange_make(graph, input, key, key_count, !op_is_slotted(input));
}

struct op *op_arrange_own_make(struct graph *graph, struct op *input, const u32 *key, u32 key_count)
{
    return arrange_make(graph, input, key, key_count, true);
}

static struct op *arrange_make(struct graph *graph, struct op *input, const u32 *key, u32 key_count,
                               bool owns_rows)
{
    struct op *op =
        graph_add(graph, &arrange_class, sizeof(struct arrange), &input, 1, input->schema);
    struct arrange *arrange = (struct arrange *)op;
    u32 column_count = op->schema->column_count;
    op->index_key = arena_copy(&op->arena, key, sizeof(*key) * key_count);
    op->index_key_count = key_count;
    arrange->owns_rows = owns_rows;
    if (arrange->owns_rows) {
        struct type types[SCHEMA_COLUMN_COUNT_MAX];
        for (u32 c = 0; c < column_count; c++)
            types[c] = op->schema->columns[c].type;
        op->rows = rows_open(&op->mem, types, column_count);
        op->is_whole = true;
    } else {
        op->rows = input->rows;
        op->is_whole = input->is_whole;
        op->is_set = input->is_set;
        op->repeats = input->repeats;
        if (input->pool_columns)
            op->pool_columns =
                arena_copy(&op->arena, input->pool_columns, sizeof(u32) * column_count);
    }
    u32 *pool_key = arena_array(&op->arena, u32, key_count);
    pool_key_of(op, key, key_count, pool_key);
    if (!arrange->owns_rows) op->index = index_below(input, pool_key, key_count);
    arrange->owns_index = !op->index;
    if (!arrange->owns_index) {
        arrange_link(op);
        return op;
    }
    op->index = index_open(&op->mem, op->rows, pool_key, key_count, graph->seed);
    if (!arrange->owns_rows) index_set_slots_only(op->index);
    return op;
}

static u32 pool_key_of(const struct op *op, const u32 *key, u32 key_count, u32 *pool_key)
{
    for (u32 k = 0; k < key_count; k++) {
        assert(key[k] < op->schema->column_count);
        pool_key[k] = op_pool_column(op, key[k]);
    }
    return key_count;
}

/* The index that an operator below keeps over the same rows by the same columns, or NULL. */
static struct index *index_below(const struct op *input, const u32 *pool_key, u32 key_count)
{
    if (!input->is_whole) return NULL;
    while (!op_is_shareable(input) && input->input_count == 1)
        input = input->inputs[0];
    struct index *index = input->index;
    if (!index || index_key_count(index) != key_count) return NULL;
    return memcmp(index_key_columns(index), pool_key, sizeof(*pool_key) * key_count) == 0 ? index
                                                                                          : NULL;
}

/* With a borrowed index there is no state, so nothing has to be filled. */
static void arrange_link(struct op *op)
{
    op->is_filled = true;
    while (op->input_count == 1) {
        struct op *input = op->inputs[0];
        graph_link(op->graph, input, op, 0, OP_WATERMARK_ALL);
        if (op_is_shareable(input)) return;
        op = input;
    }
}

struct index *op_arrange_index(struct op *op)
{
    return op->index;
}

/* --- Taking the tick's change --- */

static void push_shared(struct arrange *arrange, const struct batch *batch);
static void push_own(struct arrange *arrange, const struct batch *batch);

static void arrange_push(struct op *op, u32 input, const struct batch *batch)
{
    struct arrange *arrange = (struct arrange *)op;
    assert(input == 0);
    graph_touch(op->graph, op);
    if (arrange->owns_rows) {
        graph_mark_dirty(op->graph, op);
        push_own(arrange, batch);
    } else {
        push_shared(arrange, batch);
        op_emit(op, batch);
    }
}

/* Rows of its own are stored whole. */
static void arrange_needs(const struct op *op, u32 input, bool *marks)
{
    const struct arrange *arrange = (const struct arrange *)op;
    (void)input;
    for (u32 k = 0; k < op->index_key_count && arrange->owns_index; k++)
        marks[op->index_key[k]] = true;
    for (u32 c = 0; c < op->schema->column_count; c++)
        marks[c] |= arrange->owns_rows || op->needed[c];
}

static void dirty_add(struct arrange *arrange, const u32 *slots, u32 count)
{
    u32 total = arrange->dirty_count + count;
    if (total > arrange->dirty_capacity) {
        u32 capacity = MAX(total, arrange->dirty_capacity * 2);
        arrange->dirty = mem_realloc(&arrange->op.mem, arrange->dirty,
                                     sizeof(u32) * arrange->dirty_capacity, sizeof(u32) * capacity);
        arrange->dirty_capacity = capacity;
    }
    memcpy(arrange->dirty + arrange->dirty_count, slots, sizeof(*slots) * count);
    arrange->dirty_count = total;
}

/* A slot is new to the index if it had no weight before this batch: in a tick that is OLD, in a scan
 * NEW is all there is and came with this batch. */
static void push_shared(struct arrange *arrange, const struct batch *batch)
{
    struct op *op = &arrange->op;
    assert(batch->rows);
    dirty_add(arrange, batch->rows, batch->row_count);
    if (!arrange->owns_index) return;
    i32 weights[BATCH_ROW_COUNT_MAX];
    u64 hashes[BATCH_ROW_COUNT_MAX];
    rows_weights(op->rows, batch->rows, batch->row_count, SIDE_NEW, weights);
    u32 slots[BATCH_ROW_COUNT_MAX], count = 0;
    batch_hash(batch, op->index_key, op->index_key_count, op->graph->seed, hashes);
    for (u32 r = 0; r < batch->row_count; r++) {
        slots[count] = batch->rows[r];
        hashes[count] = hashes[r];
        count += weights[r] == batch->weights[r];
    }
    index_add_batch(op->index, slots, hashes, count);
}

/* False when two of these rows may be equal; a table of a bit more than twice as many places tells. */
static bool are_distinct(const u64 *hashes, const u32 *picks, u32 count)
{
    u16 table[BATCH_ROW_COUNT_MAX * 4];
    u32 mask = 7;
    while (mask < count * 2)
        mask = mask * 2 + 1;
    memset(table, 0, sizeof(*table) * (mask + 1));
    for (u32 i = 0; i < count; i++) {
        u64 hash = hashes[picks[i]];
        u32 at = (u32)hash & mask;
        for (; table[at]; at = (at + 1) & mask)
            if (hashes[picks[table[at] - 1]] == hash) return false;
        table[at] = (u16)(i + 1);
    }
    return true;
}

static void change_slot(struct arrange *arrange, u32 slot, i32 weight)
{
    struct op *op = &arrange->op;
    i32 sum;
    if (__builtin_add_overflow(rows_weight(op->rows, slot, SIDE_NEW), weight, &sum))
        graph_suspend(op->graph, op, "more than 2147483647 copies of a row");
    else
        rows_change(op->rows, slot, weight);
}

/* Rows that the pool does not hold and that differ from each other; is_unknown: so do their keys, which the index does
 * not hold either. */
static void add_distinct(struct arrange *arrange, const struct batch *batch, const u64 *hashes,
                         const u32 *picks, u32 count, bool is_unknown)
{
    struct op *op = &arrange->op;
    u32 slots[BATCH_ROW_COUNT_MAX];
    u64 picked[BATCH_ROW_COUNT_MAX];
    if (count < batch->row_count) {
        batch = batch_pick(&op->graph->tick, batch, picks, count);
        for (u32 i = 0; i < count; i++)
            picked[i] = hashes[picks[i]];
        hashes = picked;
    }
    rows_add_batch(op->rows, batch, slots);
    if (is_unknown)
        index_add_new_batch(op->index, slots, hashes, count);
    else
        index_add_batch(op->index, slots, hashes, count);
}

/* The same when a row before it in the batch may be equal. */
static void add_any(struct arrange *arrange, const struct batch *batch, const u64 *hashes,
                    const u32 *picks, u32 count)
{
    struct op *op = &arrange->op;
    for (u32 i = 0; i < count; i++) {
        u32 r = picks[i], slot = index_find_row(op->index, batch, r, hashes[r]);
        if (slot == SLOT_NONE)
            index_add(op->index, rows_add(op->rows, batch, r, batch->weights[r]), hashes[r]);
        else
            change_slot(arrange, slot, batch->weights[r]);
    }
}

static void push_own(struct arrange *arrange, const struct batch *batch)
{
    struct op *op = &arrange->op;
    struct arena_mark mark = arena_mark(&op->graph->tick);
    u64 hashes[BATCH_ROW_COUNT_MAX], row_hashes[BATCH_ROW_COUNT_MAX];
    u32 slots[BATCH_ROW_COUNT_MAX], picks[BATCH_ROW_COUNT_MAX], count = 0;
    batch_hash(batch, op->index_key, op->index_key_count, op->graph->seed, hashes);
    bool is_held = index_find_row_batch(op->index, batch, hashes, slots);
    for (u32 r = 0; r < batch->row_count; r++) {
        if (slots[r] != SLOT_NONE) change_slot(arrange, slots[r], batch->weights[r]);
        picks[count] = r;
        count += slots[r] == SLOT_NONE;
    }
    bool keys_differ = are_distinct(hashes, picks, count);
    bool distinct = batch->consolidated || keys_differ;
    if (!distinct) {
        batch_hash(batch, NULL, 0, op->graph->seed, row_hashes);
        distinct = are_distinct(row_hashes, picks, count);
    }
    if (distinct && count > 0)
        add_distinct(arrange, batch, hashes, picks, count, keys_differ && !is_held);
    else
        add_any(arrange, batch, hashes, picks, count);
    arena_rewind(&op->graph->tick, mark);
}

static enum turn arrange_turn(struct op *op, u32 rows)
{
    struct arrange *arrange = (struct arrange *)op;
    u32 count;
    const u32 *dirty = arrange_dirty(op, &count);
    return emit_changes(op, dirty, count, &arrange->position, rows);
}

static const u32 *arrange_dirty(const struct op *op, u32 *count)
{
    const struct arrange *arrange = (const struct arrange *)op;
    if (arrange->owns_rows) return rows_dirty(op->rows, count);
    *count = arrange->dirty_count;
    return arrange->dirty;
}

/* --- The end of the tick --- */

static void arrange_settle(struct op *op)
{
    struct arrange *arrange = (struct arrange *)op;
    u32 count, dead[BATCH_ROW_COUNT_MAX];
    i32 weights[BATCH_ROW_COUNT_MAX];
    const u32 *dirty = arrange_dirty(op, &count);
    for (u32 at = 0; arrange->owns_index && at < count; at += BATCH_ROW_COUNT_MAX) {
        u32 taken = MIN(count - at, BATCH_ROW_COUNT_MAX), dead_count = 0;
        rows_weights(op->rows, dirty + at, taken, SIDE_NEW, weights);
        for (u32 i = 0; i < taken; i++) {
            dead[dead_count] = dirty[at + i];
            dead_count += weights[i] == 0;
        }
        index_remove_batch(op->index, dead, dead_count);
    }
    arrange->dirty_count = 0;
    arrange->position = 0;
    if (arrange->dirty_capacity <= DIRTY_KEPT_MAX) return;
    mem_free(&op->mem, arrange->dirty, sizeof(u32) * arrange->dirty_capacity);
    arrange->dirty = NULL;
    arrange->dirty_capacity = 0;
}

static void arrange_settle_rows(struct op *op)
{
    if (((struct arrange *)op)->owns_rows) rows_settle(op->rows);
}

/* --- Reading what is there --- */

/* In a filtered pool the index knows which slots belong. */
static u32 arrange_slots(struct op *op, u32 *cursor, u32 *slots, u32 capacity)
{
    u32 count;
    do {
        u32 seen = emit_slots_live(op, cursor, slots, capacity);
        if (op->is_whole || seen == 0) return seen;
        count = 0;
        for (u32 i = 0; i < seen; i++) {
            slots[count] = slots[i];
            count += index_holds(op->index, slots[i]);
        }
    } while (count == 0);
    return count;
}

static enum turn arrange_scan(struct op *op, struct op_scan *scan, u32 rows)
{
    if (op->is_whole) return emit_scan(op, scan, rows);
    return emit_scan_if(op, scan, rows, op->index);
}

static void arrange_explain(const struct op *op, struct buf *out)
{
    const struct arrange *arrange = (const struct arrange *)op;
    buf_puts(out, "by (");
    for (u32 k = 0; k < op->index_key_count; k++)
        buf_format(out, "%s%s", k ? ", " : "", op->schema->columns[op->index_key[k]].name);
    buf_format(out, ")%s%s", arrange->owns_rows ? "" : ", rows shared",
               arrange->owns_index ? "" : ", index shared");
}

static void arrange_close(struct op *op)
{
    struct arrange *arrange = (struct arrange *)op;
    if (arrange->owns_index) index_close(op->index);
    if (arrange->owns_rows) rows_close(op->rows);
    mem_free(&op->mem, arrange->dirty, sizeof(u32) * arrange->dirty_capacity);
}

static const struct op_class arrange_class = {
    .name = "arrange",
    .push = arrange_push,
    .needs = arrange_needs,
    .turn = arrange_turn,
    .settle = arrange_settle,
    .settle_rows = arrange_settle_rows,
    .scan = arrange_scan,
    .scan_end = emit_scan_end,
    .slots = arrange_slots,
    .dirty = arrange_dirty,
    .explain = arrange_explain,
    .close = arrange_close,
};
