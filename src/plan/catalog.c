#include "plan/catalog.h"

#include <stdio.h>

#include "base/assert.h"
#include "base/hash.h"
#include "base/utf8.h"

#define SLOT_COUNT_MIN 64
#define NAME_SIZE_MAX  63

static u64 hash_name(const char *schema, const char *name)
{
    return hash_bytes_of(name, strlen(name), schema[0]);
}

void catalog_init(struct catalog *catalog, struct mem *mem)
{
    *catalog = (struct catalog){ .mem = mem, .id_next = 1, .version = 1 };
    list_init(&catalog->relations);
    catalog->slot_count = SLOT_COUNT_MIN;
    size_t size = sizeof *catalog->slots * catalog->slot_count;
    catalog->slots = mem_zalloc(mem, size);
    catalog->id_slots = mem_zalloc(mem, size);
}

void catalog_deinit(struct catalog *catalog)
{
    list_each_safe(&catalog->relations, link, following)
    {
        catalog_relation_free(catalog, container_of(link, struct catalog_relation, link));
    }
    size_t size = sizeof *catalog->slots * catalog->slot_count;
    mem_free(catalog->mem, catalog->slots, size);
    mem_free(catalog->mem, catalog->id_slots, size);
    *catalog = (struct catalog){ .mem = NULL };
}

struct catalog_relation *catalog_relation_new(struct catalog *catalog, enum catalog_kind kind,
                                              const char *schema, const char *name)
{
    struct catalog_relation *relation = mem_zalloc(catalog->mem, sizeof *relation);
    arena_init(&relation->arena, catalog->mem);
    list_init(&relation->link);
    relation->kind = kind;
    relation->schema = schema ? arena_string(&relation->arena, schema, strlen(schema)) : "public";
    relation->name = arena_string(&relation->arena, name, strlen(name));
    return relation;
}

void catalog_relation_free(struct catalog *catalog, struct catalog_relation *relation)
{
    struct catalog_relations *used_by = &relation->used_by;
    mem_free(catalog->mem, used_by->items, sizeof *used_by->items * used_by->capacity);
    arena_deinit(&relation->arena);
    mem_free(catalog->mem, relation, sizeof *relation);
}

static bool relations_has(const struct catalog_relations *relations,
                          const struct catalog_relation *relation)
{
    for (u32 i = 0; i < relations->count; i++) {
        if (relations->items[i] == relation) return true;
    }
    return false;
}

void catalog_use(struct catalog_relation *relation, struct catalog_relation *used)
{
    struct catalog_relations *uses = &relation->uses;
    if (relations_has(uses, used)) return;
    if (uses->count == uses->capacity) {
        u32 capacity = MAX(uses->capacity * 2, 4);
        struct catalog_relation **items =
            arena_array(&relation->arena, struct catalog_relation *, capacity);
        if (uses->count > 0) memcpy(items, uses->items, sizeof *items * uses->count);
        uses->items = items;
        uses->capacity = capacity;
    }
    uses->items[uses->count++] = used;
}

static void used_by_add(struct catalog *catalog, struct catalog_relation *used,
                        struct catalog_relation *user)
{
    struct catalog_relations *used_by = &used->used_by;
    if (used_by->count == used_by->capacity) {
        u32 capacity = MAX(used_by->capacity * 2, 4);
        used_by->items =
            mem_realloc(catalog->mem, used_by->items, sizeof *used_by->items * used_by->capacity,
                        sizeof *used_by->items * capacity);
        used_by->capacity = capacity;
    }
    used_by->items[used_by->count++] = user;
}

static void used_by_remove(struct catalog_relation *used, const struct catalog_relation *user)
{
    struct catalog_relations *used_by = &used->used_by;
    u32 index = 0;
    while (used_by->items[index] != user)
        index += 1;
    assert(index < used_by->count);
    used_by->count -= 1;
    for (; index < used_by->count; index++)
        used_by->items[index] = used_by->items[index + 1];
}

static void slots_insert(struct catalog *catalog, struct catalog_relation *relation)
{
    u64 mask = catalog->slot_count - 1;
    struct catalog_relation **slot =
        &catalog->slots[hash_name(relation->schema, relation->name) & mask];
    relation->next_of_name = *slot;
    *slot = relation;
    slot = &catalog->id_slots[relation->id & mask];
    relation->next_of_id = *slot;
    *slot = relation;
}

