#include "tests/graph_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "ops/emit.h"

static void error_add(void *context, const struct op *op, const struct batch *batch,
                      const struct row_error *error, i32 weight);
static void error_forget(void *context, const struct op *op);

void fixture_init(struct fixture *fixture)
{
    *fixture = (struct fixture){ 0 };
    mem_init(&fixture->mem, "test", NULL, 0);
    arena_init(&fixture->arena, &fixture->mem);
    graph_init(&fixture->graph, &fixture->mem, 42);
    fixture->graph.errors =
        (struct graph_errors){ .context = fixture, .add = error_add, .forget = error_forget };
}

void fixture_deinit(struct fixture *fixture)
{
    while (fixture->source_count > 0)
        graph_release(&fixture->graph, fixture->sources[--fixture->source_count]);
    assert_int_equal(fixture->graph.op_live_count, 0);
    graph_deinit(&fixture->graph);
    for (u32 i = 0; i < fixture->error_count; i++)
        free(fixture->errors[i].text);
    free(fixture->errors);
    arena_deinit(&fixture->arena);
    assert_int_equal(fixture->mem.used, 0);
    mem_deinit(&fixture->mem);
}

/* --- Making --- */

static struct type type_of_text(const char *text)
{
    char name[64];
    i32 modifiers[2];
    u32 count = 0;
    snprintf(name, sizeof name, "%s", text);
    char *paren = strchr(name, '(');
    if (paren) {
        count = (u32)sscanf(paren, "(%d,%d)", &modifiers[0], &modifiers[1]);
        *paren = '\0';
    }
    struct type type;
    struct err err;
    assert_ok(type_find(name, modifiers, count, &type, &err), &err);
    return type;
}

struct schema *fixture_schema(struct fixture *fixture, const char *types)
{
    struct schema *schema = arena_new(&fixture->arena, struct schema);
    schema->columns = arena_array(&fixture->arena, struct schema_column, FIXTURE_COLUMN_COUNT_MAX);
    char *copy = arena_string(&fixture->arena, types, strlen(types)), *save = NULL;
    char *comma = copy;
    for (u32 depth = 0; *comma; comma++) { /* commas in modifiers do not part types */
        depth += (u32)(*comma == '(') - (u32)(*comma == ')');
        if (*comma == ',' && depth == 0) *comma = ';';
    }
    for (char *part = strtok_r(copy, ";", &save); part; part = strtok_r(NULL, ";", &save)) {
        u32 c = schema->column_count++;
        assert(c < FIXTURE_COLUMN_COUNT_MAX);
        char *bang = strchr(part, '!');
        if (bang) *bang = '\0';
        schema->columns[c] =
            (struct schema_column){ .name = arena_format(&fixture->arena, "%c", 'a' + (int)c),
                                    .type = type_of_text(part),
                                    .not_null = bang != NULL };
    }
    return schema;
}

struct schema *fixture_concat(struct fixture *fixture, const struct schema *a,
                              const struct schema *b)
{
    struct schema *schema = arena_new(&fixture->arena, struct schema);
    schema->column_count = a->column_count + b->column_count;
    schema->columns = arena_array(&fixture->arena, struct schema_column, schema->column_count);
    memcpy(schema->columns, a->columns, sizeof(*a->columns) * a->column_count);
    memcpy(schema->columns + a->column_count, b->columns, sizeof(*b->columns) * b->column_count);
    for (u32 c = a->column_count; c < schema->column_count; c++)
        schema->columns[c].not_null = false;
    return schema;
}

struct expr *fixture_column(struct fixture *fixture, const struct schema *schema, u32 column)
{
    struct expr *expr = arena_new(&fixture->arena, struct expr);
    *expr = (struct expr){
        .kind = EXPR_COLUMN, .type = schema->columns[column].type, .position = -1, .column = column
    };
    return expr;
}

static struct value value_of_text(struct arena *arena, struct type type, const char *text)
{
    struct value value = { .type = type, .null = !text };
    struct err err;
    if (text) assert_ok(value_parse(type, slice_of(text), arena, &value, &err), &err);
    if (text && type_phys(type) == PHYS_STR && value.str.size > STR_INLINE_MAX)
        value.str.data = arena_copy(arena, value.str.data, value.str.size);
    return value;
}

struct expr *fixture_constant(struct fixture *fixture, struct type type, const char *text)
{
    struct expr *expr = arena_new(&fixture->arena, struct expr);
    *expr = (struct expr){ .kind = EXPR_CONST,
                           .type = type,
                           .position = -1,
                           .constant = value_of_text(&fixture->arena, type, text) };
    return expr;
}

