#include "servers/write_answer.h"

#include <stdio.h>

#include "base/assert.h"
#include "codec/codec.h"
#include "servers/http_request.h"
#include "wire/range.h"

static const struct codec *codec_of(enum media media)
{
    if (media == MEDIA_CSV) return &codec_csv;
    return media == MEDIA_NDJSON ? &codec_ndjson : &codec_json;
}

static enum status choose(struct write_answer *answer, const struct query_select *select,
                          const struct schema *schema, u32 *columns, struct arena *arena,
                          struct err *err)
{
    if (select->star) {
        for (u32 column = 0; column < schema->column_count; column++) {
            columns[answer->column_count] = column;
            answer->names[answer->column_count++] = schema->columns[column].name;
        }
        return OK;
    }
    i32 column = schema_find(schema, select->column);
    if (column < 0) return schema_unknown(schema, select->column, NULL, err);
    if (select->cast.data)
        return err_set(err, "0A000", "the rows that a write returns cannot be cast");
    struct slice name = select->name.data ? select->name : select->column;
    columns[answer->column_count] = (u32)column;
    answer->names[answer->column_count++] = arena_string(arena, name.data, name.size);
    return OK;
}

enum status write_answer_init(struct write_answer *answer, struct mem *mem,
                              const struct write_answer_options *options, const struct query *query,
                              const struct schema *schema, struct arena *arena, struct err *err)
{
    static const struct query_select all = { .star = true };
    *answer = (struct write_answer){ .options = *options };
    buf_init(&answer->rows, mem);
    u32 select_count = query->select_count ? query->select_count : 1;
    const struct query_select *select = query->select_count ? query->select : &all;
    u32 most = select_count * schema->column_count;
    u32 *columns = arena_array(arena, u32, most);
    answer->names = arena_array(arena, const char *, most);
    answer->columns = columns;
    for (u32 index = 0; index < select_count; index++)
        if (choose(answer, &select[index], schema, columns, arena, err)) return FAIL;
    return OK;
}

void write_answer_deinit(struct write_answer *answer)
{
    if (answer->rows.mem) buf_deinit(&answer->rows);
}

static void add_batch(struct write_answer *answer, const struct batch *batch,
                      struct column *columns)
{
    bool first = answer->returned_count == 0;
    bool is_object = answer->options.media == MEDIA_PGRST_OBJECT;
    for (u32 index = 0; index < answer->column_count; index++)
        columns[index] = batch->columns[answer->columns[index]];
    answer->returned_count += batch->row_count;
    if (!is_object)
        codec_of(answer->options.media)
            ->write_rows(&answer->rows, answer->names, columns, answer->column_count, NULL,
                         batch->row_count, first);
    else if (first && batch->row_count > 0)
        codec_json_object(&answer->rows, answer->names, columns, answer->column_count, 0);
}

void write_answer_add(struct write_answer *answer, const struct ingest_result *result)
{
    if (!write_answer_returns(answer)) return;
    struct mem *mem = answer->rows.mem;
    struct column *columns = mem_alloc(mem, answer->column_count * sizeof *columns);
    for (u32 index = 0; index < result->returned_count; index++)
        add_batch(answer, result->returned[index], columns);
    mem_free(mem, columns, answer->column_count * sizeof *columns);
}

static void write_count(const struct write_answer *answer, struct http *http, u64 changed)
{
    if (answer->options.prefer.count == PREFER_COUNT_NONE) return;
    struct buf *text = &http_server_of(http)->scratch;
    buf_clear(text);
    range_write(0, changed, (i64)changed, text);
    http1_write_field(conn_out(&http->conn), "Content-Range", buf_slice(text));
}

static void begin(const struct write_answer *answer, struct http *http, u32 status, u64 changed,
                  u64 tick)
{
    http_answer_begin(http, status, tick);
    write_count(answer, http, changed);
    http_request_applied(http, &answer->options.prefer);
}

static void send_rows(struct write_answer *answer, struct http *http, u64 changed, u64 tick)
{
    bool is_object = answer->options.media == MEDIA_PGRST_OBJECT;
    const struct codec *codec = codec_of(answer->options.media);
    assert(!is_object || answer->returned_count == 1); /* the transaction was to write one row */
    struct buf *body = &http_server_of(http)->scratch;
    begin(answer, http, answer->options.inserts ? 201 : 200, changed, tick);
    buf_clear(body);
    if (!is_object) codec->write_begin(body, answer->names, answer->column_count);
    buf_append(body, answer->rows.data, answer->rows.size);
    if (!is_object) codec->write_end(body);
    http_answer_body(http, media_name(answer->options.media), buf_slice(body));
}

void write_answer_send(struct write_answer *answer, struct http *http, u64 changed, u64 tick)
{
    bool inserts = answer->options.inserts;
    if (write_answer_returns(answer)) {
        send_rows(answer, http, changed, tick);
        return;
    }
    u32 status = inserts ? 201 : 204;
    begin(answer, http, status, changed, tick);
    if (!inserts || answer->options.prefer.returning != PREFER_RETURN_NONE) {
        http_answer_empty(http, status);
        return;
    }
    char body[64];
    int size = snprintf(body, sizeof body, "{\"rows\":%llu,\"tick\":%llu}",
                        (unsigned long long)changed, (unsigned long long)tick);
    http_answer_body(http, media_name(MEDIA_JSON), slice_make(body, (size_t)size));
}
