/* Random expressions over random rows, here and in PostgreSQL 15: each row's value, or its error, must be the same. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/prop/expr_random.h"
#include "tests/unit/data/expr_make.h"
#include "tests/unit/data/expr_sql.h"

#define ROW_COUNT  48
#define EXPR_COUNT 2000
#define LINE_MAX   (1 << 16)

/* What PostgreSQL runs: an expression over all rows at once, and row by row where that fails. */
static const char function_text[] =
    "CREATE FUNCTION pg_temp.answer(e text) RETURNS SETOF text LANGUAGE plpgsql AS $f$\n"
    "DECLARE r text; i int; state text; message text;\n"
    "BEGIN\n"
    "  BEGIN\n"
    "    RETURN QUERY EXECUTE 'SELECT CASE WHEN v IS NULL THEN ''~'' ELSE ''= '' || "
    "replace(replace(format(''%s'', v), "
    "E''\\\\'', E''\\\\\\\\''), E''\\n'', E''\\\\n'') END FROM (SELECT id, (' || e || ') AS v FROM "
    "t OFFSET 0) s ORDER BY id';\n"
    "    RETURN;\n"
    "  EXCEPTION WHEN OTHERS THEN NULL;\n"
    "  END;\n"
    "  FOR i IN SELECT id FROM t ORDER BY id LOOP\n"
    "    BEGIN\n"
    "      EXECUTE 'SELECT CASE WHEN v IS NULL THEN ''~'' ELSE ''= '' || "
    "replace(replace(format(''%s'', v), "
    "E''\\\\'', E''\\\\\\\\''), E''\\n'', E''\\\\n'') END FROM (SELECT (' || e || ') AS v FROM t "
    "WHERE id = $1 OFFSET 0) s' "
    "INTO r USING i;\n"
    "      RETURN NEXT r;\n"
    "    EXCEPTION WHEN OTHERS THEN\n"
    "      GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT;\n"
    "      RETURN NEXT '! ' || state || ' ' || replace(replace(message, E'\\\\', E'\\\\\\\\'), "
    "E'\\n', E'\\\\n');\n"
    "    END;\n"
    "  END LOOP;\n"
    "END $f$;\n";

struct world {
    struct mem mem;
    struct arena arena;
    struct schema schema;
    struct batch *batch;
    struct buf script;
    const char **exprs;
};

static void quote(struct buf *out, const char *text)
{
    buf_putc(out, '\'');
    for (; *text; text++) {
        if (*text == '\'') buf_putc(out, '\'');
        buf_putc(out, *text);
    }
    buf_putc(out, '\'');
}

static void make_rows(struct world *world, struct rand *rand)
{
    struct type types[64];
    world->schema.columns = arena_array(&world->arena, struct schema_column, random_column_count);
    world->schema.column_count = random_column_count;
    buf_puts(&world->script, "CREATE TEMP TABLE t (id int");
    for (u32 i = 0; i < random_column_count; i++) {
        const struct random_column *column = &random_columns[i];
        types[i] = column->type;
        world->schema.columns[i] = (struct schema_column){ column->name, column->type, false };
        buf_format(&world->script, ", %s %s", column->name, column->type_name);
    }
    buf_puts(&world->script, ");\n");
    const char **cells = arena_array(&world->arena, const char *, ROW_COUNT *random_column_count);
    for (u32 row = 0; row < ROW_COUNT; row++) {
        buf_format(&world->script, "INSERT INTO t VALUES (%u", row);
        for (u32 i = 0; i < random_column_count; i++) {
            const char *cell = random_cell(rand, &random_columns[i]);
            buf_puts(&world->script, ", ");
            if (cell)
                quote(&world->script, cell);
            else
                buf_puts(&world->script, "NULL");
            cells[row * random_column_count + i] =
                cell ? arena_string(&world->arena, cell, strlen(cell)) : "NULL";
        }
        buf_puts(&world->script, ");\n");
    }
    world->batch = make_batch(&world->arena, types, random_column_count, ROW_COUNT, cells);
}

static void make_expressions(struct world *world, struct rand *rand, u32 count)
{
    world->exprs = arena_array(&world->arena, const char *, count);
    struct buf text;
    buf_init(&text, &world->mem);
    buf_puts(&world->script, function_text);
    for (u32 i = 0; i < count; i++) {
        buf_clear(&text);
        random_expression(rand, 1 + (u32)rand_below(rand, 4), &text);
        world->exprs[i] = arena_string(&world->arena, text.data, text.size);
        buf_puts(&world->script, "SELECT pg_temp.answer(");
        quote(&world->script, world->exprs[i]);
        buf_puts(&world->script, ");\n");
    }
    buf_deinit(&text);
}

static bool line_same(const char *ours, const char *theirs)
{
    for (; *theirs; theirs++, ours++) {
        char c = *theirs;
        if (c == '\\') {
            theirs++;
            c = *theirs == 'n' ? '\n' : *theirs;
        }
        if (*ours != c) return false;
    }
    return *ours == '\0';
}

static bool is_refusal(const char *ours)
{
    return strncmp(ours, "! 0A000", 7) == 0 ||
           strcmp(ours, "! 22003 value overflows numeric format") == 0;
}

