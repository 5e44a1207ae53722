#include "codec/codec.h"

#include <stdio.h>

#include "tests/test.h"
#include "tests/unit/codec/decoding.h"

static struct schema_column columns[] = { { .name = "a", .type = { .id = TYPE_INT4 } },
                                          { .name = "b", .type = { .id = TYPE_TEXT } },
                                          { .name = "c", .type = { .id = TYPE_NUMERIC } },
                                          { .name = "d", .type = { .id = TYPE_BOOL } } };
static const struct schema schema = { .column_count = 4, .columns = columns };

static void assert_decodes(const struct codec *codec, const char *body, const char *wanted)
{
    for (u32 piece_max = 0; piece_max < 4; piece_max++) {
        struct decoding decoding;
        struct rand rand = { .state = piece_max };
        decoding_run(&decoding, codec, &(struct decode_options){ .schema = &schema },
                     slice_of(body), piece_max, &rand);
        if (decoding.end == DECODE_BAD)
            fail_msg("%s: %s %s", body, decoding.err.message, decoding.err.detail);
        if (!slice_is(buf_slice(&decoding.text), wanted))
            fail_msg("%s: gave %.*s", body, (int)decoding.text.size,
                     decoding.text.size ? decoding.text.data : "");
        decoding_free(&decoding);
    }
}

/* However it is split: after good rows, the same error in the same row at the same byte. */
static void assert_fails(const struct codec *codec, const char *body, const char *sqlstate,
                         u64 good, i64 byte)
{
    for (u32 piece_max = 0; piece_max < 4; piece_max++) {
        struct decoding decoding;
        struct rand rand = { .state = piece_max };
        decoding_run(&decoding, codec,
                     &(struct decode_options){ .schema = &schema, .record_size_max = 100 },
                     slice_of(body), piece_max, &rand);
        if (decoding.end != DECODE_BAD) fail_msg("%s: it was taken", body);
        if (strcmp(decoding.err.sqlstate, sqlstate) != 0 || decoding.row_count != good ||
            decoding.err.row != (i64)good + 1 || decoding.err.byte != byte)
            fail_msg("%s (%u): %s %s (%s), %llu rows, row %lld, byte %lld", body, piece_max,
                     decoding.err.sqlstate, decoding.err.message, decoding.err.detail,
                     (unsigned long long)decoding.row_count, (long long)decoding.err.row,
                     (long long)decoding.err.byte);
        decoding_free(&decoding);
    }
}

TEST(codec_is_found_by_media_type_and_name)
{
    assert_ptr_equal(codec_find(SLICE("Application/JSON; charset=utf-8")), &codec_json);
    assert_ptr_equal(codec_find(SLICE("text/csv ;header=present")), &codec_csv);
    assert_null(codec_find(SLICE("")));
    assert_ptr_equal(codec_find_name(SLICE("ndjson")), &codec_ndjson);
    assert_null(codec_find_name(SLICE("JSON")));
}

TEST(json_takes_an_object_or_an_array_of_objects)
{
    assert_decodes(&codec_json, "{\"a\":1,\"b\":\"x\",\"c\":1.50,\"d\":true}", "1|x|1.50|t\n");
    assert_decodes(&codec_json, " [ {\"a\":1} , {\"b\":null} ] ", "1|?|?|?\n?|-|?|?\n");
    assert_decodes(&codec_json, "[]", "");
    assert_decodes(&codec_json, "[{}]", "?|?|?|?\n");
    assert_decodes(&codec_json, "{\"a\":1,\"a\":2,\"b\":\"x\",\"b\":null}", "2|-|?|?\n");
    assert_decodes(&codec_json, "{\"a\":\"7\",\"b\":12.0,\"d\":\"yes\"}", "7|12.0|?|t\n");
}

TEST(json_escapes_and_big_numbers_and_nested_values_keep_what_they_say)
{
    assert_decodes(&codec_json, "{\"b\":\"\\u00e9\\\"\\\\\\/\\ud83d\\ude00\"}",
                   "?|é\"\\/\xF0\x9F\x98\x80|?|?\n");
    assert_decodes(&codec_json, "{\"\\u0061\":5}", "5|?|?|?\n");
    assert_decodes(&codec_json, "{\"c\":123456789012345678901234567890.12345}",
                   "?|?|123456789012345678901234567890.12345|?\n");
    assert_decodes(&codec_json, "{\"b\":{\"x\":[1, 2,{\"y\":\"]\"}]},\"a\":1}",
                   "1|{\"x\":[1, 2,{\"y\":\"]\"}]}|?|?\n");
}

