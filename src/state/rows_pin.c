/* What a pin remembers: for each slot that changed since, the weight it had, and where its row lies if the slot
 * was freed. An open-addressing map by slot; slots that did not exist yet need no entry. */
#include "state/rows_internal.h"

struct pin_entry {
    u32 slot; /* SLOT_NONE: empty */
    i32 weight;
    u32 kept; /* SLOT_NONE while the row is still in its slot */
};

struct rows_pin {
    struct link link;
    struct rows *rows;
    u32 slot_end; /* when it was opened */
    u32 entry_count;
    u32 entry_count_max;
    u32 entry_capacity; /* a power of two, or 0 */
    bool revoked;
    struct pin_entry *entries;
};

static struct pin_entry *entry_find(const struct rows_pin *pin, u32 slot);
static void entries_grow(struct rows_pin *pin);
static void entries_drop(struct rows_pin *pin);

struct rows_pin *rows_pin_open(struct rows *rows, u32 entry_count_max)
{
    struct rows_pin *pin = mem_zalloc(rows->mem, sizeof *pin);
    pin->rows = rows;
    pin->slot_end = rows->slot_end;
    pin->entry_count_max = entry_count_max;
    list_append(&rows->pins, &pin->link);
    return pin;
}

void rows_pin_close(struct rows_pin *pin)
{
    if (!pin) return;
    entries_drop(pin);
    list_remove(&pin->link);
    mem_free(pin->rows->mem, pin, sizeof *pin);
}

bool rows_pin_revoked(const struct rows_pin *pin)
{
    return pin->revoked;
}

u32 rows_pin_count(const struct rows_pin *pin)
{
    return pin->entry_count;
}

static void entries_drop(struct rows_pin *pin)
{
    for (u32 i = 0; i < pin->entry_capacity; i++) {
        struct pin_entry *entry = &pin->entries[i];
        if (entry->slot != SLOT_NONE && entry->kept != SLOT_NONE)
            rows_kept_free(pin->rows, entry->kept);
    }
    mem_free(pin->rows->mem, pin->entries, pin->entry_capacity * sizeof *pin->entries);
    pin->entries = NULL;
    pin->entry_capacity = pin->entry_count = 0;
}

/* The slot's entry, or the empty one where it would be; there is always one. */
static struct pin_entry *entry_find(const struct rows_pin *pin, u32 slot)
{
    u32 mask = pin->entry_capacity - 1;
    u32 at = (u32)((slot * UINT64_C(0x9E3779B97F4A7C15)) >> 32) & mask;
    while (pin->entries[at].slot != slot && pin->entries[at].slot != SLOT_NONE)
        at = (at + 1) & mask;
    return &pin->entries[at];
}

static void entries_grow(struct rows_pin *pin)
{
    u32 capacity_old = pin->entry_capacity;
    struct pin_entry *old = pin->entries;
    pin->entry_capacity = capacity_old ? capacity_old * 2 : 16;
    pin->entries = mem_alloc(pin->rows->mem, pin->entry_capacity * sizeof *pin->entries);
    for (u32 i = 0; i < pin->entry_capacity; i++)
        pin->entries[i] = (struct pin_entry){ .slot = SLOT_NONE };
    for (u32 i = 0; i < capacity_old; i++)
        if (old[i].slot != SLOT_NONE) *entry_find(pin, old[i].slot) = old[i];
    mem_free(pin->rows->mem, old, capacity_old * sizeof *old);
}

/* NULL when the pin gives up instead. */
static struct pin_entry *entry_need(struct rows_pin *pin, u32 slot, i32 weight)
{
    if (pin->entry_capacity > 0) {
        struct pin_entry *entry = entry_find(pin, slot);
        if (entry->slot == slot) return entry;
    }
    if (pin->entry_count == pin->entry_count_max) {
        pin->revoked = true;
        entries_drop(pin);
        return NULL;
    }
    if ((pin->entry_count + 1) * 4 > pin->entry_capacity * 3) entries_grow(pin);
    pin->entry_count++;
    struct pin_entry *entry = entry_find(pin, slot);
    *entry = (struct pin_entry){ .slot = slot, .weight = weight, .kept = SLOT_NONE };
    return entry;
}

u32 rows_pin_note(struct rows *rows, u32 slot)
{
    struct row_weights weights = row_weights(row_at(rows, slot));
    u32 kept = SLOT_NONE;
    list_each(&rows->pins, link)
    {
        struct rows_pin *pin = container_of(link, struct rows_pin, link);
        if (pin->revoked || slot >= pin->slot_end) continue;
        struct pin_entry *entry = entry_need(pin, slot, weights.w_old);
        bool needs_row = entry && entry->weight != 0 && entry->kept == SLOT_NONE;
        if (weights.w_new != 0 || !needs_row) continue;
        if (kept == SLOT_NONE)
            kept = rows_kept_take(rows, slot);
        else
            rows_kept_share(rows, kept);
        entry->kept = kept;
    }
    return kept;
}

static const struct pin_entry *entry_of(const struct rows_pin *pin, u32 slot)
{
    assert(!pin->revoked);
    if (pin->entry_capacity == 0) return NULL;
    const struct pin_entry *entry = entry_find(pin, slot);
    return entry->slot == slot ? entry : NULL;
}

i32 rows_pin_weight(const struct rows_pin *pin, u32 slot)
{
    if (slot >= pin->slot_end) return 0;
    const struct pin_entry *entry = entry_of(pin, slot);
    if (entry) return entry->weight;
    return slot < pin->rows->slot_end ? rows_weight(pin->rows, slot, SIDE_OLD) : 0;
}

u32 rows_pin_scan(const struct rows_pin *pin, u32 *cursor, u32 capacity, u32 *slots, i32 *weights)
{
    u32 count = 0, slot = *cursor;
    for (; slot < pin->slot_end && count < capacity; slot++) {
        slots[count] = slot;
        weights[count] = rows_pin_weight(pin, slot);
        count += weights[count] != 0;
    }
    *cursor = slot;
    return count;
}

void rows_pin_gather(const struct rows_pin *pin, const u32 *slots, u32 count, const u32 *columns,
                     u32 column_count, struct arena *arena, struct column *out)
{
    const struct rows *rows = pin->rows;
    if (pin->entry_count == 0) {
        rows_gather(rows, slots, count, columns, column_count, arena, out);
        return;
    }
    /* The rows side by side, wherever they lie, and then as if that were the pool. */
    struct column *columns_out = out;
    u8 *copies = arena_alloc(arena, (size_t)count * rows->width);
    u32 *numbers = arena_alloc(arena, count * sizeof *numbers);
    for (u32 i = 0; i < count; i++) {
        const struct pin_entry *entry = entry_of(pin, slots[i]);
        bool kept = entry && entry->kept != SLOT_NONE;
        const u8 *row = kept ? rows_kept_row(rows, entry->kept) : row_at(rows, slots[i]);
        memcpy(copies + (size_t)i * rows->width, row, rows->width);
        numbers[i] = i;
    }
    rows_load(rows, copies, numbers, count, columns, column_count, arena, columns_out);
}
