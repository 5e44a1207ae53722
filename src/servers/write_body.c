#include "servers/write_body.h"

#include "base/assert.h"
#include "codec/codec.h"
#include "servers/http_error.h"
#include "wire/pgrst.h"

/* Batches that are decoded in one turn, before others have theirs. */
#define TURN_BATCH_COUNT 8

/* One transaction of the body. */
struct piece {
    struct link link; /* in write_body.pieces, in the order of the body */
    struct write_body *body;
    u64 row_count;
    bool is_done;
    struct err *err; /* NULL: applied */
    u64 changed;
    u64 tick;
};

struct write_body {
    struct http_task task;
    struct server *server;
    struct http *http; /* NULL: the connection went away */
    struct producer *producer;
    struct arena arena; /* as long as the body: names, the schema */
    struct write_body_options options;
    const struct schema *schema;
    u32 relation;
    struct decoder *decoder;
    struct ingest *ingest; /* being filled, or refused and waiting; NULL: none */
    struct piece *piece;   /* what ingest will be */
    bool waits_for_room;
    u64 waiting_size; /* counted in the server's while it waits for memory */
    bool is_ending;   /* all rows of the body were given */
    bool is_read;     /* and all of them are on their way */
    bool is_broken;   /* shared with the engine: a piece was rejected, so are those behind it */

    struct link pieces; /* on their way */
    u32 flight_count;   /* of them not answered yet */
    u64 accepted;       /* rows of the body in transactions that are applied */
    u64 changed;
    u64 tick;
    struct write_answer answer;

    bool has_failed;
    bool is_rejected; /* by the engine: a bad row that was found later in the body counts no more */
    u32 fail_status;  /* 0: that of err's code */
    u64 fail_row;     /* in the body, from 1; 0: not about a row */
    struct err err;
};

enum progress {
    PROGRESS_INPUT, /* more of the body is needed */
    PROGRESS_ENGINE, /* the producer's edge is full, or all is on its way, or err says what is wrong */
    PROGRESS_TURN, /* enough for now */
    PROGRESS_ON,   /* there is more to do at once */
};

static enum status open_ingest(struct write_body *body, struct err *err);
static enum status open_decoder(struct write_body *body, struct err *err);
static enum http_step step(struct http *http, struct http_task *task);
static void fail_late(struct http *http, struct http_task *task, const struct err *err);
static void close_task(struct http *http, struct http_task *task);
static void settle(struct write_body *body);
static enum progress decode(struct write_body *body);
static enum progress take_rows(struct write_body *body);
static enum progress feed(struct write_body *body);
static enum progress push(struct write_body *body);
static void on_room(void *context);
static void wait_over(struct write_body *body);
static void free_body(struct write_body *body);

enum status write_body_open(struct http *http, const struct write_body_options *options,
                            struct http_task **task, struct err *err)
{
    struct server *server = http_server_of(http);
    struct write_body *body = mem_zalloc(&server->mem, sizeof *body);
    body->task = (struct http_task){ .step = step, .fail = fail_late, .close = close_task };
    body->server = server;
    body->http = http;
    body->producer = http->producer;
    body->options = *options;
    body->tick = engine_tick(server->engine);
    list_init(&body->pieces);
    arena_init(&body->arena, &server->mem);
    body->options.relation.data =
        arena_string(&body->arena, options->relation.data, options->relation.size);
    if (options->ingest.conflict_columns)
        body->options.ingest.conflict_columns =
            arena_string(&body->arena, options->ingest.conflict_columns,
                         strlen(options->ingest.conflict_columns));
    body->options.ingest.broken = &body->is_broken;
    body->is_ending = !options->codec;
    if (open_ingest(body, err) || open_decoder(body, err) ||
        write_answer_init(&body->answer, &server->mem, &options->answer, options->query,
                          body->schema, &body->arena, err)) {
        free_body(body);
        return FAIL;
    }
    /* What the request's arena held is bound now. */
    body->options.ingest.condition = NULL;
    if (options->codec) http_body_bound(http, options->size_max);
    *task = &body->task;
    return OK;
}

