#include "agent/pki_crl.h"
#include "agent/pki_parts.h"

OPENSSL_SCOPE(X509_crl_st, X509_CRL_free);
OPENSSL_SCOPE(x509_revoked_st, X509_REVOKED_free);

static STATUS no_memory(const char *origin)
{
    return failure(STATUS_NO_MEMORY, origin, 0);
}

static STATUS set_times(X509_CRL *crl, const struct pki_crl *what)
{
    AUTO_FREE(asn1_string_st) from =
        ASN1_TIME_set(NULL, (time_t)what->this_update);
    AUTO_FREE(asn1_string_st) until =
        ASN1_TIME_set(NULL, (time_t)what->next_update);
    if (!from || !until)
        return failure(STATUS_INVALID, "ASN1_TIME_set", 0);
    if (X509_CRL_set1_lastUpdate(crl, from) != 1 ||
        (what->next_update && X509_CRL_set1_nextUpdate(crl, until) != 1))
        return no_memory("X509_CRL_set1_lastUpdate");
    return OK;
}

static STATUS add_revoked(X509_CRL *crl, struct bytes der, uint64_t when)
{
    const unsigned char *at = der.at;
    AUTO_FREE(x509_st) certificate = d2i_X509(NULL, &at, (long)der.len);
    AUTO_FREE(x509_revoked_st) entry = X509_REVOKED_new();
    AUTO_FREE(asn1_string_st) date = ASN1_TIME_set(NULL, (time_t)when);
    if (!certificate)
        return failure(STATUS_INVALID, "d2i_X509", 0);
    if (!entry || !date ||
        X509_REVOKED_set_serialNumber(
            entry, X509_get_serialNumber(certificate)) != 1 ||
        X509_REVOKED_set_revocationDate(entry, date) != 1)
        return no_memory("X509_REVOKED_set_serialNumber");
    if (X509_CRL_add0_revoked(crl, entry) != 1)
        return no_memory("X509_CRL_add0_revoked");
    entry = NULL; /* the list's now */
    return OK;
}

static STATUS add_extensions(X509_CRL *crl, const struct pki_crl *what,
                             const struct ca_key *issuer)
{
    AUTO_FREE(asn1_string_st) number = ASN1_INTEGER_new();
    AUTO_FREE(AUTHORITY_KEYID_st) authority = AUTHORITY_KEYID_new();
    if (!number || !authority ||
        ASN1_INTEGER_set(number, (long)what->number) != 1)
        return no_memory("ASN1_INTEGER_set");
    TRY(pki_key_id(issuer, &authority->keyid));
    if (X509_CRL_add1_ext_i2d(crl, NID_crl_number, number, 0, 0) != 1 ||
        X509_CRL_add1_ext_i2d(crl, NID_authority_key_identifier, authority, 0,
                              0) != 1)
        return no_memory("X509_CRL_add1_ext_i2d");
    return OK;
}

static STATUS put_der(X509_CRL *crl, struct buffer *der)
{
    int len = i2d_X509_CRL(crl, NULL);
    if (len <= 0)
        return no_memory("i2d_X509_CRL");
    unsigned char *at = buffer_extend(der, (size_t)len);
    if (at && i2d_X509_CRL(crl, &at) != len)
        return no_memory("i2d_X509_CRL");
    return buffer_status(der);
}

struct status pki_crl_issue(const struct pki_crl *what,
                            const struct ca_key *issuer, struct buffer *der)
{
    AUTO_FREE(X509_crl_st) crl = X509_CRL_new();
    AUTO_FREE(X509_name_st) name = NULL;
    AUTO_FREE(evp_md_ctx_st) ctx = NULL;
    TRY(pki_name_of(what->issuer, &name));
    TRY(pki_signing(what->manner, issuer, &ctx));
    if (!crl || X509_CRL_set_version(crl, X509_CRL_VERSION_2) != 1 ||
        X509_CRL_set_issuer_name(crl, name) != 1)
        return no_memory("X509_CRL_set_issuer_name");
    TRY(set_times(crl, what));
    for (size_t i = 0; i < what->revoked_count; i++)
        TRY(add_revoked(crl, what->revoked[i], what->this_update));
    TRY(add_extensions(crl, what, issuer));
    if (X509_CRL_sort(crl) != 1 || X509_CRL_sign_ctx(crl, ctx) <= 0)
        return failure(STATUS_UNAVAILABLE, "X509_CRL_sign_ctx", 0);
    return put_der(crl, der);
}
