#include "ops/table_internal.h"

#include "base/assert.h"
#include "data/value.h"

#define MOVED_KEPT_MAX 1024 /* a list that was longer gives its memory back */

static void join_txn(struct table_txn *txn, struct table *table);
static enum status check_not_null(struct table *table, const struct batch *rows, struct err *err);
static enum status key_exists(struct table *table, const struct table_key *key,
                              const struct batch *rows, u32 row, struct err *err);
static void add_row(struct table *table, const struct batch *rows, u32 row, u64 *const *hashes,
                    u32 *slot);
static u64 **hash_keys(struct table *table, const struct batch *rows, struct arena *arena);

void table_begin(struct table_txn *txn, struct graph *graph, struct arena *arena)
{
    *txn = (struct table_txn){ .graph = graph, .arena = arena };
}

static void join_txn(struct table_txn *txn, struct table *table)
{
    if (table->in_txn) return;
    if (txn->table_count == txn->table_capacity) {
        u32 capacity = MAX(txn->table_capacity * 2, 4u);
        struct op **wider = arena_array(txn->arena, struct op *, capacity);
        if (txn->table_count > 0) memcpy(wider, txn->tables, txn->table_count * sizeof *wider);
        txn->tables = wider;
        txn->table_capacity = capacity;
    }
    txn->tables[txn->table_count++] = &table->op;
    table->in_txn = true;
    rows_savepoint(table->op.rows);
}

void table_commit(struct table_txn *txn)
{
    for (u32 index = 0; index < txn->table_count; index++) {
        table_of(txn->tables[index])->in_txn = false;
        rows_release(txn->tables[index]->rows);
    }
}

void table_rollback(struct table_txn *txn)
{
    for (u32 index = 0; index < txn->table_count; index++) {
        struct table *table = table_of(txn->tables[index]);
        struct rows *rows = table->op.rows;
        u32 count;
        const u32 *dirty = rows_dirty(rows, &count);
        for (u32 at = rows_savepoint_dirty(rows); at < count; at++)
            if (rows_weight(rows, dirty[at], SIDE_OLD) == 0) table_unindex(table, dirty[at]);
        rows_rollback(rows);
        table->in_txn = false;
    }
}

/* --- the slots of a statement --- */

static void list_trim(struct table *table, u32 **list, u32 *capacity)
{
    if (*capacity <= MOVED_KEPT_MAX) return;
    mem_free(&table->op.mem, *list, *capacity * sizeof **list);
    *list = NULL;
    *capacity = 0;
}

void table_statement_begin(struct table_txn *txn, struct op *op)
{
    struct table *table = table_of(op);
    join_txn(txn, table);
    table->moved_count = 0;
    table->touched_count = 0;
    if (table->touched) memset(table->touched, 0, table->touched_capacity * sizeof(u32));
}

static u32 touched_place(const struct table *table, u32 slot)
{
    u32 mask = table->touched_capacity - 1, place = slot * 0x9E3779B1u & mask;
    while (table->touched[place] && table->touched[place] != slot + 1)
        place = (place + 1) & mask;
    return place;
}

static void touched_add(struct table *table, u32 slot)
{
    if (table->touched_count >= table->touched_capacity / 2) {
        u32 before = table->touched_capacity, *old = table->touched;
        table->touched_capacity = MAX(before * 2, 64u);
        table->touched = mem_zalloc(&table->op.mem, table->touched_capacity * sizeof(u32));
        for (u32 index = 0; index < before; index++)
            if (old[index]) table->touched[touched_place(table, old[index] - 1)] = old[index];
        mem_free(&table->op.mem, old, before * sizeof(u32));
    }
    u32 place = touched_place(table, slot);
    table->touched_count += table->touched[place] == 0;
    table->touched[place] = slot + 1;
}

static bool touched_has(const struct table *table, u32 slot)
{
    return table->touched_count > 0 && table->touched[touched_place(table, slot)] != 0;
}

static void moved_add(struct table *table, u32 slot)
{
    if (table->moved_count == table->moved_capacity) {
        u32 capacity = MAX(table->moved_capacity * 2, 64u);
        table->moved = mem_realloc(&table->op.mem, table->moved,
                                   table->moved_capacity * sizeof(u32), capacity * sizeof(u32));
        table->moved_capacity = capacity;
    }
    table->moved[table->moved_count++] = slot;
}

