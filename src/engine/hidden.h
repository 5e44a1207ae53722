/* Views that no statement made: what a subscriber asks for beside a relation's own rows (engine/subscribe_ask.h), kept
 * up to date as a view of its own and shared by all who ask for the same.
 *
 * A hidden view is filled like any other, in steps between ticks, published, swept, counted in the budget and
 * suspended; it goes with what it reads. It stands in no catalog, its operators are passing ones (plan/build.h), and
 * the log does not know it: after a restart it is made anew when somebody asks. It outlives its last subscriber by
 * the resume window, so that who comes back goes on where he was; when it is new, a client may still go on from
 * a tick after which nothing below it changed.
 *
 * There are at most options.hidden_count_max. At the bound the one that was left first goes; when all are in use the
 * subscriber is refused (53400). A full memory budget lets go all that nobody follows now. */
#pragma once

#include "engine/subscribe_ask.h"
#include "engine/subscriber.h"

struct hidden {
    struct link link; /* in engine.hidden */
    struct engine *engine;
    struct arena arena;      /* of the plan, until its operators are made */
    struct delta_plan *plan; /* NULL afterwards */
    struct catalog_relation *catalog;
    struct relation *relation;
    u64 changed_tick; /* when it was published: the last that changed what it reads */
    u64 created_tick; /* of the youngest relation below: a client of before knew other rows */
    struct link subscribers; /* those who follow it, and those who wait for it */
    i64 left_us;             /* when the last of them left */
    bool is_retired;         /* goes as soon as no tick runs */
};

/* The view that ask needs, made when it is new; relation and options are what was bound. Errors: 53400, 53200, 55000,
 * and what the planner refuses. */
MUST_USE enum status hidden_get(struct engine *engine, struct relation *relation,
                                const struct subscribe_options *options,
                                const struct subscribe_ask *ask, struct hidden **out,
                                struct err *err);
void hidden_join(struct hidden *hidden, struct subscriber *subscriber);
void hidden_leave(struct subscriber *subscriber);

/* Between ticks: a bounded piece of filling. True: there is more to do. */
bool hidden_step(struct engine *engine, u32 rows);
bool hidden_is_filling(const struct engine *engine);
/* Between ticks: those whose subscribers have been away for the resume window go. */
void hidden_sweep(struct engine *engine, u64 resume_tick);
/* A relation is dropped: what reads it goes before it. */
void hidden_drop_users(struct engine *engine, const struct catalog_relation *relation);
/* After a tick has settled: those whose operators were suspended in it. */
void hidden_suspend(struct engine *engine);
void hidden_close_all(struct engine *engine);

static inline struct hidden *hidden_of(struct link *link)
{
    return container_of(link, struct hidden, link);
}
