#include "attest/p384.h"
#include "attest/openssl_scope.h"

#include <openssl/ec.h>
#include <openssl/evp.h>

#define SCALAR_LEN (ATTEST_P384_SIGNATURE_LEN / 2)
#define SPKI_LEN   120

OPENSSL_SCOPE(ECDSA_SIG_st, ECDSA_SIG_free);
OPENSSL_SCOPE(evp_md_ctx_st, EVP_MD_CTX_free);
OPENSSL_SCOPE(bignum_st, BN_free);

/* SEQUENCE { SEQUENCE { id-ecPublicKey, secp384r1 }, BIT STRING 04... } */
static const unsigned char spki_head[] = {
    0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02,
    0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22, 0x03, 0x62, 0x00, 0x04,
};

bool attest_p384_has(const X509 *certificate)
{
    unsigned char der[SPKI_LEN];
    unsigned char *at = der;
    X509_PUBKEY *key = X509_get_X509_PUBKEY(certificate);
    return i2d_X509_PUBKEY(key, NULL) == SPKI_LEN &&
           i2d_X509_PUBKEY(key, &at) == SPKI_LEN &&
           memcmp(der, spki_head, sizeof(spki_head)) == 0 &&
           X509_get0_pubkey(certificate) != NULL; /* is on the curve */
}

static STATUS no_memory(const char *origin)
{
    return failure(STATUS_NO_MEMORY, origin, 0);
}

static STATUS encode(const unsigned char *raw, unsigned char **der, int *len)
{
    AUTO_FREE(ECDSA_SIG_st) signature = ECDSA_SIG_new();
    AUTO_FREE(bignum_st) r = BN_bin2bn(raw, SCALAR_LEN, NULL);
    AUTO_FREE(bignum_st) s = BN_bin2bn(raw + SCALAR_LEN, SCALAR_LEN, NULL);
    if (!signature || !r || !s || ECDSA_SIG_set0(signature, r, s) != 1)
        return no_memory("ECDSA_SIG_new");
    (void)TAKE(r); /* the signature's now */
    (void)TAKE(s);
    *len = i2d_ECDSA_SIG(signature, der);
    if (*len <= 0)
        return no_memory("i2d_ECDSA_SIG");
    return OK;
}

struct status attest_p384_verify(
    const X509 *certificate, struct bytes message,
    const unsigned char signature[ATTEST_P384_SIGNATURE_LEN])
{
    AUTO_FREE(evp_md_ctx_st) ctx = EVP_MD_CTX_new();
    unsigned char encoded[ATTEST_P384_SIGNATURE_LEN + 16];
    unsigned char *at = encoded; /* i2d: writes here, allocates nothing */
    int len = 0;
    if (!attest_p384_has(certificate))
        return failure(STATUS_DENIED, "p384", 0);
    TRY(encode(signature, &at, &len));
    if (!ctx || EVP_DigestVerifyInit(ctx, NULL, EVP_sha384(), NULL,
                                     X509_get0_pubkey(certificate)) != 1)
        return no_memory("EVP_DigestVerifyInit");
    if (EVP_DigestVerify(ctx, encoded, (size_t)len, message.at, message.len) !=
        1)
        return failure(STATUS_DENIED, "ecdsa", 0);
    return OK;
}
