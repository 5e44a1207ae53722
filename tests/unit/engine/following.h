/* A subscriber in a test, asked for as by a URL: "product?price=gt.3&select=id". */
#pragma once

#include "tests/unit/engine/fixture.h"

struct following {
    struct fixture *fixture;
    struct subscriber *subscriber;
    struct buf frame; /* the last that was pulled */
    u32 ready;        /* how often it was woken */
};

/* since 0: from the beginning. Fails with the fixture's err. */
enum status following_try(struct following *following, struct fixture *fixture, const char *url,
                          u64 since);
/* The same where it must work. */
void following_open(struct following *following, struct fixture *fixture, const char *url,
                    u64 since);
/* The next frame as text, or NULL. */
const char *following_pull(struct following *following);
/* Settles until a frame is there: a view may be filled first. */
const char *following_wait(struct following *following);
void following_close(struct following *following);
