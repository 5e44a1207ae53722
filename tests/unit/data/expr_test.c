#include "data/expr.h"

#include <string.h>

#include "tests/unit/data/expr_make.h"

static struct mem mem;
static struct arena arena;

static void start(void)
{
    mem_init(&mem, "test", NULL, 0);
    arena_init(&arena, &mem);
}

static void stop(void)
{
    arena_deinit(&arena);
    mem_deinit(&mem);
}

#define INT            TYPE(INT4)
#define COL(i)         make_column(&arena, i, INT)
#define OP(name, a, b) make_call(&arena, FUNC_OPERATOR, name, 2, a, b)
#define NUMBER(value)  make_int(&arena, value)

/* Checks the text of each row of one expression. */
static void check(struct expr *expr, const struct batch *batch, const char *const *wanted)
{
    struct program *program = program_make(&arena, &expr, 1);
    struct column out;
    struct row_errors errors;
    program_run(program, batch, &arena, &out, &errors);
    for (u32 row = 0; row < batch->row_count; row++)
        assert_string_equal(row_text(&arena, &out, &errors, row), wanted[row]);
}

static struct batch *two_ints(u32 row_count, const char *const *cells)
{
    struct type types[] = { INT, INT };
    return make_batch(&arena, types, 2, row_count, cells);
}

TEST(expr_overflow_is_an_error_of_its_row_alone)
{
    start();
    const char *cells[] = { "1", "2", "2147483647", "1", "NULL", "5", "-2147483648", "-1" };
    const char *wanted[] = { "3", "22003 integer out of range", "NULL",
                             "22003 integer out of range" };
    check(OP("+", COL(0), COL(1)), two_ints(4, cells), wanted);
    stop();
}

TEST(expr_null_rows_raise_no_errors)
{
    start();
    const char *cells[] = { "NULL", "0", "6", "0", "6", "4" };
    const char *wanted[] = { "NULL", "22012 division by zero", "1" };
    check(OP("/", COL(0), COL(1)), two_ints(3, cells), wanted);
    stop();
}

TEST(expr_and_stops_at_the_first_false)
{
    start();
    const char *cells[] = { "1", "0", "1", "1", "NULL", "0", "9", "NULL" };
    const char *wanted[] = { "f", "f", "f", "NULL" };
    struct expr *guard = OP("<>", COL(1), NUMBER(0));
    struct expr *body = OP(">", OP("/", COL(0), COL(1)), NUMBER(2));
    check(make_form(&arena, EXPR_AND, TYPE(BOOL), 2, guard, body), two_ints(4, cells), wanted);
    const char *reversed[] = { "22012 division by zero", "f", "f", "NULL" };
    check(make_form(&arena, EXPR_AND, TYPE(BOOL), 2, body, guard), two_ints(4, cells), reversed);
    stop();
}

TEST(expr_or_stops_at_the_first_true)
{
    start();
    const char *cells[] = { "1", "0", "9", "3", "1", "3" };
    const char *wanted[] = { "t", "t", "f" };
    struct expr *guard = OP("=", COL(1), NUMBER(0));
    struct expr *body = OP(">", OP("/", COL(0), COL(1)), NUMBER(2));
    check(make_form(&arena, EXPR_OR, TYPE(BOOL), 2, guard, body), two_ints(3, cells), wanted);
    stop();
}

TEST(expr_three_valued_logic_is_whole)
{
    start();
    struct type types[] = { TYPE(BOOL), TYPE(BOOL) };
    const char *cells[] = { "t", "t", "t",    "f",    "t", "NULL", "f", "t",    "f",
                            "f", "f", "NULL", "NULL", "t", "NULL", "f", "NULL", "NULL" };
    const char *and[] = { "t", "f", "NULL", "f", "f", "f", "NULL", "f", "NULL" };
    const char * or [] = { "t", "t", "t", "t", "f", "NULL", "t", "NULL", "NULL" };
    struct batch *batch = make_batch(&arena, types, 2, 9, cells);
    struct expr *a = make_column(&arena, 0, TYPE(BOOL)), *b = make_column(&arena, 1, TYPE(BOOL));
    check(make_form(&arena, EXPR_AND, TYPE(BOOL), 2, a, b), batch, and);
    check(make_form(&arena, EXPR_OR, TYPE(BOOL), 2, a, b), batch, or);
    stop();
}

