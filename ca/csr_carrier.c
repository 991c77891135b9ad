/* What is inside the carriers; each reader takes one kind only. */

#include "ca/csr.h"

#include "ca/der.h"

static STATUS malformed(const char *origin)
{
    return failure(STATUS_INVALID, origin, 0);
}

struct status ca_carrier_quote(const struct ca_carrier *carrier,
                               struct bytes *quote)
{
    struct cursor in = cursor_of(carrier->value);
    struct cursor pair = der_enter(&in, DER_SEQUENCE);
    (void)der_take(&pair, DER_SEQUENCE); /* the quoting enclave's name */
    struct bytes found = der_take(&pair, DER_OCTET_STRING);
    if (carrier->kind != CA_CARRIER_QUOTE || !der_finished(&pair) ||
        !der_finished(&in) || found.len == 0)
        return malformed("ca_carrier_quote");
    *quote = found;
    return OK;
}

struct status ca_carrier_document(const struct ca_carrier *carrier,
                                  struct bytes *document)
{
    struct cursor in = cursor_of(carrier->value);
    struct bytes found = der_take(&in, DER_OCTET_STRING);
    if (carrier->kind != CA_CARRIER_NITRO || !der_finished(&in) ||
        found.len == 0)
        return malformed("ca_carrier_document");
    *document = found;
    return OK;
}

/* Two OCTET STRINGs with a certificate each, or the certificates bare in a
 * SEQUENCE of their own. */
struct status ca_carrier_vouched(const struct ca_carrier *carrier,
                                 struct bytes *attestation, struct bytes *node)
{
    struct bytes first, second;
    struct cursor in = cursor_of(carrier->value);
    struct cursor pair = der_enter(&in, DER_SEQUENCE);
    bool octets = der_next(&pair) == DER_OCTET_STRING;
    struct cursor list = pair;
    if (octets) {
        first = der_take(&list, DER_OCTET_STRING);
        second = der_take(&list, DER_OCTET_STRING);
    } else {
        list = der_enter(&pair, DER_SEQUENCE);
        pair.broken |= !der_finished(&pair);
        first = der_take_element(&list);
        second = der_take_element(&list);
    }
    if (carrier->kind != CA_CARRIER_VOUCHED || pair.broken ||
        !der_finished(&list) || !der_finished(&in) || first.len == 0 ||
        second.len == 0)
        return malformed("ca_carrier_vouched");
    *attestation = first;
    *node = second;
    return OK;
}
