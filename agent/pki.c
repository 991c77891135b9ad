#include "agent/pki.h"
#include "agent/pki_parts.h"

#include <openssl/rsa.h>

#define SGX_EXTENSION "1.2.840.113741.1.13.1"
#define KEY_ID_LEN    20
#define SERIAL_LEN    16
#define PSS_SALT_LEN  48 /* as long as SHA-384 */

static STATUS no_memory(const char *origin)
{
    return failure(STATUS_NO_MEMORY, origin, 0);
}

/* Only a name for the key: RFC 5280 leaves its making open. */
struct status pki_key_id(const struct ca_key *key, ASN1_OCTET_STRING **out)
{
    AUTO_FREE(asn1_string_st) made = ASN1_OCTET_STRING_new();
    const struct hash *hash = &ca_key_public(key)->hash;
    if (!made || ASN1_OCTET_STRING_set(made, hash->bytes, KEY_ID_LEN) != 1)
        return no_memory("ASN1_OCTET_STRING_set");
    *out = TAKE(made);
    return OK;
}

static STATUS add(X509 *certificate, int nid, void *value, int critical)
{
    if (X509_add1_ext_i2d(certificate, nid, value, critical,
                          X509V3_ADD_DEFAULT) != 1)
        return no_memory("X509_add1_ext_i2d");
    return OK;
}

static STATUS add_key_ids(X509 *certificate, const struct ca_key *subject,
                          const struct ca_key *issuer)
{
    AUTO_FREE(AUTHORITY_KEYID_st) authority = AUTHORITY_KEYID_new();
    AUTO_FREE(asn1_string_st) own = NULL;
    if (!authority)
        return no_memory("AUTHORITY_KEYID_new");
    TRY(pki_key_id(issuer, &authority->keyid));
    TRY(pki_key_id(subject, &own));
    TRY(add(certificate, NID_authority_key_identifier, authority, 0));
    return add(certificate, NID_subject_key_identifier, own, 0);
}

static STATUS add_usage(X509 *certificate, bool is_ca)
{
    /* The bits of RFC 5280 section 4.2.1.3, by number. */
    static const int of_ca[] = { 5, 6 };   /* keyCertSign, cRLSign */
    static const int of_leaf[] = { 0, 1 }; /* digitalSignature,
                                              nonRepudiation */
    const int *bits = is_ca ? of_ca : of_leaf;
    AUTO_FREE(asn1_string_st) usage = ASN1_BIT_STRING_new();
    if (!usage || ASN1_BIT_STRING_set_bit(usage, bits[0], 1) != 1 ||
        ASN1_BIT_STRING_set_bit(usage, bits[1], 1) != 1)
        return no_memory("ASN1_BIT_STRING_set_bit");
    return add(certificate, NID_key_usage, usage, 1);
}

static STATUS add_constraints(X509 *certificate, int path_length)
{
    AUTO_FREE(BASIC_CONSTRAINTS_st) constraints = BASIC_CONSTRAINTS_new();
    if (!constraints)
        return no_memory("BASIC_CONSTRAINTS_new");
    if (path_length >= 0) {
        constraints->ca = 0xff;
        constraints->pathlen = ASN1_INTEGER_new();
        if (!constraints->pathlen ||
            ASN1_INTEGER_set(constraints->pathlen, path_length) != 1)
            return no_memory("ASN1_INTEGER_set");
    }
    return add(certificate, NID_basic_constraints, constraints, 1);
}

static STATUS add_extension(X509 *certificate, const char *name,
                            struct bytes value)
{
    AUTO_FREE(asn1_object_st) oid = OBJ_txt2obj(name, 1);
    AUTO_FREE(asn1_string_st) octets = ASN1_OCTET_STRING_new();
    AUTO_FREE(X509_extension_st) extension = NULL;
    if (!oid || !octets ||
        ASN1_OCTET_STRING_set(octets, value.at, (int)value.len) != 1)
        return no_memory("ASN1_OCTET_STRING_set");
    extension = X509_EXTENSION_create_by_OBJ(NULL, oid, 0, octets);
    if (!extension || X509_add_ext(certificate, extension, -1) != 1)
        return no_memory("X509_add_ext");
    return OK;
}

static STATUS add_extensions(X509 *certificate,
                             const struct pki_certificate *what)
{
    if (what->sgx_extension.len > 0)
        TRY(add_extension(certificate, SGX_EXTENSION, what->sgx_extension));
    for (size_t i = 0; i < what->extensions_count; i++)
        TRY(add_extension(certificate, what->extensions[i].oid,
                          what->extensions[i].value));
    return OK;
}

