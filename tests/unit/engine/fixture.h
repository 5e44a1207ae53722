/* An engine in a test: statements run to their end, results come as text. */
#pragma once

#include "engine/exec.h"
#include "engine/ingest.h"
#include "engine/read.h"
#include "engine/subscribe.h"
#include "tests/scratch.h"
#include "tests/test.h"

struct fixture {
    struct engine *engine;
    struct engine_options options;
    struct producer *producer;
    struct buf out; /* of the last run: "a|b\n" a row, then the tag and a newline */
    struct err err; /* of the last run or read that failed */
    struct mem mem;
    bool ended;
    bool failed;
    u32 column_count;
    char scratch[SCRATCH_SIZE]; /* of fixture_open_kept */
};

/* Keeps nothing. */
void fixture_open(struct fixture *fixture);
/* Keeps its data in a folder that goes when the fixture is closed. */
void fixture_open_kept(struct fixture *fixture);
void fixture_close(struct fixture *fixture);
/* Closes and opens again over what is kept, with the options that the fixture has now. */
void fixture_restart(struct fixture *fixture);

/* The text of all results, or "ERROR sqlstate message\n". Valid until the next run. */
const char *fixture_run(struct fixture *fixture, const char *sql);
/* The rows of a relation as NDJSON. */
const char *fixture_read(struct fixture *fixture, const char *relation);
/* NDJSON into a table, as one transaction. */
const char *fixture_push(struct fixture *fixture, const char *table, const char *lines,
                         enum ingest_kind kind);
/* Steps until nothing moves, waiting for the disk. */
void fixture_settle(struct fixture *fixture);

#define assert_run(fixture, sql, expected) assert_string_equal(fixture_run(fixture, sql), expected)
#define assert_read(fixture, relation, expected)                                                   \
    assert_string_equal(fixture_read(fixture, relation), expected)
