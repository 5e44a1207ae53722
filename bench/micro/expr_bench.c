/* What expressions cost: ns a row of CPU time, by vector length. A primitive is one pass of one function over a
 * vector; an expression counts its primitives. Median of RUN_COUNT. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/rand.h"
#include "data/expr.h"
#include "data/func.h"

#define RUN_COUNT   7
#define ROWS_TOTAL  (1u << 21)
#define COLUMNS_MAX 8

static struct arena arena;

static struct expr *make(enum expr_kind kind, struct type type, u32 count)
{
    struct expr *expr = arena_new(&arena, struct expr);
    expr->kind = kind;
    expr->type = type;
    expr->arg_count = count;
    expr->args = arena_array(&arena, struct expr *, count);
    return expr;
}

static struct expr *column(u32 index, struct type type)
{
    struct expr *expr = make(EXPR_COLUMN, type, 0);
    expr->column = index;
    return expr;
}

static struct expr *literal(struct type type, const char *text)
{
    struct expr *expr = make(EXPR_CONST, type, 0);
    if (value_parse(type, slice_of(text), &arena, &expr->constant, NULL)) abort();
    return expr;
}

static struct expr *cast(struct expr *arg, struct type to)
{
    const struct func *func;
    bool free;
    if (func_find_cast(arg->type, to, CAST_EXPLICIT, &func, &free, NULL)) abort();
    if (!func) return arg;
    struct expr *expr = make(EXPR_CALL, to, 1);
    expr->func = func;
    expr->args[0] = arg;
    return expr;
}

static struct expr *operator_of(const char *name, struct expr *a, struct expr *b)
{
    struct type types[2] = { a->type, b->type }, casts[2], result;
    const struct func *func;
    if (func_find(slice_of(name), FUNC_OPERATOR, types, 2, &func, casts, &result, NULL)) abort();
    struct expr *expr = make(EXPR_CALL, result, 2);
    expr->func = func;
    expr->args[0] = cast(a, casts[0]);
    expr->args[1] = cast(b, casts[1]);
    return expr_fold(expr, &arena);
}

static struct expr *choose(struct expr *condition, struct expr *a, struct expr *b)
{
    struct expr *expr = make(EXPR_CASE, a->type, 3);
    expr->args[0] = condition;
    expr->args[1] = a;
    expr->args[2] = b;
    return expr;
}

static struct expr *both(struct expr *a, struct expr *b)
{
    struct expr *expr = make(EXPR_AND, TYPE(BOOL), 2);
    expr->args[0] = a;
    expr->args[1] = b;
    return expr;
}

/* --- Input: a b c bigint, d e integer, m money numeric(10,2), q numeric(12,4), f g double, t text --- */

enum { A, B, C, D, E, M, Q, F, G, T, COLUMN_COUNT };

static const struct type types[COLUMN_COUNT] = {
    [A] = TYPE(INT8),
    [B] = TYPE(INT8),
    [C] = TYPE(INT8),
    [D] = TYPE(INT4),
    [E] = TYPE(INT4),
    [M] = { .id = TYPE_NUMERIC, .precision = 10, .scale = 2 },
    [Q] = { .id = TYPE_NUMERIC, .precision = 12, .scale = 4 },
    [F] = TYPE(FLOAT8),
    [G] = TYPE(FLOAT8),
    [T] = TYPE(TEXT),
};

static const char *const words[] = { "apple pie", "a much longer line of text with apple in it",
                                     "pear", "grape juice from the market", "plum" };

static struct batch make_batch(u32 row_count, bool with_nulls)
{
    struct rand rand = { 1 };
    struct batch batch = { .row_count = row_count, .column_count = COLUMN_COUNT };
    batch.columns = arena_array(&arena, struct column, COLUMN_COUNT);
    for (u32 i = 0; i < COLUMN_COUNT; i++) {
        struct column *made = &batch.columns[i];
        *made = column_make(&arena, types[i], row_count);
        if (with_nulls) column_need_nulls(made, &arena, row_count);
        for (u32 row = 0; row < row_count; row++) {
            i64 number = 1 + (i64)rand_below(&rand, 100000);
            if (type_phys(types[i]) == PHYS_I64) ((i64 *)made->data)[row] = number;
            if (type_phys(types[i]) == PHYS_F64) ((f64 *)made->data)[row] = (f64)number / 7;
            if (type_phys(types[i]) == PHYS_STR) {
                const char *word = words[number % 5];
                ((struct str *)made->data)[row] = str_make(word, strlen(word));
            }
            if (with_nulls) made->nulls[row] = number % 16 == 0;
        }
    }
    return batch;
}

#define COL(i) column(i, types[i])
#define OP     operator_of

struct item {
    const char *text;
    u32 primitives;
    struct expr *expr;
};

