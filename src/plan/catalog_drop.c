/* What must go with what is dropped, and whether it may. */
#include "base/assert.h"
#include "plan/catalog.h"

/* An index is part of its table or view, and never in the way. */
static bool goes_along(const struct catalog_relation *relation)
{
    return relation->kind == CATALOG_INDEX;
}

static void relations_push(struct catalog_relations *relations, struct catalog_relation *relation)
{
    assert(relations->count < relations->capacity);
    relations->items[relations->count++] = relation;
}

static struct catalog_relation *used_victim(const struct catalog_relation *relation)
{
    for (u32 i = 0; i < relation->uses.count; i++) {
        if (relation->uses.items[i]->is_marked) return relation->uses.items[i];
    }
    return NULL;
}

/* Appends a line to the error's detail; false when there is no more room. */
static bool add_detail(struct err *err, const struct catalog_relation *relation,
                       const struct catalog_relation *used, struct arena *arena)
{
    size_t size = strlen(err->detail);
    const char *line =
        arena_format(arena, "%s%s %s depends on %s %s", size > 0 ? "\n" : "",
                     catalog_kind_name(relation->kind), catalog_shown_name(relation, arena),
                     catalog_kind_name(used->kind), catalog_shown_name(used, arena));
    size_t room_for_rest = 64;
    if (size + strlen(line) + room_for_rest > sizeof err->detail) return false;
    memcpy(err->detail + size, line, strlen(line) + 1);
    return true;
}

static enum status fail_dependents(const struct catalog_relations *relations,
                                   const struct catalog_relations *dependents, struct arena *arena,
                                   struct err *err)
{
    if (relations->count == 1) {
        err_set(err, "2BP01", "cannot drop %s %s because other objects depend on it",
                catalog_kind_name(relations->items[0]->kind),
                catalog_shown_name(relations->items[0], arena));
    } else {
        err_set(err, "2BP01", "cannot drop desired object(s) because other objects depend on them");
    }
    if (!err) return FAIL;
    u32 shown = 0;
    while (shown < dependents->count && add_detail(err, dependents->items[shown],
                                                   used_victim(dependents->items[shown]), arena)) {
        shown += 1;
    }
    if (shown < dependents->count) {
        const char *rest = arena_format(arena, "\nand %u other objects", dependents->count - shown);
        size_t size = strlen(err->detail);
        memcpy(err->detail + size, rest, strlen(rest) + 1);
    }
    return err_hint(err, "Use DROP ... CASCADE to drop the dependent objects too.");
}

/* Marks what uses something marked, along the order, so that a chain is followed in one pass;
 * dependents gets those that are in the way. */
static void mark_users(const struct catalog *catalog, struct catalog_relations *dependents)
{
    catalog_each(catalog, relation)
    {
        if (relation->is_marked || !used_victim(relation)) continue;
        relation->is_marked = true;
        if (!goes_along(relation)) relations_push(dependents, relation);
    }
}

enum status catalog_plan_drop(const struct catalog *catalog,
                              const struct catalog_relations *relations, bool is_cascade,
                              struct arena *arena, struct catalog_relations *victims,
                              struct err *err)
{
    struct catalog_relations dependents = {
        .items = arena_array(arena, struct catalog_relation *, catalog->relation_count),
        .capacity = catalog->relation_count,
    };
    *victims = dependents;
    victims->items = arena_array(arena, struct catalog_relation *, catalog->relation_count);
    for (u32 i = 0; i < relations->count; i++) {
        assert(relations->items[i]->id > 0);
        relations->items[i]->is_marked = true;
    }
    mark_users(catalog, &dependents);

    enum status status = OK;
    if (dependents.count > 0 && !is_cascade) {
        status = fail_dependents(relations, &dependents, arena, err);
    }
    catalog_each(catalog, relation)
    {
        if (relation->is_marked) relations_push(victims, relation);
        relation->is_marked = false;
    }
    for (u32 i = 0; i < victims->count / 2; i++) {
        struct catalog_relation *first = victims->items[i];
        victims->items[i] = victims->items[victims->count - 1 - i];
        victims->items[victims->count - 1 - i] = first;
    }
    return status;
}

static enum catalog_kind kind_of(enum syntax_object_kind kind)
{
    switch (kind) {
    case SYNTAX_OBJECT_TABLE: return CATALOG_TABLE;
    case SYNTAX_OBJECT_VIEW: return CATALOG_VIEW;
    case SYNTAX_OBJECT_MATERIALIZED_VIEW: return CATALOG_MATERIALIZED_VIEW;
    case SYNTAX_OBJECT_INDEX: return CATALOG_INDEX;
    case SYNTAX_OBJECT_SOURCE: return CATALOG_SOURCE;
    case SYNTAX_OBJECT_SINK: return CATALOG_SINK;
    case SYNTAX_OBJECT_COLUMN: break;
    }
    unreachable();
}

static enum status fail_missing(const struct syntax_relation *written, enum catalog_kind kind,
                                struct err *err)
{
    bool is_schema = !written->schema || strcmp(written->schema, "public") == 0 ||
                     strcmp(written->schema, "weir") == 0;
    if (!is_schema) return err_set(err, "3F000", "schema \"%s\" does not exist", written->schema);
    return err_set(err, kind == CATALOG_INDEX ? "42704" : "42P01", "%s \"%s\" does not exist",
                   catalog_kind_name(kind), written->name);
}

static enum status check_kind(const struct catalog_relation *relation, enum catalog_kind kind,
                              struct err *err)
{
    if (relation->kind == CATALOG_SYSTEM_TABLE) {
        return err_set(err, "42501", "permission denied: \"%s\" is a system catalog",
                       relation->name);
    }
    if (relation->kind == kind) return OK;
    const char *article = kind == CATALOG_INDEX ? "an" : "a";
    err_set(err, "42809", "\"%s\" is not %s %s", relation->name, article, catalog_kind_name(kind));
    const char *words = catalog_kind_name(relation->kind);
    char command[32] = { 0 };
    for (size_t i = 0; words[i]; i++) {
        command[i] = words[i] == ' ' ? ' ' : (char)(words[i] & ~0x20);
    }
    return err_hint(err, "Use DROP %s to remove %s %s.", command,
                    relation->kind == CATALOG_INDEX ? "an" : "a", words);
}

enum status catalog_plan_drop_statement(const struct catalog *catalog,
                                        const struct syntax_drop *drop, struct arena *arena,
                                        struct catalog_relations *victims, struct err *err)
{
    enum catalog_kind kind = kind_of(drop->kind);
    struct catalog_relations found = {
        .items = arena_array(arena, struct catalog_relation *, drop->relation_count),
        .capacity = drop->relation_count,
    };
    for (u32 i = 0; i < drop->relation_count; i++) {
        const struct syntax_relation *written = &drop->relations[i];
        struct catalog_relation *relation = catalog_find(catalog, written->schema, written->name);
        if (!relation && drop->is_if_exists) continue;
        enum status status =
            relation ? check_kind(relation, kind, err) : fail_missing(written, kind, err);
        if (status) return status;
        relations_push(&found, relation);
    }
    return catalog_plan_drop(catalog, &found, drop->is_cascade, arena, victims, err);
}
