/* Whatever request is accepted, libcrypto verifies for the same key. The
 * signature would stop every change, so attributes are also read as if it
 * had held, and what they carry is taken out. */

#include <openssl/x509.h>
#include <stdint.h>
#include <stdlib.h>

#include "ca/csr_attribute.h"
#include "ca/der.h"
#include "ca/evidence.h"
#include "ca/extension.h"
#include "ca/pem.h"
#include "ca/signature.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void libcrypto_agrees(const struct ca_csr *csr)
{
    const unsigned char *at = csr->der.data;
    X509_REQ *request = d2i_X509_REQ(NULL, &at, (long)csr->der.len);
    if (request) { /* it is stricter with what we skip */
        unsigned char *spki = NULL;
        int len = i2d_X509_PUBKEY(X509_REQ_get_X509_PUBKEY(request), &spki);
        must(X509_REQ_verify(request, X509_REQ_get0_pubkey(request)) == 1);
        must(len > 0 &&
             bytes_equal(bytes_of(spki, (size_t)len), ca_spki(&csr->key)));
        OPENSSL_free(spki);
    }
    X509_REQ_free(request);
}

static bool is_within(struct bytes part, struct bytes whole)
{
    return part.at >= whole.at && part.len <= whole.len &&
           (size_t)(part.at - whole.at) <= whole.len - part.len;
}

static void take_out(const struct ca_carrier *carrier)
{
    struct bytes first, second;
    if (!failed(ca_carrier_quote(carrier, &first)) ||
        !failed(ca_carrier_document(carrier, &first)))
        must(is_within(first, carrier->value));
    if (!failed(ca_carrier_vouched(carrier, &first, &second)))
        must(is_within(first, carrier->value) &&
             is_within(second, carrier->value));
}

static void take_evidence(const struct ca_csr *csr)
{
    struct ca_evidence e;
    struct reason why;
    if (failed(ca_csr_evidence(csr, &e, &why)))
        return;
    must(e.bytes.len > 0 && e.bytes.len <= CA_EVIDENCE_MAX);
    must((e.binding.rule == CA_BINDS_DOMAIN ||
          e.binding.rule == CA_BINDS_CLAIMS) == (e.binding.material.len > 0));
    ca_evidence_clear(&e);
}

static void read_unsigned(struct bytes der)
{
    struct signature_parts parts;
    struct ca_csr csr = { 0 };
    char name[CA_COMMON_NAME_MAX + 1];
    struct reason why;
    if (failed(signature_take_signed(der, &parts)))
        return;
    struct cursor in = cursor_of(parts.message);
    struct cursor info = der_enter(&in, DER_SEQUENCE);
    (void)der_take_element(&info); /* version */
    csr.subject = der_take(&info, DER_SEQUENCE);
    (void)der_take_element(&info); /* key */
    struct cursor attributes = der_enter(&info, DER_CONTEXT_CONSTRUCTED | 0);
    status_ignore(extension_common_name(csr.subject, name, &why));
    if (failed(csr_attributes_read(&attributes, &csr, &why)))
        return;
    must(csr.names.count <= CA_NAMES_MAX &&
         csr.carriers_count <= CA_CARRIERS_MAX);
    for (size_t i = 0; i < csr.carriers_count; i++) {
        must(is_within(csr.carriers[i].value, der));
        take_out(&csr.carriers[i]);
    }
    take_evidence(&csr);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes text = bytes_of(data, size);
    struct ca_csr csr;
    struct reason why;
    AUTO_CLEAR_BUFFER der = buffer_make(CA_CSR_MAX);
    if (!failed(ca_csr_read(text, &csr, &why))) {
        libcrypto_agrees(&csr);
        ca_csr_clear(&csr);
    }
    if (failed(ca_pem_read("CERTIFICATE REQUEST", text, &der, &why)))
        read_unsigned(text);
    else
        read_unsigned(buffer_bytes(&der));
    return 0;
}
