#include "data/type.h"

#include <stdio.h>

#include "base/assert.h"

/* One line a type, in the order of enum type_id: what format_type says, pg_type's oid. */
static const struct {
    const char *name;
    u32 oid;
} types[TYPE_COUNT] = {
    [TYPE_UNKNOWN] = { "unknown", 705 },
    [TYPE_BOOL] = { "boolean", 16 },
    [TYPE_INT2] = { "smallint", 21 },
    [TYPE_INT4] = { "integer", 23 },
    [TYPE_INT8] = { "bigint", 20 },
    [TYPE_FLOAT4] = { "real", 700 },
    [TYPE_FLOAT8] = { "double precision", 701 },
    [TYPE_NUMERIC] = { "numeric", 1700 },
    [TYPE_TEXT] = { "text", 25 },
    [TYPE_VARCHAR] = { "character varying", 1043 },
    [TYPE_BPCHAR] = { "character", 1042 },
    [TYPE_BYTEA] = { "bytea", 17 },
    [TYPE_DATE] = { "date", 1082 },
    [TYPE_TIMESTAMP] = { "timestamp without time zone", 1114 },
    [TYPE_TIMESTAMPTZ] = { "timestamp with time zone", 1184 },
    [TYPE_INTERVAL] = { "interval", 1186 },
    [TYPE_UUID] = { "uuid", 2950 },
};

/* The names under which the grammar or pg_type know them. */
static const struct {
    const char *name;
    enum type_id id;
} names[] = {
    { "bool", TYPE_BOOL },
    { "boolean", TYPE_BOOL },
    { "int2", TYPE_INT2 },
    { "smallint", TYPE_INT2 },
    { "int4", TYPE_INT4 },
    { "int", TYPE_INT4 },
    { "integer", TYPE_INT4 },
    { "int8", TYPE_INT8 },
    { "bigint", TYPE_INT8 },
    { "float4", TYPE_FLOAT4 },
    { "real", TYPE_FLOAT4 },
    { "float8", TYPE_FLOAT8 },
    { "double precision", TYPE_FLOAT8 },
    { "numeric", TYPE_NUMERIC },
    { "decimal", TYPE_NUMERIC },
    { "text", TYPE_TEXT },
    { "varchar", TYPE_VARCHAR },
    { "character varying", TYPE_VARCHAR },
    { "bpchar", TYPE_BPCHAR },
    { "character", TYPE_BPCHAR },
    { "bytea", TYPE_BYTEA },
    { "date", TYPE_DATE },
    { "timestamp", TYPE_TIMESTAMP },
    { "timestamp without time zone", TYPE_TIMESTAMP },
    { "timestamptz", TYPE_TIMESTAMPTZ },
    { "timestamp with time zone", TYPE_TIMESTAMPTZ },
    { "interval", TYPE_INTERVAL },
    { "uuid", TYPE_UUID },
};

/* PostgreSQL has them, Weir does not: refused by name and not as unknown. */
static const char *const unsupported[] = {
    "aclitem",   "bit",         "box",      "char",      "cidr",       "circle",    "citext",
    "cstring",   "daterange",   "hstore",   "inet",      "int2vector", "int4range", "int8range",
    "json",      "jsonb",       "jsonpath", "line",      "lseg",       "macaddr",   "macaddr8",
    "money",     "name",        "numrange", "oid",       "oidvector",  "path",      "pg_lsn",
    "point",     "polygon",     "record",   "refcursor", "regclass",   "regproc",   "regtype",
    "tid",       "time",        "timetz",   "tsquery",   "tsrange",    "tstzrange", "tsvector",
    "varbit",    "xid",         "xml",      "serial",    "serial2",    "serial4",   "serial8",
    "bigserial", "smallserial", "void",
};

#define NUMERIC_PRECISION_MAX       38
#define NUMERIC_PRECISION_MAX_OF_PG 1000
#define LENGTH_MAX                  10485760 /* characters, PostgreSQL's MaxAttrSize */
/* The scale of an i64 that holds any numeric(p,s): 10^18 < 2^63. */
#define NUMERIC_PRECISION_MAX_I64 18

static enum status set_modifiers(struct type *type, const i32 *modifiers, u32 count,
                                 struct err *err);
static enum status set_numeric(struct type *type, const i32 *modifiers, u32 count, struct err *err);
static enum status set_length(struct type *type, i32 length, struct err *err);
static enum status check_precision(struct type type, i32 precision, struct err *err);

int str_compare(const struct str *a, const struct str *b)
{
    u32 size = MIN(a->size, b->size);
    int order = memcmp(str_data(a), str_data(b), size);
    return order ? order : (a->size > b->size) - (a->size < b->size);
}

enum phys type_phys(struct type type)
{
    switch ((enum type_id)type.id) {
    case TYPE_BOOL: return PHYS_BOOL;
    case TYPE_INT2:
    case TYPE_INT4:
    case TYPE_INT8:
    case TYPE_DATE:
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMPTZ: return PHYS_I64;
    case TYPE_FLOAT4:
    case TYPE_FLOAT8: return PHYS_F64;
    case TYPE_NUMERIC:
        return type.precision > 0 && type.precision <= NUMERIC_PRECISION_MAX_I64 ? PHYS_I64
                                                                                 : PHYS_DECIMAL;
    case TYPE_UNKNOWN:
    case TYPE_TEXT:
    case TYPE_VARCHAR:
    case TYPE_BPCHAR:
    case TYPE_BYTEA: return PHYS_STR;
    case TYPE_INTERVAL: return PHYS_INTERVAL;
    case TYPE_UUID: return PHYS_UUID;
    case TYPE_COUNT: break;
    }
    unreachable();
}

