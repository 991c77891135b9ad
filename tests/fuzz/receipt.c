/* A receipt that is read is written back with the same meaning, and does not
 * hold under a key that signed nothing. */

#include <stdint.h>
#include <stdlib.h>

#include "api/api.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_JSON *value = NULL, *written = NULL, *again = NULL;
    struct api_receipt receipt, back;
    struct api_spki nobody = { { 0 } };
    struct reason why;
    if (failed(api_json_read(bytes_of(data, size), 1024 * 1024, false, &value,
                             &why)) ||
        failed(api_receipt_from_json(value, &receipt, &why)))
        return 0;
    written = api_receipt_to_json(&receipt);
    if (!written || failed(api_receipt_from_json(written, &back, &why)))
        abort();
    again = api_receipt_to_json(&back);
    if (!again || !json_equal(written, again) ||
        !failed(api_receipt_verify(&receipt, &nobody, &why)))
        abort();
    return 0;
}
