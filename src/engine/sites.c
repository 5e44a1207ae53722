#include "engine/sites.h"

#include "engine/relation.h"

static const struct op *op_of(const struct catalog_relation *catalog)
{
    const struct relation *relation = catalog->live;
    if (!relation) return NULL;
    if (relation->table) return relation->table;
    return relation->build ? build_root(relation->build) : NULL;
}

struct sites_border sites_border(const struct catalog_relations *uses, struct arena *arena)
{
    struct sites_border border = { .ops = arena_array(arena, const struct op *, uses->count),
                                   .count = uses->count };
    for (u32 index = 0; index < uses->count; index++)
        border.ops[index] = op_of(uses->items[index]);
    return border;
}

static bool is_border(const struct sites_border *border, const struct op *op)
{
    for (u32 index = 0; index < border->count; index++)
        if (border->ops[index] == op) return true;
    return false;
}

/* As deep as the plan. Inputs have lower ranks than who reads them. */
bool sites_reach(const struct op *root, const struct sites_border *border, const struct op *op)
{
    if (root->rank < op->rank || is_border(border, root)) return false;
    if (root == op) return true;
    for (u32 index = 0; index < root->input_count; index++)
        if (sites_reach(root->inputs[index], border, op)) return true;
    return false;
}

static enum status say(const struct errors *errors, const struct error_site *site, struct err *err)
{
    for (const struct error_entry *entry = errors->first; entry; entry = entry->next)
        if (entry->op == site->op) return err_set(err, entry->sqlstate, "%s", entry->message);
    return err_set(err, site->sqlstate, "%s", site->message);
}

enum status sites_check(const struct errors *errors, const struct op *root,
                        const struct sites_border *border, struct err *err)
{
    for (const struct error_site *site = errors->sites; site; site = site->next)
        if (site->weight != 0 && sites_reach(root, border, site->op)) return say(errors, site, err);
    return OK;
}
