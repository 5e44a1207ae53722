/* Writes cases for PostgreSQL to check: `type_cases SEED COUNT [NAME]` prints count random cases as CSV
 * lines: operation, arguments in one field (a unit separator between them), whether one of them was
 * damaged, SQL, our answer. `type_cases list` prints the operations. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/oracle/type_ops.h"

static void put_csv(struct buf *out, struct slice text, char end)
{
    buf_putc(out, '"');
    for (size_t index = 0; index < text.size; index++) {
        if (text.data[index] == '"') buf_putc(out, '"');
        buf_putc(out, text.data[index]);
    }
    buf_putc(out, '"');
    buf_putc(out, end);
}

static void put_literal(struct buf *out, struct slice text)
{
    buf_puts(out, " E'");
    for (size_t index = 0; index < text.size; index++) {
        char c = text.data[index];
        if (c == '\'' || c == '\\') buf_putc(out, c);
        buf_putc(out, c);
    }
    buf_putc(out, '\'');
}

static void put_sql(struct buf *out, const struct type_op *op, const struct slice *args)
{
    for (const char *next = op->sql; *next; next++) {
        if (*next == '$')
            put_literal(out, args[*++next - '1']);
        else
            buf_putc(out, *next);
    }
}

static void write_case(struct rand *rand, const struct type_op *op, struct arena *arena,
                       struct buf *line)
{
    struct slice args[TYPE_OP_ARG_COUNT_MAX];
    struct buf text, sql, answer;
    buf_init(&text, arena->mem);
    buf_init(&sql, arena->mem);
    buf_init(&answer, arena->mem);
    size_t ends[TYPE_OP_ARG_COUNT_MAX + 1] = { 0 };
    u32 count = (u32)strlen(op->args);
    bool damaged = false;
    for (u32 index = 0; index < count; index++) {
        if (index > 0) buf_putc(&text, '\x1F');
        damaged |= type_op_random(rand, op->args[index], &text);
        ends[index + 1] = text.size;
    }
    for (u32 index = 0; index < count; index++) {
        size_t start = ends[index] + (index > 0);
        args[index] = slice_make(text.data ? text.data + start : "", ends[index + 1] - start);
    }
    op->run(args, arena, &answer);
    put_sql(&sql, op, args);
    put_csv(line, slice_of(op->name), ',');
    put_csv(line, buf_slice(&text), ',');
    buf_puts(line, damaged ? "t," : "f,");
    put_csv(line, buf_slice(&sql), ',');
    put_csv(line, buf_slice(&answer), '\n');
    buf_deinit(&text);
    buf_deinit(&sql);
    buf_deinit(&answer);
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "list") == 0) {
        for (u32 index = 0; index < type_op_count; index++)
            puts(type_ops[index].name);
        return 0;
    }
    if (argc < 3) {
        fprintf(stderr, "usage: type_cases list | type_cases SEED COUNT [NAME]\n");
        return 2;
    }
    struct rand rand = { strtoull(argv[1], NULL, 0) };
    u64 count = strtoull(argv[2], NULL, 0);
    struct mem mem;
    struct arena arena;
    struct buf line;
    mem_init(&mem, "cases", NULL, 0);
    arena_init(&arena, &mem);
    buf_init(&line, &mem);
    for (u64 index = 0; index < count; index++) {
        const struct type_op *op =
            argc > 3 ? type_op_find(argv[3]) : &type_ops[index % type_op_count];
        if (!op) return 2;
        arena_reset(&arena);
        buf_clear(&line);
        write_case(&rand, op, &arena, &line);
        fwrite(line.data, 1, line.size, stdout);
    }
    buf_deinit(&line);
    arena_deinit(&arena);
    mem_deinit(&mem);
    return 0;
}
