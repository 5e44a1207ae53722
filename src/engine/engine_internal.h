/* The engine's own state, seen by its files alone. */
#pragma once

#include "base/timers.h"
#include "engine/engine.h"
#include "engine/errors.h"
#include "engine/producer.h"
#include "engine/relation.h"
#include "engine/txn.h"
#include "log/log.h"

enum engine_phase {
    PHASE_IDLE,     /* between ticks: OLD is NEW */
    PHASE_LOGGED,   /* the input is decided and waits to be durable: readers see OLD */
    PHASE_STEPPING, /* operators have their turns: readers see OLD */
};

/* Kinds of records in the log. */
enum engine_record {
    RECORD_TICK = 1, /* the net change of its tables */
    RECORD_DDL,      /* a statement */
    RECORD_FILL,     /* how far a view was filled before what comes next */
};

/* When ticks were, about once a second: to know which tick was resume_window_us ago. */
struct tick_sample {
    i64 at_us; /* of the tick's time */
    u64 tick;
};
#define TICK_SAMPLE_COUNT_MAX 512

struct engine {
    struct mem mem; /* the process's budget */
    struct engine_options options;
    struct log log;
    bool log_open;
    bool log_failed; /* for good: nothing is taken any more */
    bool replaying;
    bool draining;
    bool suspends; /* operators were suspended in this tick */
    const struct build *
        half_done; /* a filling that stands inside a row's explosion: nothing else moves the graph */
    struct graph graph;
    struct catalog catalog;
    struct build_registry *registry;
    struct view_pools *pools;
    struct errors errors;
    struct parse_runner runner;

    u64 tick;      /* the last published */
    i64 tick_time; /* its time, microseconds since 2000-01-01 UTC */
    enum engine_phase phase;
    u64 sequence;       /* PHASE_LOGGED: of the record that must be durable */
    struct link taken;  /* transactions of this tick, to be answered when it is published */
    struct txn *ddl;    /* or the one statement that waits to be durable */
    struct op **tables; /* changed in this tick */
    u32 table_count;
    u32 table_capacity;
    struct arena resolve; /* of this tick's resolve phase */

    struct producers producers;
    struct link fills;
    struct link hidden;        /* views that subscribers asked for: engine/hidden.h */
    struct link hidden_fills;  /* those of them that are being filled */
    struct link execs;         /* SELECTs that are being read */
    struct link readers;       /* all that are open */
    struct link side_records;  /* of the log, not durable yet (engine/side_log.h) */
    struct timers paces;       /* subscribers that are given nothing before a time */
    struct link subscriptions; /* all, for weir.subscriptions */
    u64 resume_tick;           /* where the resume window began at the last sweep */

    struct tick_sample samples[TICK_SAMPLE_COUNT_MAX]; /* a ring */
    u32 sample_count;
    u32 sample_next;
    i64 swept_us;

    void (*on_publish)(void *context, u64 tick);
    void *on_publish_context;

    /* counters */
    u64 tick_count;
    i64 tick_us_total; /* from seal to settle, without the wait for the disk */
    i64 tick_us_last;
    i64 tick_began_us;
    u64 tick_size_before; /* bytes in use when the tick began */
    u64 txn_count;
    u64 txn_rejected;
    u64 rows_ingested;
};

/* Microseconds since 2000-01-01 UTC, never behind the last tick. */
i64 engine_now(const struct engine *engine);
/* The oldest tick that a client may resume from. */
u64 engine_resume_tick(const struct engine *engine);
void engine_start_graph(struct engine *engine, u64 seed);
/* Remembers when this tick was, for the resume window. */
void engine_sample(struct engine *engine);
/* A line for people. */
void engine_note(struct engine *engine, const char *format, ...) PRINTF(2, 3);
