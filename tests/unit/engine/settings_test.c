#include "engine/settings.h"

#include <stdio.h>

#include "tests/test.h"

static struct mem mem;
static struct arena arena;
static struct settings settings;
static struct err err;

static void begin(void)
{
    mem_init(&mem, "test", NULL, 0);
    arena_init(&arena, &mem);
    settings_init(&settings, &arena, 12345);
}

static void end(void)
{
    arena_deinit(&arena);
    mem_deinit(&mem);
}

static enum status set(const char *name, const char *text)
{
    enum settings_id id = settings_find(slice_of(name));
    assert_int_not_equal(id, SETTINGS_ID_COUNT);
    return settings_set(&settings, id, text, &err);
}

static u64 number(enum settings_id id)
{
    return settings_get(&settings, id)->number;
}

TEST(settings_have_their_defaults)
{
    begin();
    assert_int_equal(number(SETTINGS_ID_MEMORY), 12345);
    assert_int_equal(number(SETTINGS_ID_RESUME_WINDOW), 60000000);
    assert_int_equal(number(SETTINGS_ID_HEAD_SIZE), 48 << 10);
    assert_int_equal(number(SETTINGS_ID_SYNC), 0);
    assert_int_equal(number(SETTINGS_ID_INSECURE), 0);
    assert_string_equal(settings_get(&settings, SETTINGS_ID_DATA)->text, "weir-data");
    assert_int_equal(settings_get(&settings, SETTINGS_ID_HTTP)->list_count, 1);
    assert_int_equal(settings_get(&settings, SETTINGS_ID_CORS)->list_count, 0);
    end();
}

TEST(settings_are_checked_when_they_are_set)
{
    static const struct {
        const char *name, *text;
        bool good;
    } cases[] = {
        { "memory", "64MB", true },
        { "memory", "1MB", false },
        { "memory", "much", false },
        { "sync", "never", true },
        { "sync", "Never", false },
        { "resume-window", "5 minutes", true },
        { "resume-window", "5", false },
        { "connections", "10", true },
        { "connections", "0", false },
        { "connections", "-1", false },
        { "data", "", false },
        { "insecure", "on", true },
        { "insecure", "perhaps", false },
    };
    begin();
    for (u32 index = 0; index < countof(cases); index++) {
        enum status status = set(cases[index].name, cases[index].text);
        if ((status == OK) != cases[index].good)
            fail_msg("%s %s", cases[index].name, cases[index].text);
        if (status == FAIL && !strstr(err.message, cases[index].name))
            fail_msg("%s does not name %s", err.message, cases[index].name);
    }
    assert_int_equal(number(SETTINGS_ID_MEMORY), 64 << 20);
    assert_int_equal(number(SETTINGS_ID_SYNC), 2);
    assert_int_equal(number(SETTINGS_ID_RESUME_WINDOW), 300000000);
    end();
}

TEST(a_repeated_option_adds_to_its_list)
{
    begin();
    assert_int_equal(set("http", "127.0.0.1:1,127.0.0.1:2"), OK);
    assert_int_equal(set("http", "127.0.0.1:3"), OK);
    const struct settings_value *value = settings_get(&settings, SETTINGS_ID_HTTP);
    assert_int_equal(value->list_count, 3);
    assert_string_equal(value->list[0].data, "127.0.0.1:1");
    assert_string_equal(value->list[2].data, "127.0.0.1:3");
    end();
}

static char *look_up(const char *name)
{
    static char memory[] = "128MB", hosts[] = "a,b";
    if (strcmp(name, "WEIR_MEMORY") == 0) return memory;
    return strcmp(name, "WEIR_HOST") == 0 ? hosts : NULL;
}

static char *look_up_wrong(const char *name)
{
    static char sync[] = "sometimes";
    return strcmp(name, "WEIR_SYNC") == 0 ? sync : NULL;
}

TEST(options_go_before_the_environment)
{
    begin();
    assert_ok(settings_from_environment(&settings, look_up, &err), &err);
    assert_int_equal(number(SETTINGS_ID_MEMORY), 128 << 20);
    assert_int_equal(settings_get(&settings, SETTINGS_ID_HOST)->list_count, 2);
    assert_int_equal(set("memory", "64MB"), OK);
    assert_int_equal(set("host", "c"), OK);
    assert_int_equal(number(SETTINGS_ID_MEMORY), 64 << 20);
    assert_int_equal(settings_get(&settings, SETTINGS_ID_HOST)->list_count, 1);
    assert_int_equal(settings_from_environment(&settings, look_up_wrong, &err), FAIL);
    assert_non_null(strstr(err.message, "WEIR_SYNC"));
    end();
}