static void slots_remove(struct catalog *catalog, struct catalog_relation *relation)
{
    u64 mask = catalog->slot_count - 1;
    struct catalog_relation **slot =
        &catalog->slots[hash_name(relation->schema, relation->name) & mask];
    while (*slot != relation)
        slot = &(*slot)->next_of_name;
    *slot = relation->next_of_name;
    slot = &catalog->id_slots[relation->id & mask];
    while (*slot != relation)
        slot = &(*slot)->next_of_id;
    *slot = relation->next_of_id;
}

/* Makes room for one more. */
static void slots_grow(struct catalog *catalog)
{
    if (catalog->relation_count < catalog->slot_count) return;
    size_t size = sizeof *catalog->slots * catalog->slot_count;
    mem_free(catalog->mem, catalog->slots, size);
    mem_free(catalog->mem, catalog->id_slots, size);
    catalog->slot_count *= 2;
    catalog->slots = mem_zalloc(catalog->mem, size * 2);
    catalog->id_slots = mem_zalloc(catalog->mem, size * 2);
    catalog_each(catalog, relation) slots_insert(catalog, relation);
}

static enum status check_new(const struct catalog *catalog, const struct catalog_relation *relation,
                             struct err *err)
{
    bool is_public = strcmp(relation->schema, "public") == 0;
    bool is_weir = strcmp(relation->schema, "weir") == 0;
    if (!is_public && !is_weir) {
        return err_set(err, "3F000", "schema \"%s\" does not exist", relation->schema);
    }
    if (is_weir && relation->kind != CATALOG_SYSTEM_TABLE) {
        err_set(err, "42501", "permission denied for schema weir");
        return err_detail(err, "It holds what the system shows of itself.");
    }
    if (catalog_find(catalog, relation->schema, relation->name)) {
        return err_set(err, "42P07", "relation \"%s\" already exists", relation->name);
    }
    if (catalog->relation_count >= CATALOG_RELATION_COUNT_MAX) {
        return err_set(err, "54000", "there are %d relations, more are not possible",
                       CATALOG_RELATION_COUNT_MAX);
    }
    return OK;
}

static void append(struct catalog *catalog, struct catalog_relation *relation)
{
    relation->place = catalog->place_next++;
    list_append(&catalog->relations, &relation->link);
}

enum status catalog_add(struct catalog *catalog, struct catalog_relation *relation, struct err *err)
{
    assert(relation->id == 0);
    enum status status = check_new(catalog, relation, err);
    if (status) return status;
    slots_grow(catalog);
    relation->id = catalog->id_next++;
    append(catalog, relation);
    slots_insert(catalog, relation);
    catalog->relation_count += 1;
    catalog->version += 1;
    for (u32 i = 0; i < relation->uses.count; i++) {
        assert(relation->uses.items[i]->id > 0);
        used_by_add(catalog, relation->uses.items[i], relation);
    }
    return OK;
}

static enum status check_columns(const struct catalog_relation *old,
                                 const struct catalog_relation *relation, struct err *err)
{
    /* Nobody relies on the columns of a materialized view that stands alone. */
    if (old->kind == CATALOG_MATERIALIZED_VIEW && old->used_by.count == 0) return OK;
    if (!old->row || !relation->row) return OK;
    if (relation->row->column_count < old->row->column_count) {
        return err_set(err, "42P16", "cannot drop columns from view");
    }
    for (u32 i = 0; i < old->row->column_count; i++) {
        const struct schema_column *from = &old->row->columns[i];
        const struct schema_column *to = &relation->row->columns[i];
        if (strcmp(from->name, to->name) != 0) {
            err_set(err, "42P16", "cannot change name of view column \"%s\" to \"%s\"", from->name,
                    to->name);
            return FAIL;
        }
        if (type_equal(from->type, to->type)) continue;
        char from_type[64], to_type[64];
        type_name(from->type, from_type);
        type_name(to->type, to_type);
        return err_set(err, "42P16", "cannot change data type of view column \"%s\" from %s to %s",
                       from->name, from_type, to_type);
    }
    return OK;
}

/* Marks relation and all that stands on it. Deep chains of views are followed along the order, not
 * by recursion: what uses something stands behind it. */
