#include "data/agg.h"

#include "base/assert.h"
#include "data/func_internal.h"

/* The words of aggs.def. */
enum {
    BOOL = TYPE_BOOL,
    INT2 = TYPE_INT2,
    INT4 = TYPE_INT4,
    INT8 = TYPE_INT8,
    FLOAT4 = TYPE_FLOAT4,
    FLOAT8 = TYPE_FLOAT8,
    NUMERIC = TYPE_NUMERIC,
    TEXT = TYPE_TEXT,
    BPCHAR = TYPE_BPCHAR,
    DATE = TYPE_DATE,
    TIMESTAMP = TYPE_TIMESTAMP,
    TIMESTAMPTZ = TYPE_TIMESTAMPTZ,
    INTERVAL = TYPE_INTERVAL,
    ANY = FUNC_ANY,
    SAME = FUNC_SAME,
    NONE = TYPE_UNKNOWN,
};

#define AGGREGATES_ORDERED(type)                                                                   \
    AGGREGATE("min", MIN, SAME, type)                                                              \
    AGGREGATE("max", MAX, SAME, type)

#define AGGREGATE(name_, kind_, result_, arg_)                                                     \
    { .name = name_,                                                                               \
      .kind = AGG_##kind_,                                                                         \
      .result = result_,                                                                           \
      .arg = arg_,                                                                                 \
      .arg_count = AGG_##kind_ != AGG_COUNT_ROWS },
#define AGGREGATE_REFUSED(name_) { .name = name_, .kind = AGG_UNSUPPORTED },

static const struct agg table[] = {
#include "data/aggs.def"
};

#undef AGGREGATE
#undef AGGREGATE_REFUSED
#define AGGREGATE(name_, kind_, result_, arg_)                                                     \
    { .name = name_,                                                                               \
      .kind = FUNC_PLAIN,                                                                          \
      .result = result_,                                                                           \
      .args = { arg_ },                                                                            \
      .arg_count = AGG_##kind_ != AGG_COUNT_ROWS },
#define AGGREGATE_REFUSED(name_) { .name = "" },

/* The same lines as signatures, for the rules of func_find. */
static const struct func signatures[] = {
#include "data/aggs.def"
};

bool agg_is_name(struct slice name)
{
    for (u32 i = 0; i < countof(table); i++) {
        if (slice_is(name, table[i].name)) return true;
    }
    return false;
}

static const struct agg *find_named(struct slice name, enum agg_kind kind)
{
    for (u32 i = 0; i < countof(table); i++) {
        if (table[i].kind == kind && slice_is(name, table[i].name)) return &table[i];
    }
    return NULL;
}

static enum status find_star(struct slice name, const struct agg **out, struct err *err);

enum status agg_find(struct slice name, const struct type *args, u32 arg_count, bool is_star,
                     const struct agg **out, struct type *cast, struct type *result,
                     struct err *err)
{
    if (find_named(name, AGG_UNSUPPORTED))
        return err_set(err, "0A000", "aggregate function %.*s is not supported", (int)name.size,
                       name.data);
    if (is_star) {
        *cast = (struct type){ .id = TYPE_UNKNOWN };
        *result = TYPE(INT8);
        return find_star(name, out, err);
    }
    if (arg_count == 0 && find_named(name, AGG_COUNT_ROWS))
        return err_set(err, "42809",
                       "%.*s(*) must be used to call a parameterless aggregate function",
                       (int)name.size, name.data);
    const struct func *found;
    struct type casts[FUNC_CALL_ARG_COUNT_MAX];
    if (func_find_in(signatures, countof(signatures), name, FUNC_PLAIN, args, arg_count, &found,
                     casts, result, err))
        return FAIL;
    *out = &table[found - signatures];
    *cast = casts[0];
    if (found->result == FUNC_SAME) *result = casts[0];
    return OK;
}

static enum status find_star(struct slice name, const struct agg **out, struct err *err)
{
    *out = find_named(name, AGG_COUNT_ROWS);
    if (*out) return OK;
    return err_set(err, "42883", "function %.*s() does not exist", (int)name.size, name.data);
}

const struct agg *agg_at(u32 index)
{
    return index < countof(table) ? &table[index] : NULL;
}

const char *agg_word(enum agg_kind kind)
{
    switch (kind) {
    case AGG_COUNT_ROWS:
    case AGG_COUNT: return "count";
    case AGG_SUM: return "sum";
    case AGG_AVG: return "avg";
    case AGG_MIN: return "min";
    case AGG_MAX: return "max";
    case AGG_BOOL_AND: return "bool_and";
    case AGG_BOOL_OR: return "bool_or";
    case AGG_UNSUPPORTED: break;
    }
    unreachable();
}
