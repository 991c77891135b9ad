/* Whatever is read as an approval is written back as the very same bytes. */

#include <stdint.h>
#include <stdlib.h>

#include "api/api.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct api_approval approval;
    struct reason why;
    AUTO_CLEAR_BUFFER text = buffer_make(4096);
    if (failed(api_approval_read(bytes_of(data, size), &approval, &why)))
        return 0;
    if (failed(api_approval_text(&approval, &text)) ||
        !bytes_equal(buffer_bytes(&text), bytes_of(data, size)))
        abort();
    return 0;
}