/* What the engine says, in the words of the door. */
static struct err *take_error(struct piece *piece, const struct err *given)
{
    struct err *err = mem_alloc(&piece->body->server->mem, sizeof *err);
    *err = *given;
    if (strcmp(err->sqlstate, "P0002") == 0 || strcmp(err->sqlstate, "P0003") == 0) {
        http_error_singular(err, 0);
        strcpy(err->detail, given->detail);
    }
    return err;
}

static void on_done(void *context, const struct ingest_result *result)
{
    struct piece *piece = context;
    struct write_body *body = piece->body;
    piece->is_done = true;
    piece->tick = result->tick;
    piece->changed = result->row_count;
    if (result->status) {
        piece->err = take_error(piece, &result->err);
    } else if (body->http) {
        write_answer_add(&body->answer, result);
    }
    body->flight_count--;
    if (body->http)
        conn_turn(&body->http->conn);
    else if (body->flight_count == 0)
        free_body(body);
}

static enum status open_ingest(struct write_body *body, struct err *err)
{
    struct piece *piece = mem_zalloc(&body->server->mem, sizeof *piece);
    list_init(&piece->link);
    piece->body = body;
    body->options.ingest.on_done = on_done;
    body->options.ingest.context = piece;
    if (ingest_open(body->server->engine, body->producer, body->options.relation,
                    &body->options.ingest, &body->ingest, err)) {
        body->ingest = NULL;
        mem_free(&body->server->mem, piece, sizeof *piece);
        return FAIL;
    }
    body->piece = piece;
    u32 relation = ingest_relation(body->ingest);
    if (body->schema && relation != body->relation)
        return err_set(err, "42P01", "the table was dropped and made again meanwhile");
    body->relation = relation;
    if (!body->schema) body->schema = schema_copy(ingest_schema(body->ingest), &body->arena);
    return OK;
}

static void cancel_ingest(struct write_body *body)
{
    if (body->waits_for_room) {
        producer_forget(body->producer, body);
        wait_over(body);
    }
    if (!body->ingest) return;
    ingest_cancel(body->ingest);
    body->ingest = NULL;
    mem_free(&body->server->mem, body->piece, sizeof *body->piece);
    body->piece = NULL;
}

static enum status open_decoder(struct write_body *body, struct err *err)
{
    const struct write_body_options *options = &body->options;
    if (!options->codec) return OK;
    u32 *columns = arena_array(&body->arena, u32, options->column_count);
    for (u32 index = 0; index < options->column_count; index++) {
        i32 column = schema_find(body->schema, options->columns[index]);
        if (column < 0) return schema_unknown(body->schema, options->columns[index], NULL, err);
        columns[index] = (u32)column;
    }
    const struct decode_options decoding = {
        .schema = body->schema,
        .mem = &body->server->mem,
        .record_size_max = body->server->options.record_size_max,
        .body_size_max = options->size_max,
        .relation = options->relation.data,
        .columns = options->column_count ? columns : NULL,
        .column_count = options->column_count,
    };
    body->decoder = options->codec->decoder_open(&decoding);
    return OK;
}

/* --- the task --- */

static enum http_step answer_failure(struct write_body *body)
{
    const struct http_error_place place = { .accepted = body->accepted,
                                            .row = body->fail_row,
                                            .byte = (u64)body->err.byte,
                                            .tick = body->tick };
    u32 status = body->fail_status ? body->fail_status : pgrst_status(body->err.sqlstate);
    if (!http1_body_complete(&body->http->body)) http_last_request(body->http);
    http_error_status(body->http, status, &body->err, &place);
    return HTTP_DONE;
}

static enum http_step step(struct http *http, struct http_task *task)
{
    struct write_body *body = container_of(task, struct write_body, task);
    enum progress progress = PROGRESS_ENGINE;
    settle(body);
    if (!body->has_failed && !body->is_read) progress = decode(body);
    if (body->has_failed) {
        /* The pieces before the bad row decide how much is accepted. */
        cancel_ingest(body);
        return list_empty(&body->pieces) ? answer_failure(body) : HTTP_ENGINE;
    }
    if (body->is_read && list_empty(&body->pieces)) {
        write_answer_send(&body->answer, http, body->changed, body->tick);
        return HTTP_DONE;
    }
    if (progress == PROGRESS_INPUT) return HTTP_INPUT;
    return progress == PROGRESS_TURN ? HTTP_AGAIN : HTTP_ENGINE;
}

