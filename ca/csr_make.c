#include "ca/csr.h"

#include "ca/certificate_form.h"
#include "ca/der.h"
#include "ca/oid.h"
#include "ca/pem.h"
#include "ca/signature.h"

static STATUS fields_check(const struct ca_csr_fields *fields,
                           struct reason *why)
{
    struct ca_names names = { 0 };
    const char *cn = fields->common_name ? fields->common_name : "";
    if (!form_is_common_name(bytes_of_string(cn)))
        return refuse(why, STATUS_INVALID, "ca_csr_make",
                      "certificate request: the common name is longer than "
                      "64 bytes or not plain UTF-8");
    for (size_t i = 0; i < fields->names_count; i++)
        TRY(ca_names_add(&names, bytes_of_string(fields->names[i]), why));
    return OK;
}

/* SEQUENCE { empty Name, OCTET STRING quote } under F.2.2.2 */
static void put_quote(struct buffer *out, struct bytes quote)
{
    size_t attribute = der_open(out, DER_SEQUENCE);
    der_put(out, DER_OID, oid_intel_quote);
    size_t values = der_open(out, DER_SET);
    size_t pair = der_open(out, DER_SEQUENCE);
    der_put(out, DER_SEQUENCE, bytes_of(NULL, 0));
    der_put(out, DER_OCTET_STRING, quote);
    der_close(out, pair);
    der_close(out, values);
    der_close(out, attribute);
}

static void put_names(struct buffer *out, const struct ca_csr_fields *fields)
{
    AUTO_CLEAR_BUFFER value = buffer_make(CA_CSR_MAX);
    size_t list = der_open(&value, DER_SEQUENCE);
    for (size_t i = 0; i < fields->names_count; i++)
        der_put(&value, DER_CONTEXT | 2, bytes_of_string(fields->names[i]));
    der_close(&value, list);
    if (failed(buffer_status(&value)))
        out->refused = value.refused;

    size_t attribute = der_open(out, DER_SEQUENCE);
    der_put(out, DER_OID, oid_extension_request);
    size_t values = der_open(out, DER_SET);
    size_t extensions = der_open(out, DER_SEQUENCE);
    form_put_extension(out, oid_alternative_names, false, buffer_bytes(&value));
    der_close(out, extensions);
    der_close(out, values);
    der_close(out, attribute);
}

/* DER wants the members of a SET OF in the order of their bytes. */
static void put_attributes(struct buffer *out,
                           const struct ca_csr_fields *fields)
{
    AUTO_CLEAR_BUFFER names = buffer_make(CA_CSR_MAX);
    AUTO_CLEAR_BUFFER quote = buffer_make(CA_CSR_MAX);
    if (fields->names)
        put_names(&names, fields);
    if (fields->quote.len > 0)
        put_quote(&quote, fields->quote);
    if (names.refused != STATUS_OK || quote.refused != STATUS_OK)
        out->refused = names.refused ? names.refused : quote.refused;

    size_t shorter = names.len < quote.len ? names.len : quote.len;
    bool names_first =
        shorter == 0 || memcmp(names.data, quote.data, shorter) < 0;
    size_t attributes = der_open(out, DER_CONTEXT_CONSTRUCTED | 0);
    buffer_put(out, buffer_bytes(names_first ? &names : &quote));
    buffer_put(out, buffer_bytes(names_first ? &quote : &names));
    der_close(out, attributes);
}

static STATUS too_long_or(const struct buffer *b, struct reason *why)
{
    if (b->refused == STATUS_INVALID)
        return refuse(why, STATUS_INVALID, "ca_csr_make",
                      "certificate request: it would be longer than 64 KiB");
    return buffer_status(b);
}

static STATUS put_info(struct buffer *out, const struct ca_csr_fields *fields,
                       struct bytes spki, struct reason *why)
{
    size_t info = der_open(out, DER_SEQUENCE);
    der_put_number(out, 0); /* means version 1 */
    form_put_name(out, fields->common_name);
    buffer_put(out, spki);
    put_attributes(out, fields);
    der_close(out, info);
    return too_long_or(out, why);
}

static STATUS put_request(struct buffer *pem_out, const struct buffer *info,
                          enum ca_key_type type, const struct buffer *signature,
                          struct reason *why)
{
    AUTO_CLEAR_BUFFER der = buffer_make(CA_CSR_MAX);
    AUTO_CLEAR_BUFFER pem = buffer_make(CA_CSR_MAX);
    size_t whole = der_open(&der, DER_SEQUENCE);
    buffer_put(&der, buffer_bytes(info));
    signature_put_algorithm(&der, type);
    der_put_bits(&der, buffer_bytes(signature));
    der_close(&der, whole);
    ca_pem_write("CERTIFICATE REQUEST", buffer_bytes(&der), &pem);
    TRY(too_long_or(&der, why));
    TRY(too_long_or(&pem, why));
    buffer_put(pem_out, buffer_bytes(&pem));
    return buffer_status(pem_out);
}

struct status ca_csr_make(const struct ca_csr_fields *fields,
                          const struct ca_key *key, struct buffer *pem_out,
                          struct reason *why)
{
    AUTO_CLEAR_BUFFER info = buffer_make(CA_CSR_MAX);
    AUTO_CLEAR_BUFFER signature = buffer_make(1024);
    const struct ca_public_key *public = ca_key_public(key);
    TRY(fields_check(fields, why));
    TRY(put_info(&info, fields, ca_spki(public), why));
    TRY(signature_make(key, buffer_bytes(&info), &signature));
    return put_request(pem_out, &info, public->type, &signature, why);
}

struct status ca_csr_make_signed(const struct ca_csr_fields *fields,
                                 const struct api_signer *signer,
                                 struct buffer *pem_out, struct reason *why)
{
    AUTO_CLEAR_BUFFER info = buffer_make(CA_CSR_MAX);
    AUTO_CLEAR_BUFFER signature = buffer_make(1024);
    struct api_signature raw;
    TRY(fields_check(fields, why));
    TRY(put_info(&info, fields, api_spki_bytes(&signer->key), why));
    TRY(signer->sign(signer->context, buffer_bytes(&info), &raw));
    TRY(api_signature_to_der(&raw, &signature));
    return put_request(pem_out, &info, CA_P256, &signature, why);
}
