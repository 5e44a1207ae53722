/* weir serve: opens the engine and the doors, and runs the one loop that serves both. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "engine/engine.h"
#include "engine/exec.h"
#include "engine/settings.h"
#include "os/clock.h"
#include "os/file.h"
#include "os/process.h"
#include "os/signal.h"
#include "servers/http_server.h"
#include "servers/listener.h"

#define FILE_COUNT_MAX 256
#define FILE_SIZE_MAX  MIB(16)

struct serve {
    struct mem mem;
    struct arena arena;
    struct settings settings;
    const char *files[FILE_COUNT_MAX];
    u32 file_count;
    struct poll_loop loop;
    struct poll_waker waker;
    struct signal_watch signals;
    struct engine *engine;
    struct server server;
    bool has_server;
    bool stops_now; /* asked to stop for the second time */
};

static bool read_arguments(struct serve *serve, int argc, char **argv, int *status);
static int check_settings(struct serve *serve);
static int open_engine(struct serve *serve);
static int read_files(struct serve *serve);
static struct server_options server_options(const struct serve *serve);
static int open_doors(struct serve *serve);
static void run_loop(struct serve *serve);
static void close_all(struct serve *serve);

static int serve_run(int argc, char **argv)
{
    static struct serve serve; /* too large for a stack */
    int status = 0;
    mem_init(&serve.mem, "settings", NULL, 0);
    arena_init(&serve.arena, &serve.mem);
    settings_init(&serve.settings, &serve.arena, process_memory_machine() / 2);
    if (read_arguments(&serve, argc, argv, &status)) {
        status = check_settings(&serve);
        if (!status) status = open_engine(&serve);
        if (!status) status = read_files(&serve);
        if (!status) status = open_doors(&serve);
        if (!status) run_loop(&serve);
        close_all(&serve);
    }
    arena_deinit(&serve.arena);
    return status;
}

const struct command cmd_serve = { .name = "serve",
                                   .summary =
                                       "run the server; files of SQL declare tables and views",
                                   .run = serve_run };

/* --- what was asked for --- */

static u64 number(const struct serve *serve, enum settings_id id)
{
    return settings_get(&serve->settings, id)->number;
}

static const struct settings_value *value(const struct serve *serve, enum settings_id id)
{
    return settings_get(&serve->settings, id);
}

static void print_help(struct serve *serve)
{
    struct buf out;
    buf_init(&out, &serve->mem);
    buf_puts(
        &out,
        "Usage: weir serve [OPTIONS] [FILE.sql ...]\n\n"
        "Runs the server. The files declare tables and views; what is there already stays.\n"
        "Each option can also be given as a variable: WEIR_RESUME_WINDOW for --resume-window.\n"
        "SIGTERM and SIGINT stop it when the answers on their way are sent.\n\n");
    settings_write_help(&out);
    fwrite(out.data, 1, out.size, stdout);
    buf_deinit(&out);
}

static int refuse(const char *what, const char *text, const char *why)
{
    fprintf(stderr, "weir: %s \"%s\": %s\n", what, text, why);
    return 2;
}

/* --name VALUE or --name=VALUE; argv[*index] is the option. Returns the exit status. */
static int read_option(struct serve *serve, int argc, char **argv, int *index)
{
    const char *option = argv[*index] + 2, *equals = strchr(option, '='), *text = NULL;
    struct slice name = slice_of(option);
    if (equals) name.size = (size_t)(equals - option);
    enum settings_id id = settings_find(name);
    if (id == SETTINGS_ID_COUNT)
        return refuse("unknown option", argv[*index], "`weir serve --help` lists them");
    if (equals)
        text = equals + 1;
    else if (!settings_is_flag(id)) {
        if (*index + 1 == argc) return refuse("option", argv[*index], "its value is missing");
        text = argv[++*index];
    }
    struct err err;
    return settings_set(&serve->settings, id, text, &err) ? command_fail(2, &err) : 0;
}

/* False: nothing is to be served; *status says how it went. */
static bool read_arguments(struct serve *serve, int argc, char **argv, int *status)
{
    struct err err;
    bool options = true;
    if (settings_from_environment(&serve->settings, getenv, &err)) {
        *status = command_fail(2, &err);
        return false;
    }
    for (int index = 1; index < argc && !*status; index++) {
        const char *argument = argv[index];
        if (options && (strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0)) {
            print_help(serve);
            return false;
        }
        if (options && strcmp(argument, "--") == 0) {
            options = false;
        } else if (options && argument[0] == '-' && argument[1] == '-') {
            *status = read_option(serve, argc, argv, &index);
        } else if (options && argument[0] == '-' && argument[1]) {
            *status = refuse("unknown option", argument, "`weir serve --help` lists them");
        } else if (serve->file_count == FILE_COUNT_MAX) {
            *status = refuse("file", argument, "there are too many of them");
        } else {
            serve->files[serve->file_count++] = argument;
        }
    }
    return *status == 0;
}

