/* Whatever owner is accepted is encoded again as the very same bytes, and
 * checking its chain says who speaks or why nobody does. */

#include <stdint.h>
#include <stdlib.h>

#include "api/owner.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct api_owner owner;
    struct api_spki current;
    struct reason why = { "" };
    struct cursor in = cursor_of(bytes_of(data, size));
    if (failed(api_owner_decode(&in, &owner)))
        return 0;
    AUTO_CLEAR_BUFFER back = buffer_make(size);
    if (failed(api_owner_encode(&owner, &back)) ||
        !bytes_equal(buffer_bytes(&back), bytes_of(data, size - in.left)))
        abort();
    struct status checked = api_owner_current(&owner, &current, &why);
    if (failed(checked) &&
        (checked.code != STATUS_DENIED || why.text[0] == '\0'))
        abort();
    return 0;
}
