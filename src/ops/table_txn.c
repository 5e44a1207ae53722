/* Transactions and statements: what of them is kept, and how a table comes back when one fails. */
#include "base/assert.h"
#include "ops/table_internal.h"

#define LIST_KEPT_MAX 1024 /* entries; a list that was longer gives its memory back */

static void lists_clear(struct table *table);

void table_begin(struct table_txn *txn, struct graph *graph, struct arena *arena)
{
    *txn = (struct table_txn){ .graph = graph, .arena = arena };
}

void table_join(struct table_txn *txn, struct table *table)
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

/* Slots that are gone are in no index any more, but for those that came back. */
static void unindex_gone(struct table *table)
{
    u32 *slots = table->gone.slots, count = 0;
    for (u32 at = 0; at < table->gone.count; at++) {
        slots[count] = slots[at];
        count += rows_weight(table->op.rows, slots[at], SIDE_NEW) == 0;
    }
    table_unindex_batch(table, slots, count);
}

void table_commit(struct table_txn *txn)
{
    for (u32 index = 0; index < txn->table_count; index++) {
        struct table *table = table_of(txn->tables[index]);
        table->in_txn = false;
        unindex_gone(table);
        rows_release(table->op.rows);
        lists_clear(table);
    }
}

void table_rollback(struct table_txn *txn)
{
    for (u32 index = 0; index < txn->table_count; index++) {
        struct table *table = table_of(txn->tables[index]);
        struct rows *rows = table->op.rows;
        u32 count;
        const u32 *dirty = rows_dirty(rows, &count);
        for (u32 at = count; at > rows_savepoint_dirty(rows); at--)
            if (rows_weight(rows, dirty[at - 1], SIDE_OLD) == 0)
                table_unindex(table, dirty[at - 1]);
        rows_rollback(rows);
        table->in_txn = false;
        lists_clear(table);
    }
}

/* --- the slots of a transaction and of a statement --- */

static void touched_clear(struct table *table)
{
    if (table->touched_count == 0) return;
    for (u32 place = 0; place < table->touched_capacity; place++)
        table->touched[place].slot = SLOT_NONE;
    table->touched_count = 0;
}

static void slots_trim(struct table *table, struct table_slots *list)
{
    list->count = 0;
    if (list->capacity <= LIST_KEPT_MAX) return;
    mem_free(&table->op.mem, list->slots, list->capacity * sizeof *list->slots);
    *list = (struct table_slots){ 0 };
}

static void lists_clear(struct table *table)
{
    slots_trim(table, &table->gone);
    slots_trim(table, &table->moved);
    bool is_too_large =
        table->touched_capacity > 64 && table->touched_count < table->touched_capacity / 16;
    touched_clear(table);
    if (!is_too_large) return;
    mem_free(&table->op.mem, table->touched, table->touched_capacity * sizeof *table->touched);
    table->touched = NULL;
    table->touched_capacity = 0;
}

void table_statement_begin(struct table_txn *txn, struct op *op)
{
    struct table *table = table_of(op);
    table_join(txn, table);
    table->moved.count = 0;
    table->row_count = 0;
    touched_clear(table);
}

void table_slots_add(struct table *table, struct table_slots *list, u32 slot)
{
    if (list->count == list->capacity) {
        u32 capacity = MAX(list->capacity * 2, 64u);
        list->slots = mem_realloc(&table->op.mem, list->slots, list->capacity * sizeof *list->slots,
                                  capacity * sizeof *list->slots);
        list->capacity = capacity;
    }
    list->slots[list->count++] = slot;
}

/* Where the slot is, or would be; there is always an empty place. */
static struct table_touch *touched_place(const struct table *table, u32 slot)
{
    u32 mask = table->touched_capacity - 1, place = slot * 0x9E3779B1u >> 7 & mask;
    while (table->touched[place].slot != SLOT_NONE && table->touched[place].slot != slot)
        place = (place + 1) & mask;
    return &table->touched[place];
}

struct table_touch *table_touched(const struct table *table, u32 slot)
{
    if (table->touched_count == 0) return NULL;
    struct table_touch *touch = touched_place(table, slot);
    return touch->slot == slot ? touch : NULL;
}

static void touched_grow(struct table *table)
{
    u32 capacity = table->touched_capacity;
    struct table_touch *old = table->touched;
    table->touched_capacity = MAX(capacity * 2, 64u);
    table->touched = mem_alloc(&table->op.mem, table->touched_capacity * sizeof *old);
    for (u32 place = 0; place < table->touched_capacity; place++)
        table->touched[place].slot = SLOT_NONE;
    for (u32 place = 0; place < capacity; place++)
        if (old[place].slot != SLOT_NONE) *touched_place(table, old[place].slot) = old[place];
    mem_free(&table->op.mem, old, capacity * sizeof *old);
}

struct table_touch *table_touch(struct table *table, u32 slot)
{
    if (table->touched_count * 2 >= table->touched_capacity) touched_grow(table);
    struct table_touch *touch = touched_place(table, slot);
    if (touch->slot == slot) return touch;
    *touch = (struct table_touch){ .slot = slot };
    table->touched_count++;
    return touch;
}
