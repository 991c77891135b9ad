#include "agent/p384.h"
#include "agent/openssl_scope.h"

#include <openssl/ec.h>
#include <openssl/evp.h>

#define SCALAR_LEN (P384_SIGNATURE_LEN / 2)

OPENSSL_SCOPE(ECDSA_SIG_st, ECDSA_SIG_free);
OPENSSL_SCOPE(evp_md_ctx_st, EVP_MD_CTX_free);

struct status p384_sign(const struct ca_key *key, struct bytes message,
                        unsigned char out[P384_SIGNATURE_LEN])
{
    AUTO_FREE(evp_md_ctx_st) ctx = EVP_MD_CTX_new();
    AUTO_FREE(ECDSA_SIG_st) signature = NULL;
    unsigned char der[P384_SIGNATURE_LEN + 16];
    const unsigned char *at = der;
    size_t len = sizeof(der);
    if (!ctx ||
        EVP_DigestSignInit(ctx, NULL, EVP_sha384(), NULL, ca_key_pkey(key)) !=
            1 ||
        EVP_DigestSign(ctx, der, &len, message.at, message.len) != 1)
        return failure(STATUS_UNAVAILABLE, "EVP_DigestSign", 0);
    signature = d2i_ECDSA_SIG(NULL, &at, (long)len);
    if (!signature ||
        BN_bn2binpad(ECDSA_SIG_get0_r(signature), out, SCALAR_LEN) < 0 ||
        BN_bn2binpad(ECDSA_SIG_get0_s(signature), out + SCALAR_LEN,
                     SCALAR_LEN) < 0)
        return failure(STATUS_UNAVAILABLE, "BN_bn2binpad", 0);
    return OK;
}
