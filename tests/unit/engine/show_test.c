#include "engine/settings.h"
#include "tests/unit/engine/fixture.h"

static struct fixture fixture;
static struct mem mem;
static struct arena arena;
static struct settings settings;
static u32 told;

static void on_setting(void *context)
{
    (void)context;
    told++;
}

/* An engine that has settings, as the server's. */
static void begin(void)
{
    mem_init(&mem, "settings", NULL, 0);
    arena_init(&arena, &mem);
    settings_init(&settings, &arena, GIB(1));
    told = 0;
    fixture_open(&fixture);
    fixture.options.settings = &settings;
    fixture.options.on_setting = on_setting;
    fixture_restart(&fixture);
}

static void end(void)
{
    fixture_close(&fixture);
    arena_deinit(&arena);
    mem_deinit(&mem);
}

TEST(show_tells_what_set_changed_and_reset_takes_it_back)
{
    begin();
    assert_run(&fixture, "SHOW heartbeat", "15s\nSHOW\n");
    assert_run(&fixture, "SET heartbeat = '20s'; SHOW Heartbeat; SHOW http",
               "SET\n20s\nSHOW\n127.0.0.1:8080\nSHOW\n");
    assert_int_equal(told, 1);
    assert_run(&fixture, "SELECT value, unit, source FROM weir.settings WHERE name = 'heartbeat'",
               "20000000|us|set\nSELECT 1\n");
    assert_run(&fixture, "SET heartbeat TO DEFAULT; SHOW heartbeat", "SET\n15s\nSHOW\n");
    assert_run(&fixture, "SET connections = 7; RESET ALL; SHOW connections",
               "SET\nRESET\n10000\nSHOW\n");
    assert_run(&fixture, "SELECT name FROM weir.settings WHERE source <> 'default'", "SELECT 0\n");
    end();
}

TEST(set_of_what_cannot_change_says_why)
{
    static const struct {
        const char *sql, *answer;
    } cases[] = {
        { "SET http = 'x'",
          "ERROR 55P02 parameter \"http\" cannot be changed without restarting the server\n" },
        { "SET nosuch = 1", "ERROR 42704 unrecognized configuration parameter \"nosuch\"\n" },
        { "SHOW nosuch", "ERROR 42704 unrecognized configuration parameter \"nosuch\"\n" },
        { "RESET nosuch", "ERROR 42704 unrecognized configuration parameter \"nosuch\"\n" },
        { "SET connections = 1, 2", "ERROR 22023 SET connections takes only one argument\n" },
        { "SET connections = 0", "ERROR 22023 connections: \"0\" is not within 1 and 1000000\n" },
        { "SET LOCAL connections = 5",
          "ERROR 0A000 SET LOCAL is not supported: a setting is the whole server's\n" },
        { "SET TIME ZONE 'Europe/Berlin'",
          "ERROR 55P02 parameter \"timezone\" cannot be changed\n" },
        { "SET datestyle = sql", "ERROR 55P02 parameter \"datestyle\" cannot be changed\n" },
    };
    begin();
    for (u32 index = 0; index < countof(cases); index++)
        assert_run(&fixture, cases[index].sql, cases[index].answer);
    assert_int_equal(told, 0);
    end();
}

TEST(what_clients_of_postgresql_set_at_once_may_be_said)
{
    begin();
    assert_run(&fixture,
               "SET TIME ZONE 'UTC'; SET timezone TO utc; SET datestyle = ISO; "
               "SET DateStyle TO ISO, MDY; SET client_encoding = 'UTF8'; SHOW timezone",
               "SET\nSET\nSET\nSET\nSET\nUTC\nSHOW\n");
    end();
}

TEST(an_engine_without_settings_shows_what_is_always_so)
{
    fixture_open(&fixture);
    assert_run(&fixture, "SHOW timezone", "UTC\nSHOW\n");
    assert_run(&fixture, "SHOW http",
               "ERROR 42704 unrecognized configuration parameter \"http\"\n");
    assert_run(&fixture, "SELECT name FROM weir.settings", "SELECT 0\n");
    fixture_close(&fixture);
}
