/* Random expressions as SQL, and random rows for them to compute on.
 *
 * Expressions are grown from templates by type. Every operator gets a column somewhere below it, because
 * PostgreSQL computes constant parts when it plans, also those that no row asks for. */
#pragma once

#include "base/bytes.h"
#include "base/rand.h"
#include "data/type.h"

struct random_column {
    const char *name;
    const char *type_name; /* as SQL writes it */
    struct type type;
};

extern const struct random_column random_columns[];
extern const u32 random_column_count;

/* A value as its type's input reads it, often at an edge; NULL for NULL. */
const char *random_cell(struct rand *rand, const struct random_column *column);
/* Appends an expression of a random type. */
void random_expression(struct rand *rand, u32 depth, struct buf *out);
