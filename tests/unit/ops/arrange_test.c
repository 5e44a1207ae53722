#include "tests/graph_fixture.h"

TEST(arrange_over_a_source_shares_its_rows)
{
    struct fixture f;
    fixture_init(&f);
    struct op *source = fixture_source(&f, "int8,text", NULL, 0);
    struct op *arrange = op_arrange_make(&f.graph, source, (u32[]){ 1 }, 1);
    fixture_install(&f, arrange);
    assert_ptr_equal(arrange->rows, source->rows);
    fixture_insert(&f, source, ROW("1", "toys"));
    u32 slot = fixture_insert(&f, source, ROW("2", NULL));
    fixture_tick(&f);
    fixture_expect(&f, arrange, "1: 1|toys\n1: 2|NULL\n");
    fixture_delete(&f, source, slot);
    fixture_insert(&f, source, ROW("2", "books"));
    fixture_tick(&f);
    fixture_expect(&f, arrange, "1: 1|toys\n1: 2|books\n");
    fixture_release(&f, arrange);
    fixture_deinit(&f);
}
