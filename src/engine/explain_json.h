/* EXPLAIN (FORMAT JSON): an object with the trees as arrays of lines and the operators with their figures. */
#pragma once

#include "plan/explain.h"

void explain_json_write(const struct explain *explain, struct buf *out);
