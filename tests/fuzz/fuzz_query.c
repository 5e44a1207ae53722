/* Query strings: a tree within its bounds, or an error that says something. */
#include "tests/fuzz/fuzz.h"
#include "wire/query.h"
#include "wire/url.h"

static u32 filter_count;

static void check_nodes(const struct query_node *node, u32 depth)
{
    assert(depth <= QUERY_DEPTH_MAX + 1);
    for (; node; node = node->next) {
        if (node->kind != QUERY_FILTER) {
            assert(node->child);
            check_nodes(node->child, depth + 1);
            continue;
        }
        filter_count++;
        assert(node->column.size > 0 && url_is_utf8(node->column) && url_is_utf8(node->value));
        assert(query_op_name(node->op));
        assert(node->value_count <= QUERY_IN_COUNT_MAX);
        assert(node->op == QUERY_IN || node->value_count == 0);
        for (u32 index = 0; index < node->value_count; index++)
            assert(url_is_utf8(node->values[index]));
    }
}

static void check_query(const struct query *query)
{
    filter_count = 0;
    check_nodes(query->filter, 1);
    assert(filter_count == query->filter_count && filter_count <= QUERY_FILTER_COUNT_MAX);
    assert(query->select_count <= QUERY_COLUMN_COUNT_MAX);
    for (u32 index = 0; index < query->select_count; index++)
        assert(query->select[index].column.size > 0);
    for (u32 index = 0; index < query->order_count; index++)
        assert(query->order[index].column.size > 0);
    assert(query->limit <= INT64_MAX && query->offset <= INT64_MAX);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    struct mem mem;
    struct arena arena;
    struct query query;
    struct err err;
    mem_init(&mem, "fuzz", NULL, 0);
    arena_init(&arena, &mem);
    err_clear(&err);
    struct slice text = slice_make((const char *)data, size);
    if (query_parse(text, &arena, &query, &err) == OK) {
        assert(err.sqlstate[0] == '\0');
        check_query(&query);
    } else {
        assert(err.sqlstate[0] && err.message[0] && url_is_utf8(slice_of(err.message)));
    }
    arena_deinit(&arena);
    mem_deinit(&mem);
    return 0;
}