u32 phys_width(enum phys phys)
{
    switch (phys) {
    case PHYS_BOOL: return 1;
    case PHYS_I64:
    case PHYS_F64: return 8;
    case PHYS_DECIMAL: return sizeof(struct decimal);
    case PHYS_STR: return sizeof(struct str);
    case PHYS_INTERVAL: return sizeof(struct interval);
    case PHYS_UUID: return sizeof(struct uuid);
    }
    unreachable();
}

static_assert(sizeof(struct decimal) == 24, "as type.h says");
static_assert(sizeof(struct str) == 16, "as type.h says");
static_assert(sizeof(struct interval) == 16, "as type.h says");

void type_name(struct type type, char out[64])
{
    assert(type.id < TYPE_COUNT);
    const char *name = types[type.id].name;
    if (type.id == TYPE_NUMERIC && type.precision > 0)
        snprintf(out, 64, "%s(%u,%u)", name, type.precision, type.scale);
    else if ((type.id == TYPE_VARCHAR || type.id == TYPE_BPCHAR) && type.length > 0)
        snprintf(out, 64, "%s(%d)", name, type.length);
    else if (type.id == TYPE_BPCHAR)
        snprintf(out, 64, "bpchar");
    else
        snprintf(out, 64, "%s", name);
}

enum status type_find(const char *name, const i32 *modifiers, u32 modifier_count, struct type *out,
                      struct err *err)
{
    for (u32 index = 0; index < countof(names); index++) {
        if (strcmp(names[index].name, name) != 0) continue;
        *out = (struct type){ .id = (u8)names[index].id };
        return modifier_count > 0 ? set_modifiers(out, modifiers, modifier_count, err) : OK;
    }
    for (u32 index = 0; index < countof(unsupported); index++)
        if (strcmp(unsupported[index], name) == 0)
            return err_set(err, "0A000", "type \"%s\" is not supported", name);
    return err_set(err, "42704", "type \"%s\" does not exist", name);
}

static enum status set_modifiers(struct type *type, const i32 *modifiers, u32 count,
                                 struct err *err)
{
    if (type->id == TYPE_NUMERIC) return set_numeric(type, modifiers, count, err);
    if (count == 1 && (type->id == TYPE_VARCHAR || type->id == TYPE_BPCHAR))
        return set_length(type, modifiers[0], err);
    if (count == 1 && (type->id == TYPE_TIMESTAMP || type->id == TYPE_TIMESTAMPTZ))
        return check_precision(*type, modifiers[0], err);
    if (type->id == TYPE_INTERVAL)
        return err_set(err, "0A000", "interval with fields or a precision is not supported");
    return err_set(err, "42601", "type modifier is not allowed for type \"%s\"",
                   types[type->id].name);
}

static enum status set_numeric(struct type *type, const i32 *modifiers, u32 count, struct err *err)
{
    if (count > 2) return err_set(err, "22023", "invalid NUMERIC type modifier");
    i32 precision = modifiers[0];
    i32 scale = count == 2 ? modifiers[1] : 0;
    if (precision < 1 || precision > NUMERIC_PRECISION_MAX_OF_PG)
        return err_set(err, "22023", "NUMERIC precision %d must be between 1 and %d", precision,
                       NUMERIC_PRECISION_MAX_OF_PG);
    if (scale < -NUMERIC_PRECISION_MAX_OF_PG || scale > NUMERIC_PRECISION_MAX_OF_PG)
        return err_set(err, "22023", "NUMERIC scale %d must be between %d and %d", scale,
                       -NUMERIC_PRECISION_MAX_OF_PG, NUMERIC_PRECISION_MAX_OF_PG);
    if (precision > NUMERIC_PRECISION_MAX)
        return err_set(err, "0A000", "NUMERIC precision %d is not supported: at most %d digits",
                       precision, NUMERIC_PRECISION_MAX);
    if (scale < 0 || scale > precision)
        return err_set(err, "0A000",
                       "NUMERIC scale %d is not supported: it is from 0 to the precision", scale);
    type->precision = (u8)precision;
    type->scale = (u8)scale;
    return OK;
}

static enum status set_length(struct type *type, i32 length, struct err *err)
{
    const char *name = type->id == TYPE_VARCHAR ? "varchar" : "char";
    if (length < 1) return err_set(err, "22023", "length for type %s must be at least 1", name);
    if (length > LENGTH_MAX)
        return err_set(err, "22023", "length for type %s cannot exceed %d", name, LENGTH_MAX);
    type->length = length;
    return OK;
}

/* Microseconds are what a timestamp holds; fewer digits would have to round at every cast. */
static enum status check_precision(struct type type, i32 precision, struct err *err)
{
    if (precision >= 6) return OK;
    return err_set(err, "0A000", "%s with a precision of %d is not supported: it is always 6",
                   types[type.id].name, precision);
}

u32 type_oid(struct type type)
{
    assert(type.id < TYPE_COUNT);
    return types[type.id].oid;
}

i32 type_typmod(struct type type)
{
    if (type.id == TYPE_NUMERIC && type.precision > 0)
        return ((type.precision << 16) | type.scale) + 4;
    if ((type.id == TYPE_VARCHAR || type.id == TYPE_BPCHAR) && type.length > 0)
        return type.length + 4;
    return -1;
}

bool type_is_integer(struct type type)
{
    return type.id == TYPE_INT2 || type.id == TYPE_INT4 || type.id == TYPE_INT8;
}

bool type_is_number(struct type type)
{
    return type_is_integer(type) || type.id == TYPE_FLOAT4 || type.id == TYPE_FLOAT8 ||
           type.id == TYPE_NUMERIC;
}

bool type_is_text(struct type type)
{
    return type.id == TYPE_TEXT || type.id == TYPE_VARCHAR || type.id == TYPE_BPCHAR;
}
