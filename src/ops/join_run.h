/* Tuples of slots on their way through a join: a path binds one input after the other.
 *
 * A tuple is one slot of each input that is bound, with the product of their weights. Up to
 * BATCH_ROW_COUNT_MAX tuples stand at each step of a path; the deepest step that has any goes on, so
 * the memory is bounded by the depth of the path whatever the fan-out, and the work can rest between any two
 * pieces. Columns are fetched from the pools only where a key, a condition or the output needs them.
 *
 * Conditions are split at AND. A tuple is out as soon as one part is false or NULL, in whatever order a path
 * meets them; a tuple of which some part cannot be computed goes on as a suspect, and when it is
 * complete the parts decide in the order of path 0. So all paths agree on what is an error. */
#pragma once

#include "ops/ops.h"

/* A scan goes on to the end of what was driven, so that a tick may come, but for explosions. */
#define JOIN_OVERRUN_MAX (BATCH_ROW_COUNT_MAX * 16)

/* Columns of the pool of one input, and where they go. */
struct join_gather {
    u32 input;
    u32 count;
    u32 *columns; /* of the pool */
    u32 *targets;
};
struct join_gathers {
    u32 count;
    struct join_gather *items;
};

struct join_condition {
    struct program *all; /* NULL: no condition */
    u32 part_count;
    struct program **parts;
    struct join_gathers columns; /* targets: concatenated columns */
};

struct join_plan_step {
    u32 input;
    struct op *arrange;
    u32 key_count;
    struct join_gathers keys;
    struct join_condition condition;
};
struct join_plan_path {
    u32 driver;
    struct join_condition condition;
    u32 step_count;
    struct join_plan_step *steps;
};
struct join_plan {
    u32 input_count;
    struct op **inputs;
    u32 column_count;    /* concatenated */
    u32 *column_offsets; /* of each input in them */
    struct type *column_types;
    struct join_plan_path *paths;
    u32 output_count;
    struct join_gathers outputs;
};

/* Everything is copied into the arena. */
struct join_plan *join_plan_make(struct arena *arena, const struct join_options *options);

struct join_tuples {
    u32 count;
    u32 **slots; /* by input */
    i32 *weights;
    bool has_suspects;
    u8 *suspects; /* a flag a tuple; meaningful when there are some */
};

struct join_level {
    struct join_tuples tuples; /* bound before this step */
    struct index_probe probe;
    struct arena_mark mark; /* before the keys of the probe */
};
/* Takes an error: a complete tuple that cannot be decided. batch has its concatenated columns. */
typedef void (*join_report_fn)(void *context, const struct batch *batch,
                               const struct row_error *error, i32 weight, u32 origin);

struct join_run {
    const struct join_plan *plan;
    const struct join_plan_path *path;
    struct graph *graph;
    struct arena *arena; /* in stack order with whoever else uses it */
    join_report_fn report;
    void *report_context;
    bool is_driven;     /* levels[0] holds tuples that no step has seen */
    bool has_overflown; /* a weight does not fit 32 bits: the run is over */
    u32 depth;          /* steps that have a probe */
    struct join_level *levels;
};

/* The sides are those of a tick: inputs before the driver are NEW, those behind it OLD. Between ticks
 * both are the same. */
struct join_run *join_run_make(struct arena *arena, struct graph *graph,
                               const struct join_plan *plan, u32 path, join_report_fn report,
                               void *report_context);
/* The next driving slots, at most BATCH_ROW_COUNT_MAX, when join_run_next said JOIN_IDLE. */
void join_run_drive(struct join_run *run, const u32 *slots, const i32 *weights, u32 count);

enum join_result {
    JOIN_IDLE,   /* all that was driven is through */
    JOIN_WORKED, /* nothing came of this piece */
    JOIN_TUPLES  /* *out holds complete tuples until the next call */
};
/* *work: how many candidates were looked at. */
enum join_result join_run_next(struct join_run *run, const struct join_tuples **out, u32 *work);
/* Tuples as rows of op, the join, with the columns that somebody reads; in the run's arena: rewind after use. */
struct batch join_run_batch(struct join_run *run, const struct join_tuples *tuples,
                            const struct op *op);
/* What op does when its run has overflown. */
void join_run_suspend(struct op *op);
