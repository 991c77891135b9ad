/* Whatever identity rule is accepted is encoded again as the very same
 * bytes, and so are DER signatures. */

#include <stdint.h>
#include <stdlib.h>

#include "api/identity.h"
#include "api/key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void rule_round_trip(struct bytes encoded)
{
    struct api_identity_rule rule;
    struct reason why = { "" };
    if (failed(api_identity_decode(encoded, &rule, &why))) {
        if (why.text[0] == '\0')
            abort();
        return;
    }
    AUTO_CLEAR_BUFFER back = buffer_make(encoded.len);
    struct hash unused;
    if (failed(api_identity_encode(&rule, &back, NULL)) ||
        failed(api_identity_hash(&rule, &unused, NULL)) ||
        !bytes_equal(buffer_bytes(&back), encoded))
        abort();
}

static void signature_round_trip(struct bytes der)
{
    struct api_signature signature;
    if (failed(api_signature_from_der(der, &signature)))
        return;
    AUTO_CLEAR_BUFFER back = buffer_make(72);
    if (failed(api_signature_to_der(&signature, &back)) ||
        !bytes_equal(buffer_bytes(&back), der))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rule_round_trip(bytes_of(data, size));
    signature_round_trip(bytes_of(data, size));
    return 0;
}
