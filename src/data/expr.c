#include "data/expr.h"

#include "base/assert.h"
#include "base/hash.h"
#include "data/func.h"
#include "data/interval.h"

static bool value_same(const struct value *a, const struct value *b);
static u64 value_hash_same(const struct value *value, u64 hash);

bool expr_equal(const struct expr *a, const struct expr *b)
{
    if (a == b) return true;
    if (a->kind != b->kind || !type_equal(a->type, b->type)) return false;
    if (a->arg_count != b->arg_count) return false;
    if (a->kind == EXPR_COLUMN) return a->column == b->column;
    if (a->kind == EXPR_CONST) return value_same(&a->constant, &b->constant);
    if (a->kind == EXPR_CALL && a->func != b->func) return false;
    for (u32 i = 0; i < a->arg_count; i++) {
        if (!expr_equal(a->args[i], b->args[i])) return false;
    }
    return true;
}

/* The same text, not only an equal value: 1.0 and 1.00 are two constants. */
static bool value_same(const struct value *a, const struct value *b)
{
    if (a->null != b->null || !type_equal(a->type, b->type)) return false;
    if (a->null) return true;
    switch (type_phys(a->type)) {
    case PHYS_BOOL: return a->boolean == b->boolean;
    case PHYS_I64: return a->i == b->i;
    case PHYS_F64: return memcmp(&a->f, &b->f, sizeof a->f) == 0;
    case PHYS_DECIMAL:
        return decimal_get(&a->decimal) == decimal_get(&b->decimal) &&
               a->decimal.scale == b->decimal.scale;
    case PHYS_STR: return str_equal(&a->str, &b->str);
    case PHYS_INTERVAL: return memcmp(&a->interval, &b->interval, sizeof a->interval) == 0;
    case PHYS_UUID: return memcmp(&a->uuid, &b->uuid, sizeof a->uuid) == 0;
    }
    unreachable();
}

u64 expr_hash(const struct expr *expr)
{
    u64 hash = hash_mix(expr->kind, (u64)expr->type.id << 32 | expr->arg_count);
    switch (expr->kind) {
    case EXPR_COLUMN: return hash_mix(hash, expr->column);
    case EXPR_CONST: return value_hash_same(&expr->constant, hash);
    case EXPR_CALL: hash = hash_bytes_of(expr->func->name, strlen(expr->func->name), hash); break;
    case EXPR_AND:
    case EXPR_OR:
    case EXPR_NOT:
    case EXPR_IS_NULL:
    case EXPR_CASE:
    case EXPR_COALESCE:
    case EXPR_IN: break;
    }
    for (u32 i = 0; i < expr->arg_count; i++)
        hash = hash_mix(hash, expr_hash(expr->args[i]));
    return hash;
}

static u64 value_hash_same(const struct value *value, u64 hash)
{
    if (value->null) return hash_mix(hash, 1);
    switch (type_phys(value->type)) {
    case PHYS_BOOL: return hash_mix(hash, value->boolean);
    case PHYS_I64: return hash_mix(hash, (u64)value->i);
    case PHYS_F64: return hash_bytes_of(&value->f, sizeof value->f, hash);
    case PHYS_DECIMAL:
        hash = hash_mix(hash, value->decimal.low);
        return hash_mix(hash, (u64)value->decimal.high ^ (u64)value->decimal.scale << 56);
    case PHYS_STR: return hash_bytes_of(str_data(&value->str), value->str.size, hash);
    case PHYS_INTERVAL: return hash_bytes_of(&value->interval, sizeof value->interval, hash);
    case PHYS_UUID: return hash_bytes_of(&value->uuid, sizeof value->uuid, hash);
    }
    unreachable();
}

bool expr_is_constant(const struct expr *expr)
{
    if (expr->kind == EXPR_COLUMN) return false;
    if (expr->kind == EXPR_CALL && expr->func->volatility != FUNC_IMMUTABLE) return false;
    for (u32 i = 0; i < expr->arg_count; i++) {
        if (!expr_is_constant(expr->args[i])) return false;
    }
    return true;
}
