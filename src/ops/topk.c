/* The first rows of each partition in an order.
 *
 * All rows stand in one tree, by partition and order; they lie in the pool of the input. What was
 * chosen last is a list a partition. When the tick is whole, each partition in which something changed that does not stand
 * behind a full window reads its window again and the two lists are compared: only rows that entered or left the
 * window, or changed their number, come out. Rows that are equal in the order columns are told apart by the rest of their columns, so the choice
 * depends on what is there and not on how it came. */
#include "base/assert.h"
#include "base/hash.h"
#include "ops/emit.h"
#include "ops/groups.h"
#include "ops/ops.h"

/* A row of the window: with numbers each copy stands alone, else copies of one row stand together. */
struct chosen {
    u32 slot;   /* in the input's pool */
    u32 row;    /* in the pool of the result */
    u64 number; /* row_number(), or the count of copies */
};

/* Of a partition. The head's row is not used. */
struct window {
    struct group head;
    u32 count;
    u32 capacity;
    struct chosen *chosen;
    u32 spare;       /* rows that this tick may still compare with the last chosen one */
    bool is_full;    /* it has limit rows */
    bool is_changed; /* by this tick, perhaps */
};

struct topk {
    struct op op;
    struct groups partitions;
    struct tree *tree;
    u64 offset;
    u64 limit;
    bool with_rank;
    /* Of this tick: */
    u32 dirty_at;
    u32 emit_at;
};

static const struct op_class topk_class;

static struct tree *tree_make(struct topk *topk, const struct topk_options *options);

struct op *op_topk_make(struct graph *graph, struct op *input, const struct topk_options *options,
                        const struct schema *schema)
{
    if (!op_is_slotted(input))
        input = op_arrange_make(graph, input, options->partition, options->partition_count);
    struct op *op = graph_add(graph, &topk_class, sizeof(struct topk), &input, 1, schema);
    struct topk *topk = (struct topk *)op;
    topk->offset = options->offset;
    topk->limit = options->limit;
    topk->with_rank = options->with_rank;
    topk->tree = tree_make(topk, options);

    struct type *types = arena_array(&op->arena, struct type, schema->column_count);
    for (u32 c = 0; c < schema->column_count; c++)
        types[c] = schema->columns[c].type;
    struct type *key_types = arena_array(&op->arena, struct type, options->partition_count);
    for (u32 k = 0; k < options->partition_count; k++)
        key_types[k] = input->schema->columns[options->partition[k]].type;
    groups_init(&topk->partitions, &op->mem, graph->seed,
                arena_copy(&op->arena, options->partition, sizeof(u32) * options->partition_count),
                key_types, options->partition_count, sizeof(struct window));
    op->rows = rows_open(&op->mem, types, schema->column_count);
    op->is_whole = true;
    op->is_set = input->is_set || options->with_rank;
    op->repeats = input->repeats && !options->with_rank;
    return op;
}

static struct tree *tree_make(struct topk *topk, const struct topk_options *options)
{
    struct op *op = &topk->op, *input = op->inputs[0];
    u32 column_count = input->schema->column_count;
    assert(op->schema->column_count == column_count + options->with_rank);
    struct tree_order *order = arena_array(&op->arena, struct tree_order, options->order_count);
    for (u32 i = 0; i < options->order_count; i++) {
        order[i] = options->order[i];
        order[i].column = op_pool_column(input, order[i].column);
    }
    u32 *tie = arena_array(&op->arena, u32, column_count);
    for (u32 c = 0; c < column_count; c++)
        tie[c] = op_pool_column(input, c);
    struct tree *tree = tree_open(&op->mem, input->rows, order, options->order_count);
    tree_set_tie(tree, tie, column_count, op->graph->seed);
    return tree;
}

/* --- Taking the tick's change --- */

static u32 spare_of(const struct window *window)
{
    return 1 + window->count / 8;
}

/* Does the slot stand behind a full window, which then cannot notice? To ask costs as much as to read some rows of
 * the window, so a tick of many rows asks for some only. */
static bool is_behind(const struct topk *topk, struct window *window, u32 slot)
{
    if (!window->is_full || window->count == 0 || window->spare == 0) return false;
    window->spare--;
    return tree_compare(topk->tree, window->chosen[window->count - 1].slot, slot) < 0;
}

