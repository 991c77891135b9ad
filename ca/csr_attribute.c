#include "ca/csr_attribute.h"

#include "ca/der.h"
#include "ca/extension.h"
#include "ca/oid.h"

#define F "1.3.6.1.4.1.49690."

#define REQUESTED_MAX 16 /* extensions in one extensionRequest */

/* `tail` is the identifier's end, behind the arc F. */
static const struct {
    const char *oid;
    const char *name;
    unsigned char tail[3];
} carriers[] = {
    [CA_CARRIER_UNKNOWN] = { NULL, "unknown", { 0 } },
    [CA_CARRIER_SGX_LOCAL] = { F "2.1.1", "sgx-local", { 2, 1, 1 } },
    [CA_CARRIER_VOUCHED] = { F "2.2.1", "node-vouched", { 2, 2, 1 } },
    [CA_CARRIER_QUOTE] = { F "2.2.2", "intel-quote", { 2, 2, 2 } },
    [CA_CARRIER_DCAP_SGX] = { F "2.2.5", "dcap-sgx", { 2, 2, 5 } },
    [CA_CARRIER_NITRO] = { F "2.2.6", "nitro", { 2, 2, 6 } },
    [CA_CARRIER_SNP] = { F "2.2.7", "snp-report", { 2, 2, 7 } },
    [CA_CARRIER_SNP_CHAIN] = { F "2.2.15", "snp-chain", { 2, 2, 15 } },
    [CA_CARRIER_DCAP_TDX] = { F "2.2.16", "dcap-tdx", { 2, 2, 16 } },
    [CA_CARRIER_TAGGED] = { "2.23.133.5.4.9", "tagged-evidence", { 0 } },
    [CA_CARRIER_TDX_LOCAL] = { F "2.2.17", "tdx-local", { 2, 2, 17 } },
};
#define CARRIERS (sizeof(carriers) / sizeof(carriers[0]))

const char *ca_carrier_name(enum ca_carrier_kind kind)
{
    return (size_t)kind < CARRIERS ? carriers[kind].name : "unknown";
}

struct status csr_carrier_oid(enum ca_carrier_kind kind,
                              unsigned char out[CSR_CARRIER_OID_LEN])
{
    static const unsigned char arc[] = { 0x2b, 0x06, 0x01, 0x04,
                                         0x01, 0x83, 0x84, 0x1a };
    if ((size_t)kind >= CARRIERS || carriers[kind].tail[0] == 0)
        return failure(STATUS_INVALID, "csr_carrier_oid", 0);
    memcpy(out, arc, sizeof(arc));
    memcpy(out + sizeof(arc), carriers[kind].tail, 3);
    return OK;
}

static enum ca_carrier_kind carrier_find(const char *oid)
{
    for (size_t i = 1; i < CARRIERS; i++)
        if (strcmp(carriers[i].oid, oid) == 0)
            return (enum ca_carrier_kind)i;
    return CA_CARRIER_UNKNOWN;
}

static STATUS bad_attribute(struct reason *why, const char *oid,
                            const char *what)
{
    return refuse(why, STATUS_INVALID, "ca_csr_read",
                  "certificate request: attribute %s: %s", oid, what);
}

static STATUS carrier_add(struct ca_csr *csr, struct bytes oid,
                          struct bytes value, bool requested,
                          struct reason *why)
{
    struct ca_carrier carrier = { .value = value };
    if (failed(oid_text(oid, carrier.oid)))
        return bad_attribute(why, "?",
                             "its identifier is malformed or longer "
                             "than 63 characters");
    carrier.kind = carrier_find(carrier.oid);

    /* Tagged evidence is an extension, the others are attributes. */
    if ((carrier.kind == CA_CARRIER_TAGGED) != requested)
        carrier.kind = CA_CARRIER_UNKNOWN;
    for (size_t i = 0; i < csr->carriers_count; i++)
        if (strcmp(csr->carriers[i].oid, carrier.oid) == 0)
            return bad_attribute(why, carrier.oid, "it is there twice");
    if (csr->carriers_count == CA_CARRIERS_MAX)
        return bad_attribute(why, carrier.oid, "there are more than 16");
    csr->carriers[csr->carriers_count++] = carrier;
    return OK;
}

/* --- extensionRequest ---------------------------------------------------- */

static STATUS bad_extension(struct reason *why, struct bytes oid,
                            const char *what)
{
    char text[OID_TEXT] = "?";
    status_ignore(oid_text(oid, text)); /* then the question mark stands */
    return refuse(why, STATUS_INVALID, "ca_csr_read",
                  "certificate request: requested extension %s: %s", text,
                  what);
}

static STATUS requested_read(const struct extension *e, struct ca_csr *csr,
                             struct reason *why)
{
    if (bytes_equal(e->oid, oid_alternative_names))
        return extension_names(e->value, false, &csr->names, why);
    char text[OID_TEXT];
    if (!failed(oid_text(e->oid, text)) &&
        carrier_find(text) == CA_CARRIER_TAGGED)
        return carrier_add(csr, e->oid, e->value, true, why);
    if (e->critical)
        return bad_extension(why, e->oid, "it is critical and unknown");
    return OK; /* a wish nobody grants */
}

static STATUS extension_request_read(struct bytes value, struct ca_csr *csr,
                                     struct reason *why)
{
    struct bytes seen[REQUESTED_MAX];
    size_t count = 0;
    struct cursor in = cursor_of(value);
    struct cursor list = der_enter(&in, DER_SEQUENCE);
    while (!list.broken && list.left > 0) {
        struct extension e = extension_take(&list);
        if (list.broken)
            break;
        for (size_t i = 0; i < count; i++)
            if (bytes_equal(seen[i], e.oid))
                return bad_extension(why, e.oid, "it is there twice");
        if (count == REQUESTED_MAX)
            return bad_extension(why, e.oid, "there are more than 16");
        seen[count++] = e.oid;
        TRY(requested_read(&e, csr, why));
    }
    if (list.broken || !der_finished(&in))
        return bad_attribute(why, "extensionRequest", "it is malformed");
    return OK;
}

/* --- all of them --------------------------------------------------------- */

static STATUS attribute_read(struct cursor *attribute, bool *requested,
                             struct ca_csr *csr, struct reason *why)
{
    struct bytes oid = der_take(attribute, DER_OID);
    struct cursor values = der_enter(attribute, DER_SET);
    struct bytes value = der_take_element(&values);
    if (!der_finished(attribute) || !der_finished(&values))
        return bad_attribute(why, "?",
                             "it is malformed, or has not exactly "
                             "one value");
    if (!bytes_equal(oid, oid_extension_request))
        return carrier_add(csr, oid, value, false, why);
    if (*requested)
        return bad_attribute(why, "extensionRequest", "it is there twice");
    *requested = true;
    return extension_request_read(value, csr, why);
}

struct status csr_attributes_read(struct cursor *attributes, struct ca_csr *csr,
                                  struct reason *why)
{
    bool requested = false;
    while (!attributes->broken && attributes->left > 0) {
        struct cursor attribute = der_enter(attributes, DER_SEQUENCE);
        TRY(attribute_read(&attribute, &requested, csr, why));
    }
    return attributes->broken ? bad_attribute(why, "?", "it is malformed") : OK;
}
