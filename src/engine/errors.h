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
    char *row; /* as JSON */
    size_t message_size;
    size_t row_size;
    u64 tick; /* since when */
};

#define ERRORS_COUNT_MAX 100000 /* entries held; more are only counted */

struct errors {
    struct mem mem;
    struct error_entry **buckets;
    u32 bucket_count;
    u32 count;
    u64 overflowed; /* changes of weight that found no entry and no room */
    struct error_entry *first;
    struct error_entry *last;
};

void errors_init(struct errors *errors, struct mem *parent);
void errors_deinit(struct errors *errors);
/* Hooks them into the graph. */
struct graph_errors errors_hooks(struct errors *errors);