static void topk_push(struct op *op, u32 input, const struct batch *batch)
{
    struct topk *topk = (struct topk *)op;
    struct arena *arena = &op->graph->tick;
    assert(input == 0 && batch->rows);
    graph_touch(op->graph, op);
    graph_mark_dirty(op->graph, op);
    struct arena_mark mark = arena_mark(arena);
    u32 partitions[BATCH_ROW_COUNT_MAX];
    i32 weights[BATCH_ROW_COUNT_MAX];
    groups_find(&topk->partitions, batch, arena, partitions);
    rows_weights(op->inputs[0]->rows, batch->rows, batch->row_count, SIDE_NEW, weights);
    for (u32 r = 0; r < batch->row_count; r++) {
        struct group *head = groups_touch(&topk->partitions, partitions[r]);
        struct window *window = (struct window *)head;
        head->weight += batch->weights[r];
        if (!window->is_changed) window->is_changed = !is_behind(topk, window, batch->rows[r]);
        if (weights[r] == batch->weights[r]) /* there was none before this batch */
            tree_group_add(topk->tree, partitions[r], batch->rows[r]);
        else if (weights[r] == 0) {
            bool was_there = tree_group_remove(topk->tree, partitions[r], batch->rows[r]);
            assert(was_there);
        }
    }
    arena_rewind(arena, mark);
}

/* The tree and the window read what they need from the slots. */
static void topk_needs(const struct op *op, u32 input, bool *marks)
{
    const struct groups *partitions = &((const struct topk *)op)->partitions;
    (void)input;
    for (u32 k = 0; k < partitions->column_count; k++)
        marks[partitions->columns[k]] = true;
}

/* --- The window --- */

/* The new window of a partition on its way to take the place of the old one. */
struct choice {
    struct topk *topk;
    struct arena *arena;
    u32 count;
    u32 capacity;
    struct chosen *chosen;
};

static void choose(struct choice *choice, u32 slot, u64 number)
{
    if (choice->count == choice->capacity) {
        u32 capacity = MAX(16, choice->capacity * 2);
        struct chosen *block = arena_alloc(choice->arena, sizeof(*block) * capacity);
        if (choice->count > 0) memcpy(block, choice->chosen, sizeof(*block) * choice->count);
        choice->chosen = block;
        choice->capacity = capacity;
    }
    choice->chosen[choice->count++] =
        (struct chosen){ .slot = slot, .row = SLOT_NONE, .number = number };
}

/* copies of a slot stand at position and behind it; the window is [offset, end). */
static void choose_copies(struct choice *choice, u32 slot, u64 position, u64 copies, u64 end)
{
    u64 first = MAX(position, choice->topk->offset), last = MIN(position + copies, end);
    if (first >= last) return;
    if (!choice->topk->with_rank) {
        choose(choice, slot, last - first);
        return;
    }
    for (u64 at = first; at < last; at++)
        choose(choice, slot, at + 1);
}

/* Where every slot has one copy the window begins at once; else copies are counted from the front. */
static void read_window(struct choice *choice, u32 partition)
{
    const struct topk *topk = choice->topk;
    struct op *input = topk->op.inputs[0];
    u64 begin = tree_group_seek(topk->tree, partition, NULL, 0, 0, false);
    u64 tree_end = tree_group_seek(topk->tree, partition, NULL, 0, 0, true);
    u64 end = topk->limit > UINT64_MAX - topk->offset ? UINT64_MAX : topk->offset + topk->limit;
    u64 position = input->is_set ? MIN(topk->offset, tree_end - begin) : 0;
    for (u64 at = begin + position; at < tree_end && position < end;) {
        u32 slots[BATCH_ROW_COUNT_MAX];
        i32 weights[BATCH_ROW_COUNT_MAX];
        u64 wanted = MIN(tree_end - at, end - position);
        u32 count = tree_read(topk->tree, at, false, slots, (u32)MIN(wanted, BATCH_ROW_COUNT_MAX));
        rows_weights(input->rows, slots, count, SIDE_NEW, weights);
        for (u32 i = 0; i < count; i++) {
            assert(weights[i] > 0);
            choose_copies(choice, slots[i], position, (u64)weights[i], end);
            position += (u64)weights[i];
        }
        at += count;
    }
}

