/* csv.c - whatever a patient file holds: five lines or a reason, and every
 * record that is read has the fields of the header. */

#include <stdint.h>
#include <stdlib.h>

#include "examples/csv.h"
#include "examples/summary.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_CLEAR_BUFFER out = buffer_make(65536 + size);
    struct reason why = { "" };
    struct status s = summary_write(bytes_of(data, size), &out, &why);
    if (failed(s) && s.code == STATUS_INVALID && why.text[0] == '\0')
        abort(); /* refused without saying why */
    if (!failed(s) && out.len < 265)
        abort(); /* five padded lines are never shorter */
    return 0;
}
