/* Time, in i64 microseconds. The only place where the program learns what time it is. */
#pragma once

#include "base/base.h"

#define CLOCK_MS     ((i64)1000)
#define CLOCK_SECOND ((i64)1000000)

/* Monotonic: for waits, timers and durations. Never goes back; the origin means nothing. */
i64 clock_now(void);

/* Wall time since 1970-01-01 UTC: for what people read and for the time that a tick logs. */
i64 clock_wall(void);

/* Processor time used by the calling thread, and by all threads of the process. */
i64 clock_cpu_thread(void);
i64 clock_cpu_process(void);

/* For tests: moves both clocks forward for the whole process, so that nobody sleeps. */
void clock_shift(i64 duration_us);
/* For simulations: from now on both clocks show now_us, and step_us more at each look; nothing else moves them. */
void clock_simulate(i64 now_us, i64 step_us);
