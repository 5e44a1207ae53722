/* Every line of the table of functions: the same answer for columns, constants and each mix of both, for scaled
 * numerics and decimals, alone and among other rows; NULL for NULL where it says so. */
#include <stdio.h>
#include <string.h>

#include "data/decimal.h"
#include "tests/prop/expr_random.h"
#include "tests/unit/data/expr_make.h"

#define ROW_COUNT 24
#define ARG_MAX   8

struct trial {
    struct arena arena;
    const struct func *func;
    u32 arg_count;
    struct type types[ARG_MAX];
    struct batch *batch;
    struct type result;
    const char *answers[ROW_COUNT];
};

static struct type type_of_arg(const struct func *func, u32 arg, struct rand *rand)
{
    static const u8 any[] = { TYPE_INT4, TYPE_TEXT, TYPE_BOOL, TYPE_NUMERIC };
    u8 id = func->args[MIN(arg, func->arg_count - 1u)];
    if (id == FUNC_ANY) id = any[rand_below(rand, countof(any))];
    if (id == FUNC_SAME) id = TYPE_INT8;
    return (struct type){ .id = id };
}

/* Mostly small numbers: lengths, positions and counts that mean something. */
static const char *cell_of(struct rand *rand, struct type type)
{
    static const char *const small[] = { "0", "1", "2", "3", "5", "-1", "7", "31" };
    const struct random_column column = { .type = type };
    if (type_is_integer(type) && rand_chance(rand, 1, 2))
        return small[rand_below(rand, countof(small))];
    return random_cell(rand, &column);
}

static struct expr *call_of(struct trial *trial, u32 constant_mask, u32 row)
{
    struct expr *call = arena_new(&trial->arena, struct expr);
    *call = (struct expr){
        .kind = EXPR_CALL, .type = trial->result, .func = trial->func, .arg_count = trial->arg_count
    };
    call->args = arena_array(&trial->arena, struct expr *, trial->arg_count);
    for (u32 i = 0; i < trial->arg_count; i++) {
        struct value value = value_get(&trial->batch->columns[i], row);
        struct expr *arg = make_column(&trial->arena, i, trial->types[i]);
        if (constant_mask & (1u << i)) {
            arg->kind = EXPR_CONST;
            arg->constant = value;
            arg->constant.type = trial->types[i];
        }
        call->args[i] = arg;
    }
    return call;
}

static const char *answer_at(struct trial *trial, struct expr *expr, const struct batch *batch,
                             u32 row)
{
    struct program *program = program_make(&trial->arena, &expr, 1);
    struct column out;
    struct row_errors errors;
    program_run(program, batch, &trial->arena, &out, &errors);
    return row_text(&trial->arena, &out, &errors, row);
}

static void describe(const struct trial *trial, u32 mask, u32 row)
{
    struct value value;
    struct buf text;
    buf_init(&text, trial->arena.mem);
    for (u32 i = 0; i < trial->arg_count; i++) {
        value = value_get(&trial->batch->columns[i], row);
        buf_puts(&text, i > 0 ? ", " : "");
        if (value.null)
            buf_puts(&text, "NULL");
        else
            value_print(&value, &text);
    }
    printf("%s(%.*s), constants %x\n", trial->func->name, (int)text.size, text.data, mask);
    buf_deinit(&text);
}

/* With each set of arguments as constants, and each row alone. */
static void check_shapes(struct trial *trial)
{
    for (u32 row = 0; row < ROW_COUNT; row++) {
        struct batch *alone = batch_pick(&trial->arena, trial->batch, &row, 1);
        for (u32 mask = 0; mask < MIN(1u << trial->arg_count, 16u); mask++) {
            struct expr *call = call_of(trial, mask, row);
            const char *among = answer_at(trial, call, trial->batch, row);
            const char *single = answer_at(trial, call, alone, 0);
            if (strcmp(among, trial->answers[row]) != 0 || strcmp(single, among) != 0)
                describe(trial, mask, row);
            assert_string_equal(among, trial->answers[row]);
            assert_string_equal(single, among);
        }
    }
}

static void check_strict(const struct trial *trial)
{
    for (u32 row = 0; row < ROW_COUNT && trial->func->strict; row++) {
        for (u32 i = 0; i < trial->arg_count; i++) {
            if (column_is_null(&trial->batch->columns[i], row))
                assert_string_equal(trial->answers[row], "NULL");
        }
    }
}