/* Old rows that stay, found by a table of the new ones: open addressing by slot and number. */
static u32 *table_of(const struct choice *choice, bool with_rank, u32 *mask)
{
    u32 size = 16;
    while (size < choice->count * 2)
        size *= 2;
    *mask = size - 1;
    u32 *table = arena_zalloc(choice->arena, sizeof(u32) * size);
    for (u32 i = 0; i < choice->count; i++) {
        const struct chosen *chosen = &choice->chosen[i];
        u64 at = hash_mix(chosen->slot, with_rank ? chosen->number : 0);
        while (table[at & *mask])
            at++;
        table[at & *mask] = i + 1;
    }
    return table;
}

static struct chosen *table_find(const struct choice *choice, const u32 *table, u32 mask,
                                 bool with_rank, const struct chosen *old)
{
    u64 at = hash_mix(old->slot, with_rank ? old->number : 0);
    for (; table[at & mask]; at++) {
        struct chosen *chosen = &choice->chosen[table[at & mask] - 1];
        if (chosen->slot == old->slot && (!with_rank || chosen->number == old->number))
            return chosen;
    }
    return NULL;
}

static void drop_old(struct choice *choice, const struct window *window)
{
    struct topk *topk = choice->topk;
    struct rows *rows = topk->op.rows;
    u32 mask;
    u32 *table = table_of(choice, topk->with_rank, &mask);
    for (u32 i = 0; i < window->count; i++) {
        const struct chosen *old = &window->chosen[i];
        struct chosen *new = table_find(choice, table, mask, topk->with_rank, old);
        if (new) new->row = old->row;
        i64 copies_old = topk->with_rank ? 1 : (i64)old->number;
        i64 copies_new = !new ? 0 : topk->with_rank ? 1 : (i64) new->number;
        if (copies_old != copies_new) rows_change(rows, old->row, (i32)(copies_new - copies_old));
    }
}

static void add_piece(struct choice *choice, const u32 *picks, u32 count)
{
    struct topk *topk = choice->topk;
    struct op *op = &topk->op, *input = op->inputs[0];
    struct arena_mark mark = arena_mark(choice->arena);
    u32 column_count = input->schema->column_count, slots[BATCH_ROW_COUNT_MAX];
    struct batch batch = { .row_count = count, .column_count = op->schema->column_count };
    batch.columns = arena_array(choice->arena, struct column, batch.column_count);
    batch.weights = arena_alloc(choice->arena, sizeof(i32) * count);
    for (u32 i = 0; i < count; i++) {
        const struct chosen *chosen = &choice->chosen[picks[i]];
        slots[i] = chosen->slot;
        batch.weights[i] = topk->with_rank ? 1 : (i32)chosen->number;
    }
    emit_gather(input, slots, count, NULL, column_count, choice->arena, batch.columns);
    if (topk->with_rank) {
        batch.columns[column_count] = column_make(choice->arena, TYPE(INT8), count);
        for (u32 i = 0; i < count; i++)
            ((i64 *)batch.columns[column_count].data)[i] = (i64)choice->chosen[picks[i]].number;
    }
    u32 rows[BATCH_ROW_COUNT_MAX];
    rows_add_batch(op->rows, &batch, rows);
    for (u32 i = 0; i < count; i++)
        choice->chosen[picks[i]].row = rows[i];
    arena_rewind(choice->arena, mark);
}

static void add_new(struct choice *choice)
{
    u32 picks[BATCH_ROW_COUNT_MAX], count = 0;
    for (u32 i = 0; i < choice->count; i++) {
        if (choice->chosen[i].row != SLOT_NONE) continue;
        picks[count++] = i;
        if (count < BATCH_ROW_COUNT_MAX) continue;
        add_piece(choice, picks, count);
        count = 0;
    }
    if (count > 0) add_piece(choice, picks, count);
}

static void window_store(struct topk *topk, struct window *window, const struct choice *choice)
{
    struct mem *mem = &topk->op.mem;
    bool is_too_large = window->capacity > 16 && choice->count < window->capacity / 4;
    if (choice->count > window->capacity || is_too_large) {
        mem_free(mem, window->chosen, sizeof(*window->chosen) * window->capacity);
        window->capacity = choice->count;
        window->chosen = mem_alloc(mem, sizeof(*window->chosen) * window->capacity);
    }
    u64 copies = 0;
    for (u32 i = 0; i < choice->count; i++)
        copies += topk->with_rank ? 1 : choice->chosen[i].number;
    window->is_full = copies == topk->limit;
    window->count = choice->count;
    window->spare = spare_of(window);
    if (choice->count > 0)
        memcpy(window->chosen, choice->chosen, sizeof(*window->chosen) * choice->count);
}

