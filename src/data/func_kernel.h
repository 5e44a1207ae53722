/* The loops of which hot functions are made, for two columns, a column and a constant, and a constant
 * and a column. A constant is held in a register, not in a vector.
 *
 * The file that includes this is compiled for speed: its loops are made of SIMD instructions. */
#pragma once

#include "data/func_call.h"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3")
#endif

/* Runs a statement of x, y, out and row for each row. */
#define KERNEL_ROWS(call, in_type, out_type, statement)                                            \
    do {                                                                                           \
        const struct func_vector *a_ = (call)->args[0], *b_ = (call)->args[1];                     \
        const in_type *restrict a = a_->data, *restrict b = b_->data;                              \
        out_type *restrict out = (call)->out->data;                                                \
        u32 count_ = (call)->count;                                                                \
        if (a_->mask && b_->mask) {                                                                \
            for (u32 row = 0; row < count_; row++) {                                               \
                in_type x = a[row], y = b[row];                                                    \
                statement;                                                                         \
            }                                                                                      \
        } else if (a_->mask) {                                                                     \
            in_type y = b[0];                                                                      \
            for (u32 row = 0; row < count_; row++) {                                               \
                in_type x = a[row];                                                                \
                statement;                                                                         \
            }                                                                                      \
        } else {                                                                                   \
            in_type x = a[0];                                                                      \
            for (u32 row = 0; row < count_; row++) {                                               \
                in_type y = b[row];                                                                \
                statement;                                                                         \
            }                                                                                      \
        }                                                                                          \
    } while (0)

/* out[row] = result for each row, an expression of x and y; also is another that may gather what
 * went wrong. */
#define KERNEL_BINARY(call, in_type, out_type, result, also)                                       \
    KERNEL_ROWS(call, in_type, out_type, also; out[row] = (result))

/* For each row that is not NULL: flaw_result is an expression of row that computes it and returns a
 * flaw. */
#define KERNEL_FLAW(call, flaw_result)                                                             \
    do {                                                                                           \
        for (u32 row = 0; row < (call)->count; row++) {                                            \
            if (func_call_skips(call, row)) continue;                                              \
            enum flaw flaw_ = (flaw_result);                                                       \
            if (unlikely(flaw_)) func_call_flaw((call), row, flaw_);                               \
        }                                                                                          \
    } while (0)
