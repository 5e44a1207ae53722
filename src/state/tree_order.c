/* The order of a tree's entries: prefixes of their first order column, and comparisons where these are equal. */
#include "base/hash.h"
#include "data/decimal.h"
#include "data/interval.h"
#include "state/tree_internal.h"

#define TOP_BIT (UINT64_C(1) << 63)

static u64 prefix_of(const struct column *column, u32 row, const struct tree_order *order);
static u64 value_prefix(const struct column *column, u32 row);
static bool prefix_is_exact(const struct tree *tree, u64 prefix);
static int compare_columns(const struct tree_order *order, const struct column *a, u32 a_row,
                           const struct column *b, u32 b_row);
static int compare_ties(const struct tree *tree, u32 a_slot, u32 b_slot);

struct tree_entry tree_entry_of(const struct tree *tree, u32 group, u32 slot)
{
    struct tree_entry entry = { .group = group, .slot = slot };
    if (tree->order_count > 0) {
        struct rows_one one;
        rows_load_one(tree->rows, row_at(tree->rows, slot), tree->order[0].column, &one);
        entry.prefix = prefix_of(&one.column, 0, &tree->order[0]);
    }
    if (tree->has_tie)
        entry.tie = (u32)(rows_hash(tree->rows, slot, tree->tie_columns, tree->tie_column_count,
                                    tree->tie_seed) >>
                          32);
    return entry;
}

struct tree_target tree_target_of_entry(const struct tree *tree, const struct tree_entry *entry)
{
    return (struct tree_target){ .entry = *entry,
                                 .is_entry = true,
                                 .exact = prefix_is_exact(tree, entry->prefix) };
}

struct tree_target tree_target_of_key(const struct tree *tree, u32 group, const struct column *keys,
                                      u32 key_count, u32 key_row, bool after)
{
    assert(key_count <= tree->order_count);
    struct tree_target target = { .entry.group = group,
                                  .keys = keys,
                                  .key_count = key_count,
                                  .key_row = key_row,
                                  .after = after };
    if (key_count == 0) return target;
    target.entry.prefix = prefix_of(&keys[0], key_row, &tree->order[0]);
    target.exact = prefix_is_exact(tree, target.entry.prefix);
    return target;
}

/* NULL takes the lowest or the highest number, so that the two values at that end share one. */
static u64 prefix_of(const struct column *column, u32 row, const struct tree_order *order)
{
    if (column_is_null(column, row)) return order->nulls_first ? 0 : UINT64_MAX;
    u64 prefix = value_prefix(column, row);
    if (order->descending) prefix = ~prefix;
    return order->nulls_first ? MAX(prefix, (u64)1) : MIN(prefix, UINT64_MAX - 1);
}

static u64 prefix_of_f64(f64 value)
{
    if (value != value) return UINT64_MAX;
    value += 0.0; /* -0 becomes 0 */
    u64 bits;
    memcpy(&bits, &value, sizeof bits);
    return bits & TOP_BIT ? ~bits : bits | TOP_BIT;
}

static u64 prefix_of_i128(i128 value)
{
    if (value > INT64_MAX) return UINT64_MAX;
    if (value < INT64_MIN) return 0;
    return (u64)(i64)value ^ TOP_BIT;
}

/* Millionths, rounded down: integers, so that scales do not matter. */
static u64 prefix_of_decimal(const struct decimal *decimal)
{
    i128 value = decimal_get(decimal);
    if (decimal->scale <= 6) {
        i128 factor = (i128)decimal_powers[6 - decimal->scale];
        if (value > INT64_MAX) return UINT64_MAX;
        if (value < INT64_MIN) return 0;
        return prefix_of_i128(value * factor);
    }
    i128 divisor = (i128)decimal_powers[decimal->scale - 6];
    i128 quotient = value / divisor;
    return prefix_of_i128(quotient - (value % divisor < 0));
}

static u64 prefix_of_bytes(const char *data, size_t size)
{
    u64 word = 0;
    memcpy(&word, data, MIN(size, sizeof word));
    return __builtin_bswap64(word);
}

static u64 value_prefix(const struct column *column, u32 row)
{
    switch (type_phys(column->type)) {
    case PHYS_BOOL: return (u64)((const u8 *)column->data)[row] + 16;
    case PHYS_I64: return (u64)((const i64 *)column->data)[row] ^ TOP_BIT;
    case PHYS_F64: return prefix_of_f64(((const f64 *)column->data)[row]);
    case PHYS_DECIMAL: return prefix_of_decimal((const struct decimal *)column->data + row);
    case PHYS_STR: {
        const struct str *str = (const struct str *)column->data + row;
        return prefix_of_bytes(str_data(str), str->size);
    }
    case PHYS_INTERVAL:
        return prefix_of_i128(interval_span((const struct interval *)column->data + row));
    case PHYS_UUID:
        return prefix_of_bytes((const char *)((const struct uuid *)column->data)[row].bytes, 16);
    }
    unreachable();
}

