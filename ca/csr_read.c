#include "ca/csr.h"

#include "ca/csr_attribute.h"
#include "ca/der.h"
#include "ca/extension.h"
#include "ca/oid.h"
#include "ca/pem.h"
#include "ca/signature.h"

#define PEM_LABEL "CERTIFICATE REQUEST"

void ca_csr_clear(struct ca_csr *csr)
{
    buffer_clear(&csr->der);
    *csr = (struct ca_csr){ .der = csr->der };
}

static void csr_clear_at(struct ca_csr *csr)
{
    ca_csr_clear(csr);
}

static STATUS not_a_request(struct reason *why, const char *what)
{
    return refuse(why, STATUS_INVALID, "ca_csr_read", "certificate request: %s",
                  what);
}

static STATUS der_of(struct bytes text, struct buffer *der, struct reason *why)
{
    if (text.len > CA_CSR_MAX)
        return not_a_request(why, "it is longer than 64 KiB");
    if (text.len > 0 && text.at[0] == '-')
        return ca_pem_read(PEM_LABEL, text, der, why);
    buffer_put(der, text);
    return buffer_status(der);
}

/* The part that is signed; its attributes are left for the caller. */
static STATUS info_read(struct bytes message, struct ca_csr *csr,
                        struct cursor *attributes, struct reason *why)
{
    struct cursor in = cursor_of(message);
    struct cursor info = der_enter(&in, DER_SEQUENCE);
    unsigned char version = 0xff;
    der_copy_unsigned(&info, &version, 1);
    if (!info.broken && version != 0)
        return not_a_request(why, "its version is not 1");
    csr->subject = der_take(&info, DER_SEQUENCE);
    struct bytes spki = der_take_element(&info);
    *attributes = der_enter(&info, DER_CONTEXT_CONSTRUCTED | 0);
    if (!der_finished(&info))
        return not_a_request(why, "it is malformed");

    TRY(extension_common_name(csr->subject, csr->common_name, why));
    return ca_public_key_read(spki, &csr->key, why);
}

/* The signature is checked before attributes are looked into: they are for
 * whoever holds the key to fill. */
struct status ca_csr_read(struct bytes text, struct ca_csr *out,
                          struct reason *why)
{
    __attribute__((cleanup(csr_clear_at))) struct ca_csr csr = {
        .der = buffer_make(CA_CSR_MAX),
    };
    struct signature_parts parts;
    struct cursor attributes;
    TRY(der_of(text, &csr.der, why));
    if (failed(signature_take_signed(buffer_bytes(&csr.der), &parts)))
        return not_a_request(why, "it is malformed");
    TRY(info_read(parts.message, &csr, &attributes, why));

    struct status signature = signature_check(&csr.key, parts.algorithm,
                                              parts.message, parts.signature);
    if (signature.code == STATUS_INVALID)
        return not_a_request(why, "its signature algorithm is not accepted "
                                  "for its key");
    if (signature.code == STATUS_DENIED)
        return not_a_request(why, "its signature does not hold");
    TRY(signature);
    TRY(csr_attributes_read(&attributes, &csr, why));

    *out = csr;
    csr = (struct ca_csr){ .der = buffer_make(0) };
    return OK;
}