/* --- constraints --- */

static void print_row(const struct batch *rows, u32 row, const u32 *columns, u32 count,
                      struct buf *out)
{
    for (u32 index = 0; index < count; index++) {
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

static enum status check_not_null(struct table *table, const struct batch *rows, struct err *err)
{
    const struct schema *schema = table->op.schema;
    for (u32 index = 0; index < schema->column_count; index++) {
        if (!schema->columns[index].not_null || !rows->columns[index].nulls) continue;
        const u8 *null = memchr(rows->columns[index].nulls, 1, rows->row_count);
        if (!null) continue;
        u32 row = (u32)(null - rows->columns[index].nulls);
        struct buf text;
        buf_init(&text, &table->op.mem);
        print_row(rows, row, NULL, schema->column_count, &text);
        err_set(err, "23502",
                "null value in column \"%s\" of relation \"%s\" violates not-null constraint",
                schema->columns[index].name, table->name);
        err_detail(err, "Failing row contains (%.*s).", (int)MIN(text.size, 400u), text.data);
        buf_deinit(&text);
        err->row = row + 1;
        return FAIL;
    }
    return OK;
}

static enum status key_exists(struct table *table, const struct table_key *key,
                              const struct batch *rows, u32 row, struct err *err)
{
    struct buf names, values;
    buf_init(&names, &table->op.mem);
    buf_init(&values, &table->op.mem);
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

/* A NULL makes the row distinct from all others, unless the key says otherwise. */
static bool is_exempt(const struct table_key *key, const struct batch *rows, u32 row)
{
    if (key->is_nulls_not_distinct) return false;
    for (u32 index = 0; index < key->column_count; index++)
        if (column_is_null(&rows->columns[key->columns[index]], row)) return true;
    return false;
}

struct other {
    const struct rows *rows;
    u32 slot; /* not this one */
};

static bool is_other_live(const void *context, u32 slot)
{
    const struct other *other = context;
    return slot != other->slot && rows_weight(other->rows, slot, SIDE_NEW) != 0;
}

/* The live slot with the same key as the row, but not the slot given; SLOT_NONE without. */
static u32 find_key(struct table *table, u32 key_index, const struct batch *rows, u32 row, u64 hash,
                    u32 but)
{
    const struct table_unique *unique = &table->keys[key_index];
    if (is_exempt(&unique->key, rows, row)) return SLOT_NONE;
    struct column columns[32];
    assert(unique->key.column_count <= countof(columns));
    for (u32 index = 0; index < unique->key.column_count; index++)
        columns[index] = rows->columns[unique->key.columns[index]];
    const struct other other = { .rows = table->op.rows, .slot = but };
    return index_find(unique->index, columns, row, hash, is_other_live, &other);
}

static struct batch *gather_row(struct table *table, u32 slot, struct arena *arena)
{
    struct batch *batch = arena_new(arena, struct batch);
    batch->row_count = 1;
    batch->column_count = table->op.schema->column_count;
    batch->columns = arena_array(arena, struct column, batch->column_count);
    rows_gather(table->op.rows, &slot, 1, NULL, batch->column_count, arena, batch->columns);
    batch->weights = arena_array(arena, i32, 1);
    batch->weights[0] = 1;
    return batch;
}

enum status table_statement_end(struct table_txn *txn, struct op *op, struct err *err)
{
    struct table *table = table_of(op);
    enum status status = OK;
    for (u32 at = 0; !status && at < table->moved_count; at++) {
        u32 slot = table->moved[at];
        if (rows_weight(op->rows, slot, SIDE_NEW) == 0) continue;
        struct arena_mark mark = arena_mark(txn->arena);
        struct batch *row = gather_row(table, slot, txn->arena);
        u64 **hashes = hash_keys(table, row, txn->arena);
        for (u32 key = 0; !status && key < table->key_count; key++)
            if (find_key(table, key, row, 0, hashes[key][0], slot) != SLOT_NONE)
                status = key_exists(table, &table->keys[key].key, row, 0, err);
        arena_rewind(txn->arena, mark);
    }
    if (status) err->row = 0;
    list_trim(table, &table->moved, &table->moved_capacity);
    list_trim(table, &table->touched, &table->touched_capacity);
    return status;
}

/* --- insert --- */

/* One insertion of a batch. */
struct insertion {
    struct table_txn *txn;
    struct table *table;
    const struct batch *rows;
    const struct table_insert *how;
    struct table_result *result;
    u64 **hashes; /* by key, then row */
    u32 returned_capacity;
    u32 conflict_count; /* rows that update another */
    u32 *conflict_rows;
    u32 *conflict_slots;
};

static u64 **hash_keys(struct table *table, const struct batch *rows, struct arena *arena)
{
    u64 **hashes = arena_array(arena, u64 *, table->key_count + 1);
    for (u32 index = 0; index < table->key_count; index++) {
        const struct table_key *key = &table->keys[index].key;
        hashes[index] = arena_alloc(arena, rows->row_count * sizeof(u64));
        batch_hash(rows, key->columns, key->column_count, table->op.graph->seed, hashes[index]);
    }
    if (table->by_row) {
        hashes[0] = arena_alloc(arena, rows->row_count * sizeof(u64));
        batch_hash(rows, NULL, 0, table->op.graph->seed, hashes[0]);
    }
    return hashes;
}

static void give_back(struct insertion *insertion, u32 slot)
{
    struct table_result *result = insertion->result;
    result->row_count++;
    if (!insertion->how->returns) return;
    if (result->returned_count == insertion->returned_capacity) {
        u32 capacity = MAX(insertion->returned_capacity * 2, 64u);
        u32 *wider = arena_alloc(insertion->txn->arena, capacity * sizeof(u32));
        if (result->returned_count > 0)
            memcpy(wider, result->returned, result->returned_count * sizeof(u32));
        result->returned = wider;
        insertion->returned_capacity = capacity;
    }
    result->returned[result->returned_count++] = slot;
}

static void add_row(struct table *table, const struct batch *rows, u32 row, u64 *const *hashes,
                    u32 *slot)
{
    *slot = rows_add(table->op.rows, rows, row, 1);
    for (u32 index = 0; index < table->key_count; index++)
        index_add(table->keys[index].index, *slot, hashes[index][row]);
    if (table->by_row) index_add(table->by_row, *slot, hashes[0][row]);
}

/* Copies of a row of a bag share one slot. */
static void add_copy(struct insertion *insertion, u32 row)
{
    struct table *table = insertion->table;
    u32 slot = index_find_row(table->by_row, insertion->rows, row, insertion->hashes[0][row]);
    if (slot == SLOT_NONE)
        add_row(table, insertion->rows, row, insertion->hashes, &slot);
    else
        rows_change(table->op.rows, slot, 1);
    give_back(insertion, slot);
}

/* Sees to it that no key of a batch occurs twice in it and none is there: then it goes in as a whole. */
static bool is_all_new(struct insertion *insertion)
{
    struct table *table = insertion->table;
    const struct batch *rows = insertion->rows;
    u32 probe_rows[BATCH_ROW_COUNT_MAX], slots[BATCH_ROW_COUNT_MAX];
    u16 places[2 * BATCH_ROW_COUNT_MAX];
    for (u32 key = 0; key < table->key_count; key++) {
        const struct table_unique *unique = &table->keys[key];
        struct column columns[32];
        u32 count = unique->key.column_count;
        assert(count <= countof(columns));
        for (u32 index = 0; index < count; index++)
            columns[index] = rows->columns[unique->key.columns[index]];
        struct index_probe probe;
        index_probe_init(&probe, unique->index, columns, insertion->hashes[key], rows->row_count,
                         unique->key.is_nulls_not_distinct);
        if (index_probe_next(&probe, probe_rows, slots, BATCH_ROW_COUNT_MAX) > 0) return false;
        memset(places, 0, sizeof places);
        for (u32 row = 0; row < rows->row_count; row++) {
            u32 place = (u32)insertion->hashes[key][row] % countof(places);
            while (places[place] &&
                   insertion->hashes[key][places[place] - 1] != insertion->hashes[key][row])
                place = (place + 1) % countof(places);
            if (places[place]) return false; /* perhaps equal: the careful way will see */
            places[place] = (u16)(row + 1);
        }
    }
    return true;
}

static void add_all(struct insertion *insertion)
{
    struct table *table = insertion->table;
    u32 slots[BATCH_ROW_COUNT_MAX], count = insertion->rows->row_count;
    struct batch batch = *insertion->rows;
    i32 ones[BATCH_ROW_COUNT_MAX];
    for (u32 row = 0; row < count; row++)
        ones[row] = 1;
    batch.weights = ones;
    rows_add_batch(table->op.rows, &batch, slots);
    for (u32 index = 0; index < table->key_count; index++)
        index_add_batch(table->keys[index].index, slots, insertion->hashes[index], count);
    if (insertion->how->conflict == TABLE_CONFLICT_UPDATE)
        for (u32 row = 0; row < count; row++)
            touched_add(table, slots[row]);
    if (!insertion->how->returns) {
        insertion->result->row_count += count;
        return;
    }
    for (u32 row = 0; row < count; row++)
        give_back(insertion, slots[row]);
}

static bool same_key(const struct table_key *a, const struct table_key *b)
{
    return strcmp(a->name, b->name) == 0;
}

/* Puts the new versions of rows into the place of those at slots, in the transaction. */
static enum status replace_rows(struct table *table, struct table_txn *txn, const u32 *slots,
                                const struct batch *rows, u64 *changed, u32 *slots_new,
                                struct err *err)
{
    if (check_not_null(table, rows, err)) return FAIL;
    u64 **hashes = hash_keys(table, rows, txn->arena);
    for (u32 row = 0; row < rows->row_count; row++) {
        u32 slot = slots[row];
        slots_new[row] = slot;
        ++*changed;
        if (rows_identical(table->op.rows, slot, rows, row)) continue;
        i32 weight = rows_weight(table->op.rows, slot, SIDE_NEW);
        rows_change(table->op.rows, slot, -weight);
        u32 found =
            table->by_row ? index_find_row(table->by_row, rows, row, hashes[0][row]) : SLOT_NONE;
        if (found == SLOT_NONE) {
            add_row(table, rows, row, hashes, &found);
            if (weight > 1) rows_change(table->op.rows, found, weight - 1);
        } else {
            rows_change(table->op.rows, found, weight);
        }
        slots_new[row] = found;
        if (table->key_count > 0) moved_add(table, found);
    }
    return OK;
}

/* DO UPDATE for the rows that conflicted so far. */
static enum status update_conflicts(struct insertion *insertion, struct err *err)
{
    u32 count = insertion->conflict_count;
    if (count == 0) return OK;
    insertion->conflict_count = 0;
    struct table *table = insertion->table;
    struct arena *arena = insertion->txn->arena;
    struct batch existing = { .row_count = count, .column_count = table->op.schema->column_count };
    existing.columns = arena_array(arena, struct column, existing.column_count);
    rows_gather(table->op.rows, insertion->conflict_slots, count, NULL, existing.column_count,
                arena, existing.columns);
    existing.weights = arena_array(arena, i32, count);
    struct batch *excluded = batch_pick(arena, insertion->rows, insertion->conflict_rows, count);
    struct batch *updated;
    u32 *picks = arena_array(arena, u32, count), *slots = arena_array(arena, u32, count);
    if (insertion->how->update(insertion->how->context, &existing, excluded, arena, &updated, picks,
                               err))
        return FAIL;
    for (u32 row = 0; row < updated->row_count; row++)
        slots[row] = insertion->conflict_slots[picks[row]];
    u64 changed = 0;
    u32 *made = arena_array(arena, u32, count);
    if (replace_rows(table, insertion->txn, slots, updated, &changed, made, err)) return FAIL;
    for (u32 row = 0; row < updated->row_count; row++) {
        touched_add(table, made[row]);
        give_back(insertion, made[row]);
    }
    return OK;
}

/* *gone: the row is dealt with, it is not to be added. */
static enum status conflict(struct insertion *insertion, u32 row, u32 key, u32 slot, bool *gone,
                            struct err *err)
{
    const struct table_insert *how = insertion->how;
    struct table *table = insertion->table;
    bool covered = !how->conflict_key || same_key(how->conflict_key, &table->keys[key].key);
    if (how->conflict == TABLE_CONFLICT_ERROR || !covered)
        return key_exists(table, &table->keys[key].key, insertion->rows, row, err);
    *gone = true;
    if (how->conflict == TABLE_CONFLICT_IGNORE) return OK;
    if (touched_has(table, slot)) {
        if (!how->may_repeat) {
            err_set(err, "21000", "ON CONFLICT DO UPDATE command cannot affect row a second time");
            err_hint(err, "Ensure that no rows proposed for insertion within the same command "
                          "have duplicate constrained values.");
            err->row = row + 1;
            return FAIL;
        }
        /* What was put off may be the very row that is to be updated again. */
        if (insertion->conflict_count > 0) {
            if (update_conflicts(insertion, err)) return FAIL;
            slot =
                find_key(table, key, insertion->rows, row, insertion->hashes[key][row], SLOT_NONE);
            assert(slot != SLOT_NONE);
        }
    }
    touched_add(table, slot);
    insertion->conflict_rows[insertion->conflict_count] = row;
    insertion->conflict_slots[insertion->conflict_count++] = slot;
    return OK;
}

static enum status add_carefully(struct insertion *insertion, struct err *err)
{
    struct table *table = insertion->table;
    const struct batch *rows = insertion->rows;
    insertion->conflict_rows = arena_array(insertion->txn->arena, u32, rows->row_count);
    insertion->conflict_slots = arena_array(insertion->txn->arena, u32, rows->row_count);
    for (u32 row = 0; row < rows->row_count; row++) {
        bool gone = false;
        for (u32 key = 0; key < table->key_count && !gone; key++) {
            u32 slot = find_key(table, key, rows, row, insertion->hashes[key][row], SLOT_NONE);
            if (slot != SLOT_NONE && conflict(insertion, row, key, slot, &gone, err)) return FAIL;
        }
        if (gone) continue;
        u32 slot;
        add_row(table, rows, row, insertion->hashes, &slot);
        if (insertion->how->conflict == TABLE_CONFLICT_UPDATE) touched_add(table, slot);
        give_back(insertion, slot);
    }
    return update_conflicts(insertion, err);
}

enum status table_insert(struct table_txn *txn, struct op *op, const struct batch *rows,
                         const struct table_insert *how, struct table_result *result,
                         struct err *err)
{
    struct table *table = table_of(op);
    assert(table->in_txn && rows->column_count == op->schema->column_count);
    if (check_not_null(table, rows, err)) return FAIL;
    struct insertion insertion = {
        .txn = txn, .table = table, .rows = rows, .how = how, .result = result
    };
    insertion.hashes = hash_keys(table, rows, txn->arena);
    insertion.returned_capacity = result->returned_count;
    if (table->by_row) {
        for (u32 row = 0; row < rows->row_count; row++)
            add_copy(&insertion, row);
        return OK;
    }
    if (!is_all_new(&insertion)) return add_carefully(&insertion, err);
    add_all(&insertion);
    return OK;
}

/* --- update, delete, truncate --- */

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
    if (refuse_append_only(table, err)) return FAIL;
    u32 *slots_new = arena_array(txn->arena, u32, new_rows->row_count);
    u64 changed = 0;
    for (u32 row = 0; row < new_rows->row_count; row++) {
        i32 weight = rows_weight(op->rows, slots[row], SIDE_NEW);
        if (weight > 1) changed += (u64)weight - 1; /* copies in a bag count each */
    }
    if (replace_rows(table, txn, slots, new_rows, &changed, slots_new, err)) return FAIL;
    result->row_count += changed;
    result->returned = slots_new;
    result->returned_count = new_rows->row_count;
    return OK;
}

enum status table_delete(struct table_txn *txn, struct op *op, const u32 *slots, u32 count,
                         struct table_result *result, struct err *err)
{
    struct table *table = table_of(op);
    if (refuse_append_only(table, err)) return FAIL;
    join_txn(txn, table);
    for (u32 index = 0; index < count; index++) {
        i32 weight = rows_weight(op->rows, slots[index], SIDE_NEW);
        rows_change(op->rows, slots[index], -weight);
        result->row_count += (u64)weight;
    }
    return OK;
}

enum status table_truncate(struct table_txn *txn, struct op *op, struct table_result *result,
                           struct err *err)
{
    u32 cursor = 0, slots[BATCH_ROW_COUNT_MAX], count;
    i32 weights[BATCH_ROW_COUNT_MAX];
    (void)err;
    join_txn(txn, table_of(op));
    while ((count = rows_scan(op->rows, &cursor, rows_slot_end(op->rows), SIDE_NEW,
                              BATCH_ROW_COUNT_MAX, slots, weights))) {
        for (u32 index = 0; index < count; index++) {
            rows_change(op->rows, slots[index], -weights[index]);
            result->row_count += (u64)weights[index];
        }
    }
    return OK;
}
