#include "tests/unit/plan/plan_test.h"

#include "os/thread.h"
#include "plan/syntax_print.h"

void plan_fixture_init(struct plan_fixture *fixture)
{
    mem_init(&fixture->mem, "test", NULL, 0);
    arena_init(&fixture->arena, &fixture->mem);
    buf_init(&fixture->buf, &fixture->mem);
    err_clear(&fixture->err);
}

void plan_fixture_deinit(struct plan_fixture *fixture)
{
    buf_deinit(&fixture->buf);
    arena_deinit(&fixture->arena);
    mem_deinit(&fixture->mem);
}

static void run_on_thread(void *ctx, void (*body)(void *), void *arg)
{
    (void)ctx;
    struct thread thread = { .started = false };
    struct err err;
    struct thread_options options = {
        .name = "parse", .stack_size = PARSE_STACK_SIZE, .body = body, .context = arg
    };
    assert_ok(thread_start(&thread, &options, &err), &err);
    thread_join(&thread);
}

const struct parse_runner plan_runner = { .run = run_on_thread };

const char *plan_print(struct plan_fixture *fixture, const char *sql)
{
    struct syntax_statement *statement = NULL;
    buf_clear(&fixture->buf);
    if (parse_statement(slice_of(sql), &plan_runner, &fixture->arena, &statement, &fixture->err)) {
        buf_format(&fixture->buf, "%s@%d %s", fixture->err.sqlstate, fixture->err.position,
                   fixture->err.message);
    } else {
        syntax_print_statement(&fixture->buf, statement);
    }
    buf_putc(&fixture->buf, 0);
    return fixture->buf.data;
}

struct syntax_statement *plan_parse(struct plan_fixture *fixture, const char *sql)
{
    struct syntax_statement *statement = NULL;
    assert_ok(
        parse_statement(slice_of(sql), &plan_runner, &fixture->arena, &statement, &fixture->err),
        &fixture->err);
    return statement;
}
