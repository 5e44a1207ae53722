/* What arrangements have in common: their rows lie in a pool, and come out of it as batches.
 *
 * The functions fit the fields of struct op_class, for an operator with op->rows. */
#pragma once

#include "flow/graph.h"
#include "state/index.h"

/* Emits the change of the pool's dirty slots (NEW - OLD, without those where it is 0) from
 * dirty[*position] on; about rows of them, then TURN_MORE. */
enum turn emit_changes(struct op *op, const u32 *dirty, u32 dirty_count, u32 *position, u32 rows);
/* Pushes slots with the given weights to all consumers: at most BATCH_ROW_COUNT_MAX. */
void emit_slots(struct op *op, u32 *slots, i32 *weights, u32 count);
/* Columns of op's schema for slots of its pool; columns NULL: all. As rows_gather. */
void emit_gather(const struct op *op, const u32 *slots, u32 count, const u32 *columns,
                 u32 column_count, struct arena *arena, struct column *out);

/* The marked columns in their places; the others are left out (data/batch.h). */
void emit_gather_marked(const struct op *op, const bool *marks, const u32 *slots, u32 count,
                        struct arena *arena, struct column *out);
/* batch, whose rows lie in op's pool, with the columns that were left out. */
struct batch emit_complete(const struct op *op, const struct batch *batch, struct arena *arena);

/* For struct op_class, where all live rows of the pool are the operator's (op->is_whole). */
enum turn emit_scan(struct op *op, struct op_scan *scan, u32 rows);
/* The same for those slots only that members holds. */
enum turn emit_scan_if(struct op *op, struct op_scan *scan, u32 rows, const struct index *members);
u32 emit_scan_end(const struct op *op);
u32 emit_slots_live(struct op *op, u32 *cursor, u32 *slots, u32 capacity);
const u32 *emit_dirty(const struct op *op, u32 *count);
void emit_settle_rows(struct op *op);
