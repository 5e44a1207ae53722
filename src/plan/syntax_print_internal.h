/* What the files of syntax_print share: each prints a part of the tree. */
#pragma once

#include "plan/syntax_print.h"

/* A name as it is, or in double quotes when it would be read otherwise. */
void syntax_print_name(struct buf *buf, const char *name);
/* Joined by a point. */
void syntax_print_path(struct buf *buf, const struct syntax_names *names);
/* " (a b)", nothing when empty. */
void syntax_print_names(struct buf *buf, const struct syntax_names *names);
void syntax_print_string(struct buf *buf, const char *text);
void syntax_print_relation(struct buf *buf, const struct syntax_relation *relation);
void syntax_print_type(struct buf *buf, const struct syntax_type *type);
/* Each with a blank before it. */
void syntax_print_exprs(struct buf *buf, const struct syntax_exprs *exprs);
/* " (word expr)", nothing for NULL. */
void syntax_print_clause(struct buf *buf, const char *word, const struct syntax_expr *expr);
void syntax_print_orders(struct buf *buf, const struct syntax_orders *orders);
void syntax_print_window(struct buf *buf, const struct syntax_window *window);
void syntax_print_steps(struct buf *buf, const struct syntax_step *steps, u32 count);
void syntax_print_with(struct buf *buf, const struct syntax_with *with);
void syntax_print_froms(struct buf *buf, const char *word, const struct syntax_froms *froms);
void syntax_print_targets(struct buf *buf, const struct syntax_targets *targets);
void syntax_print_insert(struct buf *buf, const struct syntax_insert *insert);
void syntax_print_update(struct buf *buf, const struct syntax_update *update);
void syntax_print_delete(struct buf *buf, const struct syntax_delete *delete);
void syntax_print_index_columns(struct buf *buf, const struct syntax_index_column *columns,
                                u32 count);
