#include "data/row_key.h"

#include "base/assert.h"
#include "data/decimal.h"
#include "data/interval.h"

/* A value is a byte for NULL or not, then bytes that sort like it. Descending turns all bits of the
 * value's bytes, and the first byte is chosen by where NULLs go, whatever the direction. */
enum { NULL_FIRST = 0x01, NOT_NULL = 0x02, NULL_LAST = 0x03 };

/* A zero byte in a string is written as 00 FF and the string ends in 00 00: so a string sorts before
 * its continuations, and the next value never takes part. */
#define ESCAPED 0xFF

/* Sign, exponent, and 38 digits two a byte with an end. */
#define DECIMAL_KEY_MAX 24
#define FIXED_KEY_MAX   24

static u32 encode_fixed(struct type type, const void *cell, u8 *out);
static void write_cell(struct type type, const void *cell, bool descending, struct buf *out);

void row_key_write(const struct batch *batch, const struct row_key_part *parts, u32 part_count,
                   u32 row, struct buf *out)
{
    for (u32 index = 0; index < part_count; index++) {
        const struct row_key_part *part = &parts[index];
        const struct column *column = &batch->columns[part->column];
        if (column_is_null(column, row)) {
            buf_putc(out, part->nulls_first ? NULL_FIRST : NULL_LAST);
            continue;
        }
        buf_putc(out, NOT_NULL);
        size_t width = type_width(column->type);
        write_cell(column->type, (const u8 *)column->data + row * width, part->descending, out);
    }
}

void row_key_write_value(const struct value *value, bool descending, bool nulls_first,
                         struct buf *out)
{
    if (value->null) {
        buf_putc(out, nulls_first ? NULL_FIRST : NULL_LAST);
        return;
    }
    buf_putc(out, NOT_NULL);
    write_cell(value->type, &value->decimal, descending, out);
}

static void write_string(const struct str *str, u8 flip, struct buf *out);

static void write_cell(struct type type, const void *cell, bool descending, struct buf *out)
{
    u8 flip = descending ? 0xFF : 0;
    if (type_phys(type) == PHYS_STR) {
        write_string(cell, flip, out);
        return;
    }
    u8 *to = (u8 *)buf_reserve(out, FIXED_KEY_MAX);
    u32 size = encode_fixed(type, cell, to);
    for (u32 index = 0; index < size; index++)
        to[index] ^= flip;
    out->size += size;
}

static void write_string(const struct str *str, u8 flip, struct buf *out)
{
    const u8 *data = (const u8 *)str_data(str);
    u8 *to = (u8 *)buf_reserve(out, (size_t)str->size * 2 + 2);
    u8 *next = to;
    for (u32 index = 0; index < str->size; index++) {
        *next++ = data[index] ^ flip;
        if (data[index] == 0) *next++ = (u8)(ESCAPED ^ flip);
    }
    *next++ = flip;
    *next++ = flip;
    out->size += (size_t)(next - to);
}

/* --- Values of bounded size --- */

static u64 order_i64(i64 value)
{
    return (u64)value ^ UINT64_C(1) << 63;
}

/* Negative floats sort backwards by their bits; every NaN is the largest, both zeros are one. */
static u64 order_f64(f64 value)
{
    value += 0.0;
    u64 bits;
    memcpy(&bits, &value, sizeof bits);
    if (value != value) return UINT64_MAX;
    return bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
}

static u32 put_u64(u64 value, u8 *out)
{
    value = __builtin_bswap64(value);
    memcpy(out, &value, sizeof value);
    return sizeof value;
}

static u32 encode_decimal(const struct decimal *value, u8 *out);

static u32 encode_fixed(struct type type, const void *cell, u8 *out)
{
    u32 size;
    i128 span;
    switch (type_phys(type)) {
    case PHYS_BOOL: *out = *(const u8 *)cell; return 1;
    case PHYS_I64: return put_u64(order_i64(*(const i64 *)cell), out);
    case PHYS_F64: return put_u64(order_f64(*(const f64 *)cell), out);
    case PHYS_DECIMAL: return encode_decimal(cell, out);
    case PHYS_INTERVAL:
        span = interval_span(cell);
        size = put_u64(order_i64((i64)(span >> 64)), out);
        return size + put_u64((u64)span, out + size);
    case PHYS_UUID: memcpy(out, cell, sizeof(struct uuid)); return sizeof(struct uuid);
    case PHYS_STR: break;
    }
    unreachable();
}