TEST(json_says_what_is_wrong_in_which_row)
{
    assert_fails(&codec_json, "", "22P02", 0, 0);
    assert_fails(&codec_json, "[{\"a\":1},{\"a\":\"x\"}]", "22P02", 1, 9);
    assert_fails(&codec_json, "[{\"a\":1},{\"z\":2}]", "42703", 1, 9);
    assert_fails(&codec_json, "[{\"a\":1},{\"a\":3000000000}]", "22003", 1, 9);
    assert_fails(&codec_json, "{\"b\":\"\\u0000\"}", "22P05", 0, 0);
    assert_fails(&codec_json, "{\"a\":01}", "22P02", 0, 0);
    assert_fails(&codec_json, "{\"d\":tru}", "22P02", 0, 0);
    assert_fails(&codec_json, "[{\"a\":1} {\"a\":2}]", "22P02", 1, 9);
    assert_fails(&codec_json, " [ 7]", "22P02", 0, 3);
    assert_fails(&codec_json, "[{\"a\":1}] 2", "22P02", 0, 0);
    assert_fails(&codec_json, "{\"a\":1} {\"a\":2}", "22P02", 0, 0);
}

TEST(ndjson_takes_an_object_a_line)
{
    assert_decodes(&codec_ndjson, "{\"a\":1}\n{\"a\":2}\r\n\n  \n{\"a\":3}",
                   "1|?|?|?\n2|?|?|?\n3|?|?|?\n");
    assert_decodes(&codec_ndjson, "", "");
    assert_decodes(&codec_ndjson, "\n\n", "");
}

TEST(ndjson_names_the_line_that_is_wrong_and_gives_those_before)
{
    assert_fails(&codec_ndjson, "{\"a\":1}\n{\"a\":x}\n{\"a\":3}\n", "22P02", 1, 8);
    assert_fails(&codec_ndjson, "{\"a\":1}\n{\"a\":2}\n{\"b\":\"open}\n{\"a\":3}\n", "22P02", 2,
                 16);
    assert_fails(&codec_ndjson, "{\"a\":1}\n{\"b\":\"\xFF\"}\n{\"a\":3}\n", "22P02", 1, 8);
    assert_fails(&codec_ndjson, "{\"a\":1}\n{\"a\":\n2}\n", "22P02", 1, 8);
    assert_fails(&codec_ndjson, "{\"a\":1}\n{\"a\":2\n", "22P02", 1, 8);
    assert_fails(&codec_ndjson, "{\"a\":1}\n[1]\n", "22P02", 1, 8);
    assert_fails(&codec_ndjson, "{\"a\":1}\n7\n", "22P02", 1, 8);
}

TEST(lines_that_are_too_long_are_refused_however_they_come)
{
    char body[400], text[200];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    snprintf(body, sizeof body, "{\"a\":1}\n{\"b\":\"%s\"}\n{\"a\":2}\n", text);
    assert_fails(&codec_ndjson, body, "54000", 1, 8);
    snprintf(body, sizeof body, "a,b\n1,x\n2,%s\n3,y\n", text);
    assert_fails(&codec_csv, body, "54000", 1, 8);
    snprintf(body, sizeof body, "one\n%s\nthree\n", text);
    assert_fails(&codec_text, body, "54000", 1, 4);
}

