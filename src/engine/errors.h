/* Rows that a view could not compute, as data: they come, are counted, and leave with their cause. */
#pragma once

#include "base/list.h"
#include "flow/graph.h"

/* One kind of failure of one row in one operator. */
struct error_entry {
    struct error_entry *chain; /* of its hash bucket */
    struct error_entry *next;  /* in order of appearance */
    struct error_entry *previous;
    u64 hash;
    const struct op *op;
    i64 weight;
    char sqlstate[6];
    char *message;
    char *row; /* as JSON, its beginning; the hash is of all of it */
    size_t message_size;
    size_t row_size;
    u64 tick; /* since when */
};

/* An operator with such rows: their number, exact also where entries are missing. */
struct error_site {
    struct error_site *next;
    const struct op *op;
    i64 weight;
    char sqlstate[6]; /* of the last one, for when none has an entry */
    char message[256];
};

/* Entries are held up to a number, and up to a part of the budget; more are only counted. */
#define ERRORS_COUNT_MAX 100000
#define ERRORS_PART      64
#define ERRORS_SIZE_FREE MIB(1)
/* Of a long row its beginning is shown. */
#define ERRORS_ROW_SIZE_MAX 1024

struct errors {
    struct mem mem;
    struct error_entry **buckets;
    u32 bucket_count;
    u32 count;
    i64 overflowed;           /* rows without an entry, for there was no room */
    struct error_site *sites; /* the one that changed last first */
    struct error_entry *first;
    struct error_entry *last;
};

void errors_init(struct errors *errors, struct mem *parent);
void errors_deinit(struct errors *errors);
/* Hooks them into the graph. */
struct graph_errors errors_hooks(struct errors *errors);
