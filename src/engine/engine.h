/* The parts put together: catalog, graph, log, ticks. What servers, connectors and the command line see, with
 * base, data and codec. Everything here runs on the engine's one thread.
 *
 * The engine never blocks and never polls: its owner calls engine_step when a wake-up came, when it has pushed
 * something, or when engine_deadline passed; a step does a bounded amount of work (about a
 * millisecond) and says whether there is more to do. */
#pragma once

#include "base/arena.h"
#include "base/bytes.h"
#include "base/status.h"
#include "data/batch.h"

struct engine;
struct settings;

enum engine_sync { ENGINE_SYNC_ALWAYS, ENGINE_SYNC_INTERVAL, ENGINE_SYNC_NEVER };

struct engine_options {
    const char *data_dir; /* NULL: keep nothing (`--data none`) */
    enum engine_sync sync;
    i64 sync_interval_us;
    u64 memory_max;        /* budget of the whole process in bytes */
    i64 resume_window_us;  /* how long a subscriber may be away and go on by its token */
    u64 tick_size_max;     /* bytes of input one tick takes */
    i64 tick_cost_us;      /* predicted cost up to which a tick takes more */
    u64 producer_size_max; /* bytes that wait per producer */
    u32 producer_row_count_max;
    u32 producer_count_max;
    u32 hidden_count_max;              /* views made for subscriptions at the same time */
    bool takes_sources;                /* CREATE SOURCE is allowed: the owner reads them */
    struct settings *settings;         /* of SHOW, SET and weir.settings; NULL: there are none */
    void (*on_setting)(void *context); /* SET changed one of them; may be NULL */
    bool no_log_thread;                /* the log is written where it is flushed: for simulations */
    /* While memory is full a change is refused (53200) instead of waiting: nobody else is there who could free some. */
    bool refuses_when_full;
    /* Called from the log's thread when a step has something to do; must only wake the owner's loop. */
    void (*on_wake)(void *context);
    void *context;
    /* Diagnostics for people: one line each, such as "the log's torn tail was cut". */
    void (*on_note)(void *context, const char *line);
};

/* Opens or makes the data directory, replays its log. Errors: 58030 input/output, XX001 the log is damaged (file and
 * offset in the message), 55006 in use by another process. */
enum status engine_open(struct engine **out, const struct engine_options *options, struct err *err);
/* After engine_drain; closes the log cleanly. */
void engine_close(struct engine *engine);

/* True: call again soon, there is more to do. */
bool engine_step(struct engine *engine);
/* Microseconds (monotonic) at which a step is due without a wake-up; INT64_MAX for never. */
i64 engine_deadline(const struct engine *engine);
/* No new input is taken; true when all that was taken is settled. */
bool engine_drain(struct engine *engine);

/* No memory is left for new rows: nothing is to be collected for a transaction. Short: none for connections either. */
bool engine_is_full(const struct engine *engine);
bool engine_is_short(const struct engine *engine);

u64 engine_tick(const struct engine *engine); /* the last published */
u32 engine_epoch(const struct engine *engine);
struct mem *engine_mem(struct engine *engine);
/* Called when a tick was published; one observer (the servers). */
void engine_on_publish(struct engine *engine, void (*on_publish)(void *context, u64 tick),
                       void *context);