/* Sign and decimal exponent in one byte, then the digits from the first one on, two a byte and one
 * more than what they say, so that the 0 at the end is below all digits. Negative: all bits turned. */
static u32 encode_decimal(const struct decimal *value, u8 *out)
{
    struct decimal trimmed = decimal_trim(value);
    int sign = decimal_sign(&trimmed);
    if (sign == 0) {
        *out = 0x80;
        return 1;
    }
    struct decimal magnitude = decimal_abs(&trimmed);
    u128 digits = (u128)decimal_get(&magnitude);
    u32 count = 1;
    while (count < DECIMAL_DIGITS_MAX && digits >= decimal_powers[count])
        count++;
    i32 exponent = (i32)count - (i32)trimmed.scale; /* -37 .. 38 */
    out[0] = (u8)(0x80 + 1 + DECIMAL_DIGITS_MAX + exponent);
    u32 size = 1;
    digits *= decimal_powers[DECIMAL_DIGITS_MAX - count];
    for (u32 pair = DECIMAL_DIGITS_MAX / 2; pair-- > 0 && digits > 0;) {
        u128 unit = decimal_powers[pair * 2];
        out[size++] = (u8)(digits / unit + 1);
        digits %= unit;
    }
    out[size++] = 0;
    for (u32 index = 0; sign < 0 && index < size; index++)
        out[index] ^= 0xFF;
    return size;
}

static_assert(DECIMAL_DIGITS_MAX / 2 + 2 <= DECIMAL_KEY_MAX && DECIMAL_KEY_MAX <= FIXED_KEY_MAX,
              "room for every decimal");

/* --- Prefixes --- */

u64 row_key_prefix64(struct slice key)
{
    u64 prefix = 0;
    memcpy(&prefix, key.data, MIN(key.size, sizeof prefix));
    return __builtin_bswap64(prefix);
}

static u64 string_prefix(const struct str *str, u8 flip);

/* The marking byte and the first seven of the value. */
static u64 cell_prefix(struct type type, const void *cell, u8 flip)
{
    u8 key[8 + FIXED_KEY_MAX] = { NOT_NULL };
    if (type_phys(type) == PHYS_STR) return string_prefix(cell, flip);
    u32 size = encode_fixed(type, cell, key + 1);
    for (u32 index = 1; index <= size; index++)
        key[index] ^= flip;
    return row_key_prefix64(slice_make((const char *)key, 1 + size));
}

static u64 string_prefix(const struct str *str, u8 flip)
{
    u8 key[16] = { NOT_NULL };
    const u8 *data = (const u8 *)str_data(str);
    u32 size = 1;
    for (u32 index = 0; index < str->size && size < 8; index++) {
        key[size++] = data[index] ^ flip;
        if (data[index] == 0) key[size++] = (u8)(ESCAPED ^ flip);
    }
    key[size++] = flip;
    key[size++] = flip;
    return row_key_prefix64(slice_make((const char *)key, size));
}

static void prefixes_i64(const i64 *values, u32 count, u64 flip, u64 *prefixes)
{
    for (u32 row = 0; row < count; row++)
        prefixes[row] = (u64)NOT_NULL << 56 | (order_i64(values[row]) ^ flip) >> 8;
}

void row_key_prefixes(const struct batch *batch, const struct row_key_part *part, u64 *prefixes)
{
    const struct column *column = &batch->columns[part->column];
    size_t width = type_width(column->type);
    u8 flip = part->descending ? 0xFF : 0;
    if (type_phys(column->type) == PHYS_I64)
        prefixes_i64(column->data, batch->row_count, flip ? UINT64_MAX : 0, prefixes);
    else
        for (u32 row = 0; row < batch->row_count; row++)
            prefixes[row] = cell_prefix(column->type, (const u8 *)column->data + row * width, flip);
    if (!column->nulls) return;
    u64 null = (u64)(part->nulls_first ? NULL_FIRST : NULL_LAST) << 56;
    for (u32 row = 0; row < batch->row_count; row++)
        prefixes[row] = column->nulls[row] ? null : prefixes[row];
}