TEST(the_first_thing_that_is_wrong_is_told_however_the_body_comes)
{
    char body[400], text[200];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    /* A line that is too long is that, whatever is in it. */
    snprintf(body, sizeof body, "{\"a\":1}\n{\"a\":x,%s\n", text);
    assert_fails(&codec_ndjson, body, "54000", 1, 8);
    /* A record is read from left to right. */
    snprintf(body, sizeof body, "a,b\n1,x\nq,%s\n", text);
    assert_fails(&codec_csv, body, "22P02", 1, 8);
    snprintf(body, sizeof body, "a,b\n1,x\n2,\"y\"%s\n", text);
    assert_fails(&codec_csv, body, "22P04", 1, 8);
    snprintf(body, sizeof body, "a,b\n1,x\n2,%s\"\n", text);
    assert_fails(&codec_csv, body, "54000", 1, 8);
    snprintf(body, sizeof body, "a,%s\n", text);
    assert_fails(&codec_csv, body, "54000", 0, 0);
    assert_fails(&codec_csv, "a,z,\"y\"y\n", "42703", 0, 0);
    /* Two on a line, one on two lines, what stands before the object and behind it. */
    assert_fails(&codec_ndjson, "{\"a\":1}\n{\"a\":2}{\"a\":3}\n", "22P02", 1, 8);
    assert_fails(&codec_ndjson, "{\"a\":1}\n\n {\"a\":\n2}{\n", "22P02", 1, 9);
    assert_fails(&codec_ndjson, "{\"a\":1}\n,{\"a\":2}\n{\"z\":2}", "22P02", 1, 8);
    assert_fails(&codec_ndjson, "{\"a\":1}\n{\"a\":2}}\n{\"b\":\"}\n", "22P02", 1, 8);
    assert_fails(&codec_ndjson, "{\"a\":1}\n{\"z\":2}\n{\"b\":\"\xFF\"}\n", "42703", 1, 8);
    assert_fails(&codec_ndjson, "{\"a\":1}\n{\"z\":\"\xFF\"}\n", "22P02", 1, 8);
}

TEST(json_inside_a_value_is_json_too)
{
    static const u32 wanted[] = { 0 };
    static const char *const bad[] = { "[1}",   "{\"x\":[1}}", "[tru]", "[01]",     "{\"x\" 1}",
                                       "{1:2}", "[1 2]",       "[,]",   "[\"\\q\"]" };
    char body[100], deep[2048];
    for (u32 index = 0; index < countof(bad); index++) {
        snprintf(body, sizeof body, "{\"b\":%s}", bad[index]);
        assert_fails(&codec_json, body, "22P02", 0, 0);
        assert_fails(&codec_ndjson, body, "22P02", 0, 0);
        struct decoding decoding;
        struct rand rand = { .state = 1 };
        const struct decode_options options = { .schema = &schema,
                                                .columns = wanted,
                                                .column_count = 1 };
        decoding_run(&decoding, &codec_json, &options, slice_of(body), 0, &rand);
        assert_int_equal(decoding.end, DECODE_BAD); /* also where it is left out */
        decoding_free(&decoding);
    }
    memset(deep, '[', 1000);
    memset(deep + 1000, ']', 1000);
    deep[2000] = '\0';
    struct decoding decoding;
    struct rand rand = { .state = 1 };
    char *text = test_malloc(3000);
    int size = snprintf(text, 3000, "{\"b\":%s}", deep);
    decoding_run(&decoding, &codec_json, &(struct decode_options){ .schema = &schema },
                 slice_make(text, (size_t)size), 0, &rand);
    assert_int_equal(decoding.end, DECODE_BAD);
    test_free(text);
    decoding_free(&decoding);
}

static void assert_offsets(const struct codec *codec, const char *body, const char *offsets)
{
    for (u32 piece_max = 0; piece_max < 4; piece_max++) {
        struct decoding decoding;
        struct rand rand = { .state = piece_max };
        decoding_run(&decoding, codec, &(struct decode_options){ .schema = &schema },
                     slice_of(body), piece_max, &rand);
        assert_int_equal(decoding.end, DECODE_END);
        if (!slice_is(buf_slice(&decoding.offsets), offsets))
            fail_msg("%s: at %.*s", body, (int)decoding.offsets.size, decoding.offsets.data);
        decoding_free(&decoding);
    }
}

TEST(a_row_begins_with_its_line_its_record_or_its_value)
{
    assert_offsets(&codec_ndjson, "{\"a\":1}\n\n \r\n {\"a\":2}\r\n{\"a\":3}", "0 12 22 ");
    assert_offsets(&codec_csv, "a,b\r\n1,\"x\ny\"\n\n2,\n3,z", "5 14 17 ");
    assert_offsets(&codec_json, " [{\"a\":1},\n {\"a\":2} ,{}]", "2 12 21 ");
    assert_offsets(&codec_json, " {\"a\":1} ", "1 ");
    assert_offsets(&codec_text, "one\n\nthree", "0 4 5 ");
}

