#include "ca/csr.h"

#include "ca/certificate_form.h"
#include "ca/csr_attribute.h"
#include "ca/der.h"
#include "ca/evidence.h"
#include "ca/oid.h"
#include "ca/pem.h"
#include "ca/signature.h"
#include "ca/subject.h"

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
    if (fields->carrier == CA_CARRIER_SNP &&
        fields->quote.len < CA_SNP_REPORT_LEN)
        return refuse(why, STATUS_INVALID, "ca_csr_make",
                      "certificate request: the SEV-SNP report is shorter than "
                      "1184 bytes");
    return OK;
}

static void put_attribute(struct buffer *out, struct bytes oid,
                          const struct buffer *value)
{
    size_t attribute = der_open(out, DER_SEQUENCE);
    der_put(out, DER_OID, oid);
    size_t values = der_open(out, DER_SET);
    buffer_put(out, buffer_bytes(value));
    der_close(out, values);
    der_close(out, attribute);
}

static void put_names(struct buffer *out, const struct ca_csr_fields *fields)
{
    AUTO_CLEAR_BUFFER value = buffer_make(CA_CSR_MAX);
    size_t names = der_open(&value, DER_SEQUENCE);
    for (size_t i = 0; i < fields->names_count; i++)
        der_put(&value, DER_CONTEXT | 2, bytes_of_string(fields->names[i]));
    der_close(&value, names);
    if (failed(buffer_status(&value)))
        out->refused = value.refused;

    AUTO_CLEAR_BUFFER list = buffer_make(CA_CSR_MAX);
    size_t extensions = der_open(&list, DER_SEQUENCE);
    form_put_extension(&list, oid_alternative_names, false,
                       buffer_bytes(&value));
    der_close(&list, extensions);
    if (failed(buffer_status(&list)))
        out->refused = list.refused;
    put_attribute(out, oid_extension_request, &list);
}

static void put_carrier(struct buffer *out, enum ca_carrier_kind kind,
                        struct bytes evidence)
{
    AUTO_CLEAR_BUFFER value = buffer_make(CA_CSR_MAX);
    unsigned char raw[CSR_CARRIER_OID_LEN];
    struct status s = csr_carrier_oid(kind, raw);
    if (!failed(s))
        s = ca_evidence_put(kind, evidence, &value);
    if (failed(s))
        out->refused = s.code;
    put_attribute(out, bytes_of(raw, sizeof(raw)), &value);
}

/* Alternative names, evidence, and its certificates; empty what is not. */
enum { NAMES, EVIDENCE, CHAIN, ATTRIBUTES };

static void fill(struct buffer attributes[ATTRIBUTES],
                 const struct ca_csr_fields *fields)
{
    enum ca_carrier_kind kind =
        fields->carrier ? fields->carrier : CA_CARRIER_QUOTE;
    if (fields->names)
        put_names(&attributes[NAMES], fields);
    if (fields->quote.len > 0)
        put_carrier(&attributes[EVIDENCE], kind, fields->quote);
    if (kind == CA_CARRIER_SNP && fields->quote.len > CA_SNP_REPORT_LEN)
        put_carrier(&attributes[CHAIN], CA_CARRIER_SNP_CHAIN, fields->quote);
}

static bool comes_before(const struct buffer *a, const struct buffer *b)
{
    size_t shorter = a->len < b->len ? a->len : b->len;
    int order = shorter ? memcmp(a->data, b->data, shorter) : 0;
    return order < 0 || (order == 0 && a->len < b->len);
}

/* DER wants the members of a SET OF in the order of their bytes. */
static void put_sorted(struct buffer *out,
                       const struct buffer attributes[ATTRIBUTES])
{
    bool done[ATTRIBUTES] = { false };
    for (size_t n = 0; n < ATTRIBUTES; n++) {
        size_t first = ATTRIBUTES;
        for (size_t i = 0; i < ATTRIBUTES; i++)
            if (!done[i] && (first == ATTRIBUTES ||
                             comes_before(&attributes[i], &attributes[first])))
                first = i;
        done[first] = true;
        if (attributes[first].refused != STATUS_OK)
            out->refused = attributes[first].refused;
        buffer_put(out, buffer_bytes(&attributes[first]));
    }
}

static void put_attributes(struct buffer *out,
                           const struct ca_csr_fields *fields)
{
    struct buffer attributes[ATTRIBUTES];
    for (size_t i = 0; i < ATTRIBUTES; i++)
        attributes[i] = buffer_make(CA_CSR_MAX);
    fill(attributes, fields);
    size_t place = der_open(out, DER_CONTEXT_CONSTRUCTED | 0);
    put_sorted(out, attributes);
    der_close(out, place);
    for (size_t i = 0; i < ATTRIBUTES; i++)
        buffer_clear(&attributes[i]);
}

/* The common name first, then what was measured. */
static void put_subject(struct buffer *out, const struct ca_csr_fields *fields)
{
    AUTO_CLEAR_BUFFER name = buffer_make(CA_CSR_MAX);
    struct cursor in;
    form_put_name(&name, fields->common_name);
    if (failed(buffer_status(&name)))
        out->refused = name.refused;
    in = cursor_of(buffer_bytes(&name));
    struct bytes common = der_take(&in, DER_SEQUENCE);
    size_t place = der_open(out, DER_SEQUENCE);
    buffer_put(out, common);
    buffer_put(out, fields->subject);
    der_close(out, place);
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
    put_subject(out, fields);
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
