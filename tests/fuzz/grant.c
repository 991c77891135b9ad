/* Whatever grant is accepted is encoded again as the very same bytes, and so
 * are tree leaves. */

#include <stdint.h>
#include <stdlib.h>

#include "api/grant.h"
#include "api/leaf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void grant_round_trip(struct bytes encoded)
{
    struct api_grant grant;
    struct reason why = { "" };
    unsigned char back[API_GRANT_LEN];
    if (failed(api_grant_decode(encoded, &grant, &why))) {
        if (why.text[0] == '\0')
            abort();
        return;
    }
    if (failed(api_grant_encode(&grant, back)) ||
        !bytes_equal(encoded, bytes_of(back, sizeof(back))))
        abort();
}

static void leaf_round_trip(struct bytes encoded)
{
    struct api_leaf leaf;
    unsigned char back[API_LEAF_LEN];
    if (failed(api_leaf_decode(encoded, &leaf)))
        return;
    if (failed(api_leaf_encode(&leaf, back)) ||
        !bytes_equal(encoded, bytes_of(back, sizeof(back))))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    grant_round_trip(bytes_of(data, size));
    leaf_round_trip(bytes_of(data, size));
    return 0;
}