TEST(a_record_that_comes_byte_by_byte_costs_no_more)
{
    static const struct codec *const codecs[] = { &codec_ndjson, &codec_csv, &codec_text };
    static const char *const bodies[] = { "{\"a\":1}\n{\"b\":\"", "b\nx\n\"", "x\n" };
    static const char *const ends[] = { "\"}\n", "\"\n", "\n" };
    for (u32 index = 0; index < countof(codecs); index++) {
        struct decoding decoding;
        decoding_open(&decoding, codecs[index], &(struct decode_options){ .schema = &schema });
        decoding_feed(&decoding, slice_of(bodies[index]), false);
        u64 allocated = decoding.arena.used, row_count = decoding.row_count;
        for (u32 byte = 0; byte < 50000; byte++)
            decoding_feed(&decoding, SLICE("y"), false);
        assert_int_equal(decoding.row_count, row_count);
        assert_true(decoding.arena.used < allocated + KIB(64));
        decoding_feed(&decoding, slice_of(ends[index]), true);
        assert_int_equal(decoding.end, DECODE_END);
        assert_int_equal(decoding.row_count, row_count + 1);
        decoding_close(&decoding);
        decoding_free(&decoding);
    }
}

TEST(csv_takes_quotes_line_ends_and_a_byte_order_mark)
{
    assert_decodes(&codec_csv,
                   "\xEF\xBB\xBF"
                   "a,b\r\n1,x\r\n2,\"y, \"\"z\"\"\nw\"\r\n",
                   "1|x|?|?\n2|y, \"z\"\nw|?|?\n");
    assert_decodes(&codec_csv, "\"b\",a\n\"\",1\n,2", "1||?|?\n2|-|?|?\n");
    assert_decodes(&codec_csv, "a,b\n\n1,x\n\n", "1|x|?|?\n");
    assert_decodes(&codec_csv, "a,b", "");
    assert_decodes(&codec_csv, "", "");
}

TEST(csv_names_the_row_that_is_wrong)
{
    assert_fails(&codec_csv, "a,b\n1,x\n2\n", "22P04", 1, 8);
    assert_fails(&codec_csv, "a,b\n1,x\n2,y,z\n", "22P04", 1, 8);
    assert_fails(&codec_csv, "a,b\n1,x\n2,y\"z\n", "22P04", 1, 8);
    assert_fails(&codec_csv, "a,b\n1,x\n2,\"y\n", "22P04", 1, 8);
    assert_fails(&codec_csv, "a,b\n1,x\nq,y\n", "22P02", 1, 8);
    assert_fails(&codec_csv, "a,b\n1,x\n2,\xFF\n", "22021", 1, 8);
}

TEST(text_takes_a_line_a_row)
{
    assert_decodes(&codec_text, "one\r\n\ntwo\n3", "?|one|?|?\n?||?|?\n?|two|?|?\n?|3|?|?\n");
    assert_decodes(&codec_text, "", "");
    assert_fails(&codec_text, "one\n\xFF\n", "22021", 1, 4);
}

TEST(ndjson_decoder_holds_little_between_pieces)
{
    struct decoding decoding;
    struct rand rand = { .state = 1 };
    struct buf body;
    struct mem mem;
    mem_init(&mem, "test", NULL, 0);
    buf_init(&body, &mem);
    for (u32 row = 0; row < 100000; row++)
        buf_format(&body, "{\"a\":%u,\"b\":\"text\"}\n", row);
    decoding_run(&decoding, &codec_ndjson, &(struct decode_options){ .schema = &schema },
                 buf_slice(&body), 16384, &rand);
    assert_int_equal(decoding.row_count, 100000);
    print_message("%llu bytes at most\n", (unsigned long long)decoding.peak);
    assert_true(decoding.peak < KIB(640)); /* the library's included */
    decoding_free(&decoding);
    buf_deinit(&body);
    mem_deinit(&mem);
}
