#include "data/column.h"

#include "base/assert.h"
#include "base/hash.h"
#include "data/decimal.h"
#include "data/interval.h"
#include "data/uuid.h"

/* What a NULL is to a hash: a word that no common value has. */
#define NULL_WORD UINT64_C(0x6E756C6C6E756C6C)
/* All NaN are one value. */
#define NAN_WORD UINT64_C(0x7FF8000000000000)

static void hash_i64(const i64 *values, const u8 *nulls, u32 count, u64 *hashes);
static void hash_bool(const u8 *values, const u8 *nulls, u32 count, u64 *hashes);
static void hash_f64(const f64 *values, const u8 *nulls, u32 count, u64 *hashes);
static void hash_str(const struct str *values, const u8 *nulls, u32 count, u64 *hashes);
static void hash_decimal(const struct decimal *values, const u8 *nulls, u32 count, u64 *hashes);
static void hash_interval(const struct interval *values, const u8 *nulls, u32 count, u64 *hashes);
static void hash_uuid(const struct uuid *values, const u8 *nulls, u32 count, u64 *hashes);

struct column column_make(struct arena *arena, struct type type, u32 capacity)
{
    size_t size = (size_t)type_width(type) * capacity;
    return (struct column){ .type = type, .data = arena_alloc(arena, size) };
}

void column_need_nulls(struct column *column, struct arena *arena, u32 capacity)
{
    if (!column->nulls) column->nulls = arena_zalloc(arena, capacity);
}

/* One loop a width: the compiler sees a fixed-size copy. */
#define GATHER(name, type)                                                                         \
    static void name(void *target, const void *source, const u32 *rows, u32 count)                 \
    {                                                                                              \
        type *to = target;                                                                         \
        const type *from = source;                                                                 \
        for (u32 index = 0; index < count; index++)                                                \
            to[index] = from[rows[index]];                                                         \
    }
GATHER(gather_1, u8)
GATHER(gather_8, u64)
GATHER(gather_16, struct uuid)
GATHER(gather_24, struct decimal)
#undef GATHER

void column_gather(struct column *target, u32 target_row, const struct column *source,
                   const u32 *rows, u32 count, struct arena *arena, u32 target_capacity)
{
    u32 width = type_width(source->type);
    assert(type_width(target->type) == width);
    assert(target_row + count <= target_capacity);
    u8 *to = (u8 *)target->data + (size_t)target_row * width;
    switch (width) {
    case 1: gather_1(to, source->data, rows, count); break;
    case 8: gather_8(to, source->data, rows, count); break;
    case 16: gather_16(to, source->data, rows, count); break;
    case 24: gather_24(to, source->data, rows, count); break;
    default: unreachable();
    }
    if (source->nulls) column_need_nulls(target, arena, target_capacity);
    if (source->nulls)
        gather_1(target->nulls + target_row, source->nulls, rows, count);
    else if (target->nulls)
        memset(target->nulls + target_row, 0, count);
}

/* All long strings go into one block: one step of the arena for a column. */
void column_own_strings(struct column *column, u32 count, struct arena *arena)
{
    if (type_phys(column->type) != PHYS_STR) return;
    struct str *values = column->data;
    size_t size = 0;
    for (u32 row = 0; row < count; row++) {
        if (column_is_null(column, row)) values[row] = (struct str){ .size = 0 };
        if (values[row].size > STR_INLINE_MAX) size += values[row].size;
    }
    if (size == 0) return;
    char *next = arena_alloc(arena, size);
    for (u32 row = 0; row < count; row++) {
        if (values[row].size <= STR_INLINE_MAX) continue;
        memcpy(next, values[row].data, values[row].size);
        values[row].data = next;
        next += values[row].size;
    }
}

void column_hash(const struct column *column, u32 count, u64 *hashes)
{
    const u8 *nulls = column->nulls;
    switch (type_phys(column->type)) {
    case PHYS_BOOL: hash_bool(column->data, nulls, count, hashes); return;
    case PHYS_I64: hash_i64(column->data, nulls, count, hashes); return;
    case PHYS_F64: hash_f64(column->data, nulls, count, hashes); return;
    case PHYS_DECIMAL: hash_decimal(column->data, nulls, count, hashes); return;
    case PHYS_STR: hash_str(column->data, nulls, count, hashes); return;
    case PHYS_INTERVAL: hash_interval(column->data, nulls, count, hashes); return;
    case PHYS_UUID: hash_uuid(column->data, nulls, count, hashes); return;
    }
    unreachable();
}

/* Without NULLs the loop has no branch; with them the word is chosen without one. */
static void hash_i64(const i64 *values, const u8 *nulls, u32 count, u64 *hashes)
{
    if (!nulls) {
        for (u32 row = 0; row < count; row++)
            hashes[row] = hash_mix(hashes[row], (u64)values[row]);
        return;
    }
    for (u32 row = 0; row < count; row++)
        hashes[row] = hash_mix(hashes[row], nulls[row] ? NULL_WORD : (u64)values[row]);
}

static void hash_bool(const u8 *values, const u8 *nulls, u32 count, u64 *hashes)
{
    for (u32 row = 0; row < count; row++)
        hashes[row] = hash_mix(hashes[row], nulls && nulls[row] ? NULL_WORD : values[row]);
}