TEST(help_names_every_setting)
{
    begin();
    struct buf out;
    buf_init(&out, &mem);
    settings_write_help(&out);
    buf_putc(&out, '\0');
    assert_non_null(strstr(out.data, "  --http HOST:PORT  (127.0.0.1:8080)\n"));
    assert_non_null(strstr(out.data, "  --insecure\n"));
    assert_non_null(strstr(out.data, "--tick-cost TIME"));
    buf_deinit(&out);
    end();
}

static enum status change(const char *name, const char *text)
{
    enum settings_id id = settings_find_sql(slice_of(name));
    assert_int_not_equal(id, SETTINGS_ID_COUNT);
    return settings_change(&settings, id, text, &err);
}

TEST(set_changes_what_is_live_and_reset_takes_it_back)
{
    begin();
    assert_int_equal(set("heartbeat", "20s"), OK);
    assert_ok(change("HEARTBEAT", "5s"), &err);
    assert_ok(change("heartbeat", "7s"), &err);
    assert_int_equal(number(SETTINGS_ID_HEARTBEAT), 7000000);
    assert_int_equal(settings_get(&settings, SETTINGS_ID_HEARTBEAT)->source, SETTINGS_SQL);
    assert_int_equal(change("heartbeat", "soon"), FAIL);
    assert_string_equal(err.sqlstate, "22023");
    assert_int_equal(number(SETTINGS_ID_HEARTBEAT), 7000000);
    assert_ok(settings_reset(&settings, SETTINGS_ID_HEARTBEAT, &err), &err);
    assert_ok(settings_reset(&settings, SETTINGS_ID_HEARTBEAT, &err), &err);
    assert_int_equal(number(SETTINGS_ID_HEARTBEAT), 20000000);
    assert_int_equal(settings_get(&settings, SETTINGS_ID_HEARTBEAT)->source, SETTINGS_OPTION);
    end();
}

TEST(what_the_start_used_is_not_changed_and_the_reason_is_told)
{
    begin();
    assert_int_equal(change("http", "127.0.0.1:1"), FAIL);
    assert_string_equal(err.sqlstate, "55P02");
    assert_string_equal(err.message,
                        "parameter \"http\" cannot be changed without restarting the server");
    assert_string_equal(err.hint, "Start it with --http or with WEIR_HTTP in the environment.");
    assert_int_equal(settings_reset(&settings, SETTINGS_ID_SYNC, &err), FAIL);
    end();
}

TEST(setting_again_and_again_takes_no_memory)
{
    begin();
    u64 used = arena.used;
    for (u32 count = 0; count < 1000; count++)
        assert_ok(change("connections", "77"), &err);
    assert_int_equal(arena.used, used);
    end();
}

TEST(values_are_written_as_people_say_them)
{
    static const struct {
        const char *name, *text;
    } cases[] = { { "http", "127.0.0.1:8080" }, { "data", "weir-data" },     { "sync", "always" },
                  { "insecure", "off" },        { "resume_window", "1min" }, { "cors", "" },
                  { "document_size", "16MB" },  { "connections", "10000" } };
    begin();
    for (u32 index = 0; index < countof(cases); index++) {
        struct buf out;
        buf_init(&out, &mem);
        settings_write(&settings, settings_find_sql(slice_of(cases[index].name)), &out);
        buf_putc(&out, '\0');
        assert_string_equal(out.data, cases[index].text);
        buf_deinit(&out);
    }
    end();
}

static char *look_up_each(const char *name)
{
    static char value[64];
    for (u32 id = 0; id < SETTINGS_ID_COUNT; id++) {
        if (strcmp(name, "WEIR_MEMORY") == 0) return look_up(name); /* 12345 is too little */
        if (strncmp(name, "WEIR_", 5) != 0 || strcmp(name + 5, settings_name(id)) != 0) continue;
        struct buf out;
        buf_init(&out, &mem);
        settings_write(&settings, id, &out);
        snprintf(value, sizeof value, "%.*s", (int)out.size, out.size ? out.data : "");
        buf_deinit(&out);
        return value;
    }
    return NULL;
}

TEST(every_option_is_a_variable_that_takes_what_show_writes)
{
    begin();
    assert_ok(settings_from_environment(&settings, look_up_each, &err), &err);
    for (u32 id = 0; id < SETTINGS_ID_COUNT; id++)
        assert_int_equal(settings_get(&settings, id)->source, SETTINGS_ENVIRONMENT);
    end();
}
