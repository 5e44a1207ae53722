#include "plan/catalog.h"

#include <stdio.h>

#include "plan/define.h"
#include "tests/unit/plan/plan_test.h"

struct world {
    struct plan_fixture fixture;
    struct catalog catalog;
};

static void world_init(struct world *world)
{
    plan_fixture_init(&world->fixture);
    catalog_init(&world->catalog, &world->fixture.mem);
}

static void world_deinit(struct world *world)
{
    catalog_deinit(&world->catalog);
    plan_fixture_deinit(&world->fixture);
}

static struct catalog_relation *world_find(struct world *world, const char *name)
{
    return catalog_find(&world->catalog, NULL, name);
}

/* uses: names with a blank between. */
static struct catalog_relation *world_new(struct world *world, enum catalog_kind kind,
                                          const char *name, const char *uses)
{
    struct catalog_relation *relation = catalog_relation_new(&world->catalog, kind, NULL, name);
    while (*uses) {
        size_t size = strcspn(uses, " ");
        catalog_use(relation, world_find(world, arena_string(&world->fixture.arena, uses, size)));
        uses += size + (uses[size] == ' ');
    }
    return relation;
}

static struct catalog_relation *world_add(struct world *world, enum catalog_kind kind,
                                          const char *name, const char *uses)
{
    struct catalog_relation *relation = world_new(world, kind, name, uses);
    assert_ok(catalog_add(&world->catalog, relation, &world->fixture.err), &world->fixture.err);
    return relation;
}

static void world_columns(struct world *world, struct catalog_relation *relation, u32 count, ...)
{
    relation->row = arena_new(&relation->arena, struct schema);
    relation->row->columns = arena_array(&relation->arena, struct schema_column, count);
    va_list args;
    va_start(args, count);
    for (u32 i = 0; i < count; i++) {
        relation->row->columns[i].name = va_arg(args, const char *);
        relation->row->columns[i].type = TYPE(INT4);
    }
    va_end(args);
    relation->row->column_count = count;
    (void)world;
}

/* The names in the catalog's order, which must be one that holds its invariant. */
static const char *world_order(struct world *world)
{
    const char *names = "";
    u64 place = 0;
    catalog_each(&world->catalog, relation)
    {
        assert_true(names[0] == 0 || relation->place > place);
        place = relation->place;
        for (u32 i = 0; i < relation->uses.count; i++) {
            assert_true(relation->uses.items[i]->place < place);
        }
        assert_ptr_equal(catalog_find_id(&world->catalog, relation->id), relation);
        assert_false(relation->is_marked);
        names = arena_format(&world->fixture.arena, "%s%s%s", names, names[0] ? " " : "",
                             relation->name);
    }
    return names;
}

static const char *drop(struct world *world, const char *sql)
{
    struct syntax_statement *statement = plan_parse(&world->fixture, sql);
    struct catalog_relations victims;
    struct err *err = &world->fixture.err;
    struct arena *arena = &world->fixture.arena;
    if (catalog_plan_drop_statement(&world->catalog, statement->drop, arena, &victims, err)) {
        return arena_format(arena, "%s %s|%s|%s", err->sqlstate, err->message, err->detail,
                            err->hint);
    }
    const char *names = "";
    for (u32 i = 0; i < victims.count; i++) {
        names = arena_format(arena, "%s%s%s", names, i > 0 ? " " : "", victims.items[i]->name);
        catalog_remove(&world->catalog, victims.items[i]);
        catalog_relation_free(&world->catalog, victims.items[i]);
    }
    world_order(world);
    return names;
}

TEST(catalog_finds_what_was_added)
{
    struct world world;
    world_init(&world);
    struct catalog_relation *a = world_add(&world, CATALOG_TABLE, "a", "");
    struct catalog_relation *edges =
        catalog_relation_new(&world.catalog, CATALOG_SYSTEM_TABLE, "weir", "edges");
    assert_ok(catalog_add(&world.catalog, edges, NULL), &world.fixture.err);
    assert_ptr_equal(world_find(&world, "a"), a);
    assert_ptr_equal(catalog_find(&world.catalog, "public", "a"), a);
    assert_null(catalog_find(&world.catalog, "weir", "a"));
    assert_ptr_equal(world_find(&world, "edges"), edges);
    assert_null(catalog_find(&world.catalog, "public", "edges"));
    assert_null(catalog_find_id(&world.catalog, 99));
    world_deinit(&world);
}

