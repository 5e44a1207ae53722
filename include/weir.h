/* Weir inside your program: tables and views in SQL, kept up to date row by row.
 *
 * One thread uses a weir at a time; nothing here may be called from inside a callback unless it says so. A second thread
 * of the library writes the log. Handles are opaque and owned by the caller until they are closed. Strings and
 * bytes given to callbacks are borrowed for the call. Functions return WEIR_OK, or WEIR_FAILED with the
 * reason in *error (which may be NULL).
 *
 * Link with `pkg-config --cflags --libs weir`. */
#ifndef WEIR_H
#define WEIR_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define WEIR_PUBLIC __attribute__((visibility("default")))
#else
#define WEIR_PUBLIC
#endif

struct weir;
struct weir_subscription;

enum weir_result { WEIR_OK = 0, WEIR_FAILED = 1 };

/* What went wrong, with PostgreSQL's SQLSTATE ("23505"). Strings are ended by NUL and may be empty. */
struct weir_error {
    char sqlstate[9];
    char message[512];
    char detail[512];
    char hint[256];
    int32_t position; /* in the statement: characters from 1; 0: none */
    int64_t row;      /* in what was pushed: rows from 1; 0: none */
    int64_t byte;     /* in what was pushed: bytes from 0, where row is not 0 */
};

/* When a change counts as done: after it is on disk, or after it is written and synced now and then, or
 * whenever the system likes. */
enum weir_sync { WEIR_SYNC_ALWAYS, WEIR_SYNC_INTERVAL, WEIR_SYNC_NEVER };

struct weir_options {
    const char *data_dir; /* NULL: keep nothing */
    enum weir_sync sync;
    uint64_t memory_max; /* bytes; 0: half of the machine's */
};

/* Opens or makes the directory and replays its log. Blocks for as long as that takes. On WEIR_FAILED
 * *weir is NULL. One process at a time may have a directory open. */
WEIR_PUBLIC enum weir_result weir_open(struct weir **weir, const struct weir_options *options,
                                       struct weir_error *error);
/* Ends subscriptions (their on_end is not called), waits until everything is on disk, and frees. */
WEIR_PUBLIC void weir_close(struct weir *weir);

/* "0.1.0". Any thread, also before weir_open. */
WEIR_PUBLIC const char *weir_version(void);

/* Called once a row of a result, with its values as text as PostgreSQL prints them, NULL for NULL. */
typedef void (*weir_row_fn)(void *context, uint32_t column_count, const char *const *names,
                            const char *const *values);

/* Runs a script to its end: DDL, changes, queries. Blocks until what it changed is durable and every view shows it. on_row may be
 * NULL. */
WEIR_PUBLIC enum weir_result weir_exec(struct weir *weir, const char *sql, weir_row_fn on_row,
                                       void *context, struct weir_error *error);

/* Inserts rows as one transaction: all or none of them. format is "json" (an object or array), "ndjson" or "csv". Blocks
 * like weir_exec. *row_count and *tick may be NULL. */
WEIR_PUBLIC enum weir_result weir_push(struct weir *weir, const char *table, const char *format,
                                       const void *bytes, size_t size, uint64_t *row_count,
                                       uint64_t *tick, struct weir_error *error);

/* Called with one piece of a text after the other. */
typedef void (*weir_bytes_fn)(void *context, const char *bytes, size_t size);

/* All rows of a table or view, as of one tick, in a format. Blocks. *tick may be NULL. */
WEIR_PUBLIC enum weir_result weir_read(struct weir *weir, const char *relation, const char *format,
                                       weir_bytes_fn on_bytes, void *context, uint64_t *tick,
                                       struct weir_error *error);

/* A subscriber's callbacks. on_frame gets one JSON object: the state (is_init) or the net change since the frame before, as
 * docs/PROTOCOL.md has them for server-sent events. Both may call weir_request and weir_cancel. */
struct weir_subscriber {
    void (*on_frame)(void *context, int is_init, uint64_t tick, const char *json, size_t size);
    void (*on_end)(void *context); /* what it read was dropped or suspended; nothing follows */
    void *context;
};

/* Follows a table or view. Frames come only as far as they were requested; what is not requested is not queued but
 * merged, so a slow subscriber costs nothing and gets the newest state in one step. Does not block: what a plain view
 * stands for is filled by weir_step and by whatever blocks, and its state comes then. */
WEIR_PUBLIC enum weir_result weir_subscribe(struct weir *weir, const char *relation,
                                            const struct weir_subscriber *subscriber,
                                            struct weir_subscription **subscription,
                                            struct weir_error *error);
/* The same for any SELECT that CREATE MATERIALIZED VIEW takes: it is kept up to date, shared by all who follow the same, for
 * as long as somebody does. */
WEIR_PUBLIC enum weir_result weir_subscribe_query(struct weir *weir, const char *select,
                                                  const struct weir_subscriber *subscriber,
                                                  struct weir_subscription **subscription,
                                                  struct weir_error *error);
/* count more frames may come: demand adds up. They are given by weir_step and by whatever blocks. count 0 is ignored. */
WEIR_PUBLIC void weir_request(struct weir_subscription *subscription, uint64_t count);
/* No frame comes any more; frees the subscription. */
WEIR_PUBLIC void weir_cancel(struct weir_subscription *subscription);

/* Gives frames that were requested and are there. Does not block. Returns how many were given. */
WEIR_PUBLIC uint32_t weir_step(struct weir *weir);

#ifdef __cplusplus
}
#endif
#endif
