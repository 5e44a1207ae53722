#include "engine/reader.h"

#include "base/assert.h"
#include "engine/budget.h"
#include "engine/dml_rows.h"
#include "engine/reader_index.h"

#include <stdlib.h>

#define PIN_ENTRY_COUNT_MAX (1u << 20)
/* A pin that keeps fewer rows than this is no burden. */
#define PIN_ENTRY_COUNT_SMALL 1024
/* Batches that one call looks at before it lets others have a turn. */
#define PIECE_BATCH_COUNT 64

/* Where the relation's rows come from. */
struct source {
    u32 cursor;
    bool done;
    bool by_slots;
    u32 *slots; /* by_slots: those to look at, in this order */
    u32 slot_count;
    struct reader_range range; /* of an index that is being read */
    struct rows_pin *pin;
    u32 *columns; /* of the pool */
};

/* Rows kept for an order: columns of batches in one arena, named by batch and row. */
struct kept {
    struct batch **batches;
    u32 batch_count;
    u32 batch_capacity;
    u64 row_count;
};

struct place {
    u32 batch;
    u32 row;
};

struct reader {
    struct link link; /* in engine.readers */
    struct engine *engine;
    struct reader_options options;
    struct arena arena; /* programs, as long as the reader */
    struct arena piece; /* one call's rows */
    struct arena held;  /* rows kept for an order */
    struct program *filter;
    struct program *exprs; /* NULL: rows as they are */
    struct source source;
    struct kept kept;
    struct place *order; /* sorted, once all rows were read */
    u64 order_at;
    u64 matched;
    u64 given;
    bool has_begun;
    bool read_all;
    bool revoked; /* it has no source any more: memory */
};

static bool find_by_key(struct reader *reader);
static struct batch *next_source(struct reader *reader, bool *revoked);
static enum status filter_and_compute(struct reader *reader, struct batch *in, struct batch **out,
                                      struct err *err);
static enum reader_result stream(struct reader *reader, struct batch *rows,
                                 const struct batch **out);
static enum status keep(struct reader *reader, struct batch *rows, struct err *err);
static void sort_kept(struct reader *reader);
static const struct batch *next_kept(struct reader *reader);

struct reader *reader_open(struct engine *engine, const struct reader_options *options)
{
    struct reader *reader = mem_zalloc(&engine->mem, sizeof *reader);
    reader->engine = engine;
    reader->options = *options;
    list_append(&engine->readers, &reader->link);
    arena_init(&reader->arena, &engine->mem);
    arena_init(&reader->piece, &engine->mem);
    arena_init(&reader->held, &engine->mem);
    struct expr *filter = options->filter;
    if (filter) reader->filter = program_make(&reader->arena, &filter, 1);
    if (options->exprs)
        reader->exprs = program_make(&reader->arena, options->exprs, options->expr_count);
    if (options->op) {
        u32 column_count = options->op->schema->column_count;
        reader->source.columns = arena_array(&reader->arena, u32, column_count);
        for (u32 column = 0; column < column_count; column++)
            reader->source.columns[column] = op_pool_column(options->op, column);
        graph_hold(options->op);
    }
    return reader;
}

static void let_go(struct reader *reader)
{
    if (reader->source.pin) rows_pin_close(reader->source.pin);
    if (reader->options.op) graph_release(&reader->engine->graph, reader->options.op);
    reader->source.pin = NULL;
    reader->options.op = NULL;
}

static void revoke(struct reader *reader)
{
    let_go(reader);
    reader->revoked = true;
}

void readers_yield(struct engine *engine)
{
    list_each(&engine->readers, link)
    {
        struct reader *reader = container_of(link, struct reader, link);
        if (reader->source.pin && rows_pin_count(reader->source.pin) > PIN_ENTRY_COUNT_SMALL)
            revoke(reader);
    }
}

void readers_end(struct engine *engine, const struct op *op)
{
    list_each(&engine->readers, link)
    {
        struct reader *reader = container_of(link, struct reader, link);
        if (reader->options.op == op && !reader->read_all) revoke(reader);
    }
}

void reader_close(struct reader *reader)
{
    struct engine *engine = reader->engine;
    list_remove(&reader->link);
    let_go(reader);
    mem_free(&engine->mem, reader->kept.batches,
             reader->kept.batch_capacity * sizeof *reader->kept.batches);
    arena_deinit(&reader->arena);
    arena_deinit(&reader->piece);
    arena_deinit(&reader->held);
    mem_free(&engine->mem, reader, sizeof *reader);
}

