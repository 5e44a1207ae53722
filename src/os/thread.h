/* Threads. They meet at monitors (os/monitor.h) and wake a loop with poll_wake, nowhere else. */
#pragma once

#include <pthread.h>

#include "base/status.h"

typedef void thread_fn(void *context);

struct thread {
    pthread_t handle;
    bool started;
    thread_fn *body;
    void *context;
    char name[16];
};

struct thread_options {
    const char *name; /* at most 15 characters, shown by the system's tools */
    u64 stack_size;   /* bytes; 0: 256 KiB */
    thread_fn *body;
    void *context;
};

/* thread must stay where it is until it is joined. Signals are for the first thread: the new one
 * has all of them blocked. */
MUST_USE enum status thread_start(struct thread *thread, const struct thread_options *options,
                                  struct err *err);
/* Waits for its end. Takes a thread that was never started, or is joined. */
void thread_join(struct thread *thread);
