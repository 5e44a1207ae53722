/* UPDATE, DELETE and TRUNCATE: an update is a new row in a new slot, and the old one at weight 0 until the tick
 * settles. */
#include "base/assert.h"
#include "ops/table_internal.h"

static void replace_keyed(struct table *table, struct arena *arena, const u32 *slots,
                          const struct batch *rows, u32 *made);
static void replace_in_bag(struct table *table, struct arena *arena, const u32 *slots,
                           const struct batch *rows, u32 *made, u64 *row_count);

enum status table_replace(struct table *table, struct table_txn *txn, const u32 *slots,
                          const struct batch *rows, u32 *made, u64 *row_count, struct err *err)
{
    if (table_check_not_null(table, rows, err)) return FAIL;
    struct batch ones = *rows;
    ones.weights = arena_alloc(txn->arena, rows->row_count * sizeof(i32));
    for (u32 row = 0; row < rows->row_count; row++)
        ones.weights[row] = 1;
    if (table->by_row) {
        replace_in_bag(table, txn->arena, slots, &ones, made, row_count);
    } else {
        replace_keyed(table, txn->arena, slots, &ones, made);
        *row_count += rows->row_count;
    }
    return OK;
}

/* A key that stays cannot collide; one that changes is checked when the statement is over. So is the next version
 * of a row that the statement made: the version before may be one that is still to be checked. */
static bool must_be_checked(const struct table *table, u32 slot, const struct batch *rows, u32 row)
{
    const struct table_touch *touch = table_touched(table, slot);
    if (touch && touch->is_born) return true;
    struct column columns[TABLE_KEY_COLUMN_MAX];
    for (u32 key = 0; key < table->key_count; key++) {
        const struct table_key *unique = &table->keys[key].key;
        table_key_columns(unique, rows, columns);
        if (!rows_equal_key(table->op.rows, slot, unique->columns, unique->column_count, columns,
                            row))
            return true;
    }
    return false;
}

static void replace_keyed(struct table *table, struct arena *arena, const u32 *slots,
                          const struct batch *rows, u32 *made)
{
    u32 picks[BATCH_ROW_COUNT_MAX], new_slots[BATCH_ROW_COUNT_MAX], count = 0;
    for (u32 row = 0; row < rows->row_count; row++)
        rows_prefetch(table->op.rows, slots[row]);
    for (u32 row = 0; row < rows->row_count; row++) {
        made[row] = slots[row];
        picks[count] = row;
        count += !rows_identical(table->op.rows, slots[row], rows, row);
    }
    if (count == 0) return;
    const struct batch *changed =
        count == rows->row_count ? rows : batch_pick(arena, rows, picks, count);
    u64 **hashes = table_hash(table, changed, arena);
    rows_add_batch(table->op.rows, changed, new_slots);
    table_index(table, changed, new_slots, hashes, false);
    for (u32 at = 0; at < count; at++) {
        u32 old = slots[picks[at]];
        if (must_be_checked(table, old, changed, at))
            table_slots_add(table, &table->moved, new_slots[at]);
        table_take(table, old, 1);
        made[picks[at]] = new_slots[at];
    }
}

/* Copies that the statement itself moved into a slot are not changed by it again. */
static i32 copies_before(const struct table *table, u32 slot)
{
    const struct table_touch *touch = table_touched(table, slot);
    return rows_weight(table->op.rows, slot, SIDE_NEW) - (touch ? touch->copies : 0);
}

static void replace_in_bag(struct table *table, struct arena *arena, const u32 *slots,
                           const struct batch *rows, u32 *made, u64 *row_count)
{
    u64 **hashes = table_hash(table, rows, arena);
    for (u32 row = 0; row < rows->row_count; row++) {
        i32 copies = copies_before(table, slots[row]);
        made[row] = slots[row];
        *row_count += (u64)copies;
        if (rows_identical(table->op.rows, slots[row], rows, row)) continue;
        table_take(table, slots[row], copies);
        u32 found = index_find_row(table->by_row, rows, row, hashes[0][row]);
        if (found == SLOT_NONE) {
            found = rows_add(table->op.rows, rows, row, copies);
            index_add(table->by_row, found, hashes[0][row]);
        } else {
            rows_change(table->op.rows, found, copies);
        }
        table_touch(table, found)->copies += copies;
        made[row] = found;
    }
}

static i32 *all_copies(const struct table *table, struct arena *arena, const u32 *slots, u32 count)
{
    i32 *copies = arena_alloc(arena, count * sizeof *copies);
    for (u32 row = 0; row < count; row++)
        copies[row] = copies_before(table, slots[row]);
    return copies;
}

static enum status refuse_append_only(const struct table *table, struct err *err)
{
    if (!table->is_append_only) return OK;
    return err_set(err, "42809", "\"%s\" is append-only: rows are neither changed nor deleted",
                   table->name);
}

enum status table_update(struct table_txn *txn, struct op *op, const u32 *slots,
                         const struct batch *new_rows, struct table_result *result, struct err *err)
{
    struct table *table = table_of(op);
    assert(table->in_txn && new_rows->column_count == op->schema->column_count);
    if (refuse_append_only(table, err)) return FAIL;
    u32 *made = arena_alloc(txn->arena, new_rows->row_count * sizeof *made);
    result->copies =
        table->by_row ? all_copies(table, txn->arena, slots, new_rows->row_count) : NULL;
    if (table_replace(table, txn, slots, new_rows, made, &result->row_count, err)) return FAIL;
    result->returned = made;
    result->returned_count = new_rows->row_count;
    return OK;
}

static void take_all(struct table *table, const u32 *slots, u32 count, struct table_result *result)
{
    i32 weights[BATCH_ROW_COUNT_MAX];
    for (u32 start = 0; start < count; start += BATCH_ROW_COUNT_MAX) {
        u32 taken = MIN(count - start, BATCH_ROW_COUNT_MAX);
        for (u32 i = 0; i < taken; i++)
            rows_prefetch(table->op.rows, slots[start + i]);
        rows_weights(table->op.rows, slots + start, taken, SIDE_NEW, weights);
        for (u32 i = 0; i < taken; i++) {
            table_take(table, slots[start + i], weights[i]);
            result->row_count += (u64)weights[i];
        }
    }
}

enum status table_delete(struct table_txn *txn, struct op *op, const u32 *slots, u32 count,
                         struct table_result *result, struct err *err)
{
    struct table *table = table_of(op);
    if (refuse_append_only(table, err)) return FAIL;
    table_join(txn, table);
    take_all(table, slots, count, result);
    return OK;
}

enum status table_truncate(struct table_txn *txn, struct op *op, struct table_result *result,
                           struct err *err)
{
    struct table *table = table_of(op);
    if (refuse_append_only(table, err)) return FAIL;
    table_join(txn, table);
    u32 cursor = 0, count, slots[BATCH_ROW_COUNT_MAX];
    i32 weights[BATCH_ROW_COUNT_MAX];
    while ((count = rows_scan(op->rows, &cursor, rows_slot_end(op->rows), SIDE_NEW,
                              BATCH_ROW_COUNT_MAX, slots, weights)))
        take_all(table, slots, count, result);
    return OK;
}