static int check_door(const struct serve *serve, enum settings_id id, const char *name)
{
    const struct settings_value *doors = value(serve, id);
    if (doors->list_count == 0) return refuse("option", name, "at least one address is needed");
    for (u32 index = 0; index < doors->list_count; index++) {
        const char *address = doors->list[index].data; /* ends in NUL */
        if (net_is_loopback(address)) continue;
        if (!number(serve, SETTINGS_ID_INSECURE))
            return refuse("address", address,
                          "others than this machine can reach it, and there is no authentication "
                          "yet; --insecure allows it");
        fprintf(stderr, "weir: warning: everybody who can reach %s may read and write\n", address);
    }
    return 0;
}

static int check_settings(struct serve *serve)
{
    if (value(serve, SETTINGS_ID_PG)->list_count > 0)
        return refuse("option", "--pg", "the PostgreSQL wire is not supported yet");
    if (number(serve, SETTINGS_ID_HEAD_SIZE) < number(serve, SETTINGS_ID_LINE_SIZE) + 4)
        return refuse("option", "--head-size", "a head has to hold its longest line");
    int status = check_door(serve, SETTINGS_ID_HTTP, "--http");
    return status ? status : check_door(serve, SETTINGS_ID_ADMIN, "--admin");
}

/* --- opening --- */

static void on_wake(struct poll_waker *waker)
{
    (void)waker; /* the loop steps the engine after every wait */
}

static void wake(void *context)
{
    struct serve *serve = context;
    poll_wake(&serve->waker);
}

static void note(void *context, const char *line)
{
    (void)context;
    fprintf(stderr, "weir: %s\n", line);
}

/* SET while the doors are open: who reads an option reads the new one. */
static void on_setting(void *context)
{
    struct serve *serve = context;
    if (serve->has_server) serve->server.options = server_options(serve);
}

static int open_engine(struct serve *serve)
{
    struct err err;
    const char *data = value(serve, SETTINGS_ID_DATA)->text;
    if (poll_open(&serve->loop, &serve->mem, &err)) return command_fail(1, &err);
    poll_waker_add(&serve->loop, &serve->waker, on_wake);
    process_files_raise();
    const struct engine_options options = {
        .data_dir = strcmp(data, "none") == 0 ? NULL : data,
        .sync = (enum engine_sync)number(serve, SETTINGS_ID_SYNC),
        .sync_interval_us = (i64)number(serve, SETTINGS_ID_SYNC_INTERVAL),
        .memory_max = number(serve, SETTINGS_ID_MEMORY),
        .resume_window_us = (i64)number(serve, SETTINGS_ID_RESUME_WINDOW),
        .tick_size_max = number(serve, SETTINGS_ID_TICK_SIZE),
        .tick_cost_us = (i64)number(serve, SETTINGS_ID_TICK_COST),
        .producer_size_max = number(serve, SETTINGS_ID_PRODUCER_SIZE),
        .producer_row_count_max = (u32)number(serve, SETTINGS_ID_PRODUCER_ROWS),
        .producer_count_max = (u32)number(serve, SETTINGS_ID_PRODUCERS),
        .hidden_count_max = (u32)number(serve, SETTINGS_ID_HIDDEN_VIEWS),
        .on_wake = wake,
        .context = serve,
        .on_note = note,
        .settings = &serve->settings,
        .on_setting = on_setting,
    };
    return engine_open(&serve->engine, &options, &err) ? command_fail(1, &err) : 0;
}

static enum status read_file(struct serve *serve, const char *path, struct buf *text,
                             struct err *err)
{
    struct file file = FILE_CLOSED;
    if (file_open(&file, path, FILE_READ, err)) return FAIL;
    enum status status = OK;
    size_t got = 1;
    buf_init(text, &serve->mem);
    while (!status && got > 0) {
        char *room = buf_reserve(text, KIB(64));
        status = file_read(&file, room, KIB(64), &got, err);
        if (!status) text->size += got;
        if (!status && text->size > FILE_SIZE_MAX)
            status = err_set(err, "54000", "%s: the file is too large", path);
    }
    file_close(&file);
    return status;
}

static int read_files(struct serve *serve)
{
    for (u32 index = 0; index < serve->file_count; index++) {
        struct buf text = { .size = 0 };
        struct err err;
        enum status status = read_file(serve, serve->files[index], &text, &err);
        if (!status) status = exec_file(serve->engine, buf_slice(&text), serve->files[index], &err);
        if (text.mem) buf_deinit(&text);
        if (status) return command_fail(2, &err);
    }
    return 0;
}

