#include "tests/e2e/forged_classes.h"

#include <openssl/ec.h>
#include <openssl/evp.h>

static ASN1_BIT_STRING *signature_of(X509 *x)
{
    const ASN1_BIT_STRING *signature = NULL;
    X509_get0_signature(&signature, NULL, x);
    return (ASN1_BIT_STRING *)(uintptr_t)signature;
}

/* ECDSA over another digest than SHA-256 signs its first 32 bytes, or it
 * behind zeros: to the token all are 32 bytes. */
static bool digest_of(X509 *x, const EVP_MD *md, struct hash *out)
{
    unsigned char *tbs = NULL, digest[EVP_MAX_MD_SIZE];
    unsigned made = 0;
    int len = i2d_re_X509_tbs(x, &tbs);
    bool done =
        len > 0 && EVP_Digest(tbs, (size_t)len, digest, &made, md, NULL) == 1;
    OPENSSL_free(tbs);
    *out = (struct hash){ { 0 } };
    size_t kept = made < HASH_LEN ? made : HASH_LEN;
    if (done)
        memcpy(out->bytes + HASH_LEN - kept, digest, kept);
    return done;
}

/* The zone CA signs it, with the name of `md` in both places. */
bool forged_zone_signs(const struct forger *f, X509 *x, const EVP_MD *md)
{
    int nid = NID_undef;
    const X509_ALGOR *outer = NULL;
    struct hash digest;
    unsigned char rs[64], *der = NULL;
    ECDSA_SIG *sig = ECDSA_SIG_new();
    X509_get0_signature(NULL, &outer, x);
    (void)OBJ_find_sigid_by_algs(&nid, EVP_MD_get_type(md),
                                 NID_X9_62_id_ecPublicKey);
    bool signed_ =
        sig &&
        X509_ALGOR_set0((X509_ALGOR *)(uintptr_t)outer, OBJ_nid2obj(nid),
                        V_ASN1_UNDEF, NULL) == 1 &&
        X509_ALGOR_set0((X509_ALGOR *)(uintptr_t)X509_get0_tbs_sigalg(x),
                        OBJ_nid2obj(nid), V_ASN1_UNDEF, NULL) == 1 &&
        digest_of(x, md, &digest) && f->sign(&digest, rs) &&
        ECDSA_SIG_set0(sig, BN_bin2bn(rs, 32, NULL),
                       BN_bin2bn(rs + 32, 32, NULL)) == 1;
    int len = signed_ ? i2d_ECDSA_SIG(sig, &der) : 0;
    signed_ = len > 0 && ASN1_STRING_set(signature_of(x), der, len) == 1;
    OPENSSL_free(der);
    ECDSA_SIG_free(sig);
    return signed_;
}

static EVP_PKEY *keep(EVP_PKEY *key)
{
    return EVP_PKEY_up_ref(key) == 1 ? key : NULL;
}

struct forged forged_presented(X509 *x, EVP_PKEY *key)
{
    return (struct forged){ .certificate = x, .key = keep(key) };
}

/* As the zone CA would sign it, if it could be made to. */
struct forged forged_by_zone(const struct forger *f, X509 *x)
{
    if (!x || !forged_zone_signs(f, x, EVP_sha256())) {
        X509_free(x);
        x = NULL;
    }
    return forged_presented(x, f->key);
}
