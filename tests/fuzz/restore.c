/* Whatever request or record of a restore is accepted is encoded again as the
 * very same bytes, and has a root, or a leaf. */

#include <stdint.h>
#include <stdlib.h>

#include "api/restore.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void request_round_trip(struct bytes encoded)
{
    AUTO_CLEAR_BUFFER back = buffer_make(API_RESTORE_REQUEST_MAX);
    struct api_restore_request request;
    struct hash root;
    if (failed(api_restore_request_decode(encoded, &request)))
        return;
    must(!failed(api_restore_request_encode(&request, &back)));
    must(bytes_equal(encoded, buffer_bytes(&back)));
    must(!failed(api_frontier_root(&request.frontier, &root)));
}

static void record_round_trip(struct bytes encoded)
{
    unsigned char back[API_RESTORE_LEN], leaf[API_LEAF_LEN];
    unsigned char salt[API_SALT_LEN];
    struct api_restore record;
    struct api_leaf read;
    AUTO_JSON *detail = NULL;
    if (failed(api_restore_decode(encoded, &record)))
        return;
    must(!failed(api_restore_encode(&record, back)));
    must(bytes_equal(encoded, bytes_of(back, sizeof(back))));
    must(!failed(api_restore_leaf(&record, leaf, salt, &detail)));
    must(!failed(api_leaf_decode(bytes_of(leaf, sizeof(leaf)), &read)));
    must(read.index == record.kept_size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    request_round_trip(bytes_of(data, size));
    record_round_trip(bytes_of(data, size));
    return 0;
}