TEST(catalog_holds_many)
{
    struct world world;
    world_init(&world);
    char name[16];
    for (u32 i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "t%u", i);
        world_add(&world, CATALOG_TABLE, name, "");
    }
    for (u32 i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "t%u", i);
        struct catalog_relation *relation = world_find(&world, name);
        assert_ptr_equal(catalog_find_id(&world.catalog, relation->id), relation);
        if (i % 2 == 0) continue;
        catalog_remove(&world.catalog, relation);
        catalog_relation_free(&world.catalog, relation);
    }
    assert_non_null(world_find(&world, "t500"));
    assert_null(world_find(&world, "t501"));
    assert_int_equal(world.catalog.relation_count, 500);
    world_deinit(&world);
}

TEST(catalog_refuses_a_name_that_is_taken)
{
    struct world world;
    world_init(&world);
    world_add(&world, CATALOG_TABLE, "a", "");
    u64 version = world.catalog.version;
    struct catalog_relation *again = world_new(&world, CATALOG_VIEW, "a", "");
    assert_int_equal(catalog_add(&world.catalog, again, &world.fixture.err), FAIL);
    assert_string_equal(world.fixture.err.sqlstate, "42P07");
    assert_string_equal(world.fixture.err.message, "relation \"a\" already exists");
    catalog_relation_free(&world.catalog, again);

    struct catalog_relation *far =
        catalog_relation_new(&world.catalog, CATALOG_TABLE, "nowhere", "a");
    assert_int_equal(catalog_add(&world.catalog, far, &world.fixture.err), FAIL);
    assert_string_equal(world.fixture.err.message, "schema \"nowhere\" does not exist");
    catalog_relation_free(&world.catalog, far);

    struct catalog_relation *own = catalog_relation_new(&world.catalog, CATALOG_TABLE, "weir", "a");
    assert_int_equal(catalog_add(&world.catalog, own, &world.fixture.err), FAIL);
    assert_string_equal(world.fixture.err.sqlstate, "42501");
    catalog_relation_free(&world.catalog, own);
    assert_int_equal(world.catalog.version, version);
    world_deinit(&world);
}

TEST(catalog_get_says_where_the_unknown_name_stands)
{
    struct world world;
    world_init(&world);
    struct syntax_statement *statement = plan_parse(&world.fixture, "SELECT 'é' FROM s.x");
    const struct syntax_from *from = statement->select->plain.from.items[0];
    struct catalog_relation *relation;
    assert_int_equal(catalog_get(&world.catalog, &from->table.relation, statement->text, &relation,
                                 &world.fixture.err),
                     FAIL);
    assert_string_equal(world.fixture.err.sqlstate, "42P01");
    assert_string_equal(world.fixture.err.message, "relation \"s.x\" does not exist");
    assert_int_equal(world.fixture.err.position, 17);
    world_deinit(&world);
}

TEST(catalog_drop_is_refused_when_something_depends_on_it)
{
    struct world world;
    world_init(&world);
    world_add(&world, CATALOG_TABLE, "a", "");
    world_add(&world, CATALOG_INDEX, "a_idx", "a");
    world_add(&world, CATALOG_VIEW, "v", "a");
    world_add(&world, CATALOG_MATERIALIZED_VIEW, "w", "v a");
    world_add(&world, CATALOG_SINK, "s", "w");
    world_add(&world, CATALOG_TABLE, "b", "");
    assert_string_equal(drop(&world, "DROP TABLE a"),
                        "2BP01 cannot drop table a because other objects depend on it|"
                        "view v depends on table a\nmaterialized view w depends on view v\n"
                        "sink s depends on materialized view w|"
                        "Use DROP ... CASCADE to drop the dependent objects too.");
    assert_string_equal(drop(&world, "DROP TABLE b, a"),
                        "2BP01 cannot drop desired object(s) because other objects depend on them|"
                        "view v depends on table a\nmaterialized view w depends on view v\n"
                        "sink s depends on materialized view w|"
                        "Use DROP ... CASCADE to drop the dependent objects too.");
    assert_string_equal(world_order(&world), "a a_idx v w s b");
    assert_string_equal(drop(&world, "DROP MATERIALIZED VIEW w CASCADE"), "s w");
    assert_string_equal(drop(&world, "DROP VIEW v"), "v");
    assert_string_equal(drop(&world, "DROP TABLE a, b"), "b a_idx a");
    assert_string_equal(world_order(&world), "");
    world_deinit(&world);
}

TEST(catalog_drop_names_as_many_dependents_as_fit)
{
    struct world world;
    world_init(&world);
    world_add(&world, CATALOG_TABLE, "a", "");
    char name[32];
    for (u32 i = 0; i < 100; i++) {
        snprintf(name, sizeof name, "view_number_%u", i);
        world_add(&world, CATALOG_VIEW, name, "a");
    }
    assert_non_null(strstr(drop(&world, "DROP TABLE a"), " other objects|Use"));
    world_deinit(&world);
}

