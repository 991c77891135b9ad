#include "attest/certificate.h"
#include "attest/openssl_scope.h"
#include "attest/p384.h"
#include "attest/rsa.h"

#include <openssl/x509v3.h>

/* Frees what i2d_*() allocated. */
static void encoded_free_at(unsigned char **p)
{
    OPENSSL_free(*p);
}

#define AUTO_ENCODED __attribute__((cleanup(encoded_free_at))) unsigned char *

struct status attest_x509_read(struct bytes der, X509 **out)
{
    const unsigned char *at = der.at;
    AUTO_ENCODED again = NULL;
    AUTO_FREE(x509_st) read = d2i_X509(NULL, &at, (long)der.len);
    if (!read || at != der.at + der.len)
        return failure(STATUS_INVALID, "d2i_X509", 0);
    /* What is not signed must not have a second spelling either. */
    int len = i2d_X509(read, &again);
    if (len < 0)
        return failure(STATUS_NO_MEMORY, "i2d_X509", 0);
    if (!bytes_equal(der, bytes_of(again, (size_t)len)))
        return failure(STATUS_INVALID, "i2d_X509", 0);
    *out = TAKE(read);
    return OK;
}

struct status attest_x509_key(const X509 *certificate, struct api_spki *out)
{
    AUTO_ENCODED spki = NULL;
    int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &spki);
    if (len < 0)
        return failure(STATUS_NO_MEMORY, "i2d_X509_PUBKEY", 0);
    return api_spki_read(bytes_of(spki, (size_t)len), out);
}

struct status attest_x509_spki_hash(const X509 *certificate, struct hash *out)
{
    AUTO_ENCODED spki = NULL;
    int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &spki);
    if (len < 0)
        return failure(STATUS_NO_MEMORY, "i2d_X509_PUBKEY", 0);
    return hash_of(out, bytes_of(spki, (size_t)len));
}

bool attest_x509_is_ecdsa_sha256(const X509 *certificate)
{
    return X509_get_signature_nid(certificate) == NID_ecdsa_with_SHA256;
}

bool attest_x509_is_ecdsa_sha384(const X509 *certificate)
{
    return X509_get_signature_nid(certificate) == NID_ecdsa_with_SHA384;
}

uint8_t attest_x509_family(const X509 *certificate)
{
    struct api_spki key;
    if (attest_x509_is_ecdsa_sha256(certificate) &&
        !failed(attest_x509_key(certificate, &key)))
        return ATTEST_DCAP;
    if (attest_rsa_has(certificate) && attest_rsa_signed(certificate))
        return ATTEST_SNP;
    if (attest_p384_has(certificate) &&
        attest_x509_is_ecdsa_sha384(certificate))
        return ATTEST_NITRO;
    return 0;
}

bool attest_x509_is_self_issued(const X509 *certificate)
{
    return X509_NAME_cmp(X509_get_subject_name(certificate),
                         X509_get_issuer_name(certificate)) == 0;
}

bool attest_x509_is_ca(X509 *certificate)
{
    uint32_t flags = X509_get_extension_flags(certificate);
    uint32_t wanted = EXFLAG_BCONS | EXFLAG_CA | EXFLAG_KUSAGE;
    return (flags & wanted) == wanted && !(flags & EXFLAG_INVALID) &&
           (X509_get_key_usage(certificate) & KU_KEY_CERT_SIGN) != 0;
}

struct attest_name attest_x509_name(const X509 *certificate)
{
    const struct attest_name unknown = { "?" };
    const X509_NAME *subject = X509_get_subject_name(certificate);
    int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    if (at < 0 || X509_NAME_get_index_by_NID(subject, NID_commonName, at) >= 0)
        return unknown;

    const ASN1_STRING *text =
        X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
    struct bytes name =
        bytes_of(ASN1_STRING_get0_data(text), (size_t)ASN1_STRING_length(text));
    struct attest_name made = { "" };
    if (name.len == 0 || name.len > ATTEST_NAME_LEN)
        return unknown;
    for (size_t i = 0; i < name.len; i++)
        if (name.at[i] < ' ' || name.at[i] > '~')
            return unknown;
    memcpy(made.text, name.at, name.len);
    return made;
}
