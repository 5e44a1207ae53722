#include "wire/query.h"

#include <stdio.h>

#include "base/rand.h"
#include "tests/test.h"

static struct mem mem;
static struct arena arena;
static struct query query;
static struct err err;

static void begin(void)
{
    mem_init(&mem, "test", NULL, 0);
    arena_init(&arena, &mem);
}

static void end(void)
{
    arena_deinit(&arena);
    mem_deinit(&mem);
}

/* A tree as text: (a eq 1), (and ...), !(...); values in brackets so that spaces show. */
static void print_slice(char *text, struct slice slice)
{
    sprintf(text + strlen(text), "[%.*s]", (int)slice.size, slice.size ? slice.data : "");
}

static void print_nodes(char *text, const struct query_node *node)
{
    for (; node; node = node->next) {
        strcat(text, node->negated ? "!(" : "(");
        if (node->kind == QUERY_FILTER) {
            print_slice(text, node->column);
            sprintf(text + strlen(text), " %s ", query_op_name(node->op));
            for (u32 index = 0; index < node->value_count; index++)
                print_slice(text, node->values[index]);
            if (node->op == QUERY_IS)
                strcat(text, query_is_name(node->is));
            else if (node->op != QUERY_IN)
                print_slice(text, node->value);
        } else {
            strcat(text, node->kind == QUERY_AND ? "and " : "or ");
            print_nodes(text, node->child);
        }
        strcat(text, ")");
    }
}

static void expect_filter(const char *text, const char *expected)
{
    char printed[4096] = "";
    begin();
    if (query_parse(slice_of(text), &arena, &query, &err))
        fail_msg("%s: %s; %s", text, err.message, err.detail);
    print_nodes(printed, query.filter);
    if (strcmp(printed, expected) != 0) fail_msg("%s for\n%s", printed, text);
    end();
}

static void expect_fail(const char *text, const char *sqlstate, const char *message,
                        const char *detail)
{
    begin();
    if (!query_parse(slice_of(text), &arena, &query, &err)) fail_msg("accepted: %s", text);
    if (strcmp(err.sqlstate, sqlstate) != 0)
        fail_msg("%s: %s %s; %s", text, err.sqlstate, err.message, err.detail);
    if (message && !strstr(err.message, message)) fail_msg("%s: %s", text, err.message);
    if (detail && !strstr(err.detail, detail)) fail_msg("%s: %s", text, err.detail);
    end();
}

static void expect_unsupported(const char *text)
{
    expect_fail(text, "0A000", NULL, "not supported");
}

static void expect_malformed(const char *text)
{
    expect_fail(text, "PGRST100", NULL, NULL);
}

TEST(query_reads_every_operator)
{
    expect_filter("a=eq.1&b=neq.2&c=gt.3&d=gte.4&e=lt.5&f=lte.6",
                  "([a] eq [1])([b] neq [2])([c] gt [3])([d] gte [4])([e] lt [5])([f] lte [6])");
    expect_filter("a=is.null&b=is.NOT_NULL&c=is.True&d=is.false&e=is.unknown",
                  "([a] is null)([b] is not_null)([c] is true)([d] is false)([e] is unknown)");
    expect_filter("a=match.^x&b=imatch.y*$&c=isdistinct.1",
                  "([a] match [^x])([b] imatch [y*$])([c] isdistinct [1])");
    expect_filter("", "");
    expect_filter("&&", "");
}

TEST(query_takes_stars_as_percent_in_patterns_only)
{
    expect_filter("a=like.*x*&b=ilike.y%25*&c=eq.*",
                  "([a] like [%x%])([b] ilike [y%%])([c] eq [*])");
    expect_filter("or=(a.like.*x*,b.like.\"*,*\")", "(or ([a] like [%x%])([b] like [%,%]))");
}

TEST(query_negates_with_not)
{
    expect_filter("a=not.eq.1&b=not.in.(1,2)&c=not.is.null",
                  "!([a] eq [1])!([b] in [1][2])!([c] is null)");
    expect_malformed("a=not.not.eq.1");
    expect_malformed("a=not.");
    expect_malformed("a=not");
}