static struct server_options server_options(const struct serve *serve)
{
    const struct settings_value *hosts = value(serve, SETTINGS_ID_HOST);
    const struct settings_value *origins = value(serve, SETTINGS_ID_CORS);
    return (struct server_options){
        .connection_count_max = (u32)number(serve, SETTINGS_ID_CONNECTIONS),
        .head = { .line_size_max = (u32)number(serve, SETTINGS_ID_LINE_SIZE),
                  .head_size_max = (u32)number(serve, SETTINGS_ID_HEAD_SIZE),
                  .field_count_max = HTTP1_HEAD_FIELD_COUNT_MAX,
                  .body_size_max = UINT64_MAX },
        .document_size_max = number(serve, SETTINGS_ID_DOCUMENT_SIZE),
        .whole_size_max = KIB(256),
        .record_size_max = (u32)number(serve, SETTINGS_ID_ROW_SIZE),
        .statement_size_max = number(serve, SETTINGS_ID_STATEMENT_SIZE),
        .live_message_size_max = number(serve, SETTINGS_ID_LIVE_MESSAGE_SIZE),
        .live_subscription_count_max = (u32)number(serve, SETTINGS_ID_LIVE_SUBSCRIPTIONS),
        .piece_row_count_max = 4096,
        .piece_size_max = KIB(256),
        .head_timeout_us = (i64)number(serve, SETTINGS_ID_HEAD_TIMEOUT),
        .body_timeout_us = (i64)number(serve, SETTINGS_ID_BODY_TIMEOUT),
        .idle_timeout_us = (i64)number(serve, SETTINGS_ID_IDLE_TIMEOUT),
        .send_timeout_us = (i64)number(serve, SETTINGS_ID_SEND_TIMEOUT),
        .wait_timeout_us = (i64)number(serve, SETTINGS_ID_WAIT_TIMEOUT),
        .drain_timeout_us = (i64)number(serve, SETTINGS_ID_DRAIN_TIMEOUT),
        .heartbeat_us = (i64)number(serve, SETTINGS_ID_HEARTBEAT),
        .push_send_size = (u32)number(serve, SETTINGS_ID_PUSH_SEND_SIZE),
        .push_unsent_size = (u32)number(serve, SETTINGS_ID_PUSH_UNSENT_SIZE),
        .receive_size = (u32)number(serve, SETTINGS_ID_RECEIVE_SIZE),
        .hosts = hosts->list,
        .host_count = hosts->list_count,
        .origins = origins->list,
        .origin_count = origins->list_count,
    };
}

/* Opens a door at each address and adds " name=address,…" to line. */
static int open_door(struct serve *serve, enum settings_id id, const char *name,
                     const struct conn_protocol *protocol, struct buf *line)
{
    const struct settings_value *doors = value(serve, id);
    for (u32 index = 0; index < doors->list_count; index++) {
        struct listener *listener;
        struct err err;
        if (listener_open(&serve->server, doors->list[index].data, protocol, http_server_refusal(),
                          &listener, &err))
            return command_fail(err.sqlstate[0] == '2' ? 2 : 1, &err);
        buf_format(line, index ? ",%s" : " %s=%s", index ? listener_address(listener) : name,
                   listener_address(listener));
    }
    return 0;
}

static void on_stop(struct signal_watch *watch, u32 count)
{
    struct serve *serve = container_of(watch, struct serve, signals);
    serve->stops_now = count > 1;
    server_drain_begin(&serve->server);
}

static int open_doors(struct serve *serve)
{
    struct err err;
    const struct server_options options = server_options(serve);
    if (signal_open(&serve->signals, &serve->loop, on_stop, &err)) return command_fail(1, &err);
    server_init(&serve->server, &serve->loop, serve->engine, &options);
    serve->has_server = true;
    struct buf line;
    buf_init(&line, &serve->mem);
    buf_puts(&line, "weir: ready");
    int status = open_door(serve, SETTINGS_ID_HTTP, "http", &http_data_protocol, &line);
    if (!status) status = open_door(serve, SETTINGS_ID_ADMIN, "admin", &http_admin_protocol, &line);
    buf_putc(&line, '\n');
    if (!status) fwrite(line.data, 1, line.size, stderr);
    buf_deinit(&line);
    return status;
}

/* --- running --- */

static bool is_over(struct serve *serve)
{
    if (!serve->server.draining) return false;
    bool settled = engine_drain(serve->engine);
    return serve->stops_now || (settled && server_drained(&serve->server));
}

/* Sockets, engine, answers, and again; it waits only when nobody has anything to do. */
static void run_loop(struct serve *serve)
{
    while (!is_over(serve)) {
        bool more = engine_step(serve->engine);
        more |= server_step(&serve->server);
        i64 deadline = engine_deadline(serve->engine);
        i64 timeout = more ? 0 : -1;
        if (!more && deadline < INT64_MAX) timeout = MAX(deadline - clock_now(), 0);
        poll_wait(&serve->loop, timeout);
    }
}

/* What was taken in is settled first, so that nobody is told less than what is in the log. */
static void close_all(struct serve *serve)
{
    if (serve->engine)
        while (!engine_drain(serve->engine))
            if (!engine_step(serve->engine)) poll_wait(&serve->loop, CLOCK_MS);
    if (serve->has_server) server_deinit(&serve->server);
    signal_close(&serve->signals);
    if (serve->engine) engine_close(serve->engine);
    poll_waker_remove(&serve->loop, &serve->waker);
    poll_close(&serve->loop);
}
