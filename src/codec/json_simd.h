/* The only view of simdjson: objects in a text, field by field.
 *
 * A reader stands in one text at a time: either one document that is an object or an array of objects, or many objects
 * one after the other (lines). The text must stay where it is until the reader begins another, with
 * JSON_PADDING readable bytes behind it. */
#pragma once

#ifdef __cplusplus
#include <cstddef>
#include <cstdint>
extern "C" {
#else
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#endif

#define JSON_PADDING 64

enum json_cell {
    JSON_CELL_NULL,
    JSON_CELL_TOKEN,  /* a number, true or false, as written */
    JSON_CELL_STRING, /* without quotes and escapes */
    JSON_CELL_TEXT    /* an object or array, as written */
};

#define JSON_KEY_UNKNOWN (-1)
#define JSON_KEY_SKIP    (-2)
#define JSON_KEY_STOP    (-3)

struct json_sink {
    void *context;
    /* Which column is the key that starts at raw (behind its opening quote, ended by a quote, perhaps with escapes)
     * and is the field number ordinal of its object? JSON_KEY_UNKNOWN: ask on_key. */
    int (*on_raw_key)(void *context, const char *raw, uint32_t ordinal);
    /* The same for the key without escapes. JSON_KEY_SKIP to leave it out, JSON_KEY_STOP to end. */
    int (*on_key)(void *context, const char *key, size_t size);
    /* false ends the row. */
    bool (*on_cell)(void *context, int column, enum json_cell kind, const char *text, size_t size);
};

enum json_next {
    JSON_NEXT_ROW, /* a whole object was given to the sink */
    JSON_NEXT_END,
    JSON_NEXT_STOPPED, /* by the sink */
    JSON_NEXT_BAD      /* *error says why */
};

struct json_reader;

/* On-Demand is chosen when it is compiled, so it is compiled twice: for any processor and for one with AVX2. */
struct json_simd {
    struct json_reader *(*open)(void);
    void (*close)(struct json_reader *reader);
    /* About the bytes that it holds: they grow with the longest text it has read. */
    size_t (*size)(const struct json_reader *reader);
    /* NULL, or why the text cannot be read at all. */
    const char *(*begin)(struct json_reader *reader, const char *text, size_t size, bool lines);
    /* *offset is where the object starts in the text (also when it is bad, as near as is known). */
    enum json_next (*next)(struct json_reader *reader, const struct json_sink *sink, size_t *offset,
                           const char **error);
};

extern const struct json_simd json_simd_plain;
extern const struct json_simd json_simd_avx2;

#ifdef __cplusplus
}
#endif