/* Which of several things is wrong with a text that is no date is not held to PostgreSQL's choice. */
static bool is_bad_text(const char *answer)
{
    static const char *const sentences[] = { "invalid input syntax", "date/time field value",
                                             "time zone", "is out of range for type" };
    for (u32 i = 0; i < countof(sentences) && answer[0] == '!'; i++) {
        if (strstr(answer, sentences[i])) return true;
    }
    return false;
}

/* One row alone gives what it gives among others. */
static void check_alone(struct world *world, struct arena *arena, const struct program *program,
                        const char *const *answers)
{
    for (u32 row = 0; row < ROW_COUNT; row++) {
        struct batch *alone = batch_pick(arena, world->batch, &row, 1);
        struct column out;
        struct row_errors errors;
        program_run(program, alone, arena, &out, &errors);
        const char *value = row_text(arena, &out, &errors, 0);
        const char *mark = errors.count > 0 ? "! " : "= ";
        if (column_is_null(&out, 0) && errors.count == 0)
            assert_string_equal(answers[row], "~");
        else
            assert_string_equal(answers[row], arena_format(arena, "%s%s", mark, value));
    }
}

/* Our answers in the script's form. */
static void answer_all(struct world *world, struct arena *arena, const char *text, bool alone,
                       const char **answers)
{
    struct expr *expr;
    struct err err;
    if (expr_sql_bind(arena, &world->schema, text, &expr, &err)) {
        for (u32 row = 0; row < ROW_COUNT; row++)
            answers[row] = arena_format(arena, "! %s %s", err.sqlstate, err.message);
        return;
    }
    expr = expr_fold(expr, arena);
    struct program *program = program_make(arena, &expr, 1);
    struct column out;
    struct row_errors errors;
    program_run(program, world->batch, arena, &out, &errors);
    u32 failed = 0;
    for (u32 row = 0; row < ROW_COUNT; row++) {
        const char *value = row_text(arena, &out, &errors, row);
        bool error = failed < errors.count && errors.errors[failed].row == row;
        failed += error;
        const char *mark = error ? "! " : "= ";
        answers[row] =
            !error && column_is_null(&out, row) ? "~" : arena_format(arena, "%s%s", mark, value);
    }
    if (alone) check_alone(world, arena, program, answers);
}

static u32 compare_one(struct world *world, FILE *answers, const char *text, bool alone,
                       u32 *refused)
{
    static char line[LINE_MAX];
    const char *ours[ROW_COUNT];
    struct arena arena;
    arena_init(&arena, &world->mem);
    answer_all(world, &arena, text, alone, ours);
    u32 wrong = 0;
    for (u32 row = 0; row < ROW_COUNT; row++) {
        if (!fgets(line, sizeof line, answers)) fail_msg("PostgreSQL stopped at %s", text);
        line[strcspn(line, "\n")] = '\0';
        if (line_same(ours[row], line)) continue;
        if (is_bad_text(ours[row]) && is_bad_text(line)) continue;
        if (is_refusal(ours[row])) {
            (*refused)++;
            continue;
        }
        if (wrong++ == 0)
            printf("%s\n  row %u: wanted %s\n  row %u: got    %s\n", text, row, line, row,
                   ours[row]);
    }
    arena_deinit(&arena);
    return wrong > 0;
}

static FILE *ask_postgresql(struct world *world, const char *path)
{
    FILE *script = fopen(path, "w");
    assert_non_null(script);
    fwrite(world->script.data, 1, world->script.size, script);
    fclose(script);
    /* What starting it has to say is no answer. */
    return popen(arena_format(&world->arena,
                              "sh %s/oracle/pg.sh start >&2; "
                              "sh %s/oracle/pg.sh psql -q -A -t -f %s 2>&1",
                              WEIR_TESTS_DIR, WEIR_TESTS_DIR, path),
                 "r");
}

TEST(expr_random_ones_answer_as_postgresql)
{
    if (access("/usr/lib/postgresql/15/bin/postgres", X_OK) != 0) skip();
    struct world world = { 0 };
    u64 seed = test_seed(20);
    u32 count = test_rounds(EXPR_COUNT), wrong = 0, refused = 0;
    struct rand rand = { .state = seed };
    mem_init(&world.mem, "test", NULL, 0);
    arena_init(&world.arena, &world.mem);
    buf_init(&world.script, &world.mem);
    make_rows(&world, &rand);
    make_expressions(&world, &rand, count);
    char path[] = "/tmp/weir-expr-XXXXXX";
    close(mkstemp(path));
    FILE *answers = ask_postgresql(&world, path);
    for (u32 i = 0; i < count; i++)
        wrong += compare_one(&world, answers, world.exprs[i], i % 8 == 0, &refused);
    pclose(answers);
    unlink(path);
    printf("seed %llu: %u expressions of %u rows, %u wrong, %u rows refused\n",
           (unsigned long long)seed, count, ROW_COUNT, wrong, refused);
    buf_deinit(&world.script);
    arena_deinit(&world.arena);
    mem_deinit(&world.mem);
    assert_int_equal(wrong, 0);
}
