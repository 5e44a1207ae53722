/* Signs of life: who is pushed to is visited again after a while of silence.
 *
 * All wait equally long (heartbeat), so the list stays in order by being appended to, and one timer serves everybody. */
#pragma once

#include "servers/server.h"

struct beat {
    struct link link; /* server.beats, or alone */
    i64 at_us;
    /* The time is over; the beat has been put off again. It may give turns, and close connections. */
    void (*on_beat)(struct beat *beat);
};

static inline void beat_init(struct beat *beat, void (*on_beat)(struct beat *beat))
{
    *beat = (struct beat){ .on_beat = on_beat };
    list_init(&beat->link);
}
/* Something was sent, or heard, now: the next sign of life is due after a heartbeat. */
void beat_later(struct server *server, struct beat *beat);
static inline void beat_stop(struct beat *beat)
{
    list_remove(&beat->link);
}
