#include "flow/graph.h"

#include <string.h>

#include "base/assert.h"

/* Kept by the tick arena from one tick to the next, so that batches on their way cost no malloc. */
#define TICK_ARENA_SIZE KIB(512)

static void op_remove(struct graph *graph, struct op *op);
static void ranks_compact(struct graph *graph);

void graph_init(struct graph *graph, struct mem *mem, u64 seed)
{
    *graph = (struct graph){ .mem = mem, .seed = seed, .op_id_next = 1 };
    arena_init(&graph->tick, mem);
}

void graph_deinit(struct graph *graph)
{
    assert(graph->op_live_count == 0);
    u32 words = (graph->op_capacity + 63) / 64;
    mem_free(graph->mem, graph->ops, sizeof(*graph->ops) * graph->op_capacity);
    mem_free(graph->mem, graph->dirty_bits, sizeof(u64) * words);
    mem_free(graph->mem, graph->dirty_words, sizeof(u64) * ((words + 63) / 64));
    mem_free(graph->mem, graph->touched, sizeof(*graph->touched) * graph->touched_capacity);
    arena_deinit(&graph->tick);
    *graph = (struct graph){ 0 };
}

/* --- Making and removing --- */

static void *array_grow(struct mem *mem, void *array, size_t item_size, u32 count_old,
                        u32 count_new)
{
    array = mem_realloc(mem, array, item_size * count_old, item_size * count_new);
    memset((u8 *)array + item_size * count_old, 0, item_size * (count_new - count_old));
    return array;
}

static void ranks_reserve(struct graph *graph)
{
    if (graph->op_count < graph->op_capacity) return;
    if (graph->op_live_count < graph->op_count / 2) {
        ranks_compact(graph);
        return;
    }
    u32 old = graph->op_capacity, new = MAX(64, old * 2); /* always whole words of bits */
    u32 words_old = old / 64, words_new = new / 64;
    graph->ops = array_grow(graph->mem, graph->ops, sizeof(*graph->ops), old, new);
    graph->dirty_bits =
        array_grow(graph->mem, graph->dirty_bits, sizeof(u64), words_old, words_new);
    graph->dirty_words = array_grow(graph->mem, graph->dirty_words, sizeof(u64),
                                    (words_old + 63) / 64, (words_new + 63) / 64);
    graph->op_capacity = new;
}

/* Closes the holes that removed operators left; between ticks no bit is set. */
static void ranks_compact(struct graph *graph)
{
    u32 count = 0;
    for (u32 i = 0; i < graph->op_count; i++) {
        if (!graph->ops[i]) continue;
        assert(!graph->ops[i]->is_dirty);
        graph->ops[i]->rank = count;
        graph->ops[count++] = graph->ops[i];
    }
    assert(count == graph->op_live_count);
    graph->op_count = count;
}

struct op *graph_add(struct graph *graph, const struct op_class *class, size_t size,
                     struct op *const *inputs, u32 input_count, const struct schema *schema)
{
    assert(size >= sizeof(struct op) && graph->touched_count == 0);
    ranks_reserve(graph);
    struct op *op = mem_zalloc(graph->mem, size);
    op->class = class;
    op->graph = graph;
    op->size = size;
    op->id = graph->op_id_next++;
    op->rank = graph->op_count;
    mem_init(&op->mem, class->name, graph->mem, 0);
    arena_init(&op->arena, &op->mem);
    op->schema = schema_copy(schema, &op->arena);
    op->needed = arena_array(&op->arena, bool, schema->column_count);
    op->watermark = OP_WATERMARK_ALL;
    op->input_count = input_count;
    op->inputs = arena_array(&op->arena, struct op *, input_count);
    for (u32 i = 0; i < input_count; i++) {
        assert(inputs[i]->graph == graph && inputs[i]->rank < op->rank);
        op->inputs[i] = inputs[i];
        graph_hold(inputs[i]);
    }
    graph->ops[graph->op_count++] = op;
    graph->op_live_count++;
    return op;
}

