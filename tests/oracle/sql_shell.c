/* The engine behind a pipe, for a script that compares it with PostgreSQL: `sql_shell DIR|none`.
 *
 * Messages on standard input and output are framed as in PostgreSQL's protocol: a letter, then four bytes of
 * length, which counts itself. In: Q runs a script; M runs several, each ended by NUL, which all wait when
 * the first is taken, so that one tick may hold them; R closes the engine and opens it again. Out: T with
 * names and types, D a row, C a command's tag, E an error in PostgreSQL's fields, Z the end of a script. */
#include "base/assert.h"
#include "data/value.h"
#include "engine/engine_internal.h"
#include "engine/exec.h"

#include <stdio.h>
#include <stdlib.h>

#define SCRIPT_COUNT_MAX 64

struct script {
    struct buf out;
    struct exec *exec;
    bool ended;
};

struct shell {
    struct engine *engine;
    struct engine_options options;
    struct producer *producer;
    struct mem mem;
    struct script scripts[SCRIPT_COUNT_MAX];
};

static void ignore_wake(void *context)
{
    (void)context;
}

static void shell_open(struct shell *shell)
{
    struct err err;
    if (engine_open(&shell->engine, &shell->options, &err)) {
        fprintf(stderr, "sql_shell: %s %s %s\n", err.sqlstate, err.message, err.detail);
        exit(1);
    }
    shell->producer = producer_get(shell->engine, SLICE("shell"));
}

static void shell_settle(struct shell *shell)
{
    struct engine *engine = shell->engine;
    struct err err;
    do {
        if (engine->phase == PHASE_LOGGED && log_wait(&engine->log, engine->sequence, &err)) break;
    } while (engine_step(engine) || engine->phase != PHASE_IDLE);
    engine_step(engine);
}

static void shell_close(struct shell *shell)
{
    while (!engine_drain(shell->engine))
        shell_settle(shell);
    producer_release(shell->producer);
    engine_close(shell->engine);
}

/* --- messages --- */

static void put_int(struct buf *out, u32 value)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        buf_putc(out, (char)(value >> shift));
}

static void put_string(struct buf *out, const char *text)
{
    buf_append(out, text, strlen(text) + 1);
}

/* Returns where its length stands, for message_end. */
static size_t message_begin(struct buf *out, char letter)
{
    buf_putc(out, letter);
    put_int(out, 0);
    return out->size - 4;
}

static void message_end(struct buf *out, size_t at)
{
    u32 size = (u32)(out->size - at);
    for (int i = 0; i < 4; i++)
        out->data[at + (size_t)i] = (char)(size >> (24 - 8 * i));
}

static void on_columns(void *context, const struct schema *schema)
{
    struct script *script = context;
    size_t at = message_begin(&script->out, 'T');
    for (u32 column = 0; column < schema->column_count; column++) {
        put_string(&script->out, schema->columns[column].name);
        char type[64];
        type_name(schema->columns[column].type, type);
        put_string(&script->out, type);
    }
    message_end(&script->out, at);
}

static void put_cell(struct buf *out, const struct column *column, u32 row)
{
    if (column_is_null(column, row)) {
        put_int(out, UINT32_MAX);
        return;
    }
    size_t at = out->size;
    put_int(out, 0);
    struct value value = value_get(column, row);
    value_print(&value, out);
    u32 size = (u32)(out->size - at - 4);
    for (int i = 0; i < 4; i++)
        out->data[at + (size_t)i] = (char)(size >> (24 - 8 * i));
}

static void on_rows(void *context, const struct batch *batch)
{
    struct script *script = context;
    for (u32 row = 0; row < batch->row_count; row++) {
        size_t at = message_begin(&script->out, 'D');
        buf_putc(&script->out, (char)(batch->column_count >> 8));
        buf_putc(&script->out, (char)batch->column_count);
        for (u32 column = 0; column < batch->column_count; column++)
            put_cell(&script->out, &batch->columns[column], row);
        message_end(&script->out, at);
    }
}

