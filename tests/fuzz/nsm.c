/* What is taken for a document lies within the module's answer, at its end. */

#include <stdint.h>
#include <stdlib.h>

#include "platform/nsm.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes document;
    struct reason why;
    if (failed(nsm_read_answer(bytes_of(data, size), &document, &why)))
        return 0;
    if (document.len == 0 || document.at + document.len != data + size)
        abort();
    return 0;
}
