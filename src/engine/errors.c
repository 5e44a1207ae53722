#include "engine/errors.h"

#include "base/assert.h"
#include "base/hash.h"
#include "codec/codec.h"

static void add(void *context, const struct op *op, const struct batch *batch,
                const struct row_error *error, i32 weight);
static void forget(void *context, const struct op *op);
static void entry_free(struct errors *errors, struct error_entry *entry);

void errors_init(struct errors *errors, struct mem *parent)
{
    *errors = (struct errors){ .bucket_count = 16 };
    mem_init(&errors->mem, "errors", parent, 0);
    errors->buckets = mem_zalloc(&errors->mem, 16 * sizeof *errors->buckets);
}

void errors_deinit(struct errors *errors)
{
    while (errors->first)
        entry_free(errors, errors->first);
    mem_free(&errors->mem, errors->buckets, errors->bucket_count * sizeof *errors->buckets);
    mem_deinit(&errors->mem);
}

struct graph_errors errors_hooks(struct errors *errors)
{
    return (struct graph_errors){ .context = errors, .add = add, .forget = forget };
}

static void row_text(const struct op *op, const struct batch *batch, u32 row, struct buf *out)
{
    const struct schema *schema = op->input_count > 0 ? op->inputs[0]->schema : op->schema;
    if (schema->column_count != batch->column_count) schema = op->schema;
    const char *names[SCHEMA_COLUMN_COUNT_MAX];
    u32 count = MIN(schema->column_count, batch->column_count);
    for (u32 column = 0; column < count; column++)
        names[column] = schema->columns[column].name;
    codec_json_object(out, names, batch->columns, count, row);
}

static void buckets_grow(struct errors *errors)
{
    u32 count = errors->bucket_count * 2;
    mem_free(&errors->mem, errors->buckets, errors->bucket_count * sizeof *errors->buckets);
    errors->buckets = mem_zalloc(&errors->mem, count * sizeof *errors->buckets);
    errors->bucket_count = count;
    for (struct error_entry *entry = errors->first; entry; entry = entry->next) {
        struct error_entry **bucket = &errors->buckets[entry->hash & (count - 1)];
        entry->chain = *bucket;
        *bucket = entry;
    }
}

static char *copy_text(struct errors *errors, struct slice text)
{
    char *copy = mem_alloc(&errors->mem, text.size + 1);
    if (text.size > 0) memcpy(copy, text.data, text.size);
    copy[text.size] = '\0';
    return copy;
}

static struct error_entry *entry_make(struct errors *errors, const struct op *op, u64 hash,
                                      const struct row_error *error, struct slice row)
{
    if (errors->count >= errors->bucket_count) buckets_grow(errors);
    struct error_entry *entry = mem_zalloc(&errors->mem, sizeof *entry);
    struct slice message = slice_of(error->message);
    entry->hash = hash;
    entry->op = op;
    entry->tick = op->graph->tick_number;
    memcpy(entry->sqlstate, error->sqlstate, sizeof entry->sqlstate);
    entry->message = copy_text(errors, message);
    entry->message_size = message.size + 1;
    entry->row = copy_text(errors, row);
    entry->row_size = row.size + 1;
    entry->previous = errors->last;
    *(errors->last ? &errors->last->next : &errors->first) = entry;
    errors->last = entry;
    struct error_entry **bucket = &errors->buckets[hash & (errors->bucket_count - 1)];
    entry->chain = *bucket;
    *bucket = entry;
    errors->count++;
    return entry;
}

static void add(void *context, const struct op *op, const struct batch *batch,
                const struct row_error *error, i32 weight)
{
    struct errors *errors = context;
    struct buf row;
    buf_init(&row, &errors->mem);
    row_text(op, batch, error->row, &row);
    u64 hash = hash_bytes_of(row.data, row.size, op->id);
    hash = hash_mix(hash, hash_bytes_of(error->message, strlen(error->message), op->id));
    struct error_entry *entry = errors->buckets[hash & (errors->bucket_count - 1)];
    while (entry &&
           !(entry->hash == hash && entry->op == op &&
             strcmp(entry->message, error->message) == 0 && slice_is(buf_slice(&row), entry->row)))
        entry = entry->chain;
    if (!entry && errors->count < ERRORS_COUNT_MAX)
        entry = entry_make(errors, op, hash, error, buf_slice(&row));
    buf_deinit(&row);
    if (!entry) {
        errors->overflowed++;
        return;
    }
    entry->weight += weight;
    if (entry->weight == 0) entry_free(errors, entry);
}

static void forget(void *context, const struct op *op)
{
    struct errors *errors = context;
    struct error_entry *entry = errors->first;
    while (entry) {
        struct error_entry *next = entry->next;
        if (entry->op == op) entry_free(errors, entry);
        entry = next;
    }
}

static void entry_free(struct errors *errors, struct error_entry *entry)
{
    struct error_entry **place = &errors->buckets[entry->hash & (errors->bucket_count - 1)];
    while (*place != entry)
        place = &(*place)->chain;
    *place = entry->chain;
    *(entry->previous ? &entry->previous->next : &errors->first) = entry->next;
    *(entry->next ? &entry->next->previous : &errors->last) = entry->previous;
    errors->count--;
    mem_free(&errors->mem, entry->message, entry->message_size);
    mem_free(&errors->mem, entry->row, entry->row_size);
    mem_free(&errors->mem, entry, sizeof *entry);
}
