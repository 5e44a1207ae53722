/* One array that grows: small ones by a factor of two in ordinary memory, large ones by an eighth in pages of the
 * system that are hung elsewhere, not copied. So a thing in it is one multiplication away, whatever its size. */
#pragma once

#include "base/mem.h"

struct span {
    u8 *base; /* moves when the span grows */
    u64 size; /* bytes */
};

/* Makes size at least size_min. New bytes are not cleared. */
void span_grow(struct span *span, struct mem *mem, u64 size_min);
void span_free(struct span *span, struct mem *mem);
