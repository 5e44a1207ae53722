#include "engine/errors.h"

#include "base/assert.h"
#include "base/hash.h"
#include "codec/codec.h"

#include <stdio.h>

static void add(void *context, const struct op *op, const struct batch *batch,
                const struct row_error *error, i32 weight);
static void forget(void *context, const struct op *op);
static void entry_free(struct errors *errors, struct error_entry *entry);
static void site_drop(struct errors *errors);

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
    while (errors->sites)
        site_drop(errors);
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

/* The operator's place, in front now; made when it is new. */
static struct error_site *site_of(struct errors *errors, const struct op *op)
{
    struct error_site **place = &errors->sites;
    while (*place && (*place)->op != op)
        place = &(*place)->next;
    struct error_site *site = *place;
    if (site)
        *place = site->next;
    else
        site = mem_zalloc(&errors->mem, sizeof *site);
    site->op = op;
    site->next = errors->sites;
    errors->sites = site;
    return site;
}

static void site_drop(struct errors *errors)
{
    struct error_site *site = errors->sites;
    errors->sites = site->next;
    mem_free(&errors->mem, site, sizeof *site);
}

static bool has_room(const struct errors *errors)
{
    u64 size_max = MAX(errors->mem.parent->max / ERRORS_PART, ERRORS_SIZE_FREE);
    return errors->count < ERRORS_COUNT_MAX && errors->mem.used < size_max;
}

static struct error_entry *entry_find(const struct errors *errors, const struct op *op, u64 hash,
                                      const char *message)
{
    struct error_entry *entry = errors->buckets[hash & (errors->bucket_count - 1)];
    while (entry &&
           !(entry->hash == hash && entry->op == op && strcmp(entry->message, message) == 0))
        entry = entry->chain;
    return entry;
}

static void add(void *context, const struct op *op, const struct batch *batch,
                const struct row_error *error, i32 weight)
{
    struct errors *errors = context;
    struct buf row;
    struct error_site *site = site_of(errors, op);
    site->weight += weight;
    if (weight > 0) {
        memcpy(site->sqlstate, error->sqlstate, sizeof site->sqlstate);
        snprintf(site->message, sizeof site->message, "%s", error->message);
    }
    if (site->weight == 0) site_drop(errors);
    buf_init(&row, &errors->mem);
    row_text(op, batch, error->row, &row);
    u64 hash = hash_bytes_of(row.data, row.size, op->id);
    hash = hash_mix(hash, hash_bytes_of(error->message, strlen(error->message), op->id));
    struct error_entry *entry = entry_find(errors, op, hash, error->message);
    bool uncounted = !entry && (weight > 0 ? !has_room(errors) : errors->overflowed > 0);
    if (!entry && !uncounted) {
        struct slice shown = slice_make(row.data, MIN(row.size, (size_t)ERRORS_ROW_SIZE_MAX));
        entry = entry_make(errors, op, hash, error, shown);
    }
    buf_deinit(&row);
    if (uncounted) {
        errors->overflowed += weight;
        return;
    }
    entry->weight += weight;
    if (entry->weight == 0) entry_free(errors, entry);
}

static void forget(void *context, const struct op *op)
{
    struct errors *errors = context;
    if (!errors->sites) return;
    struct error_entry *entry = errors->first;
    i64 rows = site_of(errors, op)->weight;
    site_drop(errors);
    while (entry) {
        struct error_entry *next = entry->next;
        if (entry->op == op) {
            rows -= entry->weight;
            entry_free(errors, entry);
        }
        entry = next;
    }
    errors->overflowed -= rows; /* those of it that had no entry */
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
