#include "base/assert.h"
#include "codec/codec.h"
#include "servers/http_error.h"
#include "servers/http_filter.h"
#include "servers/http_producer.h"
#include "servers/live_internal.h"

/* Batches that are decoded in one turn, before others have theirs. */
#define TURN_BATCH_COUNT 8
/* Writes of a socket that wait for their answers: past it the socket is not read. */
#define WRITE_COUNT_MAX 64

/* One message's rows, which are one transaction. */
struct live_write {
    struct link link; /* in live.writes, once it is on its way */
    struct live *live;
    u64 id;
    struct arena arena; /* until it is on its way: the schema */
    struct decoder *decoder;
    struct ingest *ingest; /* until it is answered */
    bool needs_one_row;
    bool waits_for_room;
    u64 waiting_size; /* counted in the server's while it waits for memory */
    bool is_pushed;
    bool is_done;
    u64 row_count;
    u64 tick;
    struct err *err; /* NULL: applied */
};

static void on_done(void *context, const struct ingest_result *result);
static enum status open_ingest(struct live_write *write, const struct live_message *message,
                               struct err *err);
static void open_decoder(struct live_write *write, const struct live_message *message);
static void close_decoder(struct live_write *write);
static void free_write(struct live_write *write);

enum status live_write_open(struct live *live, const struct live_message *message, struct err *err)
{
    struct server *server = live_server(live);
    if (live_has_subscription(live, message->id)) {
        live_cancel(live, message->id);
        return err_set(err, "42710", "id %llu was a subscription's: it has ended",
                       (unsigned long long)message->id);
    }
    if (http_producer_take(live->http, err)) return FAIL;
    struct live_write *write = mem_zalloc(&server->mem, sizeof *write);
    list_init(&write->link);
    write->live = live;
    write->id = message->id;
    write->needs_one_row = message->op == LIVE_PATCH;
    arena_init(&write->arena, &server->mem);
    if (open_ingest(write, message, err)) {
        free_write(write);
        return FAIL;
    }
    if (message->op != LIVE_DELETE) open_decoder(write, message);
    live->write = write;
    return OK;
}

static const char *join_names(const struct slice *names, u32 count, struct arena *arena)
{
    const char *joined = NULL;
    for (u32 index = 0; index < count; index++)
        joined = arena_format(arena, "%s%s%.*s", joined ? joined : "", joined ? "," : "",
                              (int)names[index].size, names[index].data);
    return joined;
}

static enum status open_ingest(struct live_write *write, const struct live_message *message,
                               struct err *err)
{
    static const enum ingest_kind kinds[] = { [LIVE_INSERT] = INGEST_INSERT,
                                              [LIVE_UPSERT] = INGEST_INSERT_OR_MERGE,
                                              [LIVE_PATCH] = INGEST_UPDATE,
                                              [LIVE_DELETE] = INGEST_DELETE };
    struct server *server = live_server(write->live);
    struct query query;
    if (query_parse(message->query, &server->request, &query, err)) return FAIL;
    if (query.order_count > 0 || query.has_limit || query.offset > 0 || query.select_count > 0 ||
        query.column_count > 0)
        return err_set(err, "0A000", "of a write's parameters only filters are supported");
    const struct ingest_options options = {
        .kind = kinds[message->op],
        .condition = http_filter_condition(&query, &server->request),
        .conflict_columns =
            join_names(query.on_conflict, query.on_conflict_count, &server->request),
        .deadline_us = INT64_MAX,
        .on_done = on_done,
        .context = write,
    };
    return ingest_open(server->engine, write->live->http->producer, message->relation, &options,
                       &write->ingest, err);
}

/* The text of the rows is copied: the message goes. */
static void open_decoder(struct live_write *write, const struct live_message *message)
{
    struct server *server = live_server(write->live);
    write->decoder = codec_json.decoder_open(&(struct decode_options){
        .schema = schema_copy(ingest_schema(write->ingest), &write->arena),
        .mem = &server->mem,
        .record_size_max = server->options.record_size_max,
        .body_size_max = server->options.live_message_size_max,
        .relation = arena_string(&write->arena, message->relation.data, message->relation.size) });
    codec_json.feed(write->decoder, message->rows, true);
}

static void close_decoder(struct live_write *write)
{
    if (write->decoder) codec_json.decoder_close(write->decoder);
    write->decoder = NULL;
}

static void wait_over(struct live_write *write)
{
    server_wait_end(live_server(write->live), write->waiting_size);
    write->waiting_size = 0;
    write->waits_for_room = false;
}

static void forget_room(struct live_write *write)
{
    if (!write->waits_for_room) return;
    producer_forget(write->live->http->producer, write);
    wait_over(write);
}

/* Also of one that is on its way: it is applied, and nobody is told. */
static void free_write(struct live_write *write)
{
    struct live *live = write->live;
    struct mem *mem = &live_server(live)->mem;
    close_decoder(write);
    forget_room(write);
    if (write->ingest && write->is_pushed) ingest_abandon(write->ingest);
    if (write->ingest && !write->is_pushed) ingest_cancel(write->ingest);
    list_remove(&write->link);
    arena_deinit(&write->arena);
    mem_free(mem, write->err, sizeof *write->err);
    mem_free(mem, write, sizeof *write);
}

