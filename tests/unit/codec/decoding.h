/* Decodes a body in pieces and notes what came: for tests of codecs. */
#pragma once

#include "base/rand.h"
#include "codec/codec.h"

struct decoding {
    struct mem mem;
    struct arena arena; /* of the batches */
    struct buf text;    /* all rows: cells as text, one line a row */
    u64 row_count;
    enum decode_result end; /* DECODE_END or DECODE_BAD */
    struct err err;
    u64 peak; /* bytes of the decoder alone */
};

/* Fed in pieces of 1 to piece_max bytes; 0: at once. */
void decoding_run(struct decoding *decoding, const struct codec *codec,
                  const struct decode_options *options, struct slice body, u32 piece_max,
                  struct rand *rand);
/* Asserts that the decoder gave all its memory back. */
void decoding_free(struct decoding *decoding);
