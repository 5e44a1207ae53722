/* What will happen on an edge, from its rates and bounds: the fluid model of a queue.
 *
 * Items come at `in` a second and could leave at `out`; `burst` of them come at once now and then. Where in > out the
 * backlog grows by in − out and meets the bound at a time that can be told: 100/s against 95/s fill 1000 places in 200 s.
 * What is said holds for averages; a queue near its limit also swings, which a burst stands for. */
#pragma once

#include "flow/stance.h"

enum forecast_answer { FORECAST_UNKNOWN, FORECAST_NO, FORECAST_YES };

struct forecast_input {
    double in;                         /* items a second, above 0 */
    double out;                        /* items a second, above 0 */
    double items_max;                  /* 0: not said */
    double size_max;                   /* bytes; 0: not said */
    double item_size;                  /* bytes; 0: not said */
    double burst;                      /* items that come at once */
    enum forecast_answer controllable; /* can the producer be made to wait? */
    enum forecast_answer loss;         /* may items be left out? */
};

/* What a stance does in the long run. */
struct forecast_stance {
    enum stance stance;
    bool ends;     /* the stream ends at the overflow */
    double passed; /* items a second that come out */
    double lost;   /* items a second that never do */
    double held;   /* items a second that the producer keeps with itself */
    double disk;   /* bytes a second by which a spool grows; 0 where the item's size is not known */
    double latency_s; /* how long an item waits that comes out */
};

#define FORECAST_STANCE_COUNT 8

struct forecast {
    double capacity;         /* items that fit: the tighter bound */
    bool overflows;          /* sooner or later */
    double overflow_after_s; /* 0: with the first burst */
    double
        latency_s; /* how long an item waits when the edge is full; without overflow, after a burst */
    double utilisation; /* in / out */
    struct forecast_stance stances[FORECAST_STANCE_COUNT];
    u32 stance_count;
    enum stance advised;
    const char *reason;       /* a sentence */
    double items_max_advised; /* a bound that the advised stance should have */
};

/* 22023 for rates that are not above 0, and bounds in bytes without the item's size. */
MUST_USE enum status forecast_make(const struct forecast_input *input, struct forecast *out,
                                   struct err *err);