struct status pki_name_of(const char *common_name, X509_NAME **out)
{
    AUTO_FREE(X509_name_st) name = X509_NAME_new();
    const unsigned char *cn = (const unsigned char *)common_name;
    const unsigned char *o = (const unsigned char *)PKI_ORGANISATION;
    if (!name ||
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, cn, -1, -1, 0) !=
            1 ||
        X509_NAME_add_entry_by_txt(name, "O", MBSTRING_ASC, o, -1, -1, 0) != 1)
        return no_memory("X509_NAME_add_entry_by_txt");
    *out = TAKE(name);
    return OK;
}

static STATUS set_names(X509 *certificate, const struct pki_certificate *what)
{
    AUTO_FREE(X509_name_st) subject = NULL;
    AUTO_FREE(X509_name_st) issuer = NULL;
    TRY(pki_name_of(what->name, &subject));
    TRY(pki_name_of(what->issuer, &issuer));
    if (X509_set_subject_name(certificate, subject) != 1 ||
        X509_set_issuer_name(certificate, issuer) != 1)
        return no_memory("X509_set_subject_name");
    return OK;
}

static STATUS set_serial(X509 *certificate, const struct pki_certificate *what)
{
    unsigned char serial[SERIAL_LEN];
    if (what->manner == PKI_LIKE_AMD && what->path_length < 0)
        return OK; /* it is 0 */
    TRY(random_fill(serial, sizeof(serial)));
    serial[0] = (unsigned char)((serial[0] & 0x7f) | 0x40); /* positive */
    ASN1_INTEGER *number = X509_get_serialNumber(certificate);
    if (ASN1_STRING_set(number, serial, sizeof(serial)) != 1)
        return no_memory("ASN1_STRING_set");
    return OK;
}

static STATUS set_times(X509 *certificate, const struct pki_certificate *what)
{
    if (!ASN1_TIME_set(X509_getm_notBefore(certificate),
                       (time_t)what->not_before) ||
        !ASN1_TIME_set(X509_getm_notAfter(certificate),
                       (time_t)what->not_after))
        return failure(STATUS_INVALID, "ASN1_TIME_set", 0);
    return OK;
}

static STATUS put_der(X509 *certificate, struct buffer *der)
{
    int len = i2d_X509(certificate, NULL);
    if (len <= 0)
        return no_memory("i2d_X509");
    unsigned char *at = buffer_extend(der, (size_t)len);
    if (at && i2d_X509(certificate, &at) != len)
        return no_memory("i2d_X509");
    return buffer_status(der);
}

static STATUS add_standard(X509 *certificate,
                           const struct pki_certificate *what,
                           const struct ca_key *subject,
                           const struct ca_key *issuer)
{
    bool is_ca = what->path_length >= 0;
    if (what->manner == PKI_LIKE_AMD && !is_ca)
        return OK;
    if (what->manner == PKI_LIKE_INTEL)
        TRY(add_key_ids(certificate, subject, issuer));
    TRY(add_usage(certificate, is_ca));
    return add_constraints(certificate, what->path_length);
}

struct status pki_signing(enum pki_manner manner, const struct ca_key *issuer,
                          EVP_MD_CTX **out)
{
    AUTO_FREE(evp_md_ctx_st) ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *how = NULL; /* the context's */
    const EVP_MD *digest =
        manner == PKI_LIKE_INTEL ? EVP_sha256() : EVP_sha384();
    if (!ctx ||
        EVP_DigestSignInit(ctx, &how, digest, NULL, ca_key_pkey(issuer)) != 1)
        return no_memory("EVP_DigestSignInit");
    if (manner == PKI_LIKE_AMD &&
        (EVP_PKEY_CTX_set_rsa_padding(how, RSA_PKCS1_PSS_PADDING) <= 0 ||
         EVP_PKEY_CTX_set_rsa_pss_saltlen(how, PSS_SALT_LEN) <= 0))
        return failure(STATUS_INVALID, "EVP_PKEY_CTX_set_rsa_padding", 0);
    *out = TAKE(ctx);
    return OK;
}

struct status pki_sign(X509 *certificate, enum pki_manner manner,
                       const struct ca_key *issuer)
{
    AUTO_FREE(evp_md_ctx_st) ctx = NULL;
    TRY(pki_signing(manner, issuer, &ctx));
    if (X509_sign_ctx(certificate, ctx) <= 0)
        return failure(STATUS_UNAVAILABLE, "X509_sign_ctx", 0);
    return OK;
}

struct status pki_issue(const struct pki_certificate *what,
                        const struct ca_key *subject,
                        const struct ca_key *issuer, struct buffer *der)
{
    AUTO_FREE(x509_st) made = X509_new();
    if (!made || X509_set_version(made, X509_VERSION_3) != 1 ||
        X509_set_pubkey(made, ca_key_pkey(subject)) != 1)
        return no_memory("X509_set_pubkey");
    TRY(set_serial(made, what));
    TRY(set_names(made, what));
    TRY(set_times(made, what));
    TRY(add_standard(made, what, subject, issuer));
    TRY(add_extensions(made, what));
    TRY(pki_sign(made, what->manner, issuer));
    return put_der(made, der);
}
