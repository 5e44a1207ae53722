/* What to do about an error, for those who type: added to one that has no hint of its own, by its SQLSTATE and
 * first words. What is refused has a line in hints.def; what is misspelt gets the nearest name that there is. */
#pragma once

#include "plan/catalog.h"

/* text is the statement that failed, in which err's position counts. */
void hint_add(const struct catalog *catalog, struct slice text, struct err *err);

/* The hint of a line of hints.def, for tests; NULL behind the last. */
const char *hint_of_refusal(u32 index);
