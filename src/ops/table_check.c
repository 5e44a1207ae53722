/* The constraints of a table, and what is said when one is violated: PostgreSQL's sentences. */
#include "data/value.h"
#include "ops/table_internal.h"

#define DETAIL_MAX 400 /* bytes of values in a detail */

static void print_row(const struct batch *rows, u32 row, const u32 *columns, u32 count,
                      struct buf *out)
{
    for (u32 index = 0; index < count && out->size < DETAIL_MAX; index++) {
        const struct column *column = &rows->columns[columns ? columns[index] : index];
        if (index > 0) buf_puts(out, ", ");
        if (column_is_null(column, row)) {
            buf_puts(out, "null");
            continue;
        }
        struct value value = value_get(column, row);
        value_print(&value, out);
    }
}

static enum status null_found(const struct table *table, const struct batch *rows, u32 row,
                              u32 column, struct err *err)
{
    struct buf text;
    buf_init(&text, table->op.graph->mem);
    print_row(rows, row, NULL, rows->column_count, &text);
    err_set(err, "23502",
            "null value in column \"%s\" of relation \"%s\" violates not-null constraint",
            table->op.schema->columns[column].name, table->name);
    err_detail(err, "Failing row contains (%.*s).", (int)MIN(text.size, (size_t)DETAIL_MAX),
               text.data);
    buf_deinit(&text);
    err->row = row + 1;
    return FAIL;
}

/* The first row that lacks a value, and in it the first column. */
enum status table_check_not_null(const struct table *table, const struct batch *rows,
                                 struct err *err)
{
    const struct schema *schema = table->op.schema;
    u32 row_first = UINT32_MAX, column_first = 0;
    for (u32 column = 0; column < schema->column_count; column++) {
        const u8 *nulls = rows->columns[column].nulls;
        if (!schema->columns[column].not_null || !nulls) continue;
        u32 row = 0, end = MIN(rows->row_count, row_first);
        while (row < end && !nulls[row])
            row++;
        if (row == end) continue;
        row_first = row;
        column_first = column;
    }
    return row_first == UINT32_MAX ? OK : null_found(table, rows, row_first, column_first, err);
}

enum status table_key_exists(const struct table *table, u32 key_index, const struct batch *rows,
                             u32 row, struct err *err)
{
    const struct table_key *key = &table->keys[key_index].key;
    struct buf names, values;
    buf_init(&names, table->op.graph->mem);
    buf_init(&values, table->op.graph->mem);
    for (u32 index = 0; index < key->column_count; index++)
        buf_format(&names, "%s%s", index ? ", " : "",
                   table->op.schema->columns[key->columns[index]].name);
    print_row(rows, row, key->columns, key->column_count, &values);
    err_set(err, "23505", "duplicate key value violates unique constraint \"%s\"", key->name);
    err_detail(err, "Key (%.*s)=(%.*s) already exists.", (int)MIN(names.size, 200u), names.data,
               (int)MIN(values.size, 200u), values.data);
    buf_deinit(&names);
    buf_deinit(&values);
    err->row = row + 1;
    return FAIL;
}

static struct batch gather_row(const struct table *table, u32 slot, struct arena *arena)
{
    struct batch batch = { .row_count = 1, .column_count = table->op.schema->column_count };
    batch.columns = arena_array(arena, struct column, batch.column_count);
    rows_gather(table->op.rows, &slot, 1, NULL, 0, arena, batch.columns);
    return batch;
}

/* The row that came to the slot; 0: none of the statement's. */
static i64 row_of(const struct table *table, u32 slot)
{
    const struct table_touch *touch = table_touched(table, slot);
    return touch ? (i64)touch->row : 0;
}

static enum status check_moved(struct table *table, u32 slot, struct arena *arena, struct err *err)
{
    if (rows_weight(table->op.rows, slot, SIDE_NEW) == 0) return OK;
    struct batch row = gather_row(table, slot, arena);
    u64 **hashes = table_hash(table, &row, arena);
    for (u32 key = 0; key < table->key_count; key++) {
        u32 other = table_find_key(table, key, &row, 0, hashes[key][0], slot);
        if (other == SLOT_NONE) continue;
        table_key_exists(table, key, &row, 0, err);
        if (err) err->row = MAX(row_of(table, slot), row_of(table, other));
        return FAIL;
    }
    return OK;
}

enum status table_statement_end(struct table_txn *txn, struct op *op, struct err *err)
{
    struct table *table = table_of(op);
    for (u32 at = 0; at < table->moved.count; at++) {
        struct arena_mark mark = arena_mark(txn->arena);
        enum status status = check_moved(table, table->moved.slots[at], txn->arena, err);
        arena_rewind(txn->arena, mark);
        if (status) return FAIL;
    }
    return OK;
}
