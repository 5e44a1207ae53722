/* Subscribers with a pace: each change wakes them once, and they are told of it when it is time.
 *
 * A paced subscriber that something waits for is in engine.paces until its time has come; what it lacks stays where it is
 * for all, in the relation's lists. The first state, and the frames behind its first, are never put off. */
#pragma once

#include "engine/subscriber.h"

/* Something waits for it. With PACE_NONE and at the end of the relation it is told at once. */
void subscribe_pace_wake(struct subscriber *subscriber);
/* May it be given the next frame now? False: it will be told. */
bool subscribe_pace_allows(struct subscriber *subscriber);
/* What a pull gave; more: the same state goes on. */
void subscribe_pace_pulled(struct subscriber *subscriber, bool got, bool more);
/* Tells those whose time has come. Between ticks only. */
void subscribe_pace_step(struct engine *engine);
/* When the next one's time comes, of clock_now; INT64_MAX: none waits. */
i64 subscribe_pace_deadline(const struct engine *engine);
