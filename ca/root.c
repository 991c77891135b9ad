#include "ca/root.h"

#include "ca/certificate_form.h"
#include "ca/der.h"
#include "ca/oid.h"
#include "ca/signature.h"

#define INTAKE_NAME "Accord intake"

static void put_tbs(struct buffer *out, const struct ca_root *root,
                    const unsigned char serial[CA_SERIAL_LEN])
{
    /* CA:TRUE, path length 0 */
    static const unsigned char authority[] = {
        DER_SEQUENCE, 6, DER_BOOLEAN, 1, 0xff, DER_INTEGER, 1, 0
    };
    struct form_issuer self = form_issuer_of(&root->key);
    size_t tbs = der_open(out, DER_SEQUENCE);
    form_put_head(out, serial, &self, root->not_before, root->not_after);
    form_put_issuer_name(out, &self);
    buffer_put(out, ca_spki(&root->key));

    size_t tagged = der_open(out, DER_CONTEXT_CONSTRUCTED | 3);
    size_t list = der_open(out, DER_SEQUENCE);
    form_put_extension(out, oid_basic_constraints, true,
                       bytes_of(authority, sizeof(authority)));
    form_put_key_usage(out, FORM_DIGITAL_SIGNATURE | FORM_KEY_CERT_SIGN |
                                FORM_CRL_SIGN);
    form_put_authority(out, &self);
    form_put_subject_key(out, &root->key);
    der_close(out, list);
    der_close(out, tagged);
    der_close(out, tbs);
}

static STATUS root_check(const struct ca_root *root,
                         const unsigned char serial[CA_SERIAL_LEN],
                         struct reason *why)
{
    TRY(form_serial_check(serial, why));
    if (root->key.type != CA_P256)
        return refuse(why, STATUS_INVALID, "root",
                      "root certificate: its key is not on P-256");
    if (root->not_before > DER_TIME_MAX - CA_ROOT_LIFETIME)
        return refuse(why, STATUS_INVALID, "root",
                      "root certificate: it ends after the year 9999");
    return OK;
}

struct status ca_root_build(struct bytes spki,
                            const unsigned char serial[CA_SERIAL_LEN],
                            uint64_t not_before, const struct ca_signer *signer,
                            struct buffer *der_out, struct reason *why)
{
    struct ca_root root = { .not_before = not_before };
    TRY(ca_public_key_read(spki, &root.key, why));
    TRY(root_check(&root, serial, why));
    root.not_after = not_before + CA_ROOT_LIFETIME;

    AUTO_CLEAR_BUFFER tbs = buffer_make(CA_CERTIFICATE_MAX);
    put_tbs(&tbs, &root, serial);
    TRY(buffer_status(&tbs));
    return signature_put_signed(buffer_bytes(&tbs), signer, &root.key, der_out);
}

static STATUS not_a_root(struct reason *why, const char *what)
{
    return refuse(why, STATUS_INVALID, "ca_root_read", "root certificate: %s",
                  what);
}

/* Serial, dates and key: all that differs between two roots. */
static STATUS take_facts(struct bytes message, struct ca_root *root,
                         unsigned char serial[CA_SERIAL_LEN],
                         struct reason *why)
{
    struct cursor in = cursor_of(message);
    struct cursor tbs = der_enter(&in, DER_SEQUENCE);
    (void)der_take(&tbs, DER_CONTEXT_CONSTRUCTED | 0); /* version */
    der_copy_unsigned(&tbs, serial, CA_SERIAL_LEN);
    (void)der_take(&tbs, DER_SEQUENCE); /* algorithm */
    (void)der_take(&tbs, DER_SEQUENCE); /* issuer */
    struct cursor validity = der_enter(&tbs, DER_SEQUENCE);
    root->not_before = der_take_time(&validity);
    root->not_after = der_take_time(&validity);
    (void)der_take(&tbs, DER_SEQUENCE); /* subject */
    struct bytes spki = der_take_element(&tbs);
    if (tbs.broken || !der_finished(&validity))
        return not_a_root(why, "it is malformed");
    return ca_public_key_read(spki, &root->key, why);
}

struct status ca_root_read(struct bytes der, struct ca_root *out,
                           struct reason *why)
{
    struct ca_root root = { 0 };
    unsigned char serial[CA_SERIAL_LEN];
    struct signature_parts parts;
    if (der.len > CA_CERTIFICATE_MAX ||
        failed(signature_take_signed(der, &parts)))
        return not_a_root(why, "it is malformed");
    if (!signature_is_ecdsa_sha256(parts.algorithm))
        return not_a_root(why, "it is not signed with ecdsa-with-SHA256");
    TRY(take_facts(parts.message, &root, serial, why));
    TRY(root_check(&root, serial, why));

    AUTO_CLEAR_BUFFER again = buffer_make(CA_CERTIFICATE_MAX);
    put_tbs(&again, &root, serial);
    TRY(buffer_status(&again));
    if (root.not_after != root.not_before + CA_ROOT_LIFETIME ||
        !bytes_equal(buffer_bytes(&again), parts.message))
        return not_a_root(why, "it is not of the form of an Accord root");
    struct status signature = signature_check(&root.key, parts.algorithm,
                                              parts.message, parts.signature);
    if (signature.code == STATUS_DENIED)
        return not_a_root(why, "its signature does not hold");
    TRY(signature);
    *out = root;
    return OK;
}

struct status ca_intake_build(struct bytes spki,
                              const unsigned char serial[CA_SERIAL_LEN],
                              struct bytes issuer,
                              const struct ca_signer *signer,
                              struct buffer *der_out, struct reason *why)
{
    struct ca_root root;
    TRY(ca_root_read(issuer, &root, why));
    struct ca_certificate_fields fields = {
        .statement.kind = CA_INTAKE,
        .spki = spki,
        .not_before = root.not_before,
        .not_after = root.not_after,
        .common_name = INTAKE_NAME,
    };
    memcpy(fields.serial, serial, CA_SERIAL_LEN);
    return ca_certificate_build(&fields, issuer, signer, der_out, why);
}
