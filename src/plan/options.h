/* WITH (name = value, …) to a struct, by a table of what there is. */
#pragma once

#include "base/status.h"
#include "plan/syntax.h"

enum options_kind {
    OPTIONS_BOOL,     /* bool */
    OPTIONS_COUNT,    /* u64: 4096 or '4096' */
    OPTIONS_SIZE,     /* u64 bytes: 65536, '64 KiB', '64MB' (of 1024) */
    OPTIONS_DURATION, /* i64 microseconds: '1 hour', '250ms' */
    OPTIONS_STRING,   /* const char *, of the syntax tree */
};

struct options_spec {
    const char *name;
    enum options_kind kind;
    size_t offset; /* of the field in the target */
};

/* Fills target, in which the defaults stand already. 22023 for a name that is not in specs, one given
 * twice and a value that is not of its kind; each with its position in text. */
MUST_USE enum status options_read(const struct syntax_options *options,
                                  const struct options_spec *specs, u32 spec_count, void *target,
                                  struct slice text, struct err *err);

/* PostgreSQL's words: true, yes, on, 1 and their like, and what begins one of them alone. */
bool options_parse_bool(struct slice text, bool *out);