u64 reader_count(const struct reader *reader)
{
    return reader->matched;
}

static bool page_is_full(const struct reader *reader)
{
    return reader->given >= reader->options.limit;
}

/* The view may have gone since the reader was opened; its rows are held. */
static bool has_view(const struct reader *reader)
{
    const struct view *view = reader->options.op->published;
    while (view && view != reader->options.view)
        view = view->next_of_root;
    return view != NULL;
}

/* Looks the rows up, as they are now: whoever opened it may have let ticks come meanwhile. */
static void begin(struct reader *reader)
{
    reader->has_begun = true;
    if (!reader->options.op) return;
    reader->source.by_slots = find_by_key(reader);
    if (!reader->source.by_slots && has_view(reader))
        reader->source.range =
            reader_index_choose(reader->options.view, &reader->options, &reader->arena);
}

enum reader_result reader_next(struct reader *reader, const struct batch **out, struct err *err)
{
    if (!reader->has_begun) begin(reader);
    bool ordered = reader->options.order_count > 0 && !reader->source.range.is_ordered;
    arena_reset(&reader->piece);
    for (u32 count = 0; count < PIECE_BATCH_COUNT && !reader->read_all; count++) {
        if (!ordered && page_is_full(reader) && !reader->options.counts) break;
        bool revoked = false;
        if (reader->revoked) {
            err_set(err, "53200", "the read was given up: memory is short");
            return READER_FAIL;
        }
        struct batch *rows, *in = next_source(reader, &revoked);
        if (revoked) {
            err_set(err, "40001", "the read lasted too long: too many rows changed meanwhile");
            return READER_FAIL;
        }
        if (!in) {
            reader->read_all = true;
            break;
        }
        if (filter_and_compute(reader, in, &rows, err)) return READER_FAIL;
        if (!rows) continue;
        if (ordered) {
            if (keep(reader, rows, err)) return READER_FAIL;
        } else if (stream(reader, rows, out) == READER_ROWS) {
            return READER_ROWS;
        }
    }
    if (!ordered)
        return reader->read_all || (page_is_full(reader) && !reader->options.counts) ? READER_END
                                                                                     : READER_MORE;
    if (!reader->read_all) return READER_MORE;
    if (!reader->order) sort_kept(reader);
    *out = next_kept(reader);
    return *out ? READER_ROWS : READER_END;
}

/* --- the source --- */

/* The key that the filter fixes, or NULL. */
static struct column *fixed_keys(struct reader *reader)
{
    const struct op *op = reader->options.op;
    if (reader->options.keys) return reader->options.keys;
    if (!op->index || !reader->options.filter || op->index_key_count == 0) return NULL;
    struct column *keys = arena_array(&reader->arena, struct column, op->index_key_count);
    for (u32 index = 0; index < op->index_key_count; index++)
        if (!dml_fixed_key(reader->options.filter, op->schema, op->index_key[index], &reader->arena,
                           &keys[index]))
            return NULL;
    return keys;
}

/* The slots of one key. */
static bool find_by_key(struct reader *reader)
{
    const struct op *op = reader->options.op;
    struct column *keys = fixed_keys(reader);
    if (!keys) return false;
    struct batch batch = { .row_count = 1, .column_count = op->index_key_count, .columns = keys };
    u64 hash;
    batch_hash(&batch, NULL, 0, reader->engine->graph.seed, &hash);
    struct index_probe probe;
    u32 rows[BATCH_ROW_COUNT_MAX], found[BATCH_ROW_COUNT_MAX], capacity = 0, total = 0, count;
    index_probe_init(&probe, op->index, keys, &hash, 1, false);
    while ((count = index_probe_next(&probe, rows, found, BATCH_ROW_COUNT_MAX))) {
        if (capacity - total < count) {
            capacity = MAX(2 * capacity, count);
            u32 *wider = arena_alloc(&reader->arena, (size_t)capacity * sizeof *wider);
            if (total > 0) memcpy(wider, reader->source.slots, total * sizeof *wider);
            reader->source.slots = wider;
        }
        memcpy(reader->source.slots + total, found, count * sizeof *found);
        total += count;
    }
    reader->source.slot_count = total;
    return true;
}

