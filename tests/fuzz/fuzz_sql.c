/* SQL: every statement of a script gives a tree or an error that says something; what canonical text
 * gives is the same tree. */
#include "base/utf8.h"
#include "os/thread.h"
#include "plan/parse.h"
#include "plan/syntax_print.h"
#include "tests/fuzz/fuzz.h"

struct fuzz {
    struct mem mem;
    struct arena arena;
    struct err err;
};

static void run_on_thread(void *ctx, void (*body)(void *), void *arg)
{
    (void)ctx;
    struct thread thread = { .started = false };
    struct thread_options options = {
        .name = "parse", .stack_size = PARSE_STACK_SIZE, .body = body, .context = arg
    };
    struct err err;
    enum status status = thread_start(&thread, &options, &err);
    assert(status == OK);
    thread_join(&thread);
}

static void check_error(const struct fuzz *fuzz, struct slice text)
{
    const struct err *err = &fuzz->err;
    assert(strlen(err->sqlstate) == 5 && err->message[0]);
    struct slice message = slice_of(err->message), detail = slice_of(err->detail);
    assert(utf8_check(message) == message.size && utf8_check(detail) == detail.size);
    assert(err->position >= 0 && (size_t)err->position <= text.size + 1);
}

/* The tree as text, ended by NUL; NULL when it is refused. */
static const char *print(struct fuzz *fuzz, struct slice text)
{
    static const struct parse_runner runner = { .run = run_on_thread };
    struct syntax_statement *statement;
    err_clear(&fuzz->err);
    if (parse_statement(text, &runner, &fuzz->arena, &statement, &fuzz->err)) {
        check_error(fuzz, text);
        return NULL;
    }
    assert(slice_equal(statement->text, text));
    assert(syntax_tag(statement)[0]);
    struct buf buf;
    buf_init(&buf, &fuzz->mem);
    syntax_print_statement(&buf, statement);
    const char *tree = arena_string(&fuzz->arena, buf.data, buf.size);
    buf_deinit(&buf);
    return tree;
}

static void check_piece(struct fuzz *fuzz, const struct parse_piece *piece, struct slice script)
{
    assert(fuzz_is_within(piece->text, script) && piece->line > 0 && piece->column > 0);
    const char *tree = print(fuzz, piece->text);
    u32 line, column;
    parse_locate(piece, fuzz->err.position, &line, &column);
    assert(line >= piece->line);

    if (!tree) return;
    const char *canonical = parse_canonical(piece->text, &fuzz->arena);
    assert(strcmp(parse_canonical(slice_of(canonical), &fuzz->arena), canonical) == 0);
    const char *again = print(fuzz, slice_of(canonical));
    /* With a blank between all tokens it may be too long. */
    bool is_too_long = strncmp(fuzz->err.sqlstate, "54", 2) == 0;
    assert(again ? strcmp(again, tree) == 0 : is_too_long);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    struct fuzz fuzz;
    mem_init(&fuzz.mem, "fuzz", NULL, 0);
    arena_init(&fuzz.arena, &fuzz.mem);
    struct slice script = slice_make((const char *)data, size);
    struct parse_split split = parse_split_make(script);
    struct parse_piece piece;
    u64 end = 0;
    while (parse_next(&split, &piece)) {
        assert(piece.offset >= end);
        end = piece.offset + piece.text.size;
        check_piece(&fuzz, &piece, script);
        arena_reset(&fuzz.arena);
    }
    arena_deinit(&fuzz.arena);
    mem_deinit(&fuzz.mem);
    return 0;
}
