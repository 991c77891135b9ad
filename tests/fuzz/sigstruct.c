/* Whatever is accepted as a SIGSTRUCT says what stands at the SDM's offsets;
 * whatever is refused is refused with a reason. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cli/sigstruct.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sigstruct is;
    struct reason why = { "" };
    if (failed(sigstruct_read(bytes_of(data, size), &is, &why))) {
        if (why.text[0] == '\0')
            abort();
        return 0;
    }
    if (size != SIGSTRUCT_LEN || memcmp(is.mrenclave, data + 960, 32) != 0 ||
        is.isvprodid != data[1024] + 256 * data[1025] ||
        is.isvsvn != data[1026] + 256 * data[1027])
        abort();
    return 0;
}
