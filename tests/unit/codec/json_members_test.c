#include "codec/json_members.h"

#include "tests/test.h"

static struct mem mem;
static struct json_members *members;
static struct json_member list[3];
static struct err err;
static struct buf text;

static const char *const names[] = { "op", "id", "rows" };

static void begin(void)
{
    mem_init(&mem, "members", NULL, 0);
    buf_init(&text, &mem);
    members = json_members_open(&mem);
}

static void end(void)
{
    json_members_close(members);
    buf_deinit(&text);
    mem_deinit(&mem);
}

static enum status read_text(const char *json)
{
    buf_clear(&text);
    buf_puts(&text, json);
    err_clear(&err);
    return json_members_read(members, &text, names, countof(names), list, &err);
}

static void expect(u32 index, enum json_member_kind kind, const char *value)
{
    assert_int_equal(list[index].kind, kind);
    assert_int_equal(list[index].text.size, strlen(value));
    assert_memory_equal(list[index].text.data, value, strlen(value));
}

TEST(members_are_given_by_name_as_they_are_written)
{
    begin();
    assert_ok(
        read_text(" {\"rows\":[{\"a\":[1, {\"op\":2}]} ], \"id\" : 12 ,\"op\":\"a\\u0062\\n\"} "),
        &err);
    expect(0, JSON_MEMBER_STRING, "ab\n");
    expect(1, JSON_MEMBER_TOKEN, "12");
    expect(2, JSON_MEMBER_TEXT, "[{\"a\":[1, {\"op\":2}]} ]");
    assert_ok(read_text("{\"\\u006fp\":null}"), &err);
    assert_int_equal(list[0].kind, JSON_MEMBER_NULL);
    assert_int_equal(list[1].kind, JSON_MEMBER_ABSENT);
    assert_ok(read_text("{}"), &err);
    end();
}

TEST(what_is_no_object_is_refused)
{
    static const char *const cases[] = {
        "",          " ",    "[]",           "[{}]",        "3",
        "\"x\"",     "{",    "{\"op\"}",     "{\"op\":}",   "{\"op\":1,}",
        "{}{}",      "{} x", "{\"op\":tru}", "{\"op\":01}", "{\"op\":\"\\x\"}",
        "{\"op\":\""
    };
    begin();
    for (u32 index = 0; index < countof(cases); index++) {
        if (read_text(cases[index]) == OK) fail_msg("%s", cases[index]);
        assert_string_equal(err.sqlstate, "22P02");
    }
    end();
}

TEST(members_that_are_not_known_or_come_twice_are_refused)
{
    begin();
    assert_int_equal(read_text("{\"id\":1,\"x\":2}"), FAIL);
    assert_string_equal(err.message, "\"x\" is not a member of a message");
    expect(1, JSON_MEMBER_TOKEN, "1"); /* what came before is there */
    assert_int_equal(read_text("{\"id\":1,\"id\":1}"), FAIL);
    assert_string_equal(err.message, "\"id\" comes twice");
    end();
}

TEST(what_was_held_for_a_long_text_goes_back)
{
    begin();
    assert_ok(read_text("{\"id\":1}"), &err);
    json_members_forget(members);
    u64 used = mem.used - text.capacity;
    buf_clear(&text);
    buf_puts(&text, "{\"rows\":[");
    for (u32 count = 0; count < 100000; count++)
        buf_puts(&text, "{\"a\":1},");
    text.size--;
    buf_puts(&text, "]}");
    assert_ok(json_members_read(members, &text, names, countof(names), list, &err), &err);
    assert_true(mem.used - text.capacity > MIB(1));
    json_members_forget(members);
    assert_true(mem.used - text.capacity <= used);
    end();
}
