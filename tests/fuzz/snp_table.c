/* Whichever key signed: what comes out was in the table, in one or two pieces,
 * or nothing comes out. */

#include <stdint.h>
#include <stdlib.h>

#include "platform/snp_table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (int vlek = 0; vlek <= 1; vlek++) {
        AUTO_CLEAR_BUFFER out = buffer_make(2 * SNP_TABLE_MAX);
        struct status s = snp_table_read(bytes_of(data, size), vlek, &out);
        if (failed(s) ? out.len > 0 : out.len > 2 * size)
            abort();
    }
    return 0;
}
