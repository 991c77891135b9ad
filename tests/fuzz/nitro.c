/* See vouched.h. */

#include "tests/fuzz/vouched.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return vouched_fuzz(data, size, API_KIND_NITRO);
}
