#include "flow/fill.h"

#include "base/assert.h"

/* A complete operator that feeds the one being made, perhaps through streams: the link to scan. */
struct fill_entry {
    struct op *source;
    struct op *consumer;
    u32 input;
};

struct fill {
    struct graph *graph;
    u32 quantum;
    u32 op_count;
    struct op **ops;
    u32 at;           /* the operator being made */
    bool is_begun;    /* its entries are collected and linked */
    bool is_stepping; /* a quantum was scanned; its turns run */
    u32 entry_at;
    u32 entry_count;
    u32 entry_capacity;
    struct fill_entry *entries;
    struct op *scanned_op; /* whose scan or preparation it is; NULL: none */
    struct op_scan scan;
    u64 quanta;
    u64 scanned; /* origins of scans and preparations that are done */
};

static void scan_close(struct fill *fill);
static void stage_begin(struct fill *fill, struct op *op);
static void stage_scan(struct fill *fill, struct op *op);
static bool stage_is_scanned(const struct fill *fill, const struct op *op);
static void stage_end(struct fill *fill, struct op *op);

struct fill *fill_open(struct graph *graph, u32 id_first)
{
    struct fill *fill = mem_zalloc(graph->mem, sizeof(*fill));
    fill->graph = graph;
    fill->quantum = FILL_QUANTUM;
    for (u32 i = 0; i < graph->op_count; i++)
        fill->op_count +=
            graph->ops[i] && graph->ops[i]->id >= id_first && !graph->ops[i]->is_filled;
    fill->ops = mem_alloc(graph->mem, sizeof(*fill->ops) * fill->op_count);
    u32 count = 0;
    for (u32 i = 0; i < graph->op_count; i++) {
        struct op *op = graph->ops[i];
        if (op && op->id >= id_first && !op->is_filled) fill->ops[count++] = op;
    }
    return fill;
}

/* The tick of the new operators ends where it stands: what is half done goes with them. */
static void quantum_abandon(struct fill *fill)
{
    if (!fill->is_stepping) return;
    for (u32 i = 0; i < fill->op_count; i++)
        graph_suspend(fill->graph, fill->ops[i], "its filling was given up");
    graph_settle(fill->graph);
}

void fill_close(struct fill *fill)
{
    struct graph *graph = fill->graph;
    scan_close(fill);
    quantum_abandon(fill);
    mem_free(graph->mem, fill->entries, sizeof(*fill->entries) * fill->entry_capacity);
    mem_free(graph->mem, fill->ops, sizeof(*fill->ops) * fill->op_count);
    mem_free(graph->mem, fill, sizeof(*fill));
}

void fill_set_quantum(struct fill *fill, u32 origins)
{
    assert(fill->quanta == 0 && origins > 0);
    fill->quantum = origins;
}

static void scan_close(struct fill *fill)
{
    struct op *scanned = fill->scanned_op;
    if (scanned && scanned->class->scan_close) scanned->class->scan_close(scanned, &fill->scan);
    fill->scan = (struct op_scan){ 0 };
    fill->scanned_op = NULL;
}

bool fill_is_at_rest(const struct fill *fill)
{
    return !fill->is_stepping && !fill->scan.inside;
}

u64 fill_progress(const struct fill *fill)
{
    return fill->quanta;
}

/* --- Steps --- */

/* One quantum, or a piece of one. */
static void quantum_step(struct fill *fill, u32 rows)
{
    struct graph *graph = fill->graph;
    struct op *op = fill->ops[fill->at];
    assert(fill->is_stepping || graph->touched_count == 0); /* never within a tick */
    if (!fill->is_begun) stage_begin(fill, op);
    if (!fill->is_stepping) {
        stage_scan(fill, op);
        fill->is_stepping = true;
    }
    if (graph_step(graph, rows) == TURN_MORE) return;
    graph_settle(graph);
    fill->is_stepping = false;
    fill->quanta++;
    if (stage_is_scanned(fill, op)) stage_end(fill, op);
}

enum turn fill_step(struct fill *fill, u32 rows)
{
    u64 end = fill->graph->rows_moved + rows;
    while (fill->at < fill->op_count) {
        quantum_step(fill, rows);
        if (fill->graph->rows_moved >= end) break;
    }
    return fill->at < fill->op_count ? TURN_MORE : TURN_DONE;
}

enum turn fill_advance(struct fill *fill, u64 progress, u32 rows)
{
    u64 end = fill->graph->rows_moved + rows;
    while (fill->at < fill->op_count && (fill->quanta < progress || !fill_is_at_rest(fill))) {
        quantum_step(fill, rows);
        if (fill->graph->rows_moved >= end) return TURN_MORE;
    }
    return TURN_DONE;
}

void fill_all(struct graph *graph, u32 id_first)
{
    struct fill *fill = fill_open(graph, id_first);
    while (fill_step(fill, UINT32_MAX) == TURN_MORE)
        ;
    fill_close(fill);
}

/* --- A stage: one operator --- */

static bool is_stream(const struct op *op)
{
    return op->class->scan == NULL;
}