TEST(catalog_drop_checks_kind_and_presence)
{
    static const struct {
        const char *sql, *answer;
    } cases[] = {
        { "DROP VIEW a", "42809 \"a\" is not a view||Use DROP TABLE to remove a table." },
        { "DROP TABLE v", "42809 \"v\" is not a table||"
                          "Use DROP MATERIALIZED VIEW to remove a materialized view." },
        { "DROP SINK i", "42809 \"i\" is not a sink||Use DROP INDEX to remove an index." },
        { "DROP INDEX a", "42809 \"a\" is not an index||Use DROP TABLE to remove a table." },
        { "DROP TABLE x", "42P01 table \"x\" does not exist||" },
        { "DROP INDEX x", "42704 index \"x\" does not exist||" },
        { "DROP SOURCE s.x", "3F000 schema \"s\" does not exist||" },
        { "DROP TABLE IF EXISTS x, y", "" },
        { "DROP TABLE IF EXISTS v", "42809 \"v\" is not a table||"
                                    "Use DROP MATERIALIZED VIEW to remove a materialized view." },
        { "DROP TABLE edges", "42501 permission denied: \"edges\" is a system catalog||" },
        { "DROP TABLE IF EXISTS x, a CASCADE", "v i a" },
    };
    struct world world;
    world_init(&world);
    world_add(&world, CATALOG_TABLE, "a", "");
    world_add(&world, CATALOG_INDEX, "i", "a");
    world_add(&world, CATALOG_MATERIALIZED_VIEW, "v", "a");
    struct catalog_relation *edges =
        catalog_relation_new(&world.catalog, CATALOG_SYSTEM_TABLE, "weir", "edges");
    assert_ok(catalog_add(&world.catalog, edges, NULL), &world.fixture.err);
    for (size_t i = 0; i < countof(cases); i++) {
        assert_string_equal(drop(&world, cases[i].sql), cases[i].answer);
    }
    world_deinit(&world);
}

static const char *replace(struct world *world, struct catalog_relation *relation)
{
    struct catalog_relation *old = world_find(world, relation->name);
    struct err *err = &world->fixture.err;
    if (catalog_replace(&world->catalog, old, relation, err)) {
        catalog_relation_free(&world->catalog, relation);
        return arena_format(&world->fixture.arena, "%s %s", err->sqlstate, err->message);
    }
    catalog_relation_free(&world->catalog, old);
    return world_order(world);
}

TEST(catalog_replace_keeps_id_and_dependents)
{
    struct world world;
    world_init(&world);
    world_add(&world, CATALOG_TABLE, "a", "");
    u32 id = world_add(&world, CATALOG_VIEW, "v", "a")->id;
    struct catalog_relation *w = world_add(&world, CATALOG_VIEW, "w", "v");
    world_add(&world, CATALOG_TABLE, "b", "");
    world_add(&world, CATALOG_VIEW, "x", "b");
    struct catalog_relation *v = world_new(&world, CATALOG_VIEW, "v", "a");
    assert_string_equal(replace(&world, v), "a v w b x");
    assert_int_equal(v->id, id);
    assert_ptr_equal(w->uses.items[0], v);
    assert_ptr_equal(catalog_find_id(&world.catalog, id), v);
    assert_string_equal(replace(&world, world_new(&world, CATALOG_VIEW, "v", "b")), "a b x v w");
    assert_string_equal(drop(&world, "DROP TABLE a"), "a");
    assert_string_equal(drop(&world, "DROP TABLE b CASCADE"), "w v x b");
    world_deinit(&world);
}

TEST(catalog_replace_refuses_a_circle_and_another_kind)
{
    struct world world;
    world_init(&world);
    world_add(&world, CATALOG_TABLE, "a", "");
    world_add(&world, CATALOG_VIEW, "v", "a");
    world_add(&world, CATALOG_VIEW, "w", "v");
    assert_string_equal(replace(&world, world_new(&world, CATALOG_VIEW, "v", "w")),
                        "42P17 infinite recursion detected in rules for relation \"v\"");
    assert_string_equal(replace(&world, world_new(&world, CATALOG_VIEW, "v", "v")),
                        "42P17 infinite recursion detected in rules for relation \"v\"");
    assert_string_equal(replace(&world, world_new(&world, CATALOG_VIEW, "a", "")),
                        "42809 \"a\" is not a view");
    assert_string_equal(world_order(&world), "a v w");
    world_deinit(&world);
}