static u32 make_items(struct item *items)
{
    struct type text = TYPE(TEXT), integer = TYPE(INT8), number = TYPE(NUMERIC);
    struct type real = TYPE(FLOAT8);
    struct item list[] = {
        { "a < c", 1, OP("<", COL(A), COL(C)) },
        { "a < 50000", 1, OP("<", COL(A), literal(integer, "50000")) },
        { "a + b (bigint)", 1, OP("+", COL(A), COL(B)) },
        { "a * b (bigint)", 1, OP("*", COL(A), COL(B)) },
        { "d + e (integer)", 1, OP("+", COL(D), COL(E)) },
        { "d * 3 (integer)", 1, OP("*", COL(D), literal(TYPE(INT4), "3")) },
        { "d / e (integer)", 1, OP("/", COL(D), COL(E)) },
        { "a + b*2 < c", 3,
          OP("<", OP("+", COL(A), OP("*", COL(B), literal(integer, "2"))), COL(C)) },
        { "a < c AND b > 7", 3,
          both(OP("<", COL(A), COL(C)), OP(">", COL(B), literal(integer, "7"))) },
        { "f + g (double)", 1, OP("+", COL(F), COL(G)) },
        { "f * g (double)", 1, OP("*", COL(F), COL(G)) },
        { "f < g (double)", 1, OP("<", COL(F), COL(G)) },
        { "f * 1.1 < g", 2, OP("<", OP("*", COL(F), literal(real, "1.1")), COL(G)) },
        { "m < 10 (numeric(10,2))", 1, OP("<", COL(M), literal(number, "10")) },
        { "m < q (scales 2, 4)", 1, OP("<", COL(M), COL(Q)) },
        { "m * d (numeric * int)", 1, OP("*", COL(M), COL(D)) },
        { "m + q (numeric)", 1, OP("+", COL(M), COL(Q)) },
        { "m * d * q (numeric)", 2, OP("*", OP("*", COL(M), COL(D)), COL(Q)) },
        { "m / q (numeric)", 1, OP("/", COL(M), COL(Q)) },
        { "CASE WHEN a<b THEN a ELSE b", 2, choose(OP("<", COL(A), COL(B)), COL(A), COL(B)) },
        { "t = 'pear'", 1, OP("=", COL(T), literal(text, "pear")) },
        { "t < 'pear'", 1, OP("<", COL(T), literal(text, "pear")) },
        { "t LIKE 'a%'", 1, OP("~~", COL(T), literal(text, "a%")) },
        { "t LIKE '%apple%'", 1, OP("~~", COL(T), literal(text, "%apple%")) },
        { "t LIKE '%a_p%e'", 1, OP("~~", COL(T), literal(text, "%a_p%e")) },
        { "t ~ '^[a-g].*e'", 1, OP("~", COL(T), literal(text, "^[a-g].*e")) },
        { "t || 'x'", 1, OP("||", COL(T), literal(text, "x")) },
    };
    memcpy(items, list, sizeof list);
    return countof(list);
}

static f64 cpu_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (f64)now.tv_sec * 1e9 + (f64)now.tv_nsec;
}

static int by_size(const void *a, const void *b)
{
    f64 x = *(const f64 *)a, y = *(const f64 *)b;
    return (x > y) - (x < y);
}

static f64 measure(const struct program *program, const struct batch *batch)
{
    f64 runs[RUN_COUNT];
    for (u32 run = 0; run < RUN_COUNT; run++) {
        f64 start = cpu_ns();
        for (u32 row = 0; row < ROWS_TOTAL / 8; row += batch->row_count) {
            struct arena_mark mark = arena_mark(&arena);
            struct column out;
            struct row_errors errors;
            program_run(program, batch, &arena, &out, &errors);
            arena_rewind(&arena, mark);
        }
        runs[run] = (cpu_ns() - start) / (ROWS_TOTAL / 8);
    }
    qsort(runs, RUN_COUNT, sizeof runs[0], by_size);
    return runs[RUN_COUNT / 2];
}

int main(void)
{
    static const u32 lengths[] = { 1, 64, 128, 256, 512, 1024 };
    struct mem mem;
    struct item items[64];
    mem_init(&mem, "bench", NULL, 0);
    arena_init(&arena, &mem);
    u32 count = make_items(items);
    printf("ns/row, median of %d; the last column has NULLs\n%-30s", RUN_COUNT, "rows in a vector");
    for (u32 i = 0; i < countof(lengths); i++)
        printf("%8u", lengths[i]);
    printf("%8s\n", "512 n");
    for (u32 i = 0; i < count; i++) {
        printf("%-30s", items[i].text);
        const struct program *program = program_make(&arena, &items[i].expr, 1);
        for (u32 j = 0; j < countof(lengths); j++) {
            struct batch batch = make_batch(lengths[j], false);
            printf("%8.2f", measure(program, &batch));
        }
        struct batch batch = make_batch(512, true);
        printf("%8.2f  (%u primitives)\n", measure(program, &batch), items[i].primitives);
    }
    arena_deinit(&arena);
    mem_deinit(&mem);
    return 0;
}