TEST(expr_case_drops_the_errors_of_branches_not_taken)
{
    start();
    const char *cells[] = { "10", "0", "10", "5", "10", "NULL" };
    const char *wanted[] = { "-1", "2", "NULL" };
    struct expr *expr = make_form(&arena, EXPR_CASE, INT, 3, OP("=", COL(1), NUMBER(0)), NUMBER(-1),
                                  OP("/", COL(0), COL(1)));
    check(expr, two_ints(3, cells), wanted);
    stop();
}

TEST(expr_case_takes_the_first_true_condition)
{
    start();
    const char *cells[] = { "1", "0", "5", "0", "50", "0", "NULL", "0" };
    const char *wanted[] = { "100", "200", "300", "300" };
    struct expr *expr =
        make_form(&arena, EXPR_CASE, INT, 5, OP("<", COL(0), NUMBER(3)), NUMBER(100),
                  OP("<", COL(0), NUMBER(10)), NUMBER(200), NUMBER(300));
    check(expr, two_ints(4, cells), wanted);
    stop();
}

TEST(expr_coalesce_drops_the_errors_after_the_first_value)
{
    start();
    const char *cells[] = { "7", "0", "NULL", "0", "NULL", "2" };
    const char *wanted[] = { "7", "22012 division by zero", "5" };
    struct expr *expr =
        make_form(&arena, EXPR_COALESCE, INT, 2, COL(0), OP("/", NUMBER(10), COL(1)));
    check(expr, two_ints(3, cells), wanted);
    stop();
}

TEST(expr_in_is_null_when_unmatched_beside_a_null)
{
    start();
    const char *cells[] = { "1", "0", "4", "0", "NULL", "0" };
    const char *with_null[] = { "t", "NULL", "NULL" };
    const char *without[] = { "t", "f", "NULL" };
    struct expr *null = make_null(&arena, INT);
    check(make_form(&arena, EXPR_IN, TYPE(BOOL), 4, COL(0), NUMBER(1), NUMBER(2), null),
          two_ints(3, cells), with_null);
    check(make_form(&arena, EXPR_IN, TYPE(BOOL), 7, COL(0), NUMBER(9), NUMBER(8), NUMBER(7),
                    NUMBER(6), NUMBER(5), NUMBER(1)),
          two_ints(3, cells), without);
    check(make_form(&arena, EXPR_IN, TYPE(BOOL), 3, COL(0), NUMBER(1), COL(1)), two_ints(3, cells),
          without);
    stop();
}

TEST(expr_error_rows_are_null_in_all_results)
{
    start();
    const char *cells[] = { "1", "0", "8", "4" };
    struct expr *exprs[] = { COL(0), OP("/", COL(0), COL(1)), NUMBER(3) };
    struct program *program = program_make(&arena, exprs, 3);
    struct column out[3];
    struct row_errors errors;
    struct batch *batch = two_ints(2, cells);
    program_run(program, batch, &arena, out, &errors);
    assert_int_equal(errors.count, 1);
    assert_int_equal(errors.errors[0].row, 0);
    for (u32 i = 0; i < 3; i++) {
        assert_true(column_is_null(&out[i], 0));
        assert_false(column_is_null(&out[i], 1));
    }
    assert_int_equal(value_get(&out[1], 1).i, 2);
    assert_int_equal(value_get(&out[2], 1).i, 3);
    /* The input itself is as it was. */
    assert_int_equal(value_get(&batch->columns[0], 0).i, 1);
    stop();
}

TEST(expr_pick_takes_rows_that_are_true)
{
    start();
    const char *cells[] = { "1", "0", "NULL", "0", "5", "0", "7", "1" };
    struct expr *expr = OP(">", OP("/", COL(0), OP("-", NUMBER(1), COL(1))), NUMBER(2));
    struct program *program = program_make(&arena, &expr, 1);
    u32 picks[4];
    struct row_errors errors;
    assert_int_equal(program_pick(program, two_ints(4, cells), &arena, picks, &errors), 1);
    assert_int_equal(picks[0], 2);
    assert_int_equal(errors.count, 1);
    assert_int_equal(errors.errors[0].row, 3);
    stop();
}

