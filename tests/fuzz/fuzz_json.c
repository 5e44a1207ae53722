/* Bodies of the json codec, whole and in pieces. */
#include "tests/fuzz/fuzz_decode.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    return fuzz_codec(&codec_json, data, size);
}
