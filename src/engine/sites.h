/* Whom an error concerns: operators are shared, so the one that could not compute a row may serve many.
 *
 * A view or a query is concerned when the operator lies in its dataflow, above the tables and views that its text
 * names: what a view could not compute is that view's own, and not of those who read it. */
#pragma once

#include "engine/errors.h"
#include "plan/catalog.h"

/* Where the relations that a text names begin; only compared, never followed. */
struct sites_border {
    const struct op **ops;
    u32 count;
};
struct sites_border sites_border(const struct catalog_relations *uses, struct arena *arena);

/* Does the dataflow under root hold op, not counting what lies under the border? */
bool sites_reach(const struct op *root, const struct sites_border *border, const struct op *op);
/* Fails with the first error of a row that the dataflow could not compute, as a query does. */
enum status sites_check(const struct errors *errors, const struct op *root,
                        const struct sites_border *border, struct err *err);
