/* SQL types, and how their values lie in memory.
 *
 * A type is what SQL says (numeric(10,2)); its phys is how a vector holds it. There are few phys,
 * so that a primitive is written once for each of them:
 *
 *   PHYS_BOOL      u8 0 or 1             boolean
 *   PHYS_I64       i64                   smallint, integer, bigint, date (days), timestamp and
 *                                        timestamptz (microseconds), both since 2000-01-01 as in
 *                                        PostgreSQL, and numeric(p,s) with p <= 18 (value * 10^s)
 *   PHYS_F64       f64                   real (rounded to f32 after each operation), double precision
 *   PHYS_DECIMAL   struct decimal, 24 B  other numeric: i128 and a scale of its own
 *   PHYS_STR       struct str, 16 B      text, varchar, char(n) (without its trailing blanks), bytea
 *   PHYS_INTERVAL  struct interval, 16 B
 *   PHYS_UUID      struct uuid, 16 B     big-endian bytes
 *
 * Infinity of date and timestamps is INT32_MIN/MAX and INT64_MIN/MAX, as in PostgreSQL. */
#pragma once

#include "base/bytes.h"
#include "base/status.h"

enum type_id {
    TYPE_UNKNOWN, /* a NULL or string literal whose type is not decided yet; never in a column */
    TYPE_BOOL,
    TYPE_INT2,
    TYPE_INT4,
    TYPE_INT8,
    TYPE_FLOAT4,
    TYPE_FLOAT8,
    TYPE_NUMERIC,
    TYPE_TEXT,
    TYPE_VARCHAR,
    TYPE_BPCHAR,
    TYPE_BYTEA,
    TYPE_DATE,
    TYPE_TIMESTAMP,
    TYPE_TIMESTAMPTZ,
    TYPE_INTERVAL,
    TYPE_UUID,
    TYPE_COUNT
};

enum phys { PHYS_BOOL, PHYS_I64, PHYS_F64, PHYS_DECIMAL, PHYS_STR, PHYS_INTERVAL, PHYS_UUID };

struct type {
    u8 id;        /* enum type_id */
    u8 precision; /* numeric: 1..38, or 0 for a numeric without bounds */
    u8 scale;     /* numeric with a precision: 0..precision */
    u8 unused;
    i32 length; /* varchar and char: characters; 0 for no bound (char alone is char(1)) */
};

#define TYPE(name) ((struct type){ .id = TYPE_##name })

struct decimal {
    u64 low; /* two's complement i128 */
    i64 high;
    u32 scale; /* digits after the point, 0..38: PostgreSQL's dscale */
    u32 unused;
};

struct interval {
    i64 micros;
    i32 days;
    i32 months;
};

struct uuid {
    u8 bytes[16];
};

/* A string: up to 12 bytes lie inside, longer ones behind a borrowed pointer. Unused bytes are 0,
 * so that short strings compare as 16 bytes (Neumann and Freitag, CIDR 2020). */
struct str {
    u32 size;
    char head[4];
    union {
        char tail[8];
        const char *data;
    };
};

#define STR_INLINE_MAX 12

static inline const char *str_data(const struct str *str)
{
    return str->size <= STR_INLINE_MAX ? str->head : str->data;
}

static inline struct slice str_slice(const struct str *str)
{
    return (struct slice){ .data = str_data(str), .size = str->size };
}

/* Borrows data when it is longer than STR_INLINE_MAX. */
static inline struct str str_make(const char *data, size_t size)
{
    struct str str = { .size = (u32)size };
    if (size <= STR_INLINE_MAX) {
        if (size > 0) memcpy(str.head, data, size);
    } else {
        memcpy(str.head, data, 4);
        str.data = data;
    }
    return str;
}

static inline bool str_equal(const struct str *a, const struct str *b)
{
    u64 a_start, b_start;
    memcpy(&a_start, a, 8);
    memcpy(&b_start, b, 8);
    if (a_start != b_start) return false;
    if (a->size <= STR_INLINE_MAX) return memcmp(a->tail, b->tail, 8) == 0;
    return memcmp(a->data, b->data, a->size) == 0;
}

/* Byte order (collation "C"): < 0, 0, > 0. */
int str_compare(const struct str *a, const struct str *b);

static inline i128 decimal_get(const struct decimal *decimal)
{
    return (i128)(((u128)(u64)decimal->high << 64) | decimal->low);
}

static inline struct decimal decimal_make(i128 value, u32 scale)
{
    return (struct decimal){ .low = (u64)value, .high = (i64)(value >> 64), .scale = scale };
}

/* Field by field: a struct that is copied whole goes through memory, 5 ns in a loop. */
static inline void decimal_put(struct decimal *out, i128 value, u32 scale)
{
    out->low = (u64)value;
    out->high = (i64)(value >> 64);
    out->scale = scale;
    out->unused = 0;
}

enum phys type_phys(struct type type);
/* Bytes of one value in a vector: 1, 8, 16 or 24. */
u32 phys_width(enum phys phys);
static inline u32 type_width(struct type type)
{
    return phys_width(type_phys(type));
}

/* "numeric(10,2)", "character varying(20)", "timestamp with time zone": PostgreSQL's format_type. */
void type_name(struct type type, char out[64]);
/* From a name as PostgreSQL's grammar gives it ("int4", "pg_catalog" left out) with its modifiers.
 * Errors: 42704 unknown type, 22023 a modifier out of bounds, 0A000 a type of PostgreSQL's that
 * is not supported. */
enum status type_find(const char *name, const i32 *modifiers, u32 modifier_count, struct type *out,
                      struct err *err);
u32 type_oid(struct type type);    /* PostgreSQL's, as in pg_type */
i32 type_typmod(struct type type); /* PostgreSQL's atttypmod, -1 without */

static inline bool type_equal(struct type a, struct type b)
{
    return a.id == b.id && a.precision == b.precision && a.scale == b.scale && a.length == b.length;
}

bool type_is_integer(struct type type);
bool type_is_number(struct type type);
bool type_is_text(struct type type); /* text, varchar, char */