/* At the top a value is everything behind the dot, as it is. */
TEST(query_keeps_values_at_the_top_whole)
{
    expect_filter("a=eq.", "([a] eq [])");
    expect_filter("a=eq.x.y,(z)\"", "([a] eq [x.y,(z)\"])");
    expect_filter("a=eq.%22q%22", "([a] eq [\"q\"])");
    expect_filter("a=eq.b=c", "([a] eq [b=c])");
    expect_filter("a=eq.x+y%2Bz%26", "([a] eq [x y+z&])");
    expect_filter("a=eq.2024-01-01T00:00:00.5Z", "([a] eq [2024-01-01T00:00:00.5Z])");
}

TEST(query_reads_lists_with_quotes)
{
    expect_filter("a=in.(1,2,3)", "([a] in [1][2][3])");
    expect_filter("a=in.(a,b,\"c,d\")", "([a] in [a][b][c,d])");
    expect_filter("a=in.(\"q\\\"x\\\\\",\")\")", "([a] in [q\"x\\][)])");
    expect_filter("a=in.(x y,z)", "([a] in [x y][z])");
    expect_filter("a=in.( x,y )", "([a] in [x][y ])");
    expect_filter("a=in.()", "([a] in )");
    expect_filter("a=in.(\"\")", "([a] in [])");
    expect_filter("a=in.(1,)", "([a] in [1][])");
    expect_malformed("a=in.1,2");
    expect_malformed("a=in.(1,2");
    expect_malformed("a=in.(1,2)x");
    expect_malformed("a=in.(\"1)");
    expect_malformed("a=in.(\"1\"2)");
}

TEST(query_reads_groups)
{
    expect_filter("and=(a.gt.1,or(b.eq.2,c.is.null))",
                  "(and ([a] gt [1])(or ([b] eq [2])([c] is null)))");
    expect_filter("or=(a.eq.1,b.not.in.(1,2),not.and(c.lt.3,d.like.x*))",
                  "(or ([a] eq [1])!([b] in [1][2])!(and ([c] lt [3])([d] like [x%])))");
    expect_filter("not.and=(a.eq.1)&not.or=(b.eq.2)&and=(c.eq.3)&x=eq.1",
                  "!(and ([a] eq [1]))!(or ([b] eq [2]))(and ([c] eq [3]))([x] eq [1])");
    expect_filter("and=( a.eq.1 , b.eq.2 )", "(and ([a] eq [1 ])([b] eq [2 ]))");
    expect_filter("or=(a.eq.\"x,y)\",b.eq.)", "(or ([a] eq [x,y)])([b] eq []))");
    expect_filter("or=(a.eq.{1,2},b.eq.{x)", "(or ([a] eq [{1,2}])([b] eq [{x]))");
    expect_filter("or=(\"a.b\".eq.1.5,b.is.true)", "(or ([a.b] eq [1.5])([b] is true))");
    expect_malformed("and=");
    expect_malformed("and=()");
    expect_malformed("and=(a.eq.1");
    expect_malformed("and=(a.eq.1,)");
    expect_malformed("and=(a.eq.1))");
    expect_malformed("and=a.eq.1");
    expect_malformed("and=(a)");
    expect_malformed("and=(a.eq)");
    expect_malformed("and=(nand(a.eq.1))");
    expect_malformed("or=(a.is.nullx)");
}

/* Reserved words are columns where they cannot be meant otherwise. */
TEST(query_reaches_columns_with_reserved_names)
{
    expect_filter("and=(order.eq.1,and.eq.2,not.eq.3,or.in.(1),not.or(or.eq.1))",
                  "(and ([order] eq [1])([and] eq [2])([not] eq [3])([or] in [1])"
                  "!(or ([or] eq [1])))");
    expect_filter("%22order%22=eq.1&%22a.b%22=eq.2&%22stance%22=eq.x",
                  "([order] eq [1])([a.b] eq [2])([stance] eq [x])");
    expect_filter("ands=eq.1&Order=eq.2", "([ands] eq [1])([Order] eq [2])");
}

TEST(query_names_may_be_quoted_dashed_and_unicode)
{
    expect_filter("my-col=eq.1&a_1$=eq.2&caf%C3%A9=eq.3&my+col=eq.4",
                  "([my-col] eq [1])([a_1$] eq [2])([caf\xc3\xa9] eq [3])([my col] eq [4])");
    expect_filter("%22q%5C%22x%22=eq.1", "([q\"x] eq [1])");
    expect_malformed("=eq.1");
    expect_malformed("%22%22=eq.1");
    expect_malformed("%22a=eq.1");
    expect_malformed("%22a%22b=eq.1");
    expect_malformed("a/b=eq.1");
    expect_malformed("+=eq.1");
}