static void mark_dependents(struct catalog_relation *relation, const struct catalog *catalog)
{
    relation->is_marked = true;
    for (struct catalog_relation *other = catalog_next(catalog, relation); other;
         other = catalog_next(catalog, other)) {
        for (u32 i = 0; i < other->uses.count && !other->is_marked; i++) {
            other->is_marked = other->uses.items[i]->is_marked;
        }
    }
}

static void clear_marks(const struct catalog *catalog)
{
    catalog_each(catalog, relation) relation->is_marked = false;
}

/* Moves the marked ones to the end, in their order. */
static void move_marked(struct catalog *catalog)
{
    struct link *last = catalog->relations.previous;
    list_each_safe(&catalog->relations, link, following)
    {
        struct catalog_relation *relation = container_of(link, struct catalog_relation, link);
        if (relation->is_marked) {
            list_remove(link);
            append(catalog, relation);
        }
        if (link == last) break;
    }
}

enum status catalog_check_replace(const struct catalog *catalog, struct catalog_relation *old,
                                  const struct catalog_relation *relation, struct err *err)
{
    if (old->kind != relation->kind) {
        return err_set(err, "42809", "\"%s\" is not a %s", old->name,
                       catalog_kind_name(relation->kind));
    }
    enum status status = check_columns(old, relation, err);
    if (status) return status;
    mark_dependents(old, catalog);
    for (u32 i = 0; i < relation->uses.count && !status; i++) {
        if (!relation->uses.items[i]->is_marked) continue;
        status = err_set(err, "42P17", "infinite recursion detected in rules for relation \"%s\"",
                         old->name);
    }
    clear_marks(catalog);
    return status;
}

static void replace_in(struct catalog_relations *relations, const struct catalog_relation *old,
                       struct catalog_relation *relation)
{
    for (u32 i = 0; i < relations->count; i++) {
        if (relations->items[i] == old) relations->items[i] = relation;
    }
}

enum status catalog_replace(struct catalog *catalog, struct catalog_relation *old,
                            struct catalog_relation *relation, struct err *err)
{
    assert(old->id > 0 && relation->id == 0);
    assert(strcmp(old->name, relation->name) == 0 && strcmp(old->schema, relation->schema) == 0);
    enum status status = catalog_check_replace(catalog, old, relation, err);
    if (status) return status;

    relation->id = old->id;
    relation->place = old->place;
    relation->used_by = old->used_by;
    old->used_by = (struct catalog_relations){ .count = 0 };
    for (u32 i = 0; i < relation->used_by.count; i++) {
        replace_in(&relation->used_by.items[i]->uses, old, relation);
    }
    slots_remove(catalog, old);
    slots_insert(catalog, relation);
    list_insert(&old->link, &relation->link);
    list_remove(&old->link);
    u64 place_max = 0;
    for (u32 i = 0; i < old->uses.count; i++)
        used_by_remove(old->uses.items[i], old);
    for (u32 i = 0; i < relation->uses.count; i++) {
        used_by_add(catalog, relation->uses.items[i], relation);
        place_max = MAX(place_max, relation->uses.items[i]->place);
    }
    if (place_max > relation->place) {
        mark_dependents(relation, catalog);
        move_marked(catalog);
        clear_marks(catalog);
    }
    old->id = 0;
    catalog->version += 1;
    return OK;
}

void catalog_remove(struct catalog *catalog, struct catalog_relation *relation)
{
    assert(relation->id > 0 && relation->used_by.count == 0);
    for (u32 i = 0; i < relation->uses.count; i++) {
        used_by_remove(relation->uses.items[i], relation);
    }
    slots_remove(catalog, relation);
    list_remove(&relation->link);
    relation->id = 0;
    catalog->relation_count -= 1;
    catalog->version += 1;
}

static struct catalog_relation *find_in(const struct catalog *catalog, const char *schema,
                                        const char *name)
{
    u64 mask = catalog->slot_count - 1;
    struct catalog_relation *relation = catalog->slots[hash_name(schema, name) & mask];
    while (relation &&
           (strcmp(relation->name, name) != 0 || strcmp(relation->schema, schema) != 0)) {
        relation = relation->next_of_name;
    }
    return relation;
}

struct catalog_relation *catalog_find(const struct catalog *catalog, const char *schema,
                                      const char *name)
{
    if (schema) return find_in(catalog, schema, name);
    struct catalog_relation *relation = find_in(catalog, "public", name);
    return relation ? relation : find_in(catalog, "weir", name);
}

