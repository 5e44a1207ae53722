#include "view/entries.h"

#include "base/rand.h"
#include "tests/test.h"

static struct mem mem;

static void begin(struct entries *entries)
{
    mem_init(&mem, "test", NULL, 0);
    entries_init(entries, &mem, sizeof(struct entry));
}

static void end(struct entries *entries)
{
    entries_deinit(entries);
    mem_deinit(&mem);
}

/* From the oldest on, and back. */
static void assert_list(const struct entries *entries, const struct entry_list *list,
                        const u32 *numbers, u32 count)
{
    u32 next = list->head, previous = list->tail;
    for (u32 index = 0; index < count; index++) {
        assert_int_equal(next, numbers[index] + 1);
        assert_int_equal(previous, numbers[count - 1 - index] + 1);
        next = entries_find(entries, next - 1)->next;
        previous = entries_find(entries, previous - 1)->previous;
    }
    assert_int_equal(next, 0);
    assert_int_equal(previous, 0);
}

TEST(entries_stand_in_the_order_of_their_changes)
{
    struct entries entries;
    struct entry_list list = { 0 };
    begin(&entries);
    assert_null(entries_find(&entries, 5000));
    entries_append(&entries, &list, 5000, 1);
    entries_append(&entries, &list, 0, 1);
    entries_append(&entries, &list, 127, 2);
    assert_list(&entries, &list, (const u32[]){ 5000, 0, 127 }, 3);
    entries_remove(&entries, &list, 0);
    entries_append(&entries, &list, 0, 3);
    assert_list(&entries, &list, (const u32[]){ 5000, 127, 0 }, 3);
    entries_remove(&entries, &list, 5000);
    entries_remove(&entries, &list, 0);
    assert_list(&entries, &list, (const u32[]){ 127 }, 1);
    entries_remove(&entries, &list, 127);
    assert_list(&entries, &list, NULL, 0);
    end(&entries);
}

TEST(entries_replaced_keep_place_version_and_birth)
{
    struct entries entries;
    struct entry_list list = { 0 };
    begin(&entries);
    for (u32 number = 1; number <= 3; number++) {
        entries_append(&entries, &list, number, number * 10);
        entries_find(&entries, number)->birth = number;
    }
    entries_replace(&entries, &list, 2, 700);
    assert_list(&entries, &list, (const u32[]){ 1, 700, 3 }, 3);
    assert_int_equal(entries_find(&entries, 700)->ver, 20);
    assert_int_equal(entries_find(&entries, 700)->birth, 2);
    assert_int_equal(entries_find(&entries, 2)->ver, 0);
    assert_int_equal(entries_find(&entries, 2)->birth, 0);
    entries_replace(&entries, &list, 1, 2);
    entries_replace(&entries, &list, 3, 1);
    assert_list(&entries, &list, (const u32[]){ 2, 700, 1 }, 3);
    end(&entries);
}