/* Rows of a bag come as often as they are there. */
static u32 repeat_rows(u32 *slots, const i32 *weights, u32 count, u32 *out, u32 capacity, u32 *used,
                       i32 *rest)
{
    u32 written = 0, index = 0;
    for (; index < count; index++) {
        i32 copies = index == 0 && *rest > 0 ? *rest : weights[index];
        while (copies > 0 && written < capacity) {
            out[written++] = slots[index];
            copies--;
        }
        if (copies > 0) {
            *rest = copies;
            *used = index;
            return written;
        }
        *rest = 0;
    }
    *used = index;
    return written;
}

static struct batch *gather(struct reader *reader, const u32 *slots, u32 count)
{
    const struct op *op = reader->options.op;
    u32 column_count = op->schema->column_count;
    struct batch *batch = arena_new(&reader->piece, struct batch);
    batch->row_count = count;
    batch->column_count = column_count;
    batch->columns = arena_array(&reader->piece, struct column, column_count);
    if (reader->source.pin)
        rows_pin_gather(reader->source.pin, slots, count, reader->source.columns, column_count,
                        &reader->piece, batch->columns);
    else
        rows_gather(op->rows, slots, count, reader->source.columns, column_count, &reader->piece,
                    batch->columns);
    batch->weights = arena_array(&reader->piece, i32, count);
    return batch;
}

static struct batch *next_given(struct reader *reader)
{
    if (reader->source.cursor == reader->options.batch_count) return NULL;
    return reader->options.batches[reader->source.cursor++];
}

/* All copies of the slots, as one batch in the piece's arena. */
static struct batch *gather_copies(struct reader *reader, u32 *slots, const i32 *weights, u32 count)
{
    u64 copies = 0;
    for (u32 index = 0; index < count; index++)
        copies += weights[index] > 0 ? (u64)weights[index] : 0;
    if (copies == count) return gather(reader, slots, count);
    u32 used;
    i32 rest = 0;
    u32 *repeated = arena_array(&reader->piece, u32, MAX(copies, (u64)1));
    u32 total = repeat_rows(slots, weights, count, repeated, (u32)copies, &used, &rest);
    return total > 0 ? gather(reader, repeated, total) : NULL;
}

static u32 next_slots(struct source *source, u32 *slots)
{
    u32 count = MIN(source->slot_count - source->cursor, BATCH_ROW_COUNT_MAX);
    if (count > 0) memcpy(slots, source->slots + source->cursor, count * sizeof *slots);
    source->cursor += count;
    return count;
}

/* From the index's order: forwards from its beginning, or backwards from its end. */
static u32 next_in_range(struct source *source, u32 *slots)
{
    struct reader_range *range = &source->range;
    u32 count = (u32)MIN(range->to - range->from, (u64)BATCH_ROW_COUNT_MAX);
    if (count == 0) return 0;
    u64 position = range->backwards ? range->to - 1 : range->from;
    count = tree_read(range->index->tree, position, range->backwards, slots, count);
    if (range->backwards)
        range->to -= count;
    else
        range->from += count;
    return count;
}

/* The order moves on with the ticks: what is left of the range is written down. */
static void freeze_range(struct reader *reader)
{
    struct source *source = &reader->source;
    u64 count = source->range.to - source->range.from;
    u32 taken, *slots = arena_alloc(&reader->arena, (count + BATCH_ROW_COUNT_MAX) * sizeof *slots);
    source->slots = slots;
    while ((taken = next_in_range(source, slots + source->slot_count)))
        source->slot_count += taken;
    source->cursor = 0;
    source->by_slots = true;
    source->range.index = NULL;
}

static struct batch *next_source(struct reader *reader, bool *revoked)
{
    struct source *source = &reader->source;
    if (!reader->options.op) return next_given(reader);
    struct rows *rows = reader->options.op->rows;
    u32 slots[BATCH_ROW_COUNT_MAX], count;
    i32 weights[BATCH_ROW_COUNT_MAX];
    if (source->pin && rows_pin_revoked(source->pin)) {
        *revoked = true;
        return NULL;
    }
    if (source->by_slots || source->range.index) {
        count = source->by_slots ? next_slots(source, slots) : next_in_range(source, slots);
        if (count == 0) return NULL;
        if (source->pin)
            for (u32 index = 0; index < count; index++)
                weights[index] = rows_pin_weight(source->pin, slots[index]);
        else
            rows_weights(rows, slots, count, SIDE_OLD, weights);
        return gather_copies(reader, slots, weights, count);
    }
    if (source->pin)
        count = rows_pin_scan(source->pin, &source->cursor, BATCH_ROW_COUNT_MAX, slots, weights);
    else
        count = rows_scan(rows, &source->cursor, rows_slot_end(rows), SIDE_OLD, BATCH_ROW_COUNT_MAX,
                          slots, weights);
    return count > 0 ? gather_copies(reader, slots, weights, count) : NULL;
}

