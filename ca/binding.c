#include "ca/binding.h"

#include "base/text.h"
#include "ca/claims.h"
#include "ca/der.h"

#define MATERIAL_MAX ((size_t)64 * 1024)

static STATUS invalid(void)
{
    return failure(STATUS_INVALID, "ca_binding_report_data", 0);
}

static STATUS first_half(struct bytes message,
                         unsigned char out[CA_REPORT_DATA_LEN])
{
    struct hash hash;
    TRY(hash_of(&hash, message));
    memcpy(out, hash.bytes, HASH_LEN);
    memset(out + HASH_LEN, 0, CA_REPORT_DATA_LEN - HASH_LEN);
    return OK;
}

static STATUS domain(struct bytes coprocessors, const struct hash *spki,
                     const struct hash *configuration,
                     unsigned char out[CA_REPORT_DATA_LEN])
{
    char text[2 * HASH_LEN + 1];
    struct cursor set = cursor_of(coprocessors);
    AUTO_CLEAR_BUFFER der = buffer_make(MATERIAL_MAX);
    (void)der_take(&set, DER_SET);
    if (!der_finished(&set))
        return invalid();
    size_t whole = der_open(&der, DER_SEQUENCE);
    der_put(&der, DER_OCTET_STRING, hash_bytes(spki));
    buffer_put(&der, coprocessors);
    if (configuration) {
        hex_encode(hash_bytes(configuration), text);
        der_put(&der, DER_OCTET_STRING, bytes_of_string(text));
    }
    der_close(&der, whole);
    TRY(buffer_status(&der));
    return first_half(buffer_bytes(&der), out);
}

/* The report data covers the claims and nothing else: that they are about
 * this key and this configuration is to be seen in them. */
static STATUS claims(struct bytes material, const struct hash *spki,
                     const struct hash *configuration,
                     unsigned char out[CA_REPORT_DATA_LEN])
{
    struct ca_claims read;
    struct bytes wanted =
        configuration ? hash_bytes(configuration) : bytes_of(NULL, 0);
    TRY(ca_claims_read(material, &read));
    if (read.algorithm != CA_CLAIMS_SHA256 ||
        !bytes_equal(read.key_hash, hash_bytes(spki)) ||
        !bytes_equal(read.configuration, wanted))
        return invalid();
    return first_half(material, out);
}

struct status ca_binding_report_data(const struct ca_binding *binding,
                                     const struct hash *spki,
                                     const struct hash *configuration,
                                     unsigned char out[CA_REPORT_DATA_LEN])
{
    if (configuration && hash_is_zero(configuration))
        return invalid();
    switch (binding->rule) {
    case CA_BINDS_KEY:
        if (binding->material.len > 0)
            return invalid();
        return ca_report_data(spki, configuration, out);
    case CA_BINDS_DOMAIN:
        return domain(binding->material, spki, configuration, out);
    case CA_BINDS_CLAIMS:
        return claims(binding->material, spki, configuration, out);
    case CA_BINDS_VOUCHED: break;
    }
    return invalid();
}