static void entry_add(struct fill *fill, struct op *source, struct op *consumer, u32 input)
{
    if (fill->entry_count == fill->entry_capacity) {
        u32 capacity = MAX(4, fill->entry_capacity * 2);
        fill->entries = mem_realloc(fill->graph->mem, fill->entries,
                                    sizeof(*fill->entries) * fill->entry_capacity,
                                    sizeof(*fill->entries) * capacity);
        fill->entry_capacity = capacity;
    }
    fill->entries[fill->entry_count++] =
        (struct fill_entry){ .source = source, .consumer = consumer, .input = input };
}

/* Links everything from op down to the complete operators; what those hold is still to be scanned.
 * As deep as the plan. */
static void link_below(struct fill *fill, struct op *op)
{
    for (u32 i = 0; i < op->input_count; i++) {
        struct op *input = op->inputs[i];
        bool stream = is_stream(input);
        assert(stream || input->is_filled);
        u32 watermark = stream || op->class->reads ? OP_WATERMARK_ALL : 0;
        graph_link(fill->graph, input, op, i, watermark);
        if (stream)
            link_below(fill, input);
        else if (!op->class->reads)
            entry_add(fill, input, op, i);
    }
}

static bool has_suspended_input(const struct op *op)
{
    for (u32 i = 0; i < op->input_count; i++)
        if (op->inputs[i]->is_suspended) return true;
    return false;
}

static void stage_begin(struct fill *fill, struct op *op)
{
    fill->is_begun = true;
    fill->entry_at = fill->entry_count = 0;
    if (has_suspended_input(op)) graph_suspend(fill->graph, op, "an input is suspended");
    if (op->is_suspended || is_stream(op)) return;
    link_below(fill, op);
    if (op->class->prepare) op->watermark = 0;
    /* An aggregate without groups has a row, also over nothing. */
    graph_mark_dirty(fill->graph, op);
    graph_touch(fill->graph, op);
}

static bool stage_is_scanned(const struct fill *fill, const struct op *op)
{
    return op->is_suspended || (fill->entry_at == fill->entry_count &&
                                (!op->class->prepare || op->watermark == OP_WATERMARK_ALL));
}

static void watermark_set(const struct fill_entry *entry, u32 watermark)
{
    for (u32 i = 0; i < entry->source->output_count; i++) {
        struct op_output *output = &entry->source->outputs[i];
        if (output->consumer == entry->consumer && output->input == entry->input)
            output->watermark = watermark;
    }
}

static void scan_done(struct fill *fill)
{
    fill->scanned += fill->scan.cursor;
    scan_close(fill);
}

static void stage_prepare(struct fill *fill, struct op *op)
{
    fill->scanned_op = op;
    enum turn turn = op->class->prepare(op, &fill->scan, fill->quantum);
    op->watermark = turn == TURN_DONE ? OP_WATERMARK_ALL : fill->scan.cursor;
    if (turn == TURN_DONE) scan_done(fill);
}

static void stage_scan(struct fill *fill, struct op *op)
{
    if (stage_is_scanned(fill, op)) return;
    if (op->class->prepare) {
        stage_prepare(fill, op);
        return;
    }
    const struct fill_entry *entry = &fill->entries[fill->entry_at];
    if (!fill->scanned_op) {
        fill->scanned_op = entry->source;
        fill->scan = (struct op_scan){ .consumer = entry->consumer, .input = entry->input };
    }
    enum turn turn = entry->source->class->scan(entry->source, &fill->scan, fill->quantum);
    assert(turn == TURN_MORE || !fill->scan.inside);
    watermark_set(entry, turn == TURN_DONE ? OP_WATERMARK_ALL : fill->scan.cursor);
    if (turn == TURN_MORE) return;
    scan_done(fill);
    fill->entry_at++;
}

static void stage_end(struct fill *fill, struct op *op)
{
    scan_close(fill); /* of an operator that was suspended */
    op->is_filled = true;
    fill->at++;
    fill->is_begun = false;
}

/* --- For people --- */

static u64 origins_below(const struct op *op)
{
    u64 sum = 0;
    for (u32 i = 0; i < op->input_count; i++) {
        const struct op *input = op->inputs[i];
        if (is_stream(input))
            sum += origins_below(input);
        else if (op->class->prepare)
            return input->class->scan_end(input);
        else
            sum += input->class->scan_end(input);
    }
    return sum;
}

void fill_origins(const struct fill *fill, u64 *done, u64 *total)
{
    u64 rest = 0;
    for (u32 i = fill->at; i < fill->op_count; i++) {
        const struct op *op = fill->ops[i];
        bool takes = !is_stream(op) && (!op->class->reads || op->class->prepare);
        if (takes) rest += origins_below(op);
    }
    for (u32 i = 0; fill->is_begun && i < fill->entry_at; i++) {
        const struct op *source = fill->entries[i].source;
        rest -= MIN(rest, source->class->scan_end(source)); /* counted in scanned already */
    }
    *done = fill->scanned + fill->scan.cursor;
    *total = MAX(*done, fill->scanned + rest);
}
