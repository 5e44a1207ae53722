/* WITH (name = value, …) to a struct, by a table of what there is. */
#pragma once

#include "base/arena.h"
#include "base/status.h"
#include "plan/syntax.h"

enum options_kind {
    OPTIONS_BOOL,     /* bool */
    OPTIONS_COUNT,    /* u64: 4096 or '4096' */
    OPTIONS_SIZE,     /* u64 bytes: 65536, '64 KiB', '64MB' (of 1024) */
    OPTIONS_DURATION, /* i64 microseconds: '1 hour', '250ms', '1 day 12:00' */
    OPTIONS_STRING,   /* const char *, of the syntax tree */
};

struct options_spec {
    const char *name;
    enum options_kind kind;
    size_t offset; /* of the field in the target */
};

/* Fills target, in which the defaults stand already. 22023 for a name that is not in specs, a value
 * that is not of its kind, or a name given twice (42601), each with its position. */
MUST_USE enum status options_read(const struct syntax_options *options,
                                  const struct options_spec *specs, u32 spec_count, void *target,
                                  struct slice text, struct err *err);

/* The readers, for settings and command lines too. False when text is not of the kind. */
bool options_parse_bool(struct slice text, bool *out);
bool options_parse_count(struct slice text, u64 *out);
bool options_parse_size(struct slice text, u64 *out);
bool options_parse_duration(struct slice text, i64 *out);
