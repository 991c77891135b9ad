/* Any bytes as a credential text: refused with a reason, or a key of 32
 * bytes; and then jansson reads the same key out of it. */

#include <stdint.h>
#include <stdlib.h>

#include "api/api.h"
#include "base/text.h"
#include "enclave/credentials_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void compare(struct bytes text, const struct credentials *found)
{
    struct reason why = { "" };
    unsigned char key[32];
    const char *digits = NULL;
    AUTO_JSON *value = NULL;
    if (failed(api_json_read(text, text.len, false, &value, &why)) ||
        failed(api_json_text(json_object_get(value, "encryption"), "key",
                             &digits, &why)) ||
        failed(hex_decode(bytes_of_string(digits), key, sizeof(key))) ||
        !secret_equals(found->key, bytes_of(key, sizeof(key))))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool open;
    struct bytes text = bytes_of(data, size);
    struct credentials found = { 0 };
    struct reason why = { "" };
    if (!open && failed(secret_heap_open(1 << 20)))
        abort();
    open = true;
    if (size > 65536)
        return 0;
    if (!failed(credentials_json_read(text, &found, &why)))
        compare(text, &found);
    else if (why.text[0] == '\0' || found.key || found.query)
        abort();
    credentials_clear(&found);
    return 0;
}
