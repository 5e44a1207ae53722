/* What every fuzz target is: a function of bytes that stops the process when a promise is broken.
 *
 * libFuzzer calls it with inputs that it makes up; replay.c with the files of the corpus. */
#pragma once

#include "base/assert.h"
#include "base/bytes.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

/* Takes the first byte off an input, for choices; 0 when there is none. */
static inline u8 fuzz_take_byte(const u8 **data, size_t *size)
{
    if (*size == 0) return 0;
    --*size;
    return *(*data)++;
}

/* Does part lie within whole? */
static inline bool fuzz_is_within(struct slice part, struct slice whole)
{
    return part.size == 0 ||
           (part.data >= whole.data && part.data + part.size <= whole.data + whole.size);
}