static void on_complete(void *context, const char *tag, u64 tick)
{
    struct script *script = context;
    (void)tick;
    size_t at = message_begin(&script->out, 'C');
    put_string(&script->out, tag);
    message_end(&script->out, at);
}

static void put_field(struct buf *out, char letter, const char *text)
{
    if (!*text) return;
    buf_putc(out, letter);
    put_string(out, text);
}

static void on_end(void *context, const struct err *err)
{
    struct script *script = context;
    script->ended = true;
    if (err) {
        size_t at = message_begin(&script->out, 'E');
        put_field(&script->out, 'C', err->sqlstate);
        put_field(&script->out, 'M', err->message);
        put_field(&script->out, 'D', err->detail);
        put_field(&script->out, 'H', err->hint);
        buf_putc(&script->out, '\0');
        message_end(&script->out, at);
    }
    message_end(&script->out, message_begin(&script->out, 'Z'));
}

/* --- input --- */

static void script_open(struct shell *shell, struct script *script, struct slice text)
{
    const struct exec_callbacks callbacks = { .on_columns = on_columns,
                                              .on_rows = on_rows,
                                              .on_complete = on_complete,
                                              .on_end = on_end,
                                              .context = script };
    script->ended = false;
    buf_clear(&script->out);
    exec_open(shell->engine, shell->producer, text, EXEC_SCRIPT, &callbacks, &script->exec);
}

static void scripts_run(struct shell *shell, struct slice payload)
{
    u32 count = 0;
    while (payload.size > 0) {
        size_t size = strnlen(payload.data, payload.size);
        assert(count < SCRIPT_COUNT_MAX);
        script_open(shell, &shell->scripts[count++], slice_make(payload.data, size));
        size_t used = MIN(size + 1, payload.size);
        payload = slice_make(payload.data + used, payload.size - used);
    }
    for (u32 i = 0; i < count; i++) {
        while (!shell->scripts[i].ended)
            shell_settle(shell);
        fwrite(shell->scripts[i].out.data, 1, shell->scripts[i].out.size, stdout);
    }
    fflush(stdout);
}

static bool message_read(char *letter, struct buf *payload)
{
    unsigned char head[5];
    if (fread(head, 1, sizeof head, stdin) != sizeof head) return false;
    u32 size = (u32)head[1] << 24 | (u32)head[2] << 16 | (u32)head[3] << 8 | head[4];
    assert(size >= 4);
    *letter = (char)head[0];
    buf_clear(payload);
    buf_reserve(payload, size);
    payload->size = size - 4;
    return fread(payload->data, 1, payload->size, stdin) == payload->size;
}

static void restart(struct shell *shell)
{
    shell_close(shell);
    shell_open(shell);
    fwrite("Z\0\0\0\4", 1, 5, stdout);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fputs("usage: sql_shell DIR|none\n", stderr);
        return 2;
    }
    static struct shell shell;
    shell.options = (struct engine_options){
        .data_dir = strcmp(argv[1], "none") == 0 ? NULL : argv[1],
        .sync = ENGINE_SYNC_NEVER,
        .memory_max = GIB(1),
        .on_wake = ignore_wake,
    };
    mem_init(&shell.mem, "shell", NULL, 0);
    for (u32 i = 0; i < SCRIPT_COUNT_MAX; i++)
        buf_init(&shell.scripts[i].out, &shell.mem);
    struct buf payload;
    buf_init(&payload, &shell.mem);
    shell_open(&shell);

    char letter;
    while (message_read(&letter, &payload)) {
        if (letter == 'R')
            restart(&shell);
        else
            scripts_run(&shell, slice_make(payload.data, payload.size));
    }
    shell_close(&shell);
    for (u32 i = 0; i < SCRIPT_COUNT_MAX; i++)
        buf_deinit(&shell.scripts[i].out);
    buf_deinit(&payload);
    mem_deinit(&shell.mem);
    return 0;
}
