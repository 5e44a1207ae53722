/* How a feed forgets: what nobody can ask for any more, and, before it outgrows the relation, whom it served too long.
 *
 * A tombstone is needed by a cursor c with birth <= c < ver, and by whoever may come back from a tick of the resume
 * window. A sweep drops what is older than both. When the tombstones have doubled since, it looks at each: and
 * while there are more of them than live rows, the most lagging quarter of the cursors must begin again, and the
 * resume window gets shorter by half.
 *
 * Invariant: after a sweep, tombstones <= max(live rows, FEED_TOMBSTONE_COUNT_MIN); before the next that is due,
 * at most twice that and FEED_TOMBSTONE_COUNT_MIN more, and what one tick brings. */
#pragma once

#include "view/feed.h"

#define FEED_TOMBSTONE_COUNT_MIN 256 /* below, looking at them is not worth the walk */

/* After settle. resume_tick: where the resume window begins; tick: the present one. */
void feed_sweep(struct feed *feed, u64 resume_tick, u64 tick);
/* The tombstones doubled since the last sweep. */
bool feed_sweep_is_due(const struct feed *feed);
/* Without cursors: all tombstones and lists go. */
void feed_sweep_all(struct feed *feed);
