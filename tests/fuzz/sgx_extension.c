/* A seed is the value of a PCK certificate's SGX extension. What is accepted is
 * in range, has no byte to spare, and none to miss. Seeds:
 * tests/attest/collateral_seeds.c. */

#include <stdint.h>
#include <stdlib.h>

#include "attest/pck.h"
#include "base/buffer.h"

#define DER_MAX ((size_t)64 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool right)
{
    if (!right)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_CLEAR_BUFFER longer = buffer_make(DER_MAX);
    struct attest_pck pck, again;
    struct status s = attest_pck_read(bytes_of(data, size), &pck);
    check(!failed(s) || s.code == STATUS_INVALID);
    if (failed(s) || size >= DER_MAX)
        return 0;
    check(pck.sgx_type <= 2);
    check(failed(attest_pck_read(bytes_of(data, size - 1), &again)));
    buffer_put(&longer, bytes_of(data, size));
    buffer_put_u8(&longer, 0);
    check(!failed(buffer_status(&longer)));
    check(failed(attest_pck_read(buffer_bytes(&longer), &again)));
    return 0;
}