/* A text whose eighth byte is missing ends within the prefix, because a text has no byte 0. */
static bool prefix_is_exact(const struct tree *tree, u64 prefix)
{
    if (tree->order_count == 0) return true;
    if (prefix == 1 || prefix == UINT64_MAX - 1) return false;
    if (prefix == 0 || prefix == UINT64_MAX) return tree->order[0].nulls_first == (prefix == 0);
    u32 column = tree->order[0].column;
    switch ((enum phys)tree->rows->cells[column].phys) {
    case PHYS_BOOL:
    case PHYS_I64:
    case PHYS_F64: return true;
    case PHYS_STR:
        if (!type_is_text(tree->rows->types[column])) return false;
        return ((tree->order[0].descending ? ~prefix : prefix) & 0xFF) == 0;
    case PHYS_DECIMAL:
    case PHYS_INTERVAL:
    case PHYS_UUID: return false;
    }
    unreachable();
}

static int compare_columns(const struct tree_order *order, const struct column *a, u32 a_row,
                           const struct column *b, u32 b_row)
{
    bool a_null = column_is_null(a, a_row), b_null = column_is_null(b, b_row);
    if (a_null && b_null) return 0;
    if (a_null) return order->nulls_first ? -1 : 1;
    if (b_null) return order->nulls_first ? 1 : -1;
    int sign = column_compare(a, a_row, b, b_row);
    return order->descending ? -sign : sign;
}

static int compare_to_key(const struct tree *tree, u32 slot, const struct tree_target *target)
{
    const u8 *row = row_at(tree->rows, slot);
    for (u32 index = target->exact; index < target->key_count; index++) {
        struct rows_one one;
        rows_load_one(tree->rows, row, tree->order[index].column, &one);
        int sign = compare_columns(&tree->order[index], &one.column, 0, &target->keys[index],
                                   target->key_row);
        if (sign) return sign;
    }
    return 0;
}

static int compare_rows(const struct tree *tree, const struct tree_order *order, u32 a_slot,
                        u32 b_slot)
{
    struct rows_one a, b;
    rows_load_one(tree->rows, row_at(tree->rows, a_slot), order->column, &a);
    rows_load_one(tree->rows, row_at(tree->rows, b_slot), order->column, &b);
    return compare_columns(order, &a.column, 0, &b.column, 0);
}

int tree_compare_rest(const struct tree *tree, const struct tree_entry *entry,
                      const struct tree_target *target)
{
    if (!target->is_entry) {
        int sign = compare_to_key(tree, entry->slot, target);
        return sign ? sign : (target->after ? -1 : 1);
    }
    const struct tree_entry *other = &target->entry;
    if (entry->slot == other->slot) return 0;
    for (u32 index = target->exact; index < tree->order_count; index++) {
        int sign = compare_rows(tree, &tree->order[index], entry->slot, other->slot);
        if (sign) return sign;
    }
    if (entry->tie != other->tie) return entry->tie < other->tie ? -1 : 1;
    int sign = tree->has_tie ? compare_ties(tree, entry->slot, other->slot) : 0;
    if (sign) return sign;
    return entry->slot < other->slot ? -1 : 1;
}

int tree_compare(const struct tree *tree, u32 a, u32 b)
{
    struct tree_entry a_entry = tree_entry_of(tree, 0, a), b_entry = tree_entry_of(tree, 0, b);
    if (a_entry.prefix != b_entry.prefix) return a_entry.prefix < b_entry.prefix ? -1 : 1;
    struct tree_target target = tree_target_of_entry(tree, &b_entry);
    return tree_compare_rest(tree, &a_entry, &target);
}

/* Rows with equal hashes are nearly always equal. */
static int compare_ties(const struct tree *tree, u32 a_slot, u32 b_slot)
{
    u32 count = tree->tie_columns ? tree->tie_column_count : tree->rows->column_count;
    for (u32 index = 0; index < count; index++) {
        struct tree_order order = { .column =
                                        tree->tie_columns ? tree->tie_columns[index] : index };
        int sign = compare_rows(tree, &order, a_slot, b_slot);
        if (sign) return sign;
    }
    return 0;
}
