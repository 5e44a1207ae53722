/* Real tables as the sources of a random run: a tick is some transactions of random statements (insert, upsert, update, delete,
 * truncate), of which some fail or are taken back; now and then the whole tick is. */
#pragma once

#include "base/rand.h"
#include "ops/table.h"
#include "tests/graph_fixture.h"

enum table_source_kind {
    TABLE_SOURCE_KEYED, /* primary key: its first two columns, which are NOT NULL */
    TABLE_SOURCE_BAG,
    TABLE_SOURCE_APPEND_ONLY
};

/* A batch of count random rows. */
typedef struct batch *(*table_source_rows)(void *context, const struct schema *schema, u32 count);

struct table_source {
    struct fixture *fixture;
    struct rand *rand;
    enum table_source_kind kind;
    struct op *table; /* held by the fixture */
    u32 row_count_max;
    table_source_rows rows;
    void *context;
};

void table_source_make(struct table_source *source, const char *types);
/* The transactions of a tick. */
void table_source_change(struct table_source *source);
