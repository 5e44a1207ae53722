/* A lock and the condition that those inside may wait for. */
#pragma once

#include <pthread.h>

#include "base/base.h"

struct monitor {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
};

void monitor_init(struct monitor *monitor);
void monitor_deinit(struct monitor *monitor);

void monitor_enter(struct monitor *monitor);
void monitor_leave(struct monitor *monitor);

/* Inside only: leaves, waits for a notify (or for nothing: check again), enters. */
void monitor_wait(struct monitor *monitor);
/* The same until at_us of clock_now; false when the time has come. */
bool monitor_wait_until(struct monitor *monitor, i64 at_us);
/* Wakes all who wait. */
void monitor_notify(struct monitor *monitor);
