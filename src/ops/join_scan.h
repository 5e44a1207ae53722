/* Filling from a join, between ticks: slots of its first input are led through path 0, a piece at a time.
 *
 * A tick may come only where all that was driven is through. A scan that has moved its rows goes on to
 * there, but for an explosion (JOIN_OVERRUN_MAX), in which it stops inside. */
#pragma once

#include "ops/join_run.h"

struct join_scan {
    struct arena arena;
    struct join_run *run;
    u32 next; /* slots below it were driven */
    u32 count;
    u32 slots[BATCH_ROW_COUNT_MAX]; /* driven last */
};

struct join_scan_steps {
    /* Tuples have come of what was driven. */
    void (*take)(struct op *op, struct op_scan *scan, const struct join_tuples *tuples);
    /* All that was driven is through; scan->cursor says how far. May be NULL. */
    void (*rest)(struct op *op, struct op_scan *scan);
};

/* Sets scan->state where there is none; report gets op as its context. */
void join_scan_open(struct op *op, struct op_scan *scan, const struct join_plan *plan,
                    join_report_fn report);
/* About rows rows; TURN_DONE at the end, and when op had to be suspended. */
enum turn join_scan_run(struct op *op, struct op_scan *scan, u32 rows,
                        const struct join_scan_steps *steps);
/* A step: gives the tuples to scan->consumer. */
void join_scan_give(struct op *op, struct op_scan *scan, const struct join_tuples *tuples);

/* For struct op_class. */
void join_scan_close(struct op *op, struct op_scan *scan);
u32 join_scan_end(const struct op *op);
