/* evidence_put.c - the other direction: evidence into a carrier. */

#include "ca/der.h"
#include "ca/evidence.h"
#include "ca/subject.h"

static STATUS wrong(void)
{
    return failure(STATUS_INVALID, "ca_evidence_put", 0);
}

static void put_quote(struct bytes quote, struct buffer *out)
{
    size_t pair = der_open(out, DER_SEQUENCE);
    der_put(out, DER_SEQUENCE, bytes_of(NULL, 0)); /* nobody's name */
    der_put(out, DER_OCTET_STRING, quote);
    der_close(out, pair);
}

static STATUS put_chain(struct bytes evidence, struct buffer *out)
{
    if (evidence.len <= CA_SNP_REPORT_LEN)
        return wrong();
    der_put(out, DER_SEQUENCE,
            bytes_of(evidence.at + CA_SNP_REPORT_LEN,
                     evidence.len - CA_SNP_REPORT_LEN));
    return buffer_status(out);
}

/* Both certificates stand there bare; each says where it ends. */
static STATUS put_vouched(struct bytes evidence, struct buffer *out)
{
    struct cursor in = cursor_of(evidence);
    struct bytes attestation = der_take_element(&in);
    struct bytes node = der_take_element(&in);
    if (!der_finished(&in))
        return wrong();
    size_t pair = der_open(out, DER_SEQUENCE);
    der_put(out, DER_OCTET_STRING, attestation);
    der_put(out, DER_OCTET_STRING, node);
    der_close(out, pair);
    return buffer_status(out);
}

struct status ca_evidence_put(enum ca_carrier_kind carrier,
                              struct bytes evidence, struct buffer *out)
{
    if (evidence.len == 0)
        return wrong();
    switch (carrier) {
    case CA_CARRIER_QUOTE: put_quote(evidence, out); return buffer_status(out);
    case CA_CARRIER_DCAP_SGX:
    case CA_CARRIER_DCAP_TDX:
    case CA_CARRIER_NITRO:
        der_put(out, DER_OCTET_STRING, evidence);
        return buffer_status(out);
    case CA_CARRIER_SNP:
        if (evidence.len < CA_SNP_REPORT_LEN)
            return wrong();
        der_put(out, DER_OCTET_STRING,
                bytes_of(evidence.at, CA_SNP_REPORT_LEN));
        return buffer_status(out);
    case CA_CARRIER_SNP_CHAIN: return put_chain(evidence, out);
    case CA_CARRIER_VOUCHED: return put_vouched(evidence, out);
    case CA_CARRIER_UNKNOWN:
    case CA_CARRIER_SGX_LOCAL:
    case CA_CARRIER_TDX_LOCAL:
    case CA_CARRIER_TAGGED: break;
    }
    return wrong();
}