TEST(query_refuses_what_postgrest_has_and_we_do_not)
{
    expect_unsupported("a=fts.cat");
    expect_unsupported("a=plfts(english).cat");
    expect_unsupported("a=not.wfts.cat");
    expect_unsupported("a=cs.{1}");
    expect_unsupported("a=ov.{1}");
    expect_unsupported("a=adj.(1,2)");
    expect_unsupported("a=eq(any).{1,2}");
    expect_unsupported("or=(a.like(all).{x},b.eq.1)");
    expect_unsupported("data->>x=eq.1");
    expect_unsupported("data->x->>y=eq.1");
    expect_unsupported("and=(data->>x.eq.1)");
    expect_unsupported("rel.col=eq.1");
    expect_unsupported("rel.order=col");
    expect_unsupported("rel.limit=1");
    expect_unsupported("rel.or=(a.eq.1)");
    expect_unsupported("select=a,rel(b)");
    expect_unsupported("select=rel!inner(b)");
    expect_unsupported("select=...rel(b)");
    expect_unsupported("select=x:rel(b)");
    expect_unsupported("select=a->b");
    expect_unsupported("select=count()");
    expect_unsupported("select=a.sum()");
    expect_unsupported("order=rel(a).desc");
    expect_unsupported("order=a->b");
}

/* As PostgREST words it. */
TEST(query_errors_say_what_and_where)
{
    expect_fail("a=eqq.1", "PGRST100", "\"failed to parse filter (eqq.1)\" (line 1, column 1)",
                "unexpected \"e\" expecting \"not\" or operator (eq, gt, ...)");
    expect_fail("a=eq", "PGRST100", "\"failed to parse filter (eq)\" (line 1, column 3)",
                "unexpected end of input expecting \".\"");
    expect_fail("a=1", "PGRST100", "(line 1, column 1)", "unexpected \"1\"");
    expect_fail("a=is.nil", "PGRST100", "(line 1, column 4)", "unexpected \"n\" expecting null");
    expect_fail("and=(caf%C3%A9.%C3%A9)", "PGRST100",
                "\"failed to parse logic tree ((caf\xc3\xa9.\xc3\xa9))\" (line 1, column 7)",
                "unexpected \"\xc3\xa9\"");
    assert_int_equal(err.position, 7);
    expect_fail("select=a,,b", "PGRST100", "failed to parse select parameter (a,,b)",
                "unexpected \",\" expecting field name");
    expect_fail("order=a.down", "PGRST100", "\"failed to parse order (a.down)\" (line 1, column 2)",
                NULL);
    expect_fail("a", "PGRST100", "failed to parse tree path (a)", "expecting \"=\"");
    expect_fail("a=eq.%4", "PGRST100", "not well-formed", "percent");
    expect_fail("a=eq.%00", "PGRST100", "not well-formed", NULL);
    expect_fail("a%ff=eq.1", "PGRST100", "not well-formed", NULL);
    char text[3000] = "a=x";
    memset(text + 3, 'y', 2000);
    expect_fail(text, "PGRST100", "(line 1, column 1)", NULL);
}

TEST(query_reads_select_with_names_and_casts)
{
    begin();
    assert_ok(query_parse(SLICE("select=*, a,total:b ,c::text,d:e::double+precision,"
                                "%22x,y%22:%22z%22"),
                          &arena, &query, &err),
              &err);
    static const char *const expected[][3] = {
        { "*", "", "" },
        { "a", "", "" },
        { "b", "total", "" },
        { "c", "", "text" },
        { "e", "d", "double precision" },
        { "z", "x,y", "" },
    };
    assert_int_equal(query.select_count, countof(expected));
    for (size_t index = 0; index < countof(expected); index++) {
        assert_true(slice_is(query.select[index].column, expected[index][0]));
        assert_true(slice_is(query.select[index].name, expected[index][1]));
        assert_true(slice_is(query.select[index].cast, expected[index][2]));
        assert_int_equal(query.select[index].star, index == 0);
    }
    end();
    expect_malformed("select=");
    expect_malformed("select=a,");
    expect_malformed("select=a:");
    expect_malformed("select=a::");
    expect_malformed("select=a::numeric(1)");
    expect_malformed("select=a:b:c");
    expect_malformed("select=*:a");
    expect_malformed("select=a;b");
}

