/* The phases of a tick: seal, resolve, log, step, publish, settle. One function a phase.
 *
 * Between resolve and settle readers see OLD. A tick that changes nothing is none: its transactions
 * are answered with the tick there is. */
#pragma once

#include "engine/engine_internal.h"

/* PHASE_IDLE: takes what waits, up to the tick's bounds, decides it, gives it to the log. Returns
 * whether anything was done. */
bool tick_begin(struct engine *engine);
/* PHASE_LOGGED: true when what was logged is durable and the phase is over. */
bool tick_logged(struct engine *engine);
/* PHASE_STEPPING: a bounded piece of the operators' turns; at their end publishes, settles and answers. */
void tick_step(struct engine *engine, u32 rows);
/* The last three phases of a tick whose input is in the tables: at replay, all at once. */
void tick_finish(struct engine *engine);
/* The image of the tick as the log holds it, into the tables: the reverse of what tick_begin wrote. */
enum status tick_replay(struct engine *engine, u64 tick, struct slice payload, struct err *err);
/* When the log could not write: once more from the last good place, with what must not be missing; or it has failed for good. */
void tick_retry(struct engine *engine);
