/* A string result of one row that grows while it is made; too long a one is an error of the row. */
#pragma once

#include "data/func_call.h"

struct func_out {
    struct func_call *call;
    u32 row;
    char *data;
    size_t size;
    size_t capacity;
    bool failed; /* the row has an error: what is put is dropped */
};

static inline struct func_out func_out_make(struct func_call *call, u32 row)
{
    return (struct func_out){ .call = call, .row = row };
}

void func_out_put(struct func_out *out, struct slice text);
/* An argument that is not NULL, as its type's output function writes it: char(n) with its blanks. */
void func_out_put_value(struct func_out *out, u32 arg);
/* The same as the cast to text writes it: whole words for booleans, no blanks after a char(n). */
void func_out_put_cast(struct func_out *out, u32 arg);
/* What was put, as the row's result. */
void func_out_finish(struct func_out *out);

static inline struct slice func_out_slice(const struct func_out *out)
{
    return out->data ? slice_make(out->data, out->size) : SLICE("");
}