void reader_pin(struct reader *reader)
{
    struct source *source = &reader->source;
    if (!reader->has_begun) begin(reader);
    if (!reader->options.op || source->pin || reader->read_all) return;
    if (source->range.index) freeze_range(reader);
    source->pin = rows_pin_open(reader->options.op->rows, PIN_ENTRY_COUNT_MAX);
}

/* --- filter and compute --- */

static struct batch *pick_rows(struct reader *reader, struct batch *in, const u32 *picks, u32 count)
{
    if (count == in->row_count) return in;
    return batch_pick(&reader->piece, in, picks, count);
}

static enum status filter_and_compute(struct reader *reader, struct batch *in, struct batch **out,
                                      struct err *err)
{
    struct row_errors errors = { .count = 0 };
    *out = NULL;
    if (reader->filter) {
        u32 *picks = arena_array(&reader->piece, u32, in->row_count);
        u32 count = program_pick(reader->filter, in, &reader->piece, picks, &errors);
        if (dml_first_error(&errors, err)) return FAIL;
        if (count == 0) return OK;
        in = pick_rows(reader, in, picks, count);
    }
    reader->matched += in->row_count;
    *out = in;
    if (!reader->exprs) return OK;
    struct batch *rows = arena_new(&reader->piece, struct batch);
    rows->row_count = in->row_count;
    rows->column_count = reader->options.expr_count;
    rows->columns = arena_array(&reader->piece, struct column, rows->column_count);
    rows->weights = in->weights;
    program_run(reader->exprs, in, &reader->piece, rows->columns, &errors);
    if (dml_first_error(&errors, err)) return FAIL;
    *out = rows;
    return OK;
}

/* --- without an order --- */

static enum reader_result stream(struct reader *reader, struct batch *rows,
                                 const struct batch **out)
{
    u64 before = reader->matched - rows->row_count;
    u64 skip = reader->options.offset > before ? reader->options.offset - before : 0;
    if (skip >= rows->row_count || page_is_full(reader)) return READER_MORE;
    u64 count = MIN(rows->row_count - skip, reader->options.limit - reader->given);
    u32 *picks = arena_array(&reader->piece, u32, count);
    for (u32 index = 0; index < count; index++)
        picks[index] = (u32)skip + index;
    *out = pick_rows(reader, rows, picks, (u32)count);
    reader->given += count;
    return READER_ROWS;
}

/* --- with an order --- */

static int compare_cells(const struct logical_order *order, const struct column *a, u32 a_row,
                         const struct column *b, u32 b_row)
{
    bool a_null = column_is_null(a, a_row), b_null = column_is_null(b, b_row);
    if (a_null || b_null) {
        if (a_null == b_null) return 0;
        return a_null == order->nulls_first ? -1 : 1;
    }
    int result = column_compare(a, a_row, b, b_row);
    return order->descending ? -result : result;
}

static int compare_places(const void *left, const void *right, void *context)
{
    const struct reader *reader = context;
    const struct place *a = left, *b = right;
    for (u32 index = 0; index < reader->options.order_count; index++) {
        const struct logical_order *order = &reader->options.orders[index];
        int result =
            compare_cells(order, &reader->kept.batches[a->batch]->columns[order->column], a->row,
                          &reader->kept.batches[b->batch]->columns[order->column], b->row);
        if (result != 0) return result;
    }
    if (a->batch != b->batch) return a->batch < b->batch ? -1 : 1;
    return a->row < b->row ? -1 : a->row > b->row;
}

static struct place *sorted_places(struct reader *reader, struct arena *arena)
{
    struct kept *kept = &reader->kept;
    struct place *places = arena_array(arena, struct place, MAX(kept->row_count, (u64)1));
    u64 count = 0;
    for (u32 batch = 0; batch < kept->batch_count; batch++)
        for (u32 row = 0; row < kept->batches[batch]->row_count; row++)
            places[count++] = (struct place){ .batch = batch, .row = row };
    qsort_r(places, count, sizeof *places, compare_places, reader);
    return places;
}