static struct expr *cast_to(struct fixture *fixture, struct expr *expr, struct type type)
{
    const struct func *func;
    bool is_free;
    struct err err;
    if (type_equal(expr->type, type)) return expr;
    assert_ok(func_find_cast(expr->type, type, CAST_IMPLICIT, &func, &is_free, &err), &err);
    struct expr *cast = arena_new(&fixture->arena, struct expr);
    if (is_free) {
        *cast = *expr;
        cast->type = type;
        cast->constant.type = type;
        return cast;
    }
    struct expr **args = arena_array(&fixture->arena, struct expr *, 1);
    args[0] = expr;
    *cast = (struct expr){
        .kind = EXPR_CALL, .type = type, .position = -1, .func = func, .arg_count = 1, .args = args
    };
    return cast;
}

struct expr *fixture_operator(struct fixture *fixture, const char *name, struct expr *a,
                              struct expr *b)
{
    struct type types[2] = { a->type, b->type }, casts[2], result;
    const struct func *func;
    struct err err;
    assert_ok(func_find(slice_of(name), FUNC_OPERATOR, types, 2, &func, casts, &result, &err),
              &err);
    struct expr **args = arena_array(&fixture->arena, struct expr *, 2);
    args[0] = cast_to(fixture, a, casts[0]);
    args[1] = cast_to(fixture, b, casts[1]);
    struct expr *expr = arena_new(&fixture->arena, struct expr);
    *expr = (struct expr){ .kind = EXPR_CALL,
                           .type = result,
                           .position = -1,
                           .func = func,
                           .arg_count = 2,
                           .args = args };
    return expr;
}

struct expr *fixture_and(struct fixture *fixture, struct expr *a, struct expr *b)
{
    struct expr **args = arena_array(&fixture->arena, struct expr *, 2);
    args[0] = a;
    args[1] = b;
    struct expr *expr = arena_new(&fixture->arena, struct expr);
    *expr = (struct expr){
        .kind = EXPR_AND, .type = TYPE(BOOL), .position = -1, .arg_count = 2, .args = args
    };
    return expr;
}

/* --- Sources --- */

struct source {
    struct op op;
    u32 position;
};

static enum turn source_turn(struct op *op, u32 rows)
{
    u32 count;
    const u32 *dirty = rows_dirty(op->rows, &count);
    return emit_changes(op, dirty, count, &((struct source *)op)->position, rows);
}

static void source_settle(struct op *op)
{
    u32 count;
    const u32 *dirty = rows_dirty(op->rows, &count);
    for (u32 i = 0; op->index && i < count; i++)
        if (rows_weight(op->rows, dirty[i], SIDE_NEW) == 0) index_remove(op->index, dirty[i]);
    ((struct source *)op)->position = 0;
}

static void source_close(struct op *op)
{
    if (op->index) index_close(op->index);
    rows_close(op->rows);
}

static const struct op_class source_class = {
    .name = "source",
    .turn = source_turn,
    .settle = source_settle,
    .settle_rows = emit_settle_rows,
    .scan = emit_scan,
    .scan_end = emit_scan_end,
    .slots = emit_slots_live,
    .dirty = emit_dirty,
    .close = source_close,
};

struct op *fixture_source(struct fixture *fixture, const char *types, const u32 *key, u32 key_count)
{
    struct schema *schema = fixture_schema(fixture, types);
    struct op *op =
        graph_add(&fixture->graph, &source_class, sizeof(struct source), NULL, 0, schema);
    struct type column_types[FIXTURE_COLUMN_COUNT_MAX];
    for (u32 c = 0; c < schema->column_count; c++)
        column_types[c] = schema->columns[c].type;
    op->rows = rows_open(&op->mem, column_types, schema->column_count);
    op->is_whole = op->is_set = op->is_filled = true;
    if (key_count > 0) {
        op->index = index_open(&op->mem, op->rows, key, key_count, fixture->graph.seed);
        op->index_key = arena_copy(&op->arena, key, sizeof(*key) * key_count);
        op->index_key_count = key_count;
    }
    graph_hold(op);
    fixture->sources[fixture->source_count++] = op;
    return op;
}

void fixture_install(struct fixture *fixture, struct op *op)
{
    graph_hold(op);
    fill_all(&fixture->graph, 0);
}

void fixture_release(struct fixture *fixture, struct op *op)
{
    graph_release(&fixture->graph, op);
}

/* --- A tick --- */

void fixture_insert_batch(struct fixture *fixture, struct op *source, const struct batch *batch,
                          u32 *slots)
{
    u32 own[BATCH_ROW_COUNT_MAX];
    if (!slots) slots = own;
    rows_add_batch(source->rows, batch, slots);
    if (source->index) {
        u64 hashes[BATCH_ROW_COUNT_MAX];
        batch_hash(batch, source->index_key, source->index_key_count, fixture->graph.seed, hashes);
        index_add_batch(source->index, slots, hashes, batch->row_count);
    }
    graph_touch(&fixture->graph, source);
    graph_mark_dirty(&fixture->graph, source);
}

