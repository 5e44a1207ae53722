#include "servers/beat.h"

static void on_timer(struct poll_timer *timer, i64 now_us);

void beat_later(struct server *server, struct beat *beat)
{
    beat->at_us = poll_now(server->loop) + server->options.heartbeat_us;
    list_remove(&beat->link);
    list_append(&server->beats, &beat->link);
    if (poll_timer_is_set(&server->beat)) return;
    server->beat.on_timer = on_timer;
    poll_timer_set(server->loop, &server->beat, beat->at_us);
}

static void on_timer(struct poll_timer *timer, i64 now_us)
{
    struct server *server = container_of(timer, struct server, beat);
    while (!list_empty(&server->beats)) {
        struct beat *beat = container_of(server->beats.next, struct beat, link);
        if (beat->at_us > now_us) {
            poll_timer_set(server->loop, timer, beat->at_us);
            return;
        }
        beat_later(server, beat);
        beat->on_beat(beat);
    }
}
