#include "servers/prometheus.h"

#include "engine/read.h"
#include "os/process.h"
#include "servers/http_error.h"

/* Rows of one table that are shown: more series than that are a burden to whoever scrapes. */
#define ROW_COUNT_MAX 1000

/* Columns are the table's; labels are told apart from values by being text. A counter's name ends in
 * _total, as the convention wants. */
static const struct family {
    const char *table;
    const char *labels;   /* "name,stance" */
    const char *counters; /* "rows_in,rows_out" */
    const char *gauges;
} families[] = {
    { "edges", "name,stance", "rows_in,rows_out,conflated,dropped,expired,refused",
      "max_items,max_bytes,queued,queued_bytes,in_flight" },
    { "views", "name,kind,status", "",
      "rows,bytes,tick,subscriptions,subscriber_bytes,tombstones" },
    { "operators", "id,name", "rows_in,rows_out,busy_us", "bytes" },
    { "log", "sync", "records,bytes,groups,syncs", "sync_us_p50,sync_us_p99,segments" },
    { "ticks", "", "ticks,transactions,rejected,rows,busy_us",
      "tick,last_us,memory_bytes,memory_max" },
};

static bool next_name(const char **list, struct slice *name)
{
    if (!**list) return false;
    const char *comma = strchr(*list, ',');
    size_t size = comma ? (size_t)(comma - *list) : strlen(*list);
    *name = slice_make(*list, size);
    *list += size + (comma ? 1 : 0);
    return true;
}

static void write_label_text(struct buf *out, struct slice text)
{
    for (size_t index = 0; index < text.size; index++) {
        char c = text.data[index];
        if (c == '\\' || c == '"') buf_putc(out, '\\');
        if (c == '\n')
            buf_puts(out, "\\n");
        else
            buf_putc(out, c);
    }
}

static void write_cell(struct buf *out, const struct column *column, u32 row)
{
    if (column_is_null(column, row)) return;
    if (column->type.id == TYPE_TEXT)
        write_label_text(out, str_slice(&((const struct str *)column->data)[row]));
    else
        buf_format(out, "%lld", (long long)((const i64 *)column->data)[row]);
}

static void write_labels(struct buf *out, const struct family *family, const struct schema *schema,
                         const struct batch *batch, u32 row)
{
    const char *labels = family->labels;
    struct slice name;
    char before = '{';
    while (next_name(&labels, &name)) {
        i32 column = schema_find(schema, name);
        if (column < 0) continue;
        buf_format(out, "%c%.*s=\"", before, (int)name.size, name.data);
        write_cell(out, &batch->columns[column], row);
        buf_putc(out, '"');
        before = ',';
    }
    if (before == ',') buf_putc(out, '}');
}

/* One column of all rows. */
static void write_metric(struct buf *out, const struct family *family, struct slice name,
                         bool is_counter, const struct schema *schema, const struct batch *batch,
                         bool first)
{
    i32 column = schema_find(schema, name);
    const char *suffix = is_counter ? "_total" : "";
    if (column < 0) return;
    if (first)
        buf_format(out, "# TYPE weir_%s_%.*s%s %s\n", family->table, (int)name.size, name.data,
                   suffix, is_counter ? "counter" : "gauge");
    for (u32 row = 0; row < batch->row_count; row++) {
        if (column_is_null(&batch->columns[column], row)) continue;
        buf_format(out, "weir_%s_%.*s%s", family->table, (int)name.size, name.data, suffix);
        write_labels(out, family, schema, batch, row);
        buf_putc(out, ' ');
        write_cell(out, &batch->columns[column], row);
        buf_putc(out, '\n');
    }
}

/* All rows of a metric stand together, so that the table is read once for each. */
static enum status write_column(struct engine *engine, const struct family *family,
                                struct slice name, bool is_counter, struct buf *out,
                                struct err *err)
{
    struct read *read;
    char relation[64] = "weir.";
    strcat(relation, family->table);
    const struct read_options options = { .relation = slice_of(relation), .limit = ROW_COUNT_MAX };
    if (read_open(engine, &options, &read, err)) return FAIL;
    const struct batch *batch;
    enum read_result result;
    bool first = true;
    while ((result = read_next(read, &batch, err)) == READ_ROWS || result == READ_MORE) {
        if (result == READ_MORE) continue;
        write_metric(out, family, name, is_counter, read_schema(read), batch, first);
        first = false;
    }
    read_close(read);
    return result == READ_FAIL ? FAIL : OK;
}

static enum status write_family(struct engine *engine, const struct family *family, struct buf *out,
                                struct err *err)
{
    struct slice name;
    const char *counters = family->counters, *gauges = family->gauges;
    while (next_name(&counters, &name))
        if (write_column(engine, family, name, true, out, err)) return FAIL;
    while (next_name(&gauges, &name))
        if (write_column(engine, family, name, false, out, err)) return FAIL;
    return OK;
}

static void write_value(struct buf *out, const char *name, const char *kind, u64 value)
{
    buf_format(out, "# TYPE weir_%s %s\nweir_%s %llu\n", name, kind, name,
               (unsigned long long)value);
}

static void write_doors(const struct server *server, struct buf *out)
{
    const struct server_counters *counters = &server->counters;
    struct process_cpu cpu = process_cpu();
    write_value(out, "http_connections", "gauge", server->conn_count);
    write_value(out, "http_accepted_total", "counter", counters->accepted);
    write_value(out, "http_refused_total", "counter", counters->refused);
    write_value(out, "http_requests_total", "counter", counters->requests);
    write_value(out, "http_received_bytes_total", "counter", counters->bytes_in);
    write_value(out, "http_sent_bytes_total", "counter", counters->bytes_out);
    write_value(out, "process_resident_bytes", "gauge", process_memory_resident());
    write_value(out, "process_cpu_us_total", "counter", (u64)(cpu.user_us + cpu.system_us));
}

enum http_step prometheus_route(struct http *http, const struct http1_request *request)
{
    struct server *server = http_server_of(http);
    struct buf body = { .size = 0 };
    struct err err;
    (void)request;
    buffers_take(&server->buffers, &body);
    enum status status = OK;
    for (size_t index = 0; index < countof(families) && !status; index++)
        status = write_family(server->engine, &families[index], &body, &err);
    write_doors(server, &body);
    if (status) {
        http_error(http, &err, NULL);
    } else {
        http_answer_begin(http, 200, engine_tick(server->engine));
        http_answer_body(http, "text/plain; version=0.0.4; charset=utf-8", buf_slice(&body));
    }
    buffers_give(&server->buffers, &body);
    return HTTP_DONE;
}