static void on_done(void *context, const struct ingest_result *result)
{
    struct live_write *write = context;
    write->is_done = true;
    write->ingest = NULL;
    write->tick = result->tick;
    write->row_count = result->row_count;
    if (result->status) {
        write->err = mem_alloc(&live_server(write->live)->mem, sizeof *write->err);
        *write->err = result->err;
    }
    conn_turn(live_conn(write->live));
}

static void on_room(void *context)
{
    struct live_write *write = context;
    wait_over(write);
    conn_turn(live_conn(write->live));
}

/* --- from text to a transaction --- */

/* DECODE_END: all rows are there. DECODE_MORE: enough for a turn. */
static enum decode_result decode(struct live_write *write, struct err *err)
{
    for (u32 count = 0; count < TURN_BATCH_COUNT; count++) {
        struct batch *batch;
        enum decode_result result = codec_json.next(write->decoder, ingest_arena(write->ingest),
                                                    BATCH_ROW_COUNT_MAX, &batch, err);
        assert(result != DECODE_MORE); /* the text was fed whole */
        if (result != DECODE_ROWS) return result;
        ingest_add(write->ingest, batch);
    }
    return DECODE_MORE;
}

/* Behind those on their way, so that answers come in order. */
static void append(struct live_write *write)
{
    struct live *live = write->live;
    live->write = NULL;
    list_append(&live->writes, &write->link);
    live->write_count++;
}

static enum live_progress wait_for_room(struct live_write *write)
{
    write->waits_for_room = true;
    producer_on_room(write->live->http->producer, on_room, write);
    return LIVE_PROGRESS_WAITS;
}

/* The memory budget is full: no more rows are made of what is there. */
static enum live_progress wait_for_memory(struct live_write *write)
{
    struct live *live = write->live;
    u64 size = ingest_size(write->ingest) + codec_json.held(write->decoder);
    struct err err;
    if (!server_wait_begin(live_server(live), size)) {
        err_set(&err, "53200", "out of memory: no room for this transaction");
        live_write_fail(live, &err);
        return LIVE_PROGRESS_DONE;
    }
    write->waiting_size = size;
    return wait_for_room(write);
}

static enum live_progress push(struct live_write *write)
{
    struct live *live = write->live;
    if (ingest_push(write->ingest) == INGEST_FULL) return wait_for_room(write);
    write->is_pushed = true;
    live_server(live)->has_pushed = true;
    append(write);
    return LIVE_PROGRESS_DONE;
}

/* Nothing is changed: that is so at once. */
static enum live_progress end_empty(struct live_write *write)
{
    ingest_cancel(write->ingest);
    write->ingest = NULL;
    write->is_done = true;
    write->tick = engine_tick(live_server(write->live)->engine);
    append(write);
    conn_turn(live_conn(write->live));
    return LIVE_PROGRESS_DONE;
}

enum live_progress live_write_step(struct live *live)
{
    struct live_write *write = live->write;
    struct err err;
    if (write->waits_for_room) return LIVE_PROGRESS_WAITS;
    if (write->decoder && engine_is_full(live_server(live)->engine)) return wait_for_memory(write);
    enum decode_result result = write->decoder ? decode(write, &err) : DECODE_END;
    if (result == DECODE_MORE) return LIVE_PROGRESS_AGAIN;
    bool had_rows = write->decoder != NULL;
    if (result == DECODE_BAD) {
        live_write_fail(live, &err);
        return LIVE_PROGRESS_DONE;
    }
    close_decoder(write);
    u64 row_count = ingest_row_count(write->ingest);
    if (write->needs_one_row && had_rows && row_count != 1) {
        err_set(&err, "PGRST102", "\"set\" is to be one object of columns and values");
        live_write_fail(live, &err);
        return LIVE_PROGRESS_DONE;
    }
    if (had_rows && row_count == 0) return end_empty(write);
    return push(write);
}

void live_write_fail(struct live *live, const struct err *err)
{
    struct live_write *write = live->write;
    close_decoder(write);
    forget_room(write);
    ingest_cancel(write->ingest);
    write->ingest = NULL;
    write->err = mem_alloc(&live_server(live)->mem, sizeof *err);
    *write->err = *err;
    write->is_done = true;
    append(write);
    conn_turn(live_conn(live));
}

bool live_write_is_full(const struct live *live)
{
    return live->write_count >= WRITE_COUNT_MAX;
}

/* --- answers --- */

void live_write_settle(struct live *live)
{
    struct buf *text = &live_server(live)->scratch;
    bool is_told = false;
    while (!list_empty(&live->writes)) {
        struct live_write *write = container_of(live->writes.next, struct live_write, link);
        if (!write->is_done) break;
        buf_clear(text);
        if (write->err) {
            live_error(live, true, write->id, write->err);
        } else {
            buf_format(text, "{\"id\":%llu,\"event\":\"ack\",\"tick\":%llu,\"rows\":%llu}",
                       (unsigned long long)write->id, (unsigned long long)write->tick,
                       (unsigned long long)write->row_count);
            live_say(live);
        }
        is_told = true;
        live->write_count--;
        free_write(write);
    }
    if (!is_told) return;
    struct producer_credit credit = producer_credit(live->http->producer);
    buf_clear(text);
    buf_format(text, "{\"event\":\"credit\",\"rows\":%llu,\"bytes\":%llu}",
               (unsigned long long)credit.rows, (unsigned long long)credit.bytes);
    live_say(live);
}

void live_write_abandon_all(struct live *live)
{
    if (live->write) free_write(live->write);
    live->write = NULL;
    list_each_safe(&live->writes, link, following)
        free_write(container_of(link, struct live_write, link));
}