TEST(catalog_replace_keeps_the_columns_of_a_view)
{
    struct world world;
    world_init(&world);
    struct catalog_relation *v = world_new(&world, CATALOG_VIEW, "v", "");
    world_columns(&world, v, 2, "a", "b");
    assert_ok(catalog_add(&world.catalog, v, NULL), &world.fixture.err);

    v = world_new(&world, CATALOG_VIEW, "v", "");
    world_columns(&world, v, 1, "a");
    assert_string_equal(replace(&world, v), "42P16 cannot drop columns from view");
    v = world_new(&world, CATALOG_VIEW, "v", "");
    world_columns(&world, v, 2, "a", "c");
    assert_string_equal(replace(&world, v),
                        "42P16 cannot change name of view column \"b\" to \"c\"");
    v = world_new(&world, CATALOG_VIEW, "v", "");
    world_columns(&world, v, 2, "a", "b");
    v->row->columns[1].type = TYPE(TEXT);
    assert_string_equal(replace(&world, v),
                        "42P16 cannot change data type of view column \"b\" from integer to text");
    v = world_new(&world, CATALOG_VIEW, "v", "");
    world_columns(&world, v, 3, "a", "b", "c");
    assert_string_equal(replace(&world, v), "v");
    world_deinit(&world);
}

TEST(catalog_replace_lets_a_view_that_is_not_used_change)
{
    struct world world;
    world_init(&world);
    struct catalog_relation *v = world_new(&world, CATALOG_MATERIALIZED_VIEW, "v", "");
    world_columns(&world, v, 2, "a", "b");
    assert_ok(catalog_add(&world.catalog, v, NULL), &world.fixture.err);
    v = world_new(&world, CATALOG_MATERIALIZED_VIEW, "v", "");
    world_columns(&world, v, 1, "c");
    assert_string_equal(replace(&world, v), "v");
    world_add(&world, CATALOG_SINK, "s", "v");
    v = world_new(&world, CATALOG_MATERIALIZED_VIEW, "v", "");
    world_columns(&world, v, 1, "d");
    assert_string_equal(replace(&world, v),
                        "42P16 cannot change name of view column \"c\" to \"d\"");
    world_deinit(&world);
}

TEST(catalog_keeps_its_order_under_random_changes)
{
    struct world world;
    world_init(&world);
    u64 seed = test_seed(1);
    char name[8], uses[32];
    for (u32 round = 0; round < 2000; round++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        u32 a = (u32)(seed >> 33) % 12, b = (u32)(seed >> 40) % 12, c = (u32)(seed >> 48) % 12;
        snprintf(name, sizeof name, "v%u", a);
        uses[0] = 0;
        for (u32 i = 0; i < 2; i++) {
            char used[8];
            snprintf(used, sizeof used, "v%u", i ? b : c);
            bool is_there = world_find(&world, used) && strcmp(used, name) != 0;
            if (is_there && uses[0]) strcat(uses, " ");
            if (is_there) strcat(uses, used);
        }
        struct catalog_relation *old = world_find(&world, name);
        if (!old) {
            world_add(&world, CATALOG_VIEW, name, uses);
        } else if (seed >> 62) {
            (void)replace(&world, world_new(&world, CATALOG_VIEW, name, uses));
        } else {
            const char *sql = arena_format(&world.fixture.arena, "DROP VIEW %s CASCADE", name);
            assert_non_null(strstr(drop(&world, sql), name));
        }
        world_order(&world);
        arena_reset(&world.fixture.arena);
    }
    world_deinit(&world);
}

TEST(catalog_makes_names_as_postgresql_does)
{
    struct world world;
    world_init(&world);
    struct arena *arena = &world.fixture.arena;
    const char *items[] = { "name", "price" };
    struct syntax_names columns = { .items = items, .count = 2 }, none = { .count = 0 };
    assert_string_equal(catalog_choose_name(&world.catalog, "product", &columns, "idx", arena),
                        "product_name_price_idx");
    world_add(&world, CATALOG_INDEX, "product_name_price_idx", "");
    assert_string_equal(catalog_choose_name(&world.catalog, "product", &columns, "idx", arena),
                        "product_name_price_idx1");
    assert_string_equal(catalog_choose_name(&world.catalog, "product", &none, "pkey", arena),
                        "product_pkey");
    const char *long_table = "a_table_with_a_name_of_sixty_three_bytes_which_is_the_longest__";
    assert_int_equal(strlen(long_table), 63);
    assert_string_equal(catalog_choose_name(&world.catalog, long_table, &columns, "idx", arena),
                        "a_table_with_a_name_of_sixty_three_bytes_which_i_name_price_idx");
    world_deinit(&world);
}
