/* Requests to stop (SIGTERM, SIGINT) as callbacks of the loop; SIGPIPE is ignored. */
#pragma once

#include "os/poll.h"

struct signal_watch;
/* count is 1 for the first request, 2 for an impatient second one, and so on. */
typedef void signal_stop_fn(struct signal_watch *watch, u32 count);

struct signal_watch {
    struct poll_source source;
    struct poll_loop *loop;
    signal_stop_fn *on_stop;
    u32 count;
};

/* In the first thread, before others start. */
MUST_USE enum status signal_open(struct signal_watch *watch, struct poll_loop *loop,
                                 signal_stop_fn *on_stop, struct err *err);
/* Signals act as usual again. Takes a zeroed watch. */
void signal_close(struct signal_watch *watch);

/* For programs without a loop: writing to a closed pipe is an error, not the end. */
void signal_ignore_pipe(void);
