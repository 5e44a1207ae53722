#include "plan/rewrite_internal.h"

/* In this order, again and again until nothing changes. */
static const struct {
    const char *name;
    rewrite_rule_fn rule;
} rules[] = {
    { "inline WITH", rewrite_inline },
    { "fold constants", rewrite_fold },
    { "OR to IN and common factors", rewrite_or },
    { "cut what gives nothing", rewrite_nothing },
    { "merge projections", rewrite_projections },
    { "drop idle projections", rewrite_identity },
    { "merge unions", rewrite_unions },
    { "merge filters", rewrite_filters },
    { "filter below projection", rewrite_filter_project },
    { "filter into join", rewrite_filter_join },
    { "filter below union", rewrite_filter_union },
    { "filter below groups", rewrite_filter_group },
    { "filter below set", rewrite_filter_flatten },
    { "row_number to top k", rewrite_rank },
    { "projection above join", rewrite_join_project },
    { "flatten joins", rewrite_join_flat },
    { "outer to inner join", rewrite_outer },
    { "join condition to its input", rewrite_join_push },
    { "constant across equality", rewrite_join_constant },
    { "drop idle DISTINCT", rewrite_distinct },
};

static bool apply(struct rewrite *r, u32 rule, struct logical **slot)
{
    bool has_changed = false;
    if (rules[rule].rule(r, slot)) has_changed = true;
    for (u32 i = 0; i < (*slot)->input_count; i++)
        if (apply(r, rule, &(*slot)->inputs[i])) has_changed = true;
    return has_changed;
}

/* ---- Bodies that several nodes name ---- */

struct bodies {
    struct logical_shared **items;
    u32 count;
};

static void bodies_collect(struct rewrite *r, struct logical *node, struct bodies *bodies)
{
    for (u32 i = 0; i < node->input_count; i++)
        bodies_collect(r, node->inputs[i], bodies);
    if (node->kind != LOGICAL_SHARED) return;
    for (u32 i = 0; i < bodies->count; i++) {
        if (bodies->items[i] != node->shared) continue;
        node->shared->use_count++;
        return;
    }
    node->shared->use_count = 1;
    bodies_collect(r, node->shared->body, bodies);
    grow_push(r->arena, bodies->items, bodies->count, node->shared);
}

/* Inner bodies first, so that a node sees the final schema of what it names. */
static void derive(struct rewrite *r, struct logical *root, const struct bodies *bodies)
{
    for (u32 i = 0; i < bodies->count; i++)
        logical_derive_all(r->arena, bodies->items[i]->body);
    logical_derive_all(r->arena, root);
}

static bool round_of_rules(struct rewrite *r, struct logical **root)
{
    bool has_changed = false;
    for (u32 rule = 0; rule < countof(rules); rule++) {
        struct bodies bodies = { 0 };
        bodies_collect(r, *root, &bodies);
        bool has_applied = apply(r, rule, root);
        for (u32 i = 0; i < bodies.count; i++)
            if (apply(r, rule, &bodies.items[i]->body)) has_applied = true;
        if (!has_applied) continue;
        derive(r, *root, &bodies);
        if (r->trace) r->trace->on_rule(r->trace->context, rules[rule].name, *root);
        has_changed = true;
    }
    return has_changed;
}

const char *rewrite_rule_name(u32 index)
{
    return index < countof(rules) ? rules[index].name : NULL;
}

struct logical *rewrite(struct arena *arena, struct logical *root,
                        const struct rewrite_trace *trace)
{
    struct rewrite r = { .arena = arena, .trace = trace };
    struct schema *schema = root->schema;
    for (u32 round = 0; round < REWRITE_ROUND_COUNT_MAX; round++)
        if (!round_of_rules(&r, &root)) break;
    assert(root->schema->column_count == schema->column_count);
    for (u32 c = 0; c < schema->column_count; c++)
        assert(root->schema->columns[c].type.id == schema->columns[c].type.id);
    root->schema = schema;
    return root;
}