static void hash_f64(const f64 *values, const u8 *nulls, u32 count, u64 *hashes)
{
    for (u32 row = 0; row < count; row++) {
        f64 value = values[row] + 0.0; /* -0 becomes 0 */
        u64 word;
        memcpy(&word, &value, sizeof word);
        if (value != value) word = NAN_WORD;
        hashes[row] = hash_mix(hashes[row], nulls && nulls[row] ? NULL_WORD : word);
    }
}

/* Equal strings are both inline or both long, so the two ways never meet. */
static void hash_str(const struct str *values, const u8 *nulls, u32 count, u64 *hashes)
{
    for (u32 row = 0; row < count; row++) {
        u64 words[2] = { NULL_WORD, 0 };
        if (!(nulls && nulls[row])) memcpy(words, &values[row], sizeof words);
        if (nulls && nulls[row])
            hashes[row] = hash_mix(hashes[row], NULL_WORD);
        else if (values[row].size <= STR_INLINE_MAX)
            hashes[row] = hash_mix(hash_mix(hashes[row], words[0]), words[1]);
        else
            hashes[row] = hash_bytes_of(values[row].data, values[row].size, hashes[row]);
    }
}

static void hash_decimal(const struct decimal *values, const u8 *nulls, u32 count, u64 *hashes)
{
    for (u32 row = 0; row < count; row++)
        hashes[row] = nulls && nulls[row] ? hash_mix(hashes[row], NULL_WORD)
                                          : decimal_hash(&values[row], hashes[row]);
}

static void hash_interval(const struct interval *values, const u8 *nulls, u32 count, u64 *hashes)
{
    for (u32 row = 0; row < count; row++) {
        i128 span = interval_span(&values[row]);
        hashes[row] = nulls && nulls[row]
                          ? hash_mix(hashes[row], NULL_WORD)
                          : hash_mix(hash_mix(hashes[row], (u64)span), (u64)(span >> 64));
    }
}

static void hash_uuid(const struct uuid *values, const u8 *nulls, u32 count, u64 *hashes)
{
    for (u32 row = 0; row < count; row++) {
        u64 words[2];
        memcpy(words, &values[row], sizeof words);
        hashes[row] = nulls && nulls[row] ? hash_mix(hashes[row], NULL_WORD)
                                          : hash_mix(hash_mix(hashes[row], words[0]), words[1]);
    }
}

/* NaN equals NaN and is above all others, so that floats have one order. */
static int compare_f64(f64 a, f64 b)
{
    if (a != a) return b != b ? 0 : 1;
    if (b != b) return -1;
    return (a > b) - (a < b);
}

int column_compare(const struct column *a, u32 a_row, const struct column *b, u32 b_row)
{
    switch (type_phys(a->type)) {
    case PHYS_BOOL: return ((const u8 *)a->data)[a_row] - ((const u8 *)b->data)[b_row];
    case PHYS_I64: {
        i64 x = ((const i64 *)a->data)[a_row], y = ((const i64 *)b->data)[b_row];
        return (x > y) - (x < y);
    }
    case PHYS_F64: return compare_f64(((const f64 *)a->data)[a_row], ((const f64 *)b->data)[b_row]);
    case PHYS_DECIMAL:
        return decimal_compare((const struct decimal *)a->data + a_row,
                               (const struct decimal *)b->data + b_row);
    case PHYS_STR:
        return str_compare((const struct str *)a->data + a_row,
                           (const struct str *)b->data + b_row);
    case PHYS_INTERVAL:
        return interval_compare((const struct interval *)a->data + a_row,
                                (const struct interval *)b->data + b_row);
    case PHYS_UUID:
        return uuid_compare((const struct uuid *)a->data + a_row,
                            (const struct uuid *)b->data + b_row);
    }
    unreachable();
}

bool column_equal_key(const struct column *a, u32 a_row, const struct column *b, u32 b_row)
{
    bool a_null = column_is_null(a, a_row), b_null = column_is_null(b, b_row);
    if (a_null || b_null) return a_null == b_null;
    switch (type_phys(a->type)) {
    case PHYS_I64: return ((const i64 *)a->data)[a_row] == ((const i64 *)b->data)[b_row];
    case PHYS_STR:
        return str_equal((const struct str *)a->data + a_row, (const struct str *)b->data + b_row);
    case PHYS_BOOL:
    case PHYS_F64:
    case PHYS_DECIMAL:
    case PHYS_INTERVAL:
    case PHYS_UUID: return column_compare(a, a_row, b, b_row) == 0;
    }
    unreachable();
}

bool column_identical(const struct column *a, u32 a_row, const struct column *b, u32 b_row)
{
    bool a_null = column_is_null(a, a_row), b_null = column_is_null(b, b_row);
    if (a_null || b_null) return a_null == b_null;
    enum phys phys = type_phys(a->type);
    if (phys == PHYS_STR)
        return str_equal((const struct str *)a->data + a_row, (const struct str *)b->data + b_row);
    size_t width = phys_width(phys);
    return memcmp((const u8 *)a->data + a_row * width, (const u8 *)b->data + b_row * width,
                  width) == 0;
}
