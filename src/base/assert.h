/* Assertions that stay on in every build: what we rely on is checked where we rely on it.
 *
 * assert: always on; the process stops with file, line and condition, and the log recovers.
 * slow_assert: for what costs more than the function itself; on when WEIR_CHECKED is defined. */
#pragma once

#include "base/base.h"

NORETURN void assert_fail(const char *condition, const char *file, int line);

#undef assert
#define assert(condition)                                                                          \
    (likely(condition) ? (void)0 : assert_fail(#condition, __FILE__, __LINE__))

#ifdef WEIR_CHECKED
#define slow_assert(condition) assert(condition)
#else
#define slow_assert(condition) ((void)sizeof(condition))
#endif

#define unreachable() assert_fail("unreachable", __FILE__, __LINE__)
