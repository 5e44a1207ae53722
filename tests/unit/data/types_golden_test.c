/* Every line of golden/types.tsv: an operation on values as text, and what PostgreSQL answered. */
#include <stdio.h>
#include <string.h>

#include "tests/oracle/type_ops.h"
#include "tests/test.h"

#define LINE_SIZE_MAX 1024

/* COPY's escapes, in place. */
static void unescape(char *text)
{
    char *out = text;
    for (; *text; text++) {
        if (*text != '\\') {
            *out++ = *text;
            continue;
        }
        text++;
        *out++ = *text == 't' ? '\t' : *text == 'n' ? '\n' : *text;
    }
    *out = '\0';
}

static u32 split_args(char *text, struct slice *args)
{
    u32 count = 0;
    for (;;) {
        char *end = strstr(text, " | ");
        if (end) *end = '\0';
        args[count++] = slice_of(text);
        if (!end) return count;
        text = end + 3;
    }
}

static void check_line(char *line, struct arena *arena)
{
    line[strcspn(line, "\n")] = '\0';
    char *args_text = strchr(line, '\t');
    assert_non_null(args_text);
    *args_text++ = '\0';
    char *wanted = strchr(args_text, '\t');
    assert_non_null(wanted);
    *wanted++ = '\0';
    unescape(args_text);
    unescape(wanted);

    const struct type_op *op = type_op_find(line);
    assert_non_null(op);
    struct slice args[TYPE_OP_ARG_COUNT_MAX];
    assert_int_equal(split_args(args_text, args), strlen(op->args));
    struct buf answer;
    buf_init(&answer, arena->mem);
    op->run(args, arena, &answer);
    if (!slice_is(buf_slice(&answer), wanted))
        fail_msg("%s(%s, ...) is %.*s, PostgreSQL says %s", op->name, args_text, (int)answer.size,
                 answer.data, wanted);
    buf_deinit(&answer);
}

TEST(types_answer_as_postgresql_did)
{
    struct mem mem;
    struct arena arena;
    mem_init(&mem, "test", NULL, 0);
    arena_init(&arena, &mem);
    FILE *file = fopen(WEIR_TESTS_DIR "/unit/data/golden/types.tsv", "r");
    assert_non_null(file);
    char line[LINE_SIZE_MAX];
    u32 count = 0;
    for (; fgets(line, sizeof line, file); count++) {
        arena_reset(&arena);
        check_line(line, &arena);
    }
    fclose(file);
    assert_true(count > 3000);
    arena_deinit(&arena);
    mem_deinit(&mem);
}
