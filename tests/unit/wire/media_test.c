#include "wire/media.h"

#include "tests/test.h"

/* RFC 9110 8.3. */
TEST(media_parses_content_types)
{
    static const struct {
        const char *text;
        enum media media;
    } cases[] = {
        { "application/json", MEDIA_JSON },
        { "Application/JSON; charset=UTF-8", MEDIA_JSON },
        { "application/json;charset=\"utf-8\"", MEDIA_JSON },
        { "application/json ; x=y", MEDIA_JSON },
        { "application/json; charset=latin1", MEDIA_UNKNOWN },
        { "text/csv; header=present", MEDIA_CSV },
        { "application/x-ndjson", MEDIA_NDJSON },
        { "application/jsonl", MEDIA_NDJSON },
        { "application/sql", MEDIA_SQL },
        { "application/vnd.pgrst.object+json", MEDIA_PGRST_OBJECT },
        { "image/png", MEDIA_UNKNOWN },
        { "json", MEDIA_MALFORMED },
        { "", MEDIA_MALFORMED },
        { "/json", MEDIA_MALFORMED },
        { "application/", MEDIA_MALFORMED },
        { "application /json", MEDIA_MALFORMED },
        { "application/json, text/csv", MEDIA_MALFORMED },
    };
    for (size_t index = 0; index < countof(cases); index++)
        if (media_parse(slice_of(cases[index].text)) != cases[index].media)
            fail_msg("%d for %s", media_parse(slice_of(cases[index].text)), cases[index].text);
}

TEST(media_reads_the_names_that_it_writes)
{
    for (u32 media = 0; media < MEDIA_COUNT; media++)
        assert_int_equal(media_parse(slice_of(media_name((enum media)media))), media);
}

/* RFC 9110 12.5.1. */
TEST(media_negotiates_by_quality_then_order)
{
    static const enum media offers[] = { MEDIA_JSON, MEDIA_NDJSON, MEDIA_CSV, MEDIA_EVENT_STREAM,
                                         MEDIA_PGRST_OBJECT };
    static const struct {
        const char *accept;
        enum media media;
    } cases[] = {
        { "*/*", MEDIA_JSON },
        { "", MEDIA_JSON },
        { "text/event-stream", MEDIA_EVENT_STREAM },
        { "text/csv, application/json", MEDIA_CSV },
        { "text/csv;q=0.5, application/json;q=0.9", MEDIA_JSON },
        { "text/csv;q=0.5, application/json; Q=0.50", MEDIA_CSV },
        { "text/*", MEDIA_CSV },
        { "text/*, text/csv;q=0", MEDIA_EVENT_STREAM },
        { "*/*;q=0.1, application/x-ndjson", MEDIA_NDJSON },
        { "*/*, application/json;q=0", MEDIA_NDJSON },
        { "application/*;q=0.3, */*;q=0.2, application/json;q=0.1", MEDIA_NDJSON },
        { "application/vnd.pgrst.object+json", MEDIA_PGRST_OBJECT },
        { "application/vnd.pgrst.object+json;nulls=stripped", MEDIA_UNKNOWN },
        { "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", MEDIA_JSON },
        { "image/png", MEDIA_UNKNOWN },
        { "application/json;q=0", MEDIA_UNKNOWN },
        { "application/json;q=1.5", MEDIA_UNKNOWN },
        { "application/json;q=0.1234", MEDIA_UNKNOWN },
        { "application/json;q=", MEDIA_UNKNOWN },
        { "application/json;q=x, text/csv;q=0.001", MEDIA_CSV },
        { "text/csv;q=1.000", MEDIA_CSV },
        { "*/csv", MEDIA_UNKNOWN },
        { "*", MEDIA_UNKNOWN },
    };
    for (size_t index = 0; index < countof(cases); index++) {
        struct media_accept accept = { .range_count = 0 };
        media_accept_add(&accept, slice_of(cases[index].accept));
        enum media best = media_accept_best(&accept, offers, countof(offers));
        if (best != cases[index].media) fail_msg("%d for %s", best, cases[index].accept);
    }
}

TEST(media_lines_of_accept_add_up)
{
    static const enum media offers[] = { MEDIA_JSON, MEDIA_CSV };
    struct media_accept accept = { .range_count = 0 };
    assert_int_equal(media_accept_best(&accept, offers, 2), MEDIA_JSON);
    media_accept_add(&accept, SLICE("application/json;q=0.2"));
    media_accept_add(&accept, SLICE("text/csv;q=0.3"));
    assert_int_equal(media_accept_best(&accept, offers, 2), MEDIA_CSV);
    for (u32 count = 0; count < 1000; count++)
        media_accept_add(&accept, SLICE("image/png"));
    media_accept_add(&accept, SLICE("application/json"));
    assert_int_equal(media_accept_best(&accept, offers, 2), MEDIA_CSV);
}
