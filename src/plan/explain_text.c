#include "plan/explain.h"
#include "state/rows.h"

#include <stdio.h>

static void write_tree(struct buf *out, const char *title, const struct explain_lines *lines)
{
    if (lines->count == 0) return;
    buf_format(out, "%s\n", title);
    for (u32 i = 0; i < lines->count; i++)
        buf_format(out, "  %s\n", lines->items[i]);
}

static void write_rules(struct buf *out, const struct explain *explain)
{
    buf_puts(out, explain->rule_count ? "rewritten by\n" : "rewritten: nothing to do\n");
    for (u32 i = 0; i < explain->rule_count; i++) {
        const struct explain_rule *rule = &explain->rules[i];
        buf_format(out, "  %s\n", rule->name);
        for (u32 j = 0; j < rule->changes.count; j++)
            buf_format(out, "    %s\n", rule->changes.items[j]);
    }
}

/* ---- Operators: figures to the left, in columns; the tree to the right, as wide as it is ---- */

#define FIGURES_WIDTH 44

static void write_figures(struct buf *out, const struct explain_op *op)
{
    if (!op->op || op->table) {
        buf_format(out, "%*s", FIGURES_WIDTH, op->runs || op->line->is_told ? "" : "new");
        return;
    }
    char kept[24] = "";
    bool keeps = op->op->class->slots && op->op->rows;
    if (keeps) snprintf(kept, sizeof kept, "%llu", (unsigned long long)rows_count(op->op->rows));
    buf_format(out, "%11llu%11llu%11s%11llu", (unsigned long long)op->op->rows_in,
               (unsigned long long)op->op->rows_out, kept, (unsigned long long)op->op->mem.used);
}

/* Its rows are those of its input, so all it has itself is an index over them. */
static bool is_index(const struct op *op)
{
    return op->class->slots && op->input_count == 1 && op->rows == op->inputs[0]->rows;
}

static void write_state(struct buf *out, const struct explain *explain, const struct explain_op *op)
{
    if (!op->op || op->line->source) return;
    if (op->table) {
        buf_format(out, "  [the key of #%u]", op->table->node);
        return;
    }
    if (op->op->rows && is_index(op->op)) buf_puts(out, "  [an index]");
    if (op->users[0])
        buf_format(out, "  [%s %s]", explain->title ? "also in" : "runs in", op->users);
    if (!op->op->is_filled) buf_puts(out, "  [being filled]");
    if (op->op->is_suspended) buf_puts(out, "  [suspended]");
}

static void write_op(struct buf *out, const struct explain *explain, const struct explain_op *op)
{
    const struct delta_line *line = op->line;
    int indent = (int)line->depth * 2;
    if (line->is_told)
        buf_format(out, "%*s", FIGURES_WIDTH, "");
    else
        write_figures(out, op);
    buf_format(out, "  %*s#%u %s", indent, "", line->node, line->label);
    if (line->is_told)
        buf_puts(out, " (above)");
    else
        write_state(out, explain, op);
    buf_putc(out, '\n');
    for (u32 i = 0; i < line->path_count; i++)
        buf_format(out, "%*s    %*s%s\n", FIGURES_WIDTH, "", indent, "", line->paths[i]);
}

static void write_ops(struct buf *out, const struct explain *explain)
{
    if (explain->op_count == 0) return;
    buf_format(out, "operators\n%11s%11s%11s%11s\n", "rows in", "rows out", "rows kept", "bytes");
    for (u32 i = 0; i < explain->op_count; i++)
        write_op(out, explain, &explain->ops[i]);
}

void explain_write(const struct explain *explain, struct buf *out)
{
    if (explain->title) buf_format(out, "%s\n", explain->title);
    write_tree(out, "parsed", &explain->parsed);
    write_tree(out, "bound", &explain->bound);
    write_rules(out, explain);
    write_tree(out, "logical plan", &explain->logical);
    if (explain->read) buf_format(out, "read\n  %s\n", explain->read);
    write_ops(out, explain);
    write_tree(out, "notes", &explain->notes);
    write_tree(out, "names", &explain->names);
}
