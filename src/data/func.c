#include "data/func.h"

#include "base/assert.h"
#include "data/func_bodies.h"
#include "data/func_internal.h"

/* The words of the .def files. */
enum {
    BOOL = TYPE_BOOL,
    INT2 = TYPE_INT2,
    INT4 = TYPE_INT4,
    INT8 = TYPE_INT8,
    FLOAT4 = TYPE_FLOAT4,
    FLOAT8 = TYPE_FLOAT8,
    NUMERIC = TYPE_NUMERIC,
    TEXT = TYPE_TEXT,
    VARCHAR = TYPE_VARCHAR,
    BPCHAR = TYPE_BPCHAR,
    BYTEA = TYPE_BYTEA,
    DATE = TYPE_DATE,
    TIMESTAMP = TYPE_TIMESTAMP,
    TIMESTAMPTZ = TYPE_TIMESTAMPTZ,
    INTERVAL = TYPE_INTERVAL,
    UUID = TYPE_UUID,
    ANY = FUNC_ANY,
    SAME = FUNC_SAME,
    IMPLICIT = CAST_IMPLICIT,
    ASSIGNMENT = CAST_ASSIGNMENT,
    EXPLICIT = CAST_EXPLICIT,
};

#define ENTRY(name_, kind_, result_, ...)                                                          \
    .name = name_, .kind = FUNC_##kind_, .result = result_, .args = { __VA_ARGS__ },               \
    .arg_count = (u8)sizeof((u8[]){ __VA_ARGS__ })

#define FUNCTION(name, result, body_, ...)                                                         \
    { ENTRY(name, PLAIN, result, __VA_ARGS__), .strict = true, .body = func_##body_ },
#define FUNCTION_NULLS(name, result, body_, ...)                                                   \
    { ENTRY(name, PLAIN, result, __VA_ARGS__), .body = func_##body_ },
#define FUNCTION_ANY(name, result, body_, ...)                                                     \
    { ENTRY(name, PLAIN, result, __VA_ARGS__), .variadic = true, .body = func_##body_ },
#define FUNCTION_PREPARED(name, result, body_, prepare_, ...)                                      \
    { ENTRY(name, PLAIN, result, __VA_ARGS__), .strict = true, .body = func_##body_,               \
      .prepare = func_##prepare_ },
#define FUNCTION_STABLE(name, result, ...)                                                         \
    { ENTRY(name, PLAIN, result, __VA_ARGS__), .strict = true, .volatility = FUNC_STABLE },
#define FUNCTION_VOLATILE(name, result, ...)                                                       \
    { ENTRY(name, PLAIN, result, __VA_ARGS__), .strict = true, .volatility = FUNC_VOLATILE },
#define OPERATOR(name, result, body_, ...)                                                         \
    { ENTRY(name, OPERATOR, result, __VA_ARGS__), .strict = true, .body = func_##body_ },
#define OPERATOR_PREPARED(name, result, body_, prepare_, ...)                                      \
    { ENTRY(name, OPERATOR, result, __VA_ARGS__), .strict = true, .body = func_##body_,            \
      .prepare = func_##prepare_ },
#define COMPARISONS(body, ...)                                                                     \
    OPERATOR("=", BOOL, compare_##body##_eq, __VA_ARGS__)                                          \
    OPERATOR("<>", BOOL, compare_##body##_ne, __VA_ARGS__)                                         \
    OPERATOR("<", BOOL, compare_##body##_lt, __VA_ARGS__)                                          \
    OPERATOR("<=", BOOL, compare_##body##_le, __VA_ARGS__)                                         \
    OPERATOR(">", BOOL, compare_##body##_gt, __VA_ARGS__)                                          \
    OPERATOR(">=", BOOL, compare_##body##_ge, __VA_ARGS__)

#define CAST(from, to, context_, body_)                                                            \
    { ENTRY("cast", CAST, to, from), .strict = true, .context = CAST_##context_,                   \
      .body = func_cast_##body_ },
#define CAST_FREE(from, to, context_)                                                              \
    { ENTRY("cast", CAST, to, from), .strict = true, .context = CAST_##context_ },
#define CASTS_TEXT(type, body)                                                                     \
    CAST(type, TEXT, ASSIGNMENT, body)                                                             \
    CAST(type, VARCHAR, EXPLICIT, body)                                                            \
    CAST(type, VARCHAR, ASSIGNMENT, body)                                                          \
    CAST(type, BPCHAR, EXPLICIT, body)                                                             \
    CAST(type, BPCHAR, ASSIGNMENT, body)                                                           \
    CAST(TEXT, type, EXPLICIT, string_to_any)                                                      \
    CAST(VARCHAR, type, EXPLICIT, string_to_any)                                                   \
    CAST(BPCHAR, type, EXPLICIT, string_to_any)

/* clang-format off */
static const struct func table[] = {
#include "data/funcs.def"
};

static const struct func casts[] = {
#include "data/casts.def"
};
/* clang-format on */

const struct func *func_at(u32 index)
{
    if (index < countof(table)) return &table[index];
    index -= countof(table);
    return index < countof(casts) ? &casts[index] : NULL;
}

const struct func *func_table(u32 *count)
{
    *count = countof(table);
    return table;
}

const struct func *func_casts(u32 *count)
{
    *count = countof(casts);
    return casts;
}

const struct func *func_cast_entry(u32 from, u32 to, enum cast_context context)
{
    for (u32 i = 0; i < countof(casts); i++) {
        const struct func *cast = &casts[i];
        if (cast->args[0] == from && cast->result == to && cast->context >= context) return cast;
    }
    return NULL;
}

/* --- func_find_cast --- */

/* The bytes of a string are the same in a type that is at least as long. */
static bool length_is_free(struct type from, struct type to)
{
    if (to.id == TYPE_TEXT) return true;
    if (to.id == TYPE_BPCHAR && from.id != TYPE_BPCHAR) return false;
    if (to.length == 0) return true;
    return from.id == to.id && from.length > 0 && from.length <= to.length;
}

bool func_cast_is_free(const struct func *cast, struct type from, struct type to)
{
    if (!cast || !cast->body || type_equal(from, to)) return true;
    return type_is_text(from) && type_is_text(to) && length_is_free(from, to);
}

enum status func_find_cast(struct type from, struct type to, enum cast_context context,
                           const struct func **out, bool *free, struct err *err)
{
    *out = NULL;
    *free = type_equal(from, to);
    if (*free) return OK;
    *out = func_cast_entry(from.id, to.id, context);
    if (!*out) {
        char from_name[64], to_name[64];
        type_name((struct type){ .id = from.id }, from_name);
        type_name((struct type){ .id = to.id }, to_name);
        return err_set(err, "42846", "cannot cast type %s to %s", from_name, to_name);
    }
    *free = func_cast_is_free(*out, from, to);
    return OK;
}
