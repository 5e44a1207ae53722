/* A body is the same body however it is split: its rows, where they begin, and what is wrong with it, exactly. */
#include <stdio.h>

#include "tests/test.h"
#include "tests/unit/codec/decoding.h"

#define RECORD_SIZE_MAX 24

static struct schema_column columns[] = { { .name = "a", .type = { .id = TYPE_INT4 } },
                                          { .name = "b", .type = { .id = TYPE_TEXT } },
                                          { .name = "\\", .type = { .id = TYPE_TEXT } } };
static const struct schema schema = { .column_count = countof(columns), .columns = columns };
static const u32 wanted[] = { 0 };

/* Bodies are made of these: most are wrong, often in several ways. */
static const char *const json_words[] = {
    "{\"a\":1}\n",
    "{\"b\":\"x\"}\r\n",
    "{\"a\":",
    "\"b\":",
    "1",
    "x",
    ",",
    "{",
    "}",
    "[",
    "]",
    "\"",
    "\\",
    "\n",
    "\r",
    " ",
    "\xFF",
    "\x01",
    "\xC3\xA9",
    "\"\\u0000\"",
    "{\"z\":1}\n",
    "null",
    "tru",
    "-",
    "01",
    "9999999999",
    "{\"a\":1,\"b\":[1}}",
    "{\"\\\\\":2}\n",
    "{\"\\\"\":2}\n",
    "12345678901",
};
static const char *const csv_words[] = {
    "a,b\n", "a\n",  "\xEF\xBB\xBF", "\xEF", "1,x\n", "2,\"y\"\r\n", "3",
    "q",     ",",    "\"",           "\"\"", "\n",    "\r",          " ",
    "\xFF",  "\x01", "9999999999",   "z",    "b",     "12345678901",
};

struct format {
    const struct codec *codec;
    const char *const *words;
    u32 word_count;
    const char *begin; /* of half of the bodies */
};

static const struct format formats[] = {
    { &codec_ndjson, json_words, countof(json_words), "" },
    { &codec_json, json_words, countof(json_words), "[" },
    { &codec_csv, csv_words, countof(csv_words), "a,b\n" },
    { &codec_text, csv_words, countof(csv_words), "" },
};

static void make_body(struct buf *body, const struct format *format, struct rand *rand, u32 most)
{
    u32 count = (u32)rand_below(rand, most);
    buf_clear(body);
    if (rand_below(rand, 2)) buf_puts(body, format->begin);
    for (u32 index = 0; index < count; index++)
        buf_puts(body, format->words[rand_below(rand, format->word_count)]);
}

static struct decode_options options_of(struct rand *rand)
{
    struct decode_options options = { .schema = &schema,
                                      .record_size_max = RECORD_SIZE_MAX,
                                      .body_size_max = 100 };
    if (rand_below(rand, 4) == 0) {
        options.columns = wanted;
        options.column_count = countof(wanted);
    }
    return options;
}

static void assert_same(const struct decoding *whole, const struct decoding *split,
                        struct slice body, const char *how)
{
    const struct err *left = &whole->err, *right = &split->err;
    bool same = whole->end == split->end &&
                slice_equal(buf_slice(&whole->text), buf_slice(&split->text)) &&
                slice_equal(buf_slice(&whole->offsets), buf_slice(&split->offsets));
    if (same && whole->end == DECODE_BAD)
        same = strcmp(left->sqlstate, right->sqlstate) == 0 &&
               strcmp(left->message, right->message) == 0 &&
               strcmp(left->detail, right->detail) == 0 && left->row == right->row &&
               left->byte == right->byte;
    if (!same)
        fail_msg("%s: <<%.*s>> %s; %d %s row %lld byte %lld, or %d %s row %lld byte %lld", how,
                 (int)body.size, body.data, right->detail, (int)whole->end, left->sqlstate,
                 (long long)left->row, (long long)left->byte, (int)split->end, right->sqlstate,
                 (long long)right->row, (long long)right->byte);
}

/* What is wrong is so in the row behind those that were given, within the body. */
static void assert_exact(const struct decoding *whole, struct slice body)
{
    if (whole->end != DECODE_BAD) return;
    assert_int_equal(whole->err.row, whole->row_count + 1);
    assert_true(whole->err.byte >= 0 && (u64)whole->err.byte <= body.size);
}

static void try_cut(const struct decoding *whole, const struct codec *codec,
                    const struct decode_options *options, struct slice body, size_t cut)
{
    struct decoding split;
    decoding_open(&split, codec, options);
    if (decoding_feed(&split, slice_make(body.data, cut), false))
        decoding_feed(&split, slice_make(body.data + cut, body.size - cut), true);
    decoding_close(&split);
    assert_same(whole, &split, body, codec->name);
    decoding_free(&split);
}

static void try_pieces(const struct decoding *whole, const struct codec *codec,
                       const struct decode_options *options, struct slice body, u32 piece_max,
                       struct rand *rand)
{
    struct decoding split;
    decoding_run(&split, codec, options, body, piece_max, rand);
    assert_same(whole, &split, body, codec->name);
    decoding_free(&split);
}

static void try_body(const struct codec *codec, const struct decode_options *options,
                     struct slice body, bool all_cuts, struct rand *rand)
{
    struct decoding whole;
    decoding_run(&whole, codec, options, body, 0, rand);
    assert_exact(&whole, body);
    for (size_t cut = 0; all_cuts && cut <= body.size; cut++)
        try_cut(&whole, codec, options, body, cut);
    try_pieces(&whole, codec, options, body, 1, rand);
    try_pieces(&whole, codec, options, body, 7, rand);
    try_pieces(&whole, codec, options, body, 40, rand);
    decoding_free(&whole);
}

static void try_bodies(u32 rounds, u32 words, bool all_cuts)
{
    u64 seed = test_seed(1);
    struct mem mem;
    struct buf body;
    mem_init(&mem, "test", NULL, 0);
    buf_init(&body, &mem);
    for (u32 round = 0; round < test_rounds(rounds); round++) {
        struct rand rand = { .state = seed + round };
        for (u32 index = 0; index < countof(formats); index++) {
            const struct decode_options options = options_of(&rand);
            make_body(&body, &formats[index], &rand, words);
            struct slice text = body.size ? buf_slice(&body) : SLICE("");
            try_body(formats[index].codec, &options, text, all_cuts, &rand);
        }
    }
    buf_deinit(&body);
    mem_deinit(&mem);
}

TEST(a_small_body_is_the_same_for_every_cut)
{
    try_bodies(2000, 10, true);
}

TEST(a_larger_body_is_the_same_in_random_pieces)
{
    try_bodies(300, 200, false);
}
