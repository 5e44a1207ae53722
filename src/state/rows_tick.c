/* How a tick, or a part of it, ends: settled, taken back, or brought to the form of its net sum. */
#include "state/rows_internal.h"

#define DIRTY_KEPT_MAX 16384 /* entries of the dirty list that outlive a tick */

static void settle_slot(struct rows *rows, u32 slot);
static void tick_end(struct rows *rows);
static void settle_empty(struct rows *rows);
static void dirty_clear(struct rows *rows);
static void undo_slot(struct rows *rows, u32 slot);

void rows_settle(struct rows *rows)
{
    assert(!rows->saved);
    /* When all is gone and nobody looks, nothing has to be visited. */
    bool is_watched = !list_empty(&rows->pins) || rows->keep || rows->kept_count > 0;
    u32 count = rows->count > 0 || is_watched ? rows->dirty_count : 0;
    for (u32 i = 0; i < count; i++) {
        if (i + 8 < count) __builtin_prefetch(row_at(rows, rows->dirty[i + 8]));
        settle_slot(rows, rows->dirty[i]);
    }
    tick_end(rows);
}

static void settle_slot(struct rows *rows, u32 slot)
{
    u8 *row = row_at(rows, slot);
    struct row_weights weights = row_weights(row);
    bool changed = weights.w_new != weights.w_old;
    bool watched = !list_empty(&rows->pins) || (rows->keep && weights.w_new == 0);
    bool kept = changed && watched && rows_keep(rows, slot);
    if (weights.w_new == 0) {
        row = row_at(rows, slot);
        if (!kept) rows_free_strings(rows, row);
        rows_slot_give(rows, slot);
        return;
    }
    row_set_weights(row, weights.w_new, weights.w_new);
    row[ROW_FLAGS] &= (u8)~ROW_DIRTY;
}

static void tick_end(struct rows *rows)
{
    dirty_clear(rows);
    if (rows->count == 0 && rows->slot_end > 0) settle_empty(rows);
    rows->slot_end_old = rows->slot_end;
}

/* Back to the state of a new pool, but for what readers keep. */
static void settle_empty(struct rows *rows)
{
    rows_free_base(rows);
    rows->slot_end = 0;
    rows->free_first = SLOT_NONE;
    rows->free_count = 0;
    if (rows->kept_count > 0) return;
    heap_drop(&rows->heap);
    for (u32 column = 0; column < rows->column_count; column++)
        rows->cells[column].null_seen = false;
}

static void dirty_clear(struct rows *rows)
{
    rows->dirty_count = 0;
    rows->dirty_old_count = SLOT_NONE;
    rows->journal_count = 0;
    if (rows->dirty_capacity <= DIRTY_KEPT_MAX) return;
    mem_free(rows->mem, rows->dirty, rows->dirty_capacity * sizeof *rows->dirty);
    rows->dirty = NULL;
    rows->dirty_capacity = 0;
}

void rows_undo(struct rows *rows)
{
    assert(!rows->saved);
    for (u32 i = rows->dirty_count; i > 0; i--)
        undo_slot(rows, rows->dirty[i - 1]);
    tick_end(rows);
}

/* Called from the last dirty slot to the first, so that new slots go back in the reverse order in which they
 * were taken, and the next tick takes the same ones. */
static void undo_slot(struct rows *rows, u32 slot)
{
    u8 *row = row_at(rows, slot);
    struct row_weights weights = row_weights(row);
    rows_weight_add(rows, row, weights.w_old - weights.w_new);
    if (weights.w_old == 0) {
        rows_free_strings(rows, row);
        rows_slot_ungive(rows, slot);
    } else {
        row[ROW_FLAGS] &= (u8)~ROW_DIRTY;
    }
}

void rows_savepoint(struct rows *rows)
{
    assert(!rows->saved);
    rows->saved = true;
    rows->saved_dirty = rows->dirty_count;
    rows->journal_count = 0;
}

u32 rows_savepoint_dirty(const struct rows *rows)
{
    assert(rows->saved);
    return rows->saved_dirty;
}

void rows_release(struct rows *rows)
{
    assert(rows->saved);
    rows->saved = false;
    rows->journal_count = 0;
}