void graph_link(struct graph *graph, struct op *input, struct op *op, u32 input_index,
                u32 watermark)
{
    assert(input->graph == graph && input->rank < op->rank);
    assert(op->class->reads || op->inputs[input_index] == input);
    assert(op_is_shareable(input) || input->output_count == 0);
    if (input->output_count == input->output_capacity) {
        u32 capacity = MAX(1, input->output_capacity * 2);
        input->outputs = mem_realloc(&input->mem, input->outputs,
                                     sizeof(*input->outputs) * input->output_capacity,
                                     sizeof(*input->outputs) * capacity);
        input->output_capacity = capacity;
    }
    input->outputs[input->output_count++] = (struct op_output){
        .consumer = op, .input = input_index, .is_read = op->class->reads, .watermark = watermark
    };
    if (!op->class->reads) op_needs_add(input, op, input_index);
}

void graph_hold(struct op *op)
{
    op->holders++;
}

void graph_release(struct graph *graph, struct op *op)
{
    assert(op->holders > 0);
    if (--op->holders > 0) return;
    if (graph->touched_count > 0)
        graph->has_orphans = true;
    else
        op_remove(graph, op);
}

/* What readers were the last to hold, and let go while a tick was under way. */
static void orphans_remove(struct graph *graph)
{
    assert(graph->touched_count == 0);
    graph->has_orphans = false;
    for (u32 rank = graph->op_count; rank-- > 0;) {
        if (rank >= graph->op_count) continue; /* it went with one behind it */
        struct op *op = graph->ops[rank];
        if (op && op->holders == 0) op_remove(graph, op);
    }
}

static void unlink_from(struct op *input, const struct op *op)
{
    u32 count = 0;
    for (u32 i = 0; i < input->output_count; i++)
        if (input->outputs[i].consumer != op) input->outputs[count++] = input->outputs[i];
    input->output_count = count;
    op_needs_update(input);
}

/* As deep as the plan, whose depth the parser bounds. */
static void op_remove(struct graph *graph, struct op *op)
{
    assert(op->output_count == 0 && !op->is_dirty && !op->is_touched);
    for (u32 i = 0; i < op->input_count; i++)
        unlink_from(op->inputs[i], op);
    if (op->class->close) op->class->close(op);
    if (graph->errors.forget) graph->errors.forget(graph->errors.context, op);
    for (u32 i = op->input_count; i-- > 0;)
        graph_release(graph, op->inputs[i]);
    graph->ops[op->rank] = NULL;
    graph->op_live_count--;
    while (graph->op_count > 0 && !graph->ops[graph->op_count - 1])
        graph->op_count--;
    mem_free(&op->mem, op->outputs, sizeof(*op->outputs) * op->output_capacity);
    arena_deinit(&op->arena);
    mem_deinit(&op->mem);
    mem_free(graph->mem, op, op->size);
}

void graph_sweep(struct graph *graph)
{
    for (u32 i = graph->op_count; i-- > 0;) {
        if (i >= graph->op_count) continue; /* a release has removed more of the tail */
        struct op *op = graph->ops[i];
        if (op && op->holders == 0) op_remove(graph, op);
    }
}

/* --- A tick --- */

void graph_mark_dirty(struct graph *graph, struct op *op)
{
    if (op->is_dirty || op->is_suspended || !op->class->turn) return;
    op->is_dirty = true;
    u32 word = op->rank / 64;
    graph->dirty_bits[word] |= 1ull << (op->rank % 64);
    graph->dirty_words[word / 64] |= 1ull << (word % 64);
}

static void dirty_clear(struct graph *graph, struct op *op)
{
    if (!op->is_dirty) return;
    op->is_dirty = false;
    u32 word = op->rank / 64;
    graph->dirty_bits[word] &= ~(1ull << (op->rank % 64));
    if (graph->dirty_bits[word] == 0) graph->dirty_words[word / 64] &= ~(1ull << (word % 64));
}

