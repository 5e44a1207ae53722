#include "engine/explain_json.h"

#include "codec/codec.h"
#include "state/rows.h"

static void put_text(struct buf *out, const char *name, const char *text)
{
    buf_format(out, ",\"%s\":", name);
    codec_json_string(out, slice_of(text));
}

static void put_number(struct buf *out, const char *name, u64 number)
{
    buf_format(out, ",\"%s\":%llu", name, (unsigned long long)number);
}

static void put_strings(struct buf *out, const char *name, const char *const *items, u32 count)
{
    if (count == 0) return;
    buf_format(out, ",\"%s\":[", name);
    for (u32 i = 0; i < count; i++) {
        if (i > 0) buf_putc(out, ',');
        codec_json_string(out, slice_of(items[i]));
    }
    buf_putc(out, ']');
}

static void put_lines(struct buf *out, const char *name, const struct explain_lines *lines)
{
    put_strings(out, name, lines->items, lines->count);
}

static void put_rules(struct buf *out, const struct explain *explain)
{
    buf_puts(out, ",\"rules\":[");
    for (u32 i = 0; i < explain->rule_count; i++) {
        buf_puts(out, i ? ",{\"rule\":" : "{\"rule\":");
        codec_json_string(out, slice_of(explain->rules[i].name));
        put_lines(out, "changes", &explain->rules[i].changes);
        buf_putc(out, '}');
    }
    buf_putc(out, ']');
}

static void put_op(struct buf *out, const struct explain_op *op)
{
    const struct delta_line *line = op->line;
    buf_format(out, "{\"id\":%u", line->node);
    put_text(out, "name", line->label);
    buf_puts(out, ",\"inputs\":[");
    for (u32 i = 0; i < line->input_count; i++)
        buf_format(out, i ? ",%u" : "%u", line->inputs[i]);
    buf_format(out, "],\"runs\":%s", op->runs ? "true" : "false");
    put_strings(out, "paths", line->paths, line->path_count);
    if (op->table) put_number(out, "key_of", op->table->node);
    if (op->op && !op->table) {
        put_number(out, "rows_in", op->op->rows_in);
        put_number(out, "rows_out", op->op->rows_out);
        if (op->op->class->slots && op->op->rows)
            put_number(out, "rows_kept", rows_count(op->op->rows));
        put_number(out, "bytes", op->op->mem.used);
    }
    if (op->users[0]) put_text(out, "used_by", op->users);
    buf_putc(out, '}');
}

static void put_ops(struct buf *out, const struct explain *explain)
{
    bool is_first = true;
    buf_puts(out, ",\"operators\":[");
    for (u32 i = 0; i < explain->op_count; i++) {
        if (explain->ops[i].line->is_told) continue;
        buf_puts(out, is_first ? "\n" : ",\n");
        is_first = false;
        put_op(out, &explain->ops[i]);
    }
    buf_putc(out, ']');
}

void explain_json_write(const struct explain *explain, struct buf *out)
{
    size_t start = out->size + 1;
    buf_putc(out, '{');
    if (explain->title) put_text(out, "title", explain->title);
    put_lines(out, "parsed", &explain->parsed);
    put_lines(out, "bound", &explain->bound);
    put_rules(out, explain);
    put_lines(out, "logical", &explain->logical);
    if (explain->read) put_text(out, "read", explain->read);
    put_ops(out, explain);
    put_lines(out, "notes", &explain->notes);
    put_lines(out, "names", &explain->names);
    buf_putc(out, '}');
    out->data[start] = ' '; /* the comma in front of the first */
}