TEST(expr_empty_batch_gives_empty_columns)
{
    start();
    struct expr *exprs[] = { OP("+", COL(0), COL(1)), NUMBER(3) };
    struct program *program = program_make(&arena, exprs, 2);
    struct column out[2];
    struct row_errors errors;
    program_run(program, two_ints(0, NULL), &arena, out, &errors);
    assert_int_equal(errors.count, 0);
    assert_int_equal(out[0].type.id, TYPE_INT4);
    stop();
}

TEST(expr_fold_computes_constants_and_leaves_errors)
{
    start();
    struct expr *sum = OP("+", OP("*", NUMBER(6), NUMBER(7)), COL(0));
    struct expr *folded = expr_fold(sum, &arena);
    assert_int_equal(folded->args[0]->kind, EXPR_CONST);
    assert_int_equal(folded->args[0]->constant.i, 42);
    assert_ptr_not_equal(folded, sum);
    struct expr *failing = OP("/", NUMBER(1), NUMBER(0));
    assert_ptr_equal(expr_fold(failing, &arena), failing);
    struct expr *never =
        make_form(&arena, EXPR_CASE, INT, 3, make_bool(&arena, false), failing, COL(0));
    assert_int_equal(expr_fold(never, &arena)->kind, EXPR_COLUMN);
    struct expr *none = OP("+", COL(0), make_null(&arena, INT));
    assert_true(expr_fold(none, &arena)->constant.null);
    stop();
}

static void check_print(struct expr *expr, const char *wanted)
{
    struct buf buf;
    const char *names[] = { "a", "b" };
    buf_init(&buf, &mem);
    expr_print(expr, names, &buf);
    buf_putc(&buf, '\0');
    assert_string_equal(buf.data, wanted);
    buf_deinit(&buf);
}

TEST(expr_print_reads_as_sql)
{
    start();
    check_print(OP("+", COL(0), OP("*", COL(1), NUMBER(2))), "(a + (b * 2))");
    check_print(make_call(&arena, FUNC_PLAIN, "abs", 1, COL(0)), "abs(a)");
    check_print(make_literal(&arena, TYPE(TEXT), "it's"), "'it''s'::text");
    check_print(make_cast(&arena, COL(0), TYPE(TEXT)), "(a)::text");
    check_print(make_form(&arena, EXPR_CASE, INT, 3, OP("=", COL(0), COL(1)), NUMBER(-1),
                          make_null(&arena, INT)),
                "CASE WHEN (a = b) THEN '-1'::integer ELSE NULL::integer END");
    stop();
}

TEST(expr_equal_means_the_same_value_and_type)
{
    start();
    struct expr *a = OP("+", COL(0), NUMBER(2)), *b = OP("+", COL(0), NUMBER(2));
    assert_true(expr_equal(a, b));
    assert_int_equal(expr_hash(a), expr_hash(b));
    assert_false(expr_equal(a, OP("+", COL(0), NUMBER(3))));
    assert_false(expr_equal(a, OP("+", COL(1), NUMBER(2))));
    assert_false(expr_equal(make_literal(&arena, TYPE(NUMERIC), "1.0"),
                            make_literal(&arena, TYPE(NUMERIC), "1.00")));
    stop();
}

TEST(expr_scaled_numerics_compute_as_decimals)
{
    start();
    struct type money = { .id = TYPE_NUMERIC, .precision = 10, .scale = 2 };
    struct type fine = { .id = TYPE_NUMERIC, .precision = 18, .scale = 5 };
    struct type types[] = { money, fine, INT };
    const char *cells[] = { "10.50",     "0.12345", "3",           "-0.01",
                            "NULL",      "7",       "99999999.99", "9999999999999.99999",
                            "2147483647" };
    struct batch *batch = make_batch(&arena, types, 3, 3, cells);
    struct expr *a = make_column(&arena, 0, money), *b = make_column(&arena, 1, fine);
    struct expr *c = make_column(&arena, 2, INT);
    const char *sum[] = { "10.62345", "NULL", "10000099999999.98999" };
    const char *product[] = { "1.2962250", "NULL", "999999999899999999000.0000001" };
    const char *mixed[] = { "31.50", "-0.07", "214748364678525163.53" };
    const char *less[] = { "f", "NULL", "t" };
    const char *below[] = { "t", "t", "f" };
    check(OP("+", a, b), batch, sum);
    check(OP("*", a, b), batch, product);
    check(OP("*", a, c), batch, mixed);
    check(OP("<", a, b), batch, less);
    check(OP("<", a, make_literal(&arena, TYPE(NUMERIC), "10.505")), batch, below);
    check(OP("<=", a, make_literal(&arena, TYPE(NUMERIC), "10.5")), batch, below);
    stop();
}

