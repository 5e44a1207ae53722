/* Payloads to batches and back: one struct codec a format, found by media type.
 *
 * A decoder is fed the bytes of a body as they come, in pieces of any size, and gives batches of rows of one schema; it
 * holds at most one unfinished record and the pieces it was fed. A cell that the payload
 * does not name is CELL_ABSENT in the column's nulls, so that the taker can put the default there.
 *
 * What is wrong is the same however the body is split, and where several things are wrong it is found in this order: by
 * rows; then, in formats of lines, a line that is too long; then, in JSON, a row that is no JSON by its bytes (UTF-8,
 * control characters, strings without an end); then what stands first in the row, be it form or a value. A CSV record may
 * hold line ends, and where it ends is known only by reading it: it is read from left to right, and being too long
 * is wrong at its first byte too many, behind all that is wrong before it. */
#pragma once

#include "base/bytes.h"
#include "data/batch.h"

/* What stands in column.nulls of a decoded batch. */
enum cell { CELL_VALUE = 0, CELL_NULL = 1, CELL_ABSENT = 2 };

enum decode_result {
    DECODE_ROWS, /* *out holds a batch */
    DECODE_MORE, /* all whole records were given; feed more */
    DECODE_END,  /* the body is over and all was given */
    DECODE_BAD /* err says why, with row (from 1) and the byte (from 0) in the body where it begins */
};

struct decode_options {
    const struct schema *schema; /* borrowed for the decoder's life */
    struct mem *mem;
    u32 record_size_max; /* bytes of one record; longer is error 54000 */
    u64 body_size_max;   /* only for JSON documents, which are taken whole; longer is error 54000 */
    const char *relation; /* for messages */
    /* CSV: names in the first line decide the columns. When columns is set, only these are taken (PostgREST's
     * ?columns=), others are ignored. */
    const u32 *columns;
    u32 column_count;
};

struct decoder {
    const struct codec *codec;
    /* Where the rows of the batch that was given last begin in the body; in that batch's arena. A row begins with its line
     * or record, in a JSON document with its value. */
    const u64 *row_offsets;
};

struct codec {
    const char *name;       /* "json", "ndjson", "csv", "text" */
    const char *media_type; /* without parameters */
    bool streams;           /* records can be applied before the body is over */
    struct decoder *(*decoder_open)(const struct decode_options *options);
    /* Takes (copies) more bytes; last says that the body is over. */
    void (*feed)(struct decoder *decoder, struct slice bytes, bool last);
    /* The next rows, at most row_count_max (<= BATCH_ROW_COUNT_MAX), built in the arena with weights of +1. When the same
     * batch holds a bad record, the rows before it are given first and DECODE_BAD comes next. */
    enum decode_result (*next)(struct decoder *decoder, struct arena *arena, u32 row_count_max,
                               struct batch **out, struct err *err);
    void (*decoder_close)(struct decoder *decoder);
    /* Bytes held for records that were not given yet. */
    size_t (*held)(const struct decoder *decoder);

    /* Writing: begin, rows any number of times, end. names and columns have column_count entries;
     * only rows picks[0..pick_count) are written (picks NULL: 0..pick_count). first tells that no row was written yet. */
    void (*write_begin)(struct buf *out, const char *const *names, u32 column_count);
    void (*write_rows)(struct buf *out, const char *const *names, const struct column *columns,
                       u32 column_count, const u32 *picks, u32 pick_count, bool first);
    void (*write_end)(struct buf *out);
};

/* NULL when there is none for this media type (parameters are looked past) or name. */
const struct codec *codec_find(struct slice media_type);
const struct codec *codec_find_name(struct slice name);
const struct codec *codec_at(u32 index); /* the whole table; NULL past the end */

extern const struct codec codec_json;   /* an object or an array of objects */
extern const struct codec codec_ndjson; /* an object a line */
extern const struct codec codec_csv;    /* RFC 4180, with a header */
extern const struct codec codec_text;   /* a line a row, into the first text column */

/* The names of a JSON object's members, escaped once for all the rows that are written with them. */
struct codec_json_names {
    struct mem *mem;
    u32 count;
    u32 *ends; /* in text, of `"a":` for each name; the mark that comes before it is not in it */
    char *text;
};

void codec_json_names_init(struct codec_json_names *names, struct mem *mem,
                           const char *const *texts, u32 count);
void codec_json_names_deinit(struct codec_json_names *names);

/* One row as a JSON object {"name":value,...}; for frames that need more than rows. */
void codec_json_row(struct buf *out, const struct codec_json_names *names,
                    const struct column *columns, u32 row);
/* The same for a single row. */
void codec_json_object(struct buf *out, const char *const *names, const struct column *columns,
                       u32 column_count, u32 row);
/* A JSON string with its quotes. */
void codec_json_string(struct buf *out, struct slice text);
