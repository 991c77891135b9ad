/* A canonical text is its own canonical text. */

#include <stdint.h>
#include <stdlib.h>

#include "api/api.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_JSON *value = NULL, *again = NULL;
    AUTO_CLEAR_BUFFER first = buffer_make(API_CONFIGURATION_MAX);
    AUTO_CLEAR_BUFFER second = buffer_make(API_CONFIGURATION_MAX);
    struct reason why;
    (void)api_name_valid(bytes_of(data, size));
    if (failed(api_json_read(bytes_of(data, size), API_CONFIGURATION_MAX, true,
                             &value, &why)) ||
        failed(api_configuration_text(value, &first, &why)))
        return 0;
    if (failed(api_json_read(buffer_bytes(&first), API_CONFIGURATION_MAX, true,
                             &again, &why)) ||
        failed(api_configuration_text(again, &second, &why)) ||
        !bytes_equal(buffer_bytes(&first), buffer_bytes(&second)))
        abort();
    return 0;
}