static void kept_add(struct reader *reader, struct batch *batch)
{
    struct kept *kept = &reader->kept;
    if (kept->batch_count == kept->batch_capacity) {
        u32 capacity = MAX(kept->batch_capacity * 2, 16u);
        kept->batches = mem_realloc(&reader->engine->mem, kept->batches,
                                    kept->batch_capacity * sizeof *kept->batches,
                                    capacity * sizeof *kept->batches);
        kept->batch_capacity = capacity;
    }
    kept->batches[kept->batch_count++] = batch;
    kept->row_count += batch->row_count;
}

/* Rows of several kept batches as new ones in the arena. */
static struct batch *collect(struct reader *reader, const struct place *places, u32 count,
                             struct arena *arena)
{
    const struct batch *like = reader->kept.batches[0];
    struct type types[SCHEMA_COLUMN_COUNT_MAX];
    for (u32 column = 0; column < like->column_count; column++)
        types[column] = like->columns[column].type;
    struct batch *out = batch_make(arena, types, like->column_count, count);
    for (u32 row = 0; row < count; row++) {
        const struct batch *from = reader->kept.batches[places[row].batch];
        for (u32 column = 0; column < like->column_count; column++)
            column_gather(&out->columns[column], row, &from->columns[column], &places[row].row, 1,
                          arena, count);
        out->weights[row] = 1;
    }
    out->row_count = count;
    return out;
}

/* What cannot be in the page any more goes. */
static void cut_kept(struct reader *reader, u64 wanted)
{
    struct arena fresh, scratch;
    arena_init(&fresh, &reader->engine->mem);
    arena_init(&scratch, &reader->engine->mem);
    struct place *places = sorted_places(reader, &scratch);
    u32 batches = (u32)((wanted + BATCH_ROW_COUNT_MAX - 1) / BATCH_ROW_COUNT_MAX);
    struct batch **cut = arena_array(&scratch, struct batch *, batches);
    for (u32 index = 0; index < batches; index++) {
        u64 start = (u64)index * BATCH_ROW_COUNT_MAX;
        cut[index] = collect(reader, places + start,
                             (u32)MIN(wanted - start, (u64)BATCH_ROW_COUNT_MAX), &fresh);
        for (u32 column = 0; column < cut[index]->column_count; column++)
            if (type_phys(cut[index]->columns[column].type) == PHYS_STR)
                column_own_strings(&cut[index]->columns[column], cut[index]->row_count, &fresh);
    }
    reader->kept.batch_count = 0;
    reader->kept.row_count = 0;
    for (u32 index = 0; index < batches; index++)
        kept_add(reader, cut[index]);
    arena_deinit(&reader->held);
    reader->held = fresh;
    arena_deinit(&scratch);
}

static enum status keep(struct reader *reader, struct batch *rows, struct err *err)
{
    kept_add(reader, batch_copy(&reader->held, rows));
    u64 limit = reader->options.limit, offset = reader->options.offset;
    u64 wanted = limit > UINT64_MAX - offset ? UINT64_MAX : limit + offset;
    if (wanted < UINT64_MAX / 4 && wanted > 0 &&
        reader->kept.row_count > 2 * wanted + 8 * BATCH_ROW_COUNT_MAX)
        cut_kept(reader, wanted);
    if (reader->held.used > READER_SIZE_MAX)
        return err_set(err, "53200",
                       "ordering this result would take more than %u MiB; add a limit",
                       (u32)(READER_SIZE_MAX >> 20));
    return budget_check_read(reader->engine, reader->held.used, err);
}

static void sort_kept(struct reader *reader)
{
    reader->order = sorted_places(reader, &reader->held);
    reader->order_at = MIN(reader->options.offset, reader->kept.row_count);
}

static const struct batch *next_kept(struct reader *reader)
{
    u64 left = reader->kept.row_count - reader->order_at;
    left = MIN(left, reader->options.limit - reader->given);
    if (left == 0) return NULL;
    u32 count = (u32)MIN(left, (u64)BATCH_ROW_COUNT_MAX);
    struct batch *out = collect(reader, reader->order + reader->order_at, count, &reader->piece);
    reader->order_at += count;
    reader->given += count;
    return out;
}