void rows_rollback(struct rows *rows)
{
    assert(rows->saved);
    for (u32 i = rows->journal_count; i > 0; i--) {
        struct row_change change = rows->journal[i - 1];
        rows_weight_add(rows, row_at(rows, change.slot), -change.delta);
    }
    for (u32 i = rows->dirty_count; i > rows->saved_dirty; i--)
        undo_slot(rows, rows->dirty[i - 1]);
    rows->dirty_count = rows->saved_dirty;
    rows_release(rows);
}

struct census {
    u32 old_changed;
    u32 old_same;
    u32 new_live;
    u32 new_gone;
    bool sorted; /* old ones before new ones */
};

static struct census take_census(const struct rows *rows)
{
    struct census census = { .sorted = true };
    for (u32 i = 0; i < rows->dirty_count; i++) {
        struct row_weights weights = row_weights(row_at(rows, rows->dirty[i]));
        if (weights.w_old != 0) {
            if (census.new_live + census.new_gone > 0) census.sorted = false;
            if (weights.w_new != weights.w_old)
                census.old_changed++;
            else
                census.old_same++;
        } else if (weights.w_new != 0) {
            census.new_live++;
        } else {
            census.new_gone++;
        }
    }
    return census;
}

/* Old slots that changed to the front, those that did not out of the list, new ones behind, each in their order. */
static void sort_dirty(struct rows *rows, const struct census *census)
{
    u32 fresh_count = census->new_live + census->new_gone, old_end = 0, fresh_end = 0;
    u32 *fresh = mem_alloc(rows->mem, fresh_count * sizeof *fresh);
    for (u32 i = 0; i < rows->dirty_count; i++) {
        u32 slot = rows->dirty[i];
        u8 *row = row_at(rows, slot);
        struct row_weights weights = row_weights(row);
        if (weights.w_old == 0)
            fresh[fresh_end++] = slot;
        else if (weights.w_new != weights.w_old)
            rows->dirty[old_end++] = slot;
        else
            row[ROW_FLAGS] &= (u8)~ROW_DIRTY;
    }
    assert(fresh_end == fresh_count && old_end == census->old_changed);
    if (fresh_count > 0) memcpy(rows->dirty + old_end, fresh, fresh_count * sizeof *fresh);
    mem_free(rows->mem, fresh, fresh_count * sizeof *fresh);
    rows->dirty_count = old_end + fresh_end;
}

static void move_row(struct rows *rows, u32 from, u32 to, const struct rows_compact_hooks *hooks)
{
    u8 *source = row_at(rows, from), *target = row_at(rows, to);
    memcpy(target, source, rows->width);
    if (hooks->moved) hooks->moved(hooks->context, from, to);
    row_set_weights(source, 0, 0);
}

/* fresh[0..count) are the new slots in the order they were taken, some of them at weight 0. */
static void fill_holes(struct rows *rows, const u32 *fresh, u32 count, u32 live_count,
                       const struct rows_compact_hooks *hooks)
{
    for (u32 i = 0; i < count; i++) {
        u8 *row = row_at(rows, fresh[i]);
        if (row_weights(row).w_new != 0) continue;
        if (hooks->gone) hooks->gone(hooks->context, fresh[i]);
        rows_free_strings(rows, row);
    }
    u32 last = count;
    for (u32 hole = 0; hole < live_count; hole++) {
        if (row_weights(row_at(rows, fresh[hole])).w_new != 0) continue;
        do
            last--;
        while (row_weights(row_at(rows, fresh[last])).w_new == 0);
        assert(last >= live_count);
        move_row(rows, fresh[last], fresh[hole], hooks);
    }
    for (u32 i = count; i > live_count; i--)
        rows_slot_ungive(rows, fresh[i - 1]);
}

void rows_compact(struct rows *rows, const struct rows_compact_hooks *hooks)
{
    assert(!rows->saved && rows->dirty_old_count == SLOT_NONE);
    struct census census = take_census(rows);
    if (!census.sorted || census.old_same > 0) sort_dirty(rows, &census);
    if (census.new_gone > 0) {
        const u32 *fresh = rows->dirty + census.old_changed;
        fill_holes(rows, fresh, census.new_live + census.new_gone, census.new_live, hooks);
        rows->dirty_count -= census.new_gone;
    }
    assert(rows->dirty_count == census.old_changed + census.new_live);
    if (rows->dirty_count > 0) rows->dirty_old_count = census.old_changed;
}

u32 rows_dirty_old_count(const struct rows *rows)
{
    assert(rows->dirty_old_count != SLOT_NONE);
    return rows->dirty_old_count;
}
