/* The members of one JSON object by name, for messages whose members are known: nothing is decoded further, so a
 * member that holds rows is given as it is written, for a decoder.
 *
 * A member that is not known, or comes twice, is refused. */
#pragma once

#include "base/bytes.h"
#include "base/status.h"

struct json_members;

enum json_member_kind {
    JSON_MEMBER_ABSENT,
    JSON_MEMBER_NULL,
    JSON_MEMBER_TOKEN,  /* a number, true or false, as written */
    JSON_MEMBER_STRING, /* without quotes and escapes */
    JSON_MEMBER_TEXT,   /* an object or array, as written; only its brackets were looked at */
};

struct json_member {
    enum json_member_kind kind;
    struct slice text; /* until the next read or forget, and as long as what was read */
};

#define JSON_MEMBERS_COUNT_MAX 64

/* A reader that can be used again. What it holds grows with the texts. */
struct json_members *json_members_open(struct mem *mem);
void json_members_close(struct json_members *members);
/* members[n] becomes what names[n] has. Room is made behind the text, which may move it. On FAIL, what came before the
 * fault is there. Errors: 22P02, not an object; 22023, a member that is not known or comes twice. */
MUST_USE enum status json_members_read(struct json_members *members, struct buf *text,
                                       const char *const *names, u32 count, struct json_member *out,
                                       struct err *err);
/* The members are no longer needed: what was held for a long text goes back. */
void json_members_forget(struct json_members *members);
