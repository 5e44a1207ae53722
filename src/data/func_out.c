#include "data/func_out.h"

void func_out_put(struct func_out *out, struct slice text)
{
    if (out->failed || text.size == 0) return;
    size_t size = out->size + text.size;
    if (size > out->capacity) {
        u64 wanted = MAX(2 * (u64)out->capacity, (u64)size + 32);
        u64 capacity = MAX(MIN(wanted, EXPR_TEXT_SIZE_MAX), size);
        char *data = func_call_reserve(out->call, out->row, capacity);
        out->failed = !data;
        if (out->failed) return;
        if (out->size > 0) memcpy(data, out->data, out->size);
        out->data = data;
        out->capacity = capacity;
    }
    memcpy(out->data + out->size, text.data, text.size);
    out->size = size;
}

void func_out_put_value(struct func_out *out, u32 arg)
{
    if (type_is_text(out->call->args[arg]->type)) {
        func_out_put(out, func_call_padded(out->call, arg, out->row));
        return;
    }
    struct value value = func_call_value(out->call, arg, out->row);
    struct buf buf;
    buf_init(&buf, out->call->arena->mem);
    value_print(&value, &buf);
    func_out_put(out, buf_slice(&buf));
    buf_deinit(&buf);
}

void func_out_put_cast(struct func_out *out, u32 arg)
{
    struct type type = out->call->args[arg]->type;
    if (type_is_text(type)) {
        func_out_put(out, func_call_slice(out->call, arg, out->row));
    } else if (type.id == TYPE_BOOL) {
        bool value = func_call_bool(out->call, arg, out->row);
        func_out_put(out, value ? SLICE("true") : SLICE("false"));
    } else {
        func_out_put_value(out, arg);
    }
}

void func_out_finish(struct func_out *out)
{
    if (!out->failed) func_call_set_str(out->call, out->row, func_out_slice(out));
}
