/* Rows in the making: the cells of a payload, as texts, become the columns of a batch.
 *
 * Shared by all decoders. A cell that is never put stays CELL_ABSENT. The batch lies in the caller's
 * arena and owns its strings. */
#pragma once

#include "codec/codec.h"

struct cells {
    const struct decode_options *options;
    struct arena *arena;
    struct batch *batch; /* NULL between batches */
    u64 *offsets;        /* by row: where it begins in the body */
    u32 capacity;
};

/* A new batch for at most capacity rows, all cells absent. */
void cells_begin(struct cells *cells, const struct decode_options *options, struct arena *arena,
                 u32 capacity);
/* A row more, that begins there in the body; what was put into it before counts. */
void cells_end_row(struct cells *cells, u64 offset);
/* The row begun is forgotten: its cells are absent again. */
void cells_drop_row(struct cells *cells);
void cells_put_null(struct cells *cells, u32 column);
/* The text is read as the column's type (22P02 and others, PostgreSQL's messages) and copied. */
enum status cells_put_text(struct cells *cells, u32 column, struct slice text, struct err *err);
/* The finished batch, or NULL when it has no rows; weights are 1. The decoder's row_offsets are its. */
struct batch *cells_take(struct cells *cells, struct decoder *decoder);
