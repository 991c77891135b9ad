#include "ca/report_data.h"

struct status ca_report_data(const struct hash *spki,
                             const struct hash *configuration,
                             unsigned char out[CA_REPORT_DATA_LEN])
{
    static const unsigned char version = 1;
    struct hash first = *spki;
    struct hash second = { { 0 } };

    if (configuration) {
        if (hash_is_zero(configuration))
            return failure(STATUS_INVALID, "ca_report_data", 0);
        TRY(hash_of(&first, bytes_of(&version, 1), hash_bytes(spki),
                    hash_bytes(configuration)));
        second = *configuration;
    }
    memcpy(out, first.bytes, HASH_LEN);
    memcpy(out + HASH_LEN, second.bytes, HASH_LEN);
    return OK;
}

struct status ca_report_data_fresh(const struct hash *spki,
                                   const struct hash *configuration,
                                   const struct hash *nonce,
                                   unsigned char out[CA_REPORT_DATA_LEN])
{
    static const unsigned char version = 2;
    struct hash first;

    if (hash_is_zero(configuration) || hash_is_zero(nonce))
        return failure(STATUS_INVALID, "ca_report_data_fresh", 0);
    TRY(hash_of(&first, bytes_of(&version, 1), hash_bytes(spki),
                hash_bytes(configuration), hash_bytes(nonce)));
    memcpy(out, first.bytes, HASH_LEN);
    memcpy(out + HASH_LEN, configuration->bytes, HASH_LEN);
    return OK;
}