static void window_renew(struct topk *topk, u32 partition, struct window *window);

static void partition_update(struct topk *topk, u32 partition)
{
    struct window *window = (struct window *)groups_get(&topk->partitions, partition);
    assert(window->head.weight >= 0);
    window->head.is_dirty = false;
    if (window->is_changed)
        window_renew(topk, partition, window);
    else
        window->spare = spare_of(window);
    topk->op.graph->rows_moved++;
}

static void window_renew(struct topk *topk, u32 partition, struct window *window)
{
    struct arena *arena = &topk->op.graph->tick;
    struct arena_mark mark = arena_mark(arena);
    window->is_changed = false;
    struct choice choice = { .topk = topk, .arena = arena };
    read_window(&choice, partition);
    drop_old(&choice, window);
    add_new(&choice);
    window_store(topk, window, &choice);
    topk->op.graph->rows_moved += choice.count;
    if (window->head.weight == 0 && topk->partitions.keys) {
        mem_free(&topk->op.mem, window->chosen, sizeof(*window->chosen) * window->capacity);
        groups_remove(&topk->partitions, partition);
    }
    arena_rewind(arena, mark);
}

static enum turn topk_turn(struct op *op, u32 rows)
{
    struct topk *topk = (struct topk *)op;
    u64 end = op->graph->rows_moved + rows;
    while (topk->dirty_at < topk->partitions.dirty_count) {
        partition_update(topk, topk->partitions.dirty[topk->dirty_at++]);
        if (op->graph->rows_moved >= end) return TURN_MORE;
    }
    slow_assert(!op->is_filled || !op->inputs[0]->is_whole ||
                tree_count(topk->tree) == rows_count(op->inputs[0]->rows));
    u32 count;
    const u32 *dirty = rows_dirty(op->rows, &count);
    return emit_changes(op, dirty, count, &topk->emit_at, (u32)(end - op->graph->rows_moved));
}

/* --- The end of the tick --- */

static void topk_settle(struct op *op)
{
    struct topk *topk = (struct topk *)op;
    groups_settle(&topk->partitions);
    topk->dirty_at = topk->emit_at = 0;
}

static void topk_settle_rows(struct op *op)
{
    groups_settle_rows(&((struct topk *)op)->partitions);
    rows_settle(op->rows);
}

static void topk_explain(const struct op *op, struct buf *out)
{
    const struct topk *topk = (const struct topk *)op;
    if (topk->limit != UINT64_MAX) buf_format(out, "limit %llu", (unsigned long long)topk->limit);
    if (topk->offset > 0) buf_format(out, " offset %llu", (unsigned long long)topk->offset);
    if (topk->partitions.column_count == 0) return;
    buf_puts(out, " by (");
    for (u32 k = 0; k < topk->partitions.column_count; k++)
        buf_format(out, "%s%s", k ? ", " : "",
                   op->inputs[0]->schema->columns[topk->partitions.columns[k]].name);
    buf_puts(out, ")");
}

static void free_window(void *context, u32 partition)
{
    struct topk *topk = context;
    struct window *window = (struct window *)groups_get(&topk->partitions, partition);
    mem_free(&topk->op.mem, window->chosen, sizeof(*window->chosen) * window->capacity);
}

static void topk_close(struct op *op)
{
    struct topk *topk = (struct topk *)op;
    groups_each(&topk->partitions, free_window, topk);
    groups_deinit(&topk->partitions);
    tree_close(topk->tree);
    rows_close(op->rows);
}

static const struct op_class topk_class = {
    .name = "topk",
    .push = topk_push,
    .needs = topk_needs,
    .turn = topk_turn,
    .settle = topk_settle,
    .settle_rows = topk_settle_rows,
    .scan = emit_scan,
    .scan_end = emit_scan_end,
    .slots = emit_slots_live,
    .dirty = emit_dirty,
    .explain = topk_explain,
    .close = topk_close,
};
