/* What a client of /live says: one JSON object a message, {"op":"subscribe","id":1,...}.
 *
 * Which members an op has is a table. What of them stands in a URL elsewhere (where, select, ...) is put together to
 * a query string, so that the same parser decides what it means. */
#pragma once

#include "base/arena.h"
#include "codec/json_members.h"

enum live_op {
    LIVE_SUBSCRIBE,
    LIVE_REQUEST,
    LIVE_CANCEL,
    LIVE_INSERT,
    LIVE_UPSERT,
    LIVE_PATCH,
    LIVE_DELETE,
};

struct live_message {
    enum live_op op;
    bool has_id; /* also when the rest is wrong */
    bool has_n;
    u64 id;
    i64 n;                 /* 2^63-1 for anything above; 0 for what is no whole number */
    struct slice relation; /* view or table */
    struct slice since;    /* data NULL: none */
    struct slice rows;     /* or set: a JSON object or array, as written */
    struct slice query;    /* as in a URL; data NULL: none */
};

/* The slices are in text, members and the arena. On FAIL, err says what is wrong. */
MUST_USE enum status live_message_parse(struct live_message *message, struct json_members *members,
                                        struct buf *text, struct arena *arena, struct err *err);
