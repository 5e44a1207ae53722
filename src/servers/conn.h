/* One connection: a socket, what came in and was not understood yet, what goes out and was not taken yet.
 *
 * Both sides are bounded. Reading is armed while the input has room, so whoever does not take
 * the input stops the sender by TCP. Output is written into conn_out and sent in one call when the
 * handler returns; a handler that makes much asks conn_has_room before it makes more.
 *
 * A protocol embeds struct conn as its first member. It has one function for everything that may
 * have happened (bytes came, bytes went, a turn was given): conn is a state machine's engine, and advance looks
 * at its own state. Closing is safe everywhere: the memory goes at the next server_step. */
#pragma once

#include "os/net.h"
#include "servers/server.h"

#define CONN_INPUT_SIZE_MAX KIB(64)
#define CONN_OUTPUT_MARK    KIB(64) /* a handler that made this much waits */

struct conn_protocol {
    size_t size; /* of the struct that begins with a struct conn */
    u32 reserve; /* connections taken over the limit: whoever looks after a full server gets in */
    void (*open)(struct conn *conn);
    void (*advance)(struct conn *conn);
    void (*deadline)(struct conn *conn);
    void (*drain)(struct conn *conn); /* the server wants to end: finish soon */
    /* Releases what the protocol holds. */
    void (*close)(struct conn *conn);
};

enum conn_phase {
    CONN_OPEN,
    CONN_FINISHING, /* sends the rest of its output, then shuts down */
    CONN_LINGERING, /* reads and drops what still comes, so that the answer is not lost in a reset */
    CONN_DEAD,
};

struct conn {
    struct poll_source source;
    struct poll_timer timer;
    struct link link; /* server.conns, or server.dead */
    struct link turn; /* server.turns, or alone */
    struct server *server;
    const struct conn_protocol *protocol;
    enum conn_phase phase;
    bool ended;    /* the peer sends no more */
    bool is_stuck; /* the socket took less than it was given */
    struct buf in;
    size_t in_at; /* what is before was taken */
    struct buf out;
    size_t out_at;
    i64 deadline_us;
    u64 dropped; /* bytes, while lingering */
    struct net_peer peer;
};

/* Borrowed: it may be dead already. */
struct conn *conn_open(struct server *server, int fd, const struct net_peer *peer,
                       const struct conn_protocol *protocol);
/* At once; what waits is not sent. Nothing is called any more but protocol->close, now. */
void conn_close(struct conn *conn);
/* No more is read as requests: sends what waits, shuts down, reads and drops at most 64 MiB or a second, closes. */
void conn_finish(struct conn *conn);
/* For the server: lets the connection go on; frees a dead one. */
void conn_go(struct conn *conn);
void conn_free(struct conn *conn);

static inline struct slice conn_input(const struct conn *conn)
{
    return slice_make(conn->in.data ? conn->in.data + conn->in_at : "",
                      conn->in.size - conn->in_at);
}
void conn_take(struct conn *conn, size_t size);
/* Lets the input grow to its bound: much is to come. */
void conn_widen(struct conn *conn);

/* Where output is appended. */
struct buf *conn_out(struct conn *conn);
static inline size_t conn_unsent(const struct conn *conn)
{
    return conn->out.size - conn->out_at;
}
static inline bool conn_has_room(const struct conn *conn)
{
    return conn_unsent(conn) < CONN_OUTPUT_MARK;
}
/* Sends what waits in out; done by itself when advance returns. */
void conn_flush(struct conn *conn);
/* For shared bytes: sends the slices right now, past an empty out. False: the socket took less, or the
 * connection is gone; advance is called when it takes more. */
bool conn_send(struct conn *conn, const struct slice *slices, u32 count, size_t *sent);
/* Adds the slice to those of a send, but for what of it went out before: *skip bytes, which it lowers. */
static inline void conn_slice_add(struct slice *slices, u32 *count, struct slice slice,
                                  size_t *skip)
{
    size_t skipped = MIN(*skip, slice.size);
    *skip -= skipped;
    if (skipped < slice.size)
        slices[(*count)++] = slice_make(slice.data + skipped, slice.size - skipped);
}

/* advance is called in the next server_step; when the socket is stuck, once it is not. */
void conn_turn(struct conn *conn);
/* protocol->deadline is called then; INT64_MAX: never. Cheap to move forth. */
void conn_deadline(struct conn *conn, i64 at_us);
