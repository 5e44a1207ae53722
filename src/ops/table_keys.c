/* Keys that come to a table with rows, and go. */
#include "base/assert.h"
#include "data/value.h"
#include "ops/table_internal.h"

bool table_may_add_key(const struct op *op)
{
    return !table_of((struct op *)(uintptr_t)op)->by_row;
}

static bool is_live(const void *context, u32 slot)
{
    return rows_weight(context, slot, SIDE_NEW) != 0;
}

static enum status fail_twice(const struct op *op, const struct table_key *key,
                              const struct batch *rows, u32 row, struct err *err)
{
    struct buf names, values;
    buf_init(&names, op->graph->mem);
    buf_init(&values, op->graph->mem);
    for (u32 column = 0; column < key->column_count; column++) {
        const struct column *from = &rows->columns[key->columns[column]];
        buf_format(&names, "%s%s", column ? ", " : "",
                   op->schema->columns[key->columns[column]].name);
        if (column > 0) buf_puts(&values, ", ");
        if (column_is_null(from, row)) {
            buf_puts(&values, "null");
            continue;
        }
        struct value value = value_get(from, row);
        value_print(&value, &values);
    }
    err_set(err, "23505", "could not create unique index \"%s\"", key->name);
    err_detail(err, "Key (%.*s)=(%.*s) is duplicated.", (int)MIN(names.size, 200u), names.data,
               (int)MIN(values.size, 200u), values.data);
    buf_deinit(&names);
    buf_deinit(&values);
    return FAIL;
}

/* The rows of one batch into the index, each after it was looked for. */
static enum status add_rows(struct op *op, const struct table_key *key, struct index *index,
                            const struct batch *rows, const u32 *slots, struct arena *arena,
                            struct err *err)
{
    struct column columns[TABLE_KEY_COLUMN_MAX];
    u64 *hashes = arena_array(arena, u64, rows->row_count);
    batch_hash(rows, key->columns, key->column_count, op->graph->seed, hashes);
    table_key_columns(key, rows, columns);
    for (u32 row = 0; row < rows->row_count; row++) {
        if (table_is_exempt(key, rows, row)) continue;
        if (index_find(index, columns, row, hashes[row], is_live, op->rows) != SLOT_NONE)
            return fail_twice(op, key, rows, row, err);
        index_add(index, slots[row], hashes[row]);
    }
    return OK;
}

/* NULL: rows have the same key. */
static struct index *make_index(struct op *op, const struct table_key *key, struct err *err)
{
    struct index *index =
        index_open(&op->mem, op->rows, key->columns, key->column_count, op->graph->seed);
    struct batch rows = { .column_count = op->schema->column_count };
    struct column columns[SCHEMA_COLUMN_COUNT_MAX];
    u32 cursor = 0, slots[BATCH_ROW_COUNT_MAX];
    enum status status = OK;
    struct arena arena;
    arena_init(&arena, op->graph->mem);
    rows.columns = columns;
    while (!status &&
           (rows.row_count = table_scan_new(op, &cursor, slots, BATCH_ROW_COUNT_MAX)) > 0) {
        rows_gather(op->rows, slots, rows.row_count, NULL, 0, &arena, columns);
        status = add_rows(op, key, index, &rows, slots, &arena, err);
        arena_reset(&arena);
    }
    arena_deinit(&arena);
    if (!status) return index;
    index_close(index);
    return NULL;
}

enum status table_check_key(struct op *op, const struct table_key *key, struct err *err)
{
    assert(table_may_add_key(op));
    struct index *index = make_index(op, key, err);
    if (!index) return FAIL;
    index_close(index);
    return OK;
}

void table_add_key(struct op *op, const struct table_key *key)
{
    struct table *table = table_of(op);
    struct err err;
    assert(table_may_add_key(op) && !table->in_txn);
    struct table_unique *keys = arena_array(&op->arena, struct table_unique, table->key_count + 1);
    if (table->key_count > 0) memcpy(keys, table->keys, table->key_count * sizeof *keys);
    struct table_unique *added = &keys[table->key_count];
    added->key = *key;
    added->key.name = arena_string(&op->arena, key->name, strlen(key->name));
    added->key.columns = arena_copy(&op->arena, key->columns, key->column_count * sizeof(u32));
    added->index = make_index(op, &added->key, &err);
    assert(added->index);
    table->keys = keys;
    table->key_count++;
}

void table_drop_key(struct op *op, const char *name)
{
    struct table *table = table_of(op);
    u32 at = 0;
    while (at < table->key_count && strcmp(table->keys[at].key.name, name) != 0)
        at++;
    assert(at < table->key_count && !table->keys[at].key.is_primary && !table->in_txn);
    index_close(table->keys[at].index);
    memmove(&table->keys[at], &table->keys[at + 1],
            (table->key_count - at - 1) * sizeof *table->keys);
    table->key_count--;
}
