/* A target with a bug, to see that the driver finds and reports it. */

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 3 && data[0] == 'a')
        abort();
    return 0;
}