static struct op *dirty_first(const struct graph *graph)
{
    u32 words = (graph->op_capacity + 63) / 64;
    for (u32 i = 0; i < (words + 63) / 64; i++) {
        if (graph->dirty_words[i] == 0) continue;
        u32 word = i * 64 + (u32)__builtin_ctzll(graph->dirty_words[i]);
        return graph->ops[word * 64 + (u32)__builtin_ctzll(graph->dirty_bits[word])];
    }
    return NULL;
}

void graph_touch(struct graph *graph, struct op *op)
{
    if (op->is_touched) return;
    op->is_touched = true;
    op->size_before = op->mem.used;
    if (graph->touched_count == graph->touched_capacity) {
        u32 capacity = MAX(64, graph->touched_capacity * 2);
        graph->touched = mem_realloc(graph->mem, graph->touched,
                                     sizeof(*graph->touched) * graph->touched_capacity,
                                     sizeof(*graph->touched) * capacity);
        graph->touched_capacity = capacity;
    }
    graph->touched[graph->touched_count++] = op;
    for (u32 i = 0; i < op->output_count; i++)
        if (op->outputs[i].is_read) graph_mark_dirty(graph, op->outputs[i].consumer);
}

/* An operator's time includes that of the streams and the absorbing above it. */
static enum turn run_turn(struct graph *graph, struct op *op, u32 rows)
{
    i64 start = graph->now_ns ? graph->now_ns(graph->now_context) : 0;
    enum turn turn = op->class->turn(op, rows);
    if (graph->now_ns) op->busy_ns += graph->now_ns(graph->now_context) - start;
    return turn;
}

enum turn graph_step(struct graph *graph, u32 rows)
{
    assert(rows > 0);
    if (!graph->tick.chunk) { /* the first chunk is the one that stays */
        arena_alloc(&graph->tick, TICK_ARENA_SIZE);
        arena_reset(&graph->tick);
    }
    u64 end = graph->rows_moved + rows;
    for (struct op *op; (op = dirty_first(graph));) {
        if (graph->rows_moved >= end) return TURN_MORE;
        enum turn turn = run_turn(graph, op, (u32)(end - graph->rows_moved));
        if (turn == TURN_MORE && !op->is_suspended) continue;
        dirty_clear(graph, op);
        arena_reset(&graph->tick);
    }
    return TURN_DONE;
}

struct op *graph_current(const struct graph *graph)
{
    return dirty_first(graph);
}

void graph_settle(struct graph *graph)
{
    assert(!dirty_first(graph));
    for (u32 i = 0; i < graph->touched_count; i++) {
        struct op *op = graph->touched[i];
        if (op->class->settle) op->class->settle(op);
    }
    for (u32 i = 0; i < graph->touched_count; i++) {
        struct op *op = graph->touched[i];
        if (op->class->settle_rows) op->class->settle_rows(op);
        op->is_touched = false;
    }
    graph->touched_count = 0;
    arena_reset(&graph->tick);
    if (graph->has_orphans) orphans_remove(graph);
}

void graph_undo(struct graph *graph)
{
    for (struct op *op; (op = dirty_first(graph));)
        dirty_clear(graph, op);
    for (u32 i = 0; i < graph->touched_count; i++)
        graph->touched[i]->is_touched = false;
    graph->touched_count = 0;
    if (graph->has_orphans) orphans_remove(graph);
}

void graph_suspend(struct graph *graph, struct op *op, const char *reason)
{
    if (op->is_suspended) return;
    op->is_suspended = true;
    dirty_clear(graph, op);
    if (graph->on_suspend) graph->on_suspend(graph->suspend_context, op, reason);
    for (u32 i = 0; i < op->output_count; i++)
        graph_suspend(graph, op->outputs[i].consumer, reason);
}
