#include "attest/crl.h"
#include "attest/certificate.h"
#include "attest/openssl_scope.h"
#include "attest/rsa.h"

#include <openssl/x509v3.h>

/* Tokens are literals, one set for each list. */
struct words {
    const char *missing, *malformed, *issuer, *sig, *young, *old, *revoked;
};
#define WORDS(file)                                                            \
    {                                                                          \
        "no-" file, file "-malformed", file "-issuer-mismatch", file "-sig",   \
            file "-not-yet-valid", file "-expired", file "-REVOKED"            \
    }
static const struct words words_of[] = {
    [ATTEST_ROOT_CRL] = WORDS("root_ca.crl.der"),
    [ATTEST_PCK_CRL] = WORDS("pck_ca.crl.der"),
};

static STATUS refuse_list(struct reason *why, const char *token,
                          const char *sentence)
{
    return refuse(why, STATUS_DENIED, token, "%s: %s", token, sentence);
}

/* Strict DER, nothing behind it. */
static STATUS read_list(struct bytes der, X509_CRL **out)
{
    const unsigned char *at = der.at;
    unsigned char *again = NULL;
    AUTO_FREE(X509_crl_st) list = d2i_X509_CRL(NULL, &at, (long)der.len);
    if (!list || at != der.at + der.len)
        return failure(STATUS_INVALID, "d2i_X509_CRL", 0);
    int len = i2d_X509_CRL(list, &again);
    bool same = len > 0 && bytes_equal(der, bytes_of(again, (size_t)len));
    OPENSSL_free(again);
    if (!same)
        return failure(STATUS_INVALID, "i2d_X509_CRL", 0);
    *out = TAKE(list);
    return OK;
}

/* Neither a delta nor indirect, and nothing critical that we do not know:
 * then it is the whole list of this issuer. */
static bool is_complete(const X509_CRL *list)
{
    return X509_CRL_get_version(list) == 1 &&
           X509_CRL_get_ext_by_NID(list, NID_delta_crl, -1) < 0 &&
           X509_CRL_get_ext_by_NID(list, NID_issuing_distribution_point, -1) <
               0 &&
           X509_CRL_get_ext_by_critical(list, 1, -1) < 0;
}

static STATUS check_time(const X509_CRL *list, const struct words *w,
                         uint64_t now, struct reason *why)
{
    time_t at = (time_t)now;
    const ASN1_TIME *next = X509_CRL_get0_nextUpdate(list);
    if (!next)
        return refuse_list(why, w->malformed, "it never ends");
    if (X509_cmp_time(X509_CRL_get0_lastUpdate(list), &at) >= 0)
        return refuse_list(why, w->young, "it is not valid yet");
    if (X509_cmp_time(next, &at) <= 0)
        return refuse_list(why, w->old, "a newer one is due");
    return OK;
}

/* AMD's issuers have RSA keys, Intel's P-256. */
static bool is_signed_right(const X509_CRL *list, const X509 *issuer)
{
    const X509_ALGOR *algorithm;
    X509_CRL_get0_signature(list, NULL, &algorithm);
    return attest_rsa_has(issuer)
               ? attest_rsa_is_pss(algorithm)
               : X509_CRL_get_signature_nid(list) == NID_ecdsa_with_SHA256;
}

static STATUS check_signature(X509_CRL *list, const struct attest_crl *crl,
                              const struct words *w, struct reason *why)
{
    if (!crl->issuer ||
        X509_NAME_cmp(X509_CRL_get_issuer(list), crl->issuer) != 0)
        return refuse_list(why, w->issuer, "another authority's list");
    if (!crl->issuer_certificate)
        return OK; /* refused elsewhere: there is no chain */
    if (!is_signed_right(list, crl->issuer_certificate) ||
        X509_CRL_verify(list, X509_get0_pubkey(crl->issuer_certificate)) != 1)
        return refuse_list(why, w->sig, "its issuer did not sign it");
    return OK;
}

static STATUS check_revoked(X509_CRL *list, X509 *certificate,
                            const struct words *w, struct reason *why)
{
    X509_REVOKED *entry = NULL;
    if (!certificate || X509_CRL_get0_by_cert(list, &entry, certificate) == 0)
        return OK;
    return refuse(why, STATUS_DENIED, w->revoked, "%s:%s: it is on the list",
                  w->revoked, attest_x509_name(certificate).text);
}

struct status attest_crl_judge(struct attest_judging *j,
                               const struct attest_crl *crl)
{
    const struct words *w = &words_of[crl->kind];
    AUTO_FREE(X509_crl_st) list = NULL;
    if (crl->der.len == 0)
        return attest_found(j,
                            refuse_list(j->why, w->missing, "it is missing"));
    if (failed(read_list(crl->der, &list)) || !is_complete(list))
        return attest_found(j,
                            refuse_list(j->why, w->malformed,
                                        "not a complete list in strict DER"));
    struct status signature = check_signature(list, crl, w, j->why);
    TRY(attest_found(j, signature));
    if (failed(signature) && signature.origin == w->issuer)
        return OK; /* says nothing about these certificates */
    TRY(attest_found(j, check_time(list, w, j->question->now, j->why)));
    for (size_t i = 0; i < 2; i++)
        TRY(attest_found(j, check_revoked(list, crl->about[i], w, j->why)));
    return OK;
}