static void answer_all(struct trial *trial)
{
    struct expr *call = call_of(trial, 0, 0);
    struct program *program = program_make(&trial->arena, &call, 1);
    struct column out;
    struct row_errors errors;
    program_run(program, trial->batch, &trial->arena, &out, &errors);
    for (u32 row = 0; row < ROW_COUNT; row++)
        trial->answers[row] = row_text(&trial->arena, &out, &errors, row);
}

/* The same values as numeric(12,2), which lie as integers: computed as such, they answer alike. */
static void check_scaled(struct trial *trial)
{
    struct type scaled = { .id = TYPE_NUMERIC, .precision = 12, .scale = 2 };
    bool any = false;
    for (u32 i = 0; i < trial->arg_count; i++) {
        struct column *column = &trial->batch->columns[i];
        if (column->type.id != TYPE_NUMERIC || trial->func->kind == FUNC_CAST) continue;
        struct column narrow = column_make(&trial->arena, scaled, ROW_COUNT);
        column_need_nulls(&narrow, &trial->arena, ROW_COUNT);
        for (u32 row = 0; row < ROW_COUNT; row++) {
            struct decimal value = ((struct decimal *)column->data)[row];
            i64 *out = &((i64 *)narrow.data)[row];
            bool fits = decimal_to_scaled(&value, 12, 2, out) == FLAW_NONE;
            narrow.nulls[row] = column_is_null(column, row) || !fits;
            if (narrow.nulls[row]) *out = 0;
            ((struct decimal *)column->data)[row] = decimal_make(*out, 2);
            column_need_nulls(column, &trial->arena, ROW_COUNT);
            column->nulls[row] = narrow.nulls[row];
        }
        any = true;
    }
    if (!any) return;
    answer_all(trial);
    for (u32 i = 0; i < trial->arg_count; i++) {
        struct column *column = &trial->batch->columns[i];
        if (column->type.id != TYPE_NUMERIC) continue;
        struct column narrow = column_make(&trial->arena, scaled, ROW_COUNT);
        for (u32 row = 0; row < ROW_COUNT; row++)
            ((i64 *)narrow.data)[row] = (i64)((struct decimal *)column->data)[row].low;
        narrow.nulls = column->nulls;
        *column = narrow;
        trial->types[i] = scaled;
    }
    check_shapes(trial);
}

static void try_func(struct mem *mem, const struct func *func, struct rand *rand)
{
    struct trial trial = { .func = func };
    const char *cells[ROW_COUNT * ARG_MAX];
    arena_init(&trial.arena, mem);
    trial.arg_count = func->arg_count + (func->variadic ? 1u : 0);
    for (u32 i = 0; i < trial.arg_count; i++)
        trial.types[i] = type_of_arg(func, i, rand);
    for (u32 i = 0; i < ROW_COUNT * trial.arg_count; i++) {
        const char *cell = cell_of(rand, trial.types[i % trial.arg_count]);
        cells[i] = cell ? arena_string(&trial.arena, cell, strlen(cell)) : "NULL";
    }
    trial.result = (struct type){ .id = func->result };
    if (func->result == FUNC_SAME) trial.result = trial.types[0];
    trial.batch = make_batch(&trial.arena, trial.types, trial.arg_count, ROW_COUNT, cells);
    answer_all(&trial);
    check_strict(&trial);
    check_shapes(&trial);
    check_scaled(&trial);
    arena_deinit(&trial.arena);
}

TEST(func_answers_do_not_depend_on_how_arguments_lie)
{
    struct mem mem;
    mem_init(&mem, "test", NULL, 0);
    struct rand rand = { .state = test_seed(7) };
    u32 rounds = test_rounds(1);
    for (u32 i = 0; func_at(i); i++) {
        const struct func *func = func_at(i);
        for (u32 round = 0; round < rounds && func->body && func->arg_count > 0; round++)
            try_func(&mem, func, &rand);
    }
    mem_deinit(&mem);
}

TEST(func_table_has_bodies_and_known_types)
{
    for (u32 i = 0; func_at(i); i++) {
        const struct func *func = func_at(i);
        assert_true(func->arg_count <= FUNC_ARG_COUNT_MAX);
        assert_true(func->result < TYPE_COUNT || func->result == FUNC_SAME);
        bool free_cast = func->kind == FUNC_CAST;
        if (!func->body) assert_true(free_cast || func->volatility != FUNC_IMMUTABLE);
        if (func->kind == FUNC_CAST) assert_int_equal(func->arg_count, 1);
        if (func->kind == FUNC_OPERATOR) assert_true(func->arg_count <= 2);
    }
}
