/* A pump moves records from one place to another through one edge: a thread that reads, the edge, a thread that writes.
 *
 * Records are lines, with their newline, or raw pieces of bytes. What the edge does when the writer is slower is its stance.
 * With stance spill all records go through a spool, and a pump that is killed goes on where it was: a file that is read, behind
 * what the spool has; a file that is written, behind what was taken from it, so that nothing is there twice. */
#pragma once

#include "connectors/place.h"
#include "flow/records.h"
#include "flow/spool.h"
#include "os/thread.h"

#define PUMP_RECORD_SIZE_MAX MIB(16) /* the longest line */

struct pump_options {
    const char *from;
    const char *to;
    struct stance_options stance;  /* checked by stance_check for STANCE_EVENTS */
    bool raw;                      /* bytes, not lines */
    const char *spill_dir;         /* with stance spill */
    void (*on_end)(void *context); /* in the writing thread, once, when all is done or has failed */
    void *context;
};

struct pump {
    struct pump_options options;
    struct mem edge_mem, read_mem, write_mem, spool_mem; /* one a thread or lock */
    struct place from, to;
    struct records records;
    struct spool spool;
    struct thread reader, writer;
    char *owner;
    struct monitor gate; /* of the two below */
    bool reading;        /* the reader waits for its place */
    bool stopped;
    _Atomic(bool) reader_done;
    struct err read_err;  /* the reader's until reader_done; "" when there is none */
    struct err write_err; /* the writer's until on_end */
    _Atomic(bool) waits_for_disk;
};

/* Opens both places and the spool, and starts the threads. Raw bytes with a stance that leaves some out are refused (42P17), and
 * a rate on them (0A000). On failure pump_close is due too. pump must stay where it is. */
MUST_USE enum status pump_start(struct pump *pump, const struct pump_options *options,
                                struct err *err);
/* No more is read; what was read in whole records is still written. */
void pump_stop(struct pump *pump);
/* Why it failed, after on_end: reading, the spool, or writing, or stance error or disconnect (53400). */
MUST_USE enum status pump_status(struct pump *pump, struct err *err);
/* After on_end, or when pump_start failed. A reader that still waits for its place (a terminal, a pipe) is left behind: then
 * nothing is freed, and the process is to end. A spool that was emptied to the end of its place is removed. */
void pump_close(struct pump *pump);
