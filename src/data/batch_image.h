/* A batch as flat bytes, for log and checkpoint: what is written today is read by every later version.
 *
 * An image stands alone: the row count, and for each column its type's storage, NULLs as bits, and the
 * values in SQL's width (smallint 2 bytes, integer and date 4, ...; strings as lengths, then bytes).
 * Weights are left out when all are +1. Row slots are not part of it. Numbers are little-endian.
 *
 * Decoding trusts nothing: any bytes give a valid batch or an error, with no more memory than a small
 * multiple of the image's size. */
#pragma once

#include "data/batch.h"

/* Appends the image of batch. */
void batch_image_write(const struct batch *batch, struct buf *out);
/* Reads one image at the start of bytes into a batch of the given types, made in the arena; *size is
 * the image's size. Strings are borrowed from bytes. Errors: XX001 damaged image, or one of other
 * types than those asked for. */
MUST_USE enum status batch_image_read(struct slice bytes, const struct type *types,
                                      u32 column_count, struct arena *arena, struct batch **out,
                                      size_t *size, struct err *err);