struct batch *fixture_batch(struct fixture *fixture, const struct schema *schema,
                            const char *const *texts, u32 count)
{
    struct batch *batch = batch_make_for(&fixture->arena, schema, count);
    batch->row_count = count;
    for (u32 row = 0; row < count; row++) {
        batch->weights[row] = 1;
        for (u32 c = 0; c < schema->column_count; c++) {
            struct value value = value_of_text(&fixture->arena, schema->columns[c].type, *texts++);
            value_put(&value, &batch->columns[c], row, &fixture->arena, count);
        }
    }
    return batch;
}

u32 fixture_insert(struct fixture *fixture, struct op *source, const char *const *row)
{
    struct arena_mark mark = arena_mark(&fixture->arena);
    struct batch *batch = fixture_batch(fixture, source->schema, row, 1);
    u32 slot;
    fixture_insert_batch(fixture, source, batch, &slot);
    arena_rewind(&fixture->arena, mark);
    return slot;
}

void fixture_delete(struct fixture *fixture, struct op *source, u32 slot)
{
    assert_int_equal(rows_weight(source->rows, slot, SIDE_NEW), 1);
    rows_change(source->rows, slot, -1);
    graph_touch(&fixture->graph, source);
    graph_mark_dirty(&fixture->graph, source);
}

void fixture_delete_row(struct fixture *fixture, struct op *source, const char *const *row)
{
    struct arena_mark mark = arena_mark(&fixture->arena);
    struct batch *batch = fixture_batch(fixture, source->schema, row, 1);
    u32 slot = 0, end = rows_slot_end(source->rows);
    for (; slot < end; slot++)
        if (rows_weight(source->rows, slot, SIDE_NEW) == 1 &&
            rows_identical(source->rows, slot, batch, 0))
            break;
    arena_rewind(&fixture->arena, mark);
    if (slot == end) fail_msg("there is no row %s ... to delete", row[0]);
    fixture_delete(fixture, source, slot);
}

void fixture_step(struct fixture *fixture)
{
    while (graph_step(&fixture->graph, fixture->step_rows ? fixture->step_rows : UINT32_MAX) ==
           TURN_MORE)
        ;
}

void fixture_tick(struct fixture *fixture)
{
    fixture->graph.tick_number++;
    fixture_step(fixture);
    graph_settle(&fixture->graph);
}

/* --- Looking --- */

char *fixture_row_text(struct arena *arena, const struct column *columns, u32 column_count, u32 row)
{
    struct buf buf;
    buf_init(&buf, arena->mem);
    for (u32 c = 0; c < column_count; c++) {
        if (c > 0) buf_putc(&buf, '|');
        struct value value = value_get(&columns[c], row);
        if (value.null)
            buf_puts(&buf, "NULL");
        else
            value_print(&value, &buf);
    }
    char *text = arena_string(arena, buf.data ? buf.data : "", buf.size);
    buf_deinit(&buf);
    return text;
}

void fixture_bag_add(struct fixture *fixture, struct fixture_bag *bag, const char *text, i64 weight)
{
    if (bag->count == bag->capacity) {
        u32 capacity = MAX(64, bag->capacity * 2);
        struct fixture_line *lines =
            arena_alloc(&fixture->arena, sizeof(*lines) * (size_t)capacity);
        if (bag->count > 0) memcpy(lines, bag->lines, sizeof(*lines) * bag->count);
        bag->lines = lines;
        bag->capacity = capacity;
    }
    bag->lines[bag->count++] = (struct fixture_line){ .text = text, .weight = weight };
}

static int compare_lines(const void *a, const void *b)
{
    return strcmp(((const struct fixture_line *)a)->text, ((const struct fixture_line *)b)->text);
}

const char *fixture_bag_text(struct fixture *fixture, struct fixture_bag *bag)
{
    if (bag->count > 0) qsort(bag->lines, bag->count, sizeof(*bag->lines), compare_lines);
    struct buf buf;
    buf_init(&buf, &fixture->mem);
    for (u32 i = 0; i < bag->count;) {
        const char *text = bag->lines[i].text;
        i64 weight = 0;
        for (; i < bag->count && strcmp(bag->lines[i].text, text) == 0; i++)
            weight += bag->lines[i].weight;
        if (weight != 0) buf_format(&buf, "%lld: %s\n", (long long)weight, text);
    }
    const char *text = arena_string(&fixture->arena, buf.data ? buf.data : "", buf.size);
    buf_deinit(&buf);
    return text;
}

