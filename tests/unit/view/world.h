/* A relation in a pool, views over it, a model of what they hold at every tick, and readers that are held to it.
 *
 * Keyed: (id bigint, grp integer, name text, price bigint, hidden bigint), by id; the second view does not show
 * hidden. A bag: (grp integer, name text) with weights, one view. */
#pragma once

#include "base/rand.h"
#include "tests/unit/view/replica.h"
#include "view/subscription.h"

#define WORLD_GROUP_COUNT  5
#define WORLD_CONFIG_COUNT 24
#define WORLD_READER_MAX   1024

/* What a reader may subscribe to. */
struct world_config {
    struct view *view;
    u32 filter_count;
    u32 filter[2]; /* columns of the view's schema: grp, name */
    i64 group;
    u32 name;
    bool selects; /* some columns, renamed */
    struct schema schema;
    struct codec_json_names names;
    u64 *sums;    /* by tick */
    u64 *changes; /* by tick: how many ticks changed what its list holds, up to it */
};

struct world_row {
    bool live;
    u64 touched; /* the tick that changed it last */
    u32 slot;
    i32 copies; /* of a bag; else 1 */
    i64 grp, price, hidden;
    u32 name;
};

/* A row as it was before the tick touched it. */
struct world_before {
    u32 id;
    struct world_row row;
};

enum world_habit { WORLD_FAST, WORLD_SLOW, WORLD_STALLED, WORLD_CHURNING };

struct world_reader {
    struct subscription subscription;
    struct replica replica;
    enum world_habit habit;
    u32 config;
    bool is_open;
    bool is_ready;
    bool knows_count; /* what is conflated can be counted: it did not come back from elsewhere */
    u64 seen_tick;
    u64 wholes; /* whole states and changes that were compared */
    u64 revoked;
};

struct world {
    struct mem mem;
    struct arena arena; /* of the configs */
    struct arena tick_arena;
    struct rand rand;
    bool is_bag;
    struct rows *rows;
    struct op ops[2];
    struct schema *schemas[2];
    struct view_pools *pools;
    struct view *views[2];
    u32 view_count;
    u32 id_count;
    u32 text_size; /* bytes that every name is longer */
    struct world_row *model;
    u64 live_count;
    u64 tick;
    u64 resume_tick;
    u32 tick_capacity;
    i64 next_price;
    struct world_before *before; /* of this tick, in the tick's arena */
    u32 before_count;
    u32 before_capacity;
    struct world_config configs[WORLD_CONFIG_COUNT];
    u32 config_count;
    u32 reader_count;
    struct world_reader *readers;
};

struct world_options {
    u64 seed;
    bool is_bag;
    u32 id_count;
    u32 tick_count_max;
    u32 text_size;
};
void world_open(struct world *world, const struct world_options *options);
/* Closes all readers, and asserts that all memory came back. */
void world_close(struct world *world);

/* A tick with change_count random changes; share: of them in percent, the rest are updates. */
struct world_mix {
    u32 change_count;
    u32 insert_percent;
    u32 delete_percent;
    u32 hidden_percent; /* of updates: only what the second view does not show */
};
void world_tick(struct world *world, const struct world_mix *mix);
/* The same by hand: begin, changes, end. */
void world_begin(struct world *world);
void world_put(struct world *world, u32 id); /* inserts, or updates what is shown */
void world_put_in(struct world *world, u32 id, i64 group);
void world_put_hidden(struct world *world, u32 id);
void world_delete(struct world *world, u32 id);
void world_end(struct world *world);

struct world_reader *world_reader_open(struct world *world, u32 config, enum world_habit habit);
/* Goes, and comes back from where it was. */
void world_reader_resume(struct world *world, struct world_reader *reader);
void world_reader_close(struct world *world, struct world_reader *reader);
/* One frame, checked. False: there was none. */
bool world_reader_pull(struct world *world, struct world_reader *reader);
/* All that there is: afterwards the replica is the relation. */
void world_reader_drain(struct world *world, struct world_reader *reader);
/* Everyone does what its habit says. */
void world_readers_step(struct world *world);