struct catalog_relation *catalog_find_id(const struct catalog *catalog, u32 id)
{
    struct catalog_relation *relation = catalog->id_slots[id & (catalog->slot_count - 1)];
    while (relation && relation->id != id)
        relation = relation->next_of_id;
    return relation;
}

const struct catalog_key *catalog_key_find(const struct catalog_relation *table, const char *name)
{
    for (u32 i = 0; i < table->key_count; i++)
        if (strcmp(table->keys[i].name, name) == 0) return &table->keys[i];
    return NULL;
}

void catalog_key_add(struct catalog *catalog, struct catalog_relation *table,
                     const struct catalog_key *key)
{
    struct catalog_key *keys = arena_array(&table->arena, struct catalog_key, table->key_count + 1);
    if (table->key_count > 0) memcpy(keys, table->keys, table->key_count * sizeof *keys);
    keys[table->key_count] = *key;
    keys[table->key_count].name = arena_string(&table->arena, key->name, strlen(key->name));
    keys[table->key_count].columns =
        arena_copy(&table->arena, key->columns, key->column_count * sizeof *key->columns);
    table->keys = keys;
    table->key_count += 1;
    catalog->version += 1;
}

void catalog_key_remove(struct catalog *catalog, struct catalog_relation *table, const char *name)
{
    const struct catalog_key *key = catalog_key_find(table, name);
    assert(key && !key->is_primary);
    u32 at = (u32)(key - table->keys);
    memmove(&table->keys[at], &table->keys[at + 1],
            (table->key_count - at - 1) * sizeof *table->keys);
    table->key_count -= 1;
    catalog->version += 1;
}

enum status catalog_get(const struct catalog *catalog, const struct syntax_relation *written,
                        struct slice text, struct catalog_relation **relation, struct err *err)
{
    *relation = catalog_find(catalog, written->schema, written->name);
    if (*relation) return OK;
    err_set(err, "42P01", "relation \"%s%s%s\" does not exist",
            written->schema ? written->schema : "", written->schema ? "." : "", written->name);
    if (err) err->position = syntax_position(text, written->offset);
    return FAIL;
}

const char *catalog_kind_name(enum catalog_kind kind)
{
    switch (kind) {
    case CATALOG_TABLE:
    case CATALOG_SYSTEM_TABLE: return "table";
    case CATALOG_SOURCE: return "source";
    case CATALOG_VIEW: return "view";
    case CATALOG_MATERIALIZED_VIEW: return "materialized view";
    case CATALOG_SINK: return "sink";
    case CATALOG_INDEX: return "index";
    }
    unreachable();
}

const char *catalog_shown_name(const struct catalog_relation *relation, struct arena *arena)
{
    if (strcmp(relation->schema, "public") == 0) return relation->name;
    return arena_format(arena, "%s.%s", relation->schema, relation->name);
}

const char *catalog_make_name(const char *table, const struct syntax_names *columns,
                              const char *suffix, u32 number, struct arena *arena)
{
    const char *joined = "";
    for (u32 i = 0; i < columns->count && strlen(joined) <= NAME_SIZE_MAX; i++) {
        joined = arena_format(arena, "%s%s%s", joined, i > 0 ? "_" : "", columns->items[i]);
    }
    char digits[16] = "";
    if (number > 0) snprintf(digits, sizeof digits, "%u", number);

    /* The longer of the first two gives way. */
    size_t table_size = strlen(table), joined_size = strlen(joined);
    size_t rest = strlen(suffix) + strlen(digits) + 1 + (joined_size > 0);
    while (table_size + joined_size + rest > NAME_SIZE_MAX) {
        size_t *longer = table_size > joined_size ? &table_size : &joined_size;
        *longer -= 1;
    }
    table_size = utf8_check(slice_make(table, table_size));
    joined_size = utf8_check(slice_make(joined, joined_size));
    return arena_format(arena, "%.*s%s%.*s_%s%s", (int)table_size, table,
                        joined_size > 0 ? "_" : "", (int)joined_size, joined, suffix, digits);
}

const char *catalog_choose_name(const struct catalog *catalog, const char *table,
                                const struct syntax_names *columns, const char *suffix,
                                struct arena *arena)
{
    const char *name = catalog_make_name(table, columns, suffix, 0, arena);
    for (u32 i = 1; find_in(catalog, "public", name); i++) {
        name = catalog_make_name(table, columns, suffix, i, arena);
    }
    return name;
}