TEST(query_reads_order)
{
    begin();
    assert_ok(query_parse(SLICE("order=a,b.desc,c.asc.nullsfirst, d.nullslast,e.desc.nullslast"),
                          &arena, &query, &err),
              &err);
    static const struct {
        const char *column;
        bool descending;
        enum query_nulls nulls;
    } expected[] = {
        { "a", false, QUERY_NULLS_DEFAULT }, { "b", true, QUERY_NULLS_DEFAULT },
        { "c", false, QUERY_NULLS_FIRST },   { "d", false, QUERY_NULLS_LAST },
        { "e", true, QUERY_NULLS_LAST },
    };
    assert_int_equal(query.order_count, countof(expected));
    for (size_t index = 0; index < countof(expected); index++) {
        assert_true(slice_is(query.order[index].column, expected[index].column));
        assert_int_equal(query.order[index].descending, expected[index].descending);
        assert_int_equal(query.order[index].nulls, expected[index].nulls);
    }
    end();
    expect_malformed("order=");
    expect_malformed("order=a,");
    expect_malformed("order=a.");
    expect_malformed("order=a.nullslast.desc");
    expect_malformed("order=a.descending");
}

TEST(query_reads_paging_columns_and_conflicts)
{
    begin();
    assert_ok(query_parse(SLICE("limit=10&offset=20&columns=a,%22b,c%22&on_conflict=d, e"), &arena,
                          &query, &err),
              &err);
    assert_true(query.has_limit && query.limit == 10 && query.offset == 20);
    assert_int_equal(query.column_count, 2);
    assert_true(slice_is(query.columns[1], "b,c"));
    assert_int_equal(query.on_conflict_count, 2);
    assert_true(slice_is(query.on_conflict[0], "d") && slice_is(query.on_conflict[1], "e"));
    end();
    begin();
    assert_ok(query_parse(SLICE("limit=0"), &arena, &query, &err), &err);
    assert_true(query.has_limit && query.limit == 0 && query.filter_count == 0);
    end();
    expect_fail("limit=-1", "PGRST103", "range not satisfiable", "Limit should be");
    expect_fail("offset=-5", "PGRST103", NULL, "Offset should be");
    expect_malformed("limit=ten");
    expect_malformed("limit=");
    expect_malformed("limit=1.5");
    expect_malformed("limit=9223372036854775808");
    expect_malformed("columns=");
    expect_malformed("columns=a,,b");
}

TEST(query_keeps_the_parameters_of_subscriptions)
{
    begin();
    assert_ok(query_parse(SLICE("stance=every&audit=100ms&sample=1s&debounce=200ms&max_wait=2s"),
                          &arena, &query, &err),
              &err);
    assert_true(slice_is(query.stance, "every") && slice_is(query.audit, "100ms"));
    assert_true(slice_is(query.sample, "1s") && slice_is(query.debounce, "200ms"));
    assert_true(slice_is(query.max_wait, "2s") && query.filter_count == 0);
    assert_ok(query_parse(SLICE("a=eq.1"), &arena, &query, &err), &err);
    assert_null(query.stance.data);
    end();
    expect_malformed("stance=");
}

TEST(query_refuses_parameters_that_would_be_lost)
{
    static const char *const keys[] = {
        "select=a",  "order=a",       "limit=1",      "offset=1",
        "columns=a", "on_conflict=a", "stance=every", "max_wait=1s"
    };
    for (size_t index = 0; index < countof(keys); index++) {
        char text[100];
        sprintf(text, "%s&%s", keys[index], keys[index]);
        expect_fail(text, "PGRST100", "more than once", NULL);
    }
    expect_filter("and=(a.eq.1)&and=(b.eq.2)&a=gt.1&a=lt.5",
                  "(and ([a] eq [1]))(and ([b] eq [2]))([a] gt [1])([a] lt [5])");
}

static char long_text[1 << 17];

