/* The bodies that funcs.def and casts.def name, as functions. */
#pragma once

#include "data/func_call.h"

#define BODY(body)       void func_##body(struct func_call *call);
#define PREPARE(prepare) const void *func_##prepare(const struct func_fixed *fixed);

#define FUNCTION(name, result, body, ...)                   BODY(body)
#define FUNCTION_NULLS(name, result, body, ...)             BODY(body)
#define FUNCTION_ANY(name, result, body, ...)               BODY(body)
#define FUNCTION_PREPARED(name, result, body, prepare, ...) BODY(body) PREPARE(prepare)
#define FUNCTION_STABLE(name, result, ...)
#define FUNCTION_VOLATILE(name, result, ...)
#define OPERATOR(name, result, body, ...)                   BODY(body)
#define OPERATOR_PREPARED(name, result, body, prepare, ...) BODY(body) PREPARE(prepare)
#define COMPARISONS(body, ...)                                                                     \
    BODY(compare_##body##_eq)                                                                      \
    BODY(compare_##body##_ne)                                                                      \
    BODY(compare_##body##_lt)                                                                      \
    BODY(compare_##body##_le)                                                                      \
    BODY(compare_##body##_gt)                                                                      \
    BODY(compare_##body##_ge)
#include "data/funcs.def"
#undef FUNCTION
#undef FUNCTION_NULLS
#undef FUNCTION_ANY
#undef FUNCTION_PREPARED
#undef FUNCTION_STABLE
#undef FUNCTION_VOLATILE
#undef OPERATOR
#undef OPERATOR_PREPARED
#undef COMPARISONS

#define CAST(from, to, context, body) BODY(cast_##body)
#define CAST_FREE(from, to, context)
#define CASTS_TEXT(type, body) BODY(cast_##body) BODY(cast_string_to_any)
#include "data/casts.def"
#undef CAST
#undef CAST_FREE
#undef CASTS_TEXT
#undef BODY
#undef PREPARE

/* A numeric that lies as a scaled integer, as a decimal. */
void func_scaled_widen(struct func_call *call);

/* What to call instead of body when all arguments are scaled integers: any, or where it is there, aligned if
 * both have one scale. */
struct func_scaled {
    func_body body;
    func_body any;
    func_body aligned;
};

/* NULL when there is none. */
const struct func_scaled *func_scaled_find(func_body body);
