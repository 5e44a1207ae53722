/* Putting text together: || and concat. */
#include "base/assert.h"
#include "data/func_bodies.h"
#include "data/func_kernel.h"
#include "data/func_out.h"

/* --- || --- */

void func_concat_two(struct func_call *call)
{
    for (u32 row = 0; row < call->count; row++) {
        if (func_call_skips(call, row)) continue;
        struct slice a = func_call_slice(call, 0, row), b = func_call_slice(call, 1, row);
        if (a.size == 0 || b.size == 0) {
            func_call_set_str(call, row, a.size == 0 ? b : a);
            continue;
        }
        char inside[STR_INLINE_MAX];
        size_t size = a.size + b.size;
        char *out = size <= sizeof inside ? inside : func_call_reserve(call, row, size);
        if (!out) continue;
        memcpy(out, a.data, a.size);
        memcpy(out + a.size, b.data, b.size);
        func_call_set_str(call, row, slice_make(out, size));
    }
}

void func_concat_mixed(struct func_call *call)
{
    for (u32 row = 0; row < call->count; row++) {
        struct func_out out = func_out_make(call, row);
        if (func_call_skips(call, row)) continue;
        func_out_put_cast(&out, 0);
        func_out_put_cast(&out, 1);
        func_out_finish(&out);
    }
}

void func_concat_all(struct func_call *call)
{
    for (u32 row = 0; row < call->count; row++) {
        struct func_out out = func_out_make(call, row);
        for (u32 i = 0; i < call->arg_count; i++) {
            if (!func_call_is_null(call, i, row)) func_out_put_value(&out, i);
        }
        func_out_finish(&out);
    }
}

void func_concat_separated(struct func_call *call)
{
    for (u32 row = 0; row < call->count; row++) {
        if (func_call_is_null(call, 0, row)) {
            func_call_set_null(call, row);
            continue;
        }
        struct func_out out = func_out_make(call, row);
        bool first = true;
        for (u32 i = 1; i < call->arg_count; i++) {
            if (func_call_is_null(call, i, row)) continue;
            if (!first) func_out_put(&out, func_call_slice(call, 0, row));
            first = false;
            func_out_put_value(&out, i);
        }
        func_out_finish(&out);
    }
}