TEST(query_bounds_filters_depth_and_lists)
{
    long_text[0] = '\0';
    for (u32 count = 0; count < QUERY_FILTER_COUNT_MAX; count++)
        strcat(long_text, "a=eq.1&");
    begin();
    assert_ok(query_parse(slice_of(long_text), &arena, &query, &err), &err);
    assert_int_equal(query.filter_count, QUERY_FILTER_COUNT_MAX);
    end();
    strcat(long_text, "or=(b.eq.1)");
    expect_fail(long_text, "PGRST100", NULL, "more than 64 filters");

    for (u32 depth = QUERY_DEPTH_MAX; depth <= QUERY_DEPTH_MAX + 1; depth++) {
        strcpy(long_text, "and=(");
        for (u32 count = 1; count < depth; count++)
            strcat(long_text, "or(");
        strcat(long_text, "a.eq.1");
        for (u32 count = 0; count < depth; count++)
            strcat(long_text, ")");
        begin();
        enum status status = query_parse(slice_of(long_text), &arena, &query, &err);
        assert_int_equal(status, depth > QUERY_DEPTH_MAX ? FAIL : OK);
        end();
    }

    strcpy(long_text, "a=in.(0");
    for (u32 count = 1; count < QUERY_IN_COUNT_MAX; count++)
        strcat(long_text, ",1");
    size_t size = strlen(long_text);
    strcat(long_text, ")");
    begin();
    assert_ok(query_parse(slice_of(long_text), &arena, &query, &err), &err);
    assert_int_equal(query.filter->value_count, QUERY_IN_COUNT_MAX);
    end();
    strcpy(long_text + size, ",1)");
    expect_fail(long_text, "PGRST100", NULL, "more than 4096 values");

    strcpy(long_text, "order=a");
    for (u32 count = 0; count < QUERY_ORDER_COUNT_MAX; count++)
        strcat(long_text, ",a");
    expect_fail(long_text, "PGRST100", NULL, "more than 16 columns");
    strcpy(long_text, "select=a");
    for (u32 count = 0; count < QUERY_COLUMN_COUNT_MAX; count++)
        strcat(long_text, ",a");
    expect_fail(long_text, "PGRST100", NULL, "more than 256 columns");
    strcpy(long_text, "columns=a");
    for (u32 count = 0; count < QUERY_COLUMN_COUNT_MAX; count++)
        strcat(long_text, ",a");
    expect_fail(long_text, "PGRST100", NULL, "more than 256 columns");
}

/* A tree printed back as parameters parses to the same tree. */
static void write_value(struct rand *rand, char *text)
{
    static const char *const values[] = { "1", "\"x,y\"", "a b", "\"(\\\"\"", "{1,2}", "" };
    strcat(text, values[rand_below(rand, countof(values))]);
}

static void write_group(struct rand *rand, u32 depth, u32 *left, char *text, char *expected);

static void write_member(struct rand *rand, u32 depth, u32 *left, char *text, char *expected)
{
    bool negated = rand_chance(rand, 1, 3);
    if (depth < 5 && rand_chance(rand, 1, 3)) {
        bool is_and = rand_chance(rand, 1, 2);
        sprintf(text + strlen(text), "%s%s", negated ? "not." : "", is_and ? "and" : "or");
        sprintf(expected + strlen(expected), "%s%s ", negated ? "!(" : "(", is_and ? "and" : "or");
        write_group(rand, depth + 1, left, text, expected);
        strcat(expected, ")");
        return;
    }
    sprintf(text + strlen(text), "c%u.%seq.", *left, negated ? "not." : "");
    write_value(rand, text);
    sprintf(expected + strlen(expected), "%s[c%u] eq ", negated ? "!(" : "(", *left);
    --*left;
    const char *value = strrchr(text, '.') + 1;
    bool quoted = *value == '"';
    char plain[20] = "";
    for (const char *at = value + quoted; *at && !(quoted && *at == '"'); at++) {
        if (*at == '\\') at++;
        strncat(plain, at, 1);
    }
    print_slice(expected, slice_of(plain));
    strcat(expected, ")");
}

static void write_group(struct rand *rand, u32 depth, u32 *left, char *text, char *expected)
{
    strcat(text, "(");
    u64 count = 1 + rand_below(rand, 3);
    for (u64 index = 0; index < count && (index == 0 || *left > 10); index++) {
        if (index > 0) strcat(text, ",");
        write_member(rand, depth, left, text, expected);
    }
    strcat(text, ")");
}

TEST(query_reads_random_groups_as_they_are_written)
{
    struct rand rand = { test_seed(16) };
    for (u32 round = 0; round < test_rounds(2000); round++) {
        char text[8192] = "or=", expected[8192] = "(or ";
        u32 left = 60;
        write_group(&rand, 1, &left, text, expected);
        strcat(expected, ")");
        expect_filter(text, expected);
    }
}