static void fail_late(struct http *http, struct http_task *task, const struct err *err)
{
    struct write_body *body = container_of(task, struct write_body, task);
    const struct http_error_place place = { .accepted = body->accepted, .tick = body->tick };
    http_error_status(http, 408, err, &place);
}

static void close_task(struct http *http, struct http_task *task)
{
    struct write_body *body = container_of(task, struct write_body, task);
    (void)http;
    body->http = NULL;
    cancel_ingest(body);
    if (body->flight_count == 0) free_body(body);
}

static void free_piece(struct write_body *body, struct piece *piece)
{
    struct mem *mem = &body->server->mem;
    mem_free(mem, piece->err, sizeof *piece->err);
    mem_free(mem, piece, sizeof *piece);
}

static void free_body(struct write_body *body)
{
    struct server *server = body->server;
    assert(body->flight_count == 0);
    cancel_ingest(body);
    list_each_safe(&body->pieces, link, following)
        free_piece(body, container_of(link, struct piece, link));
    if (body->decoder) body->options.codec->decoder_close(body->decoder);
    write_answer_deinit(&body->answer);
    arena_deinit(&body->arena);
    mem_free(&server->mem, body, sizeof *body);
}

/* row is 0 for what is about no row; else err says its byte. */
static enum progress fail(struct write_body *body, const struct err *err, u64 row)
{
    body->has_failed = true;
    body->err = *err;
    body->fail_status = 0;
    body->fail_row = row;
    return PROGRESS_ENGINE;
}

/* Takes the answers of the pieces in their order; the first that was rejected is the body's error. */
static void settle(struct write_body *body)
{
    while (!list_empty(&body->pieces)) {
        struct piece *piece = container_of(body->pieces.next, struct piece, link);
        if (!piece->is_done) return;
        list_remove(&piece->link);
        if (!body->is_rejected && piece->err) {
            i64 row = piece->err->row;
            body->is_rejected = true;
            fail(body, piece->err, row > 0 ? body->accepted + (u64)row : 0);
        } else if (!body->is_rejected) {
            body->accepted += piece->row_count;
            body->changed += piece->changed;
            body->tick = piece->tick;
        }
        free_piece(body, piece);
    }
}

/* --- from bytes to pieces --- */

static bool piece_is_full(const struct write_body *body)
{
    const struct server_options *limits = &body->server->options;
    return !body->options.whole && (ingest_row_count(body->ingest) >= limits->piece_row_count_max ||
                                    ingest_size(body->ingest) >= limits->piece_size_max);
}

/* It is not read on. */
static enum progress wait_for_memory(struct write_body *body)
{
    struct server *server = body->server;
    struct err err;
    u64 size = body->ingest ? ingest_size(body->ingest) : 0;
    if (server->draining) {
        err_set(&err, "57P01", "the server is shutting down");
        return fail(body, &err, 0);
    }
    if (!server_wait_begin(server, size)) {
        err_set(&err, "53200", "out of memory: no room for the rest of this transaction");
        return fail(body, &err, 0);
    }
    body->waiting_size = size;
    body->waits_for_room = true;
    producer_on_room(body->producer, on_room, body);
    return PROGRESS_ENGINE;
}

static void wait_over(struct write_body *body)
{
    body->waits_for_room = false;
    server_wait_end(body->server, body->waiting_size);
    body->waiting_size = 0;
}

static enum progress decode(struct write_body *body)
{
    for (u32 count = 0; count < TURN_BATCH_COUNT; count++) {
        enum progress progress = PROGRESS_ON;
        if (body->waits_for_room) return PROGRESS_ENGINE;
        if (body->options.codec && engine_is_full(body->server->engine))
            return wait_for_memory(body);
        if (body->ingest && (body->is_ending || piece_is_full(body))) progress = push(body);
        if (progress == PROGRESS_ON && body->is_ending) {
            body->is_read = true;
            return PROGRESS_ENGINE;
        }
        if (progress == PROGRESS_ON) progress = take_rows(body);
        if (progress != PROGRESS_ON) return progress;
    }
    return PROGRESS_TURN;
}

