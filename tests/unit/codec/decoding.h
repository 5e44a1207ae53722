/* Decodes a body in pieces and notes what came: for tests of codecs. */
#pragma once

#include "base/rand.h"
#include "codec/codec.h"

struct decoding {
    struct mem mem;
    struct mem own;     /* the decoder's */
    struct arena arena; /* of the batches */
    struct decoder *decoder;
    struct buf text;    /* all rows: cells as text, one line a row */
    struct buf offsets; /* where each of them begins: "0 8 16 " */
    u64 row_count;
    enum decode_result end; /* DECODE_END or DECODE_BAD when the body is over */
    struct err err;
    u64 peak; /* bytes of the decoder alone */
};

/* Limits that options do not set are large. */
void decoding_open(struct decoding *decoding, const struct codec *codec,
                   const struct decode_options *options);
/* A piece more, of which nothing stays where it was. False: the decoder is done. */
bool decoding_feed(struct decoding *decoding, struct slice piece, bool last);
/* Asserts that the decoder gave all its memory back. */
void decoding_close(struct decoding *decoding);
void decoding_free(struct decoding *decoding);

/* All of a body, opened to closed, in pieces of 1 to piece_max bytes; 0: at once. */
void decoding_run(struct decoding *decoding, const struct codec *codec,
                  const struct decode_options *options, struct slice body, u32 piece_max,
                  struct rand *rand);