const char *fixture_content(struct fixture *fixture, struct op *op)
{
    struct fixture_bag bag = { 0 };
    u32 slots[BATCH_ROW_COUNT_MAX], cursor = 0, count;
    i32 weights[BATCH_ROW_COUNT_MAX];
    u32 column_count = op->schema->column_count;
    while ((count = op->class->slots(op, &cursor, slots, BATCH_ROW_COUNT_MAX)) > 0) {
        struct column *columns = arena_array(&fixture->arena, struct column, column_count);
        emit_gather(op, slots, count, NULL, column_count, &fixture->arena, columns);
        rows_weights(op->rows, slots, count, SIDE_NEW, weights);
        for (u32 i = 0; i < count; i++)
            fixture_bag_add(fixture, &bag,
                            fixture_row_text(&fixture->arena, columns, column_count, i),
                            weights[i]);
    }
    return fixture_bag_text(fixture, &bag);
}

void fixture_expect(struct fixture *fixture, struct op *op, const char *lines)
{
    struct fixture_bag bag = { 0 };
    char *copy = arena_string(&fixture->arena, lines, strlen(lines)), *save = NULL;
    for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        char *text;
        long weight = strtol(line, &text, 10);
        fixture_bag_add(fixture, &bag, text + 2, weight);
    }
    assert_string_equal(fixture_content(fixture, op), fixture_bag_text(fixture, &bag));
}

/* --- A sink --- */

struct sink {
    struct op op;
    struct fixture *fixture;
    struct fixture_bag bag;
    u32 row_count;
};

static void sink_push(struct op *op, u32 input, const struct batch *batch)
{
    struct sink *sink = (struct sink *)op;
    assert(input == 0);
    if (!op->is_touched) sink->row_count = 0;
    graph_touch(op->graph, op);
    for (u32 r = 0; r < batch->row_count; r++) {
        assert(batch->weights[r] != 0);
        fixture_bag_add(
            sink->fixture, &sink->bag,
            fixture_row_text(&sink->fixture->arena, batch->columns, batch->column_count, r),
            batch->weights[r]);
    }
    sink->row_count += batch->row_count;
}

static enum turn sink_turn(struct op *op, u32 rows)
{
    (void)op;
    (void)rows;
    return TURN_DONE;
}

static enum turn sink_scan(struct op *op, struct op_scan *scan, u32 rows)
{
    (void)op;
    (void)scan;
    (void)rows;
    return TURN_DONE;
}

static const struct op_class sink_class = {
    .name = "sink",
    .push = sink_push,
    .turn = sink_turn,
    .scan = sink_scan,
};

struct op *fixture_sink(struct fixture *fixture, struct op *input)
{
    struct op *op =
        graph_add(&fixture->graph, &sink_class, sizeof(struct sink), &input, 1, input->schema);
    ((struct sink *)op)->fixture = fixture;
    return op;
}

const char *fixture_sink_content(struct fixture *fixture, struct op *sink)
{
    return fixture_bag_text(fixture, &((struct sink *)sink)->bag);
}

u32 fixture_sink_row_count(const struct op *sink)
{
    return ((const struct sink *)sink)->row_count;
}

/* --- Errors --- */

static void error_add(void *context, const struct op *op, const struct batch *batch,
                      const struct row_error *error, i32 weight)
{
    struct fixture *fixture = context;
    struct arena_mark mark = arena_mark(&fixture->arena);
    const char *row =
        fixture_row_text(&fixture->arena, batch->columns, batch->column_count, error->row);
    const char *text =
        arena_format(&fixture->arena, "%s %s | %s", error->sqlstate, error->message, row);
    u32 i = 0;
    while (i < fixture->error_count &&
           (fixture->errors[i].op_id != op->id || strcmp(fixture->errors[i].text, text) != 0))
        i++;
    if (i == fixture->error_count) {
        if (fixture->error_count == fixture->error_capacity) {
            fixture->error_capacity = MAX(64, fixture->error_capacity * 2);
            fixture->errors =
                realloc(fixture->errors, sizeof(*fixture->errors) * fixture->error_capacity);
        }
        fixture->errors[fixture->error_count++] =
            (struct fixture_error){ .op_id = op->id, .text = strdup(text) };
    }
    fixture->errors[i].weight += weight;
    arena_rewind(&fixture->arena, mark);
}

static void error_forget(void *context, const struct op *op)
{
    struct fixture *fixture = context;
    for (u32 i = 0; i < fixture->error_count; i++)
        if (fixture->errors[i].op_id == op->id) fixture->errors[i].weight = 0;
}

const char *fixture_errors(struct fixture *fixture)
{
    struct fixture_bag bag = { 0 };
    for (u32 i = 0; i < fixture->error_count; i++)
        fixture_bag_add(fixture, &bag, fixture->errors[i].text, fixture->errors[i].weight);
    return fixture_bag_text(fixture, &bag);
}
