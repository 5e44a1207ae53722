/* A whole life of the engine from one seed: producers, readers, subscribers, DDL, short memory, a disk that fails and forgets, crashes.
 *
 * Time and chance are simulated and everything runs on one thread, so a seed gives the same run to the last byte. A
 * scheduler draws each next step. What is checked, at each step: views are what their queries give over the
 * tables (tests/sim/model.h); what a reader or a subscriber was given is what there was at the tick that it was told; nothing that
 * was acknowledged is lost, and what was not is there whole or not at all; edges balance. */
#pragma once

#include "engine/engine_internal.h"
#include "engine/exec.h"
#include "engine/ingest.h"
#include "engine/read.h"
#include "engine/subscribe.h"
#include "engine/subscriber.h"
#include "tests/scratch.h"
#include "tests/sim/model.h"
#include "tests/unit/view/replica.h"

#define SIM_TICK_MAX       8192
#define SIM_TXN_MAX        4
#define SIM_READER_MAX     3
#define SIM_SUBSCRIBER_MAX 5

struct sim;

/* A statement on its way. */
struct sim_txn {
    struct sim *sim;
    bool is_used;
    bool is_unsure; /* the disk failed under it: it may be there after a crash */
    struct model_change change;
};

struct sim_read {
    struct read *read; /* NULL: none */
    u32 relation;
    struct buf text;
};

struct sim_query {
    struct sim *sim;
    bool is_used;
    u32 relation;
    struct buf text;
    const char *names[8];
    char name_texts[8][32];
};

struct sim_subscriber {
    struct subscriber *subscriber; /* NULL: away */
    u32 relation;
    bool has_replica;
    struct replica replica;
    u64 tick; /* of the last whole */
    u32 epoch;
    bool needs_reset; /* it came back from another epoch: it must be told */
};

/* What is known of a view's being there. */
enum sim_presence { SIM_GONE, SIM_THERE, SIM_UNKNOWN };

struct sim {
    struct rand rand;
    struct mem mem;
    char dir[SCRATCH_SIZE];
    struct engine_options options;
    struct engine *engine;
    bool is_burying; /* a crashed engine is being freed: what it says does not count */
    u32 life;
    struct producer *producers[3];

    struct model model; /* what is acknowledged */
    u64 tick;
    struct model history[SIM_TICK_MAX]; /* by tick */
    bool is_known[SIM_TICK_MAX];
    struct sim_txn txns[SIM_TXN_MAX];
    struct sim_query query;
    struct sim_read reads[SIM_READER_MAX];
    struct sim_subscriber subscribers[SIM_SUBSCRIBER_MAX];
    enum sim_presence presence[MODEL_RELATION_COUNT];
    /* A CREATE was told that it failed in its filling; nobody waits for the record that takes it back. */
    bool may_return[MODEL_RELATION_COUNT];
    bool index_runs;
    bool ddl_runs;
    u32 ddl_relation;
    bool ddl_creates;
    bool must_crash;  /* the log has failed */
    u64 checked_tick; /* views were looked at */
    enum engine_phase checked_phase;
    u64 digest; /* of all that was seen: two runs of a seed have the same */
    bool tells; /* each step is named on standard error */
};

/* Runs step_count steps and ends in order. Fails the test, naming seed and step. Gives the run's digest. */
u64 sim_run(u64 seed, u32 step_count);

/* --- tests/sim/check.c --- */

/* All that can be looked at now. */
void sim_check(struct sim *sim);
/* Rows as lines are what the relation held at the tick. */
void sim_check_rows(struct sim *sim, u32 relation, u64 tick, struct slice lines, const char *who);
/* The tables after a restart: a state that the acknowledgements allow. */
void sim_check_recovered(struct sim *sim);
/* All rows of a relation as lines; false when it cannot be read now. */
bool sim_content(struct sim *sim, u32 relation, struct buf *out, u64 *tick);
void sim_append_rows(const struct schema *schema, const struct batch *batch, struct buf *out);