TEST(expr_buffers_are_not_shared_while_they_are_read)
{
    start();
    const char *cells[] = { "3", "4", "5", "6" };
    /* (a+b)*(a-b) + (a+b)*(a*b) - (a-b): sums and differences live across other steps. */
    struct expr *sum = OP("+", COL(0), COL(1)), *difference = OP("-", COL(0), COL(1));
    struct expr *first = OP("*", sum, difference);
    struct expr *second = OP("*", sum, OP("*", COL(0), COL(1)));
    struct expr *expr = OP("-", OP("+", first, second), difference);
    const char *wanted[] = { "78", "320" };
    check(expr, two_ints(2, cells), wanted);
    stop();
}

TEST(expr_in_over_scaled_numerics_knows_equal_values)
{
    start();
    struct type money = { .id = TYPE_NUMERIC, .precision = 10, .scale = 2 };
    struct type types[] = { money };
    const char *cells[] = { "1.00", "2.50", "-7.25", "3.00", "NULL" };
    const char *wanted[] = { "t", "t", "f", "f", "NULL" };
    const char *none[] = { "f", "f", "f", "f", "NULL" };
    const char *unknown[] = { "NULL", "NULL", "NULL", "t", "NULL" };
    struct batch *batch = make_batch(&arena, types, 1, 5, cells);
    struct type number = TYPE(NUMERIC), yes = TYPE(BOOL);
    struct expr *x = make_cast(&arena, make_column(&arena, 0, money), number);
    struct expr *one = make_literal(&arena, number, "1");
    struct expr *fine = make_literal(&arena, number, "2.505");
    struct expr *half = make_literal(&arena, number, "2.5000");
    struct expr *large = make_literal(&arena, number, "99999999999999999999");
    struct expr *three = make_literal(&arena, number, "3.000000000000000000000");
    struct expr *null = make_null(&arena, number);
    check(make_form(&arena, EXPR_IN, yes, 4, x, one, fine, half), batch, wanted);
    check(make_form(&arena, EXPR_IN, yes, 4, x, one, large, half), batch, wanted);
    check(make_form(&arena, EXPR_IN, yes, 2, x, fine), batch, none);
    check(make_form(&arena, EXPR_IN, yes, 3, x, null, three), batch, unknown);
    check(make_form(&arena, EXPR_IN, yes, 3, x, null, make_literal(&arena, number, "3.0")), batch,
          unknown);
    stop();
}

TEST(expr_in_finds_each_of_many_constants)
{
    start();
    enum { COUNT = 3000 };
    struct expr *in = arena_new(&arena, struct expr);
    *in = (struct expr){ .kind = EXPR_IN, .type = TYPE(BOOL), .arg_count = COUNT + 1 };
    in->args = arena_array(&arena, struct expr *, COUNT + 1);
    in->args[0] = make_column(&arena, 0, TYPE(TEXT));
    for (u32 i = 0; i < COUNT; i++)
        in->args[i + 1] =
            make_literal(&arena, TYPE(TEXT), arena_format(&arena, "the word number %u", 2 * i));
    struct type types[] = { TYPE(TEXT) };
    const char *cells[] = { "the word number 0", "the word number 5998", "the word number 5999",
                            "the word number 3", "NULL" };
    const char *wanted[] = { "t", "t", "f", "f", "NULL" };
    check(in, make_batch(&arena, types, 1, 5, cells), wanted);
    stop();
}
