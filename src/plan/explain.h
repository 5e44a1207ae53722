/* EXPLAIN: the trees that a statement goes through, what each rule did, and the operators, those that run with their
 * figures.
 *
 * A struct explain is collected first, all in one arena, and then written: as text for a terminal, or as JSON by the
 * engine. Nothing is run for it and nothing is changed. */
#pragma once

#include "plan/build.h"
#include "plan/select.h"

struct explain_lines {
    const char **items; /* two spaces a level, no newline */
    u32 count;
};

/* A rule that changed something, and how: "- filter …" went, "+ filter …" came. What only moved is not shown. */
struct explain_rule {
    const char *name;
    struct explain_lines changes;
};

struct explain_op {
    const struct delta_line *line;
    bool runs;           /* else it would be made */
    const struct op *op; /* NULL: it does not run, or is part of one that does */
    const struct delta_line
        *table;        /* the rows below, whose own index it is: it costs nothing; or NULL */
    const char *users; /* other views that use it, divided by commas; "" */
};

struct explain {
    const char *title;           /* one line in front, or NULL */
    struct explain_lines parsed; /* with is_verbose */
    struct explain_lines bound;
    struct explain_rule *rules;
    u32 rule_count;
    struct explain_lines logical;
    const char
        *read; /* a one-shot query that needs no operators: where its rows are read; or NULL */
    struct explain_op *ops;
    u32 op_count;
    struct explain_lines notes; /* cross products, the key */
    struct explain_lines names; /* with is_verbose: by which operators are shared */
};

struct explain_options {
    bool is_verbose;
    struct build_registry *registry; /* what runs; NULL: nothing does */
    const struct build *build;       /* of the view that is explained: its operators; or NULL */
    /* Adds the names of the views that use op, but the explained one. May be NULL. */
    void (*users)(void *context, const struct op *op, struct buf *out);
    void *context;
};

/* SELECT, CREATE [MATERIALIZED] VIEW, or the query of an INSERT. 0A000 for other statements. */
MUST_USE enum status explain_statement(const struct bind_options *options,
                                       const struct syntax_statement *statement,
                                       const struct explain_options *explain, struct explain *out,
                                       struct err *err);
/* Lines that end with a newline. */
void explain_write(const struct explain *explain, struct buf *out);
