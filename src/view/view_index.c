#include "view/view_index.h"

struct view_index *view_index_open(struct view *view, const struct tree_order *order,
                                   u32 order_count)
{
    struct view_index *index = mem_zalloc(&view->mem, sizeof *index);
    index->view = view;
    arena_init(&index->arena, &view->mem);
    index->order_count = order_count;
    index->order = arena_copy(&index->arena, order, order_count * sizeof *order);
    struct tree_order *pool_order = arena_copy(&index->arena, order, order_count * sizeof *order);
    for (u32 at = 0; at < order_count; at++)
        pool_order[at].column = view->pool_columns[order[at].column];
    index->tree = tree_open(&view->mem, view->rows, pool_order, order_count);
    index->next = view->indexes;
    view->indexes = index;
    return index;
}

void view_index_close(struct view_index *index)
{
    struct view *view = index->view;
    struct view_index **place = &view->indexes;
    while (*place != index)
        place = &(*place)->next;
    *place = index->next;
    tree_close(index->tree);
    arena_deinit(&index->arena);
    mem_free(&view->mem, index, sizeof *index);
}

bool view_index_fill(struct view_index *index, u32 rows)
{
    const struct rows *pool = index->view->rows;
    u32 slots[BATCH_ROW_COUNT_MAX], count;
    i32 weights[BATCH_ROW_COUNT_MAX];
    for (u32 done = 0; done < rows; done += count) {
        count = rows_scan(pool, &index->cursor, rows_slot_end(pool), SIDE_OLD, BATCH_ROW_COUNT_MAX,
                          slots, weights);
        for (u32 at = 0; at < count; at++)
            tree_add(index->tree, slots[at]);
        if (count > 0) continue;
        index->is_ready = true;
        index->cursor = UINT32_MAX; /* every slot is its business from now on */
        return false;
    }
    return true;
}

void view_index_publish(struct view_index *index)
{
    const struct rows *pool = index->view->rows;
    u32 count;
    const u32 *dirty = rows_dirty(pool, &count);
    for (u32 at = 0; at < count; at++) {
        u32 slot = dirty[at];
        if (slot >= index->cursor) continue;
        bool before = rows_weight(pool, slot, SIDE_OLD) != 0;
        bool after = rows_weight(pool, slot, SIDE_NEW) != 0;
        if (before && !after) tree_remove(index->tree, slot);
        if (!before && after) tree_add(index->tree, slot);
    }
}
