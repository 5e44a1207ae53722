/* Rows on their way in. A writer builds a transaction, pushes it on its producer's bounded edge and is told once it is
 * published (and so durable as --sync says), or rejected.
 *
 * A producer is a name with a queue of its own, bounded in rows and bytes, served round robin
 * by bytes, so that nobody's surplus becomes another's latency. When it is full, push refuses and the writer stops reading its
 * socket until on_room. */
#pragma once

#include "codec/codec.h"
#include "engine/condition.h"
#include "engine/engine.h"

struct producer;

enum ingest_kind {
    INGEST_INSERT,           /* a conflict is an error 23505 */
    INGEST_INSERT_OR_IGNORE, /* resolution=ignore-duplicates */
    INGEST_INSERT_OR_MERGE,  /* resolution=merge-duplicates: the cells given replace */
    INGEST_UPDATE, /* PATCH: the cells given of the one row replace those of the rows that meet the condition */
    INGEST_DELETE /* the rows that meet the condition go; no rows are added */
};

struct ingest_result {
    enum status status;
    struct err
        err;  /* when FAIL; err.row counts from 1 within the rows that were added, 0: none of them.
                       * err.byte: as ingest_add_decoded was told, else 0 */
    u64 tick; /* in which it was published */
    u64 row_count; /* inserted or changed */
    struct batch *const
        *returned; /* with options.returning: the rows as they were stored; borrowed for the call */
    u32 returned_count;
};

typedef void (*ingest_done_fn)(void *context, const struct ingest_result *result);

struct ingest_options {
    enum ingest_kind kind;
    bool returning;
    bool one_row; /* the transaction is rejected unless it writes exactly one: P0002 or P0003 */
    const struct condition *condition; /* of UPDATE and DELETE; NULL: all rows. Bound at open */
    const char *conflict_columns; /* NULL: the primary key; else "a,b" (PostgREST's on_conflict) */
    i64 deadline_us; /* monotonic; past it the transaction is dropped unserved with 57014; INT64_MAX: none */
    /* Shared by the transactions of one body, NULL for others: the first that is rejected sets it, and those behind
     * it are rejected unserved, so that what is applied is always a beginning. */
    bool *broken;
    ingest_done_fn on_done;
    void *context;
};

/* The producer of this name (made when it is new), held until producer_release. NULL when there are
 * producer_count_max of them. */
struct producer *producer_get(struct engine *engine, struct slice name);
void producer_release(struct producer *producer);

struct producer_credit {
    u64 rows;
    u64 bytes;
    i64 delay_us; /* how long a row pushed now would wait */
};
struct producer_credit producer_credit(const struct producer *producer);
/* Called once when there is room again after a push was refused. context identifies the waiter. */
void producer_on_room(struct producer *producer, void (*on_room)(void *context), void *context);
void producer_forget(struct producer *producer, void *context);

/* A transaction in the making: rows for one table, in an arena of its own. */
struct ingest;
enum status ingest_open(struct engine *engine, struct producer *producer, struct slice relation,
                        const struct ingest_options *options, struct ingest **out, struct err *err);
/* The same for a source: what its connector read. */
enum status ingest_open_source(struct engine *engine, struct producer *producer, struct slice name,
                               const struct ingest_options *options, struct ingest **out,
                               struct err *err);
struct arena *ingest_arena(struct ingest *ingest);
/* Lives as long as the relation: a decoder that outlives the ingest needs a copy (schema_copy). */
const struct schema *ingest_schema(const struct ingest *ingest);
/* Never given twice: another number means that the table was dropped and made again, perhaps with other columns. */
u32 ingest_relation(const struct ingest *ingest);
/* The batch was made in the ingest's arena, of the table's schema, perhaps with CELL_ABSENT cells. */
void ingest_add(struct ingest *ingest, struct batch *batch);
/* The same for one that was just decoded: an error about one of its rows says where that begins in the body. */
void ingest_add_decoded(struct ingest *ingest, struct batch *batch, const struct decoder *decoder);
u64 ingest_row_count(const struct ingest *ingest);
u64 ingest_size(const struct ingest *ingest); /* bytes */

enum ingest_push_result { INGEST_TAKEN, INGEST_FULL };
/* Gives the transaction away: on_done will be called exactly once. On INGEST_FULL the caller still owns it. */
MUST_USE enum ingest_push_result ingest_push(struct ingest *ingest);
void ingest_cancel(struct ingest *ingest); /* before push */
/* The writer is gone: on_done will not be called; the transaction may still be applied. */
void ingest_abandon(struct ingest *ingest);