/* A cell that is not there may count as NULL. */
static void name_missing(struct batch *batch)
{
    for (u32 column = 0; column < batch->column_count; column++) {
        u8 *nulls = batch->columns[column].nulls;
        for (u32 row = 0; nulls && row < batch->row_count; row++)
            if (nulls[row] == CELL_ABSENT) nulls[row] = CELL_NULL;
    }
}

/* The rows are all there: is their number right? A piece of none is not sent. */
static enum progress end_rows(struct write_body *body)
{
    struct err err;
    u64 row_count = ingest_row_count(body->ingest);
    body->is_ending = true;
    if (body->options.one_row && row_count != 1) {
        err_set(&err, "PGRST102", "the body is to be one JSON object of columns and values");
        return fail(body, &err, 0);
    }
    if (row_count == 0 && body->options.ingest.one_row) {
        http_error_singular(&err, 0);
        return fail(body, &err, 0);
    }
    if (row_count == 0) cancel_ingest(body);
    return PROGRESS_ON;
}

/* One batch of rows, or some bytes more for the decoder. */
static enum progress take_rows(struct write_body *body)
{
    struct err err;
    if (!body->ingest && open_ingest(body, &err)) return fail(body, &err, 0);
    u32 row_count_max = BATCH_ROW_COUNT_MAX;
    if (!body->options.whole)
        row_count_max = (u32)MIN((u64)row_count_max, body->server->options.piece_row_count_max -
                                                         ingest_row_count(body->ingest));
    struct batch *batch;
    switch (body->options.codec->next(body->decoder, ingest_arena(body->ingest), row_count_max,
                                      &batch, &err)) {
    case DECODE_ROWS:
        if (body->options.missing_null) name_missing(batch);
        ingest_add_decoded(body->ingest, batch, body->decoder);
        return PROGRESS_ON;
    case DECODE_MORE: return feed(body);
    case DECODE_END: return end_rows(body);
    case DECODE_BAD: break;
    }
    return fail(body, &err, (u64)err.row);
}

static enum progress feed(struct write_body *body)
{
    const struct codec *codec = body->options.codec;
    struct http *http = body->http;
    struct slice bytes;
    struct err err;
    switch (http_body_next(http, &bytes)) {
    case HTTP1_BODY_DATA: codec->feed(body->decoder, bytes, false); return PROGRESS_ON;
    case HTTP1_BODY_DONE: codec->feed(body->decoder, SLICE(""), true); return PROGRESS_ON;
    case HTTP1_BODY_MORE:
        /* Nothing is on its way: then what is there need not wait for more. */
        if (!body->options.whole && body->flight_count == 0 && ingest_row_count(body->ingest) > 0 &&
            push(body) != PROGRESS_ON)
            return PROGRESS_ENGINE;
        return PROGRESS_INPUT;
    case HTTP1_BODY_BAD: break;
    }
    err_set(&err, http->body.fault.status == 413 ? "54000" : "08P01", "%s",
            http->body.fault.reason);
    fail(body, &err, 0);
    body->fail_status = http->body.fault.status;
    return PROGRESS_ENGINE;
}

static void on_room(void *context)
{
    struct write_body *body = context;
    wait_over(body);
    conn_turn(&body->http->conn);
}

static enum progress push(struct write_body *body)
{
    struct piece *piece = body->piece;
    piece->row_count = ingest_row_count(body->ingest);
    if (ingest_push(body->ingest) == INGEST_FULL) {
        body->waits_for_room = true;
        producer_on_room(body->producer, on_room, body);
        return PROGRESS_ENGINE;
    }
    body->server->has_pushed = true;
    list_append(&body->pieces, &piece->link);
    body->flight_count++;
    body->ingest = NULL;
    body->piece = NULL;
    return PROGRESS_ON;
}
