#include "policy/store_gcm.h"

static void context_free(EVP_CIPHER_CTX **ctx)
{
    EVP_CIPHER_CTX_free(*ctx);
}

#define AUTO_CONTEXT __attribute__((cleanup(context_free))) EVP_CIPHER_CTX

/* Key, nonce and associated data; false when libcrypto refuses. */
static bool begin(EVP_CIPHER_CTX *ctx, const struct gcm *gcm, int sealing)
{
    int len;
    return ctx &&
           EVP_CipherInit_ex2(ctx, gcm->cipher, gcm->key, gcm->nonce, sealing,
                              NULL) == 1 &&
           EVP_CipherUpdate(ctx, NULL, &len, &gcm->format, 1) == 1 &&
           EVP_CipherUpdate(ctx, NULL, &len, gcm->associated.at,
                            (int)gcm->associated.len) == 1;
}

/* libcrypto takes a NULL or empty input for something else. */
static bool update(EVP_CIPHER_CTX *ctx, struct bytes in, unsigned char *out)
{
    int len = 0;
    return in.len == 0 ||
           (EVP_CipherUpdate(ctx, out, &len, in.at, (int)in.len) == 1 &&
            (size_t)len == in.len);
}

struct status gcm_seal(const struct gcm *gcm, struct bytes plain,
                       unsigned char *out)
{
    AUTO_CONTEXT *ctx = EVP_CIPHER_CTX_new();
    int len = 0;
    if (!begin(ctx, gcm, 1) || !update(ctx, plain, out) ||
        EVP_CipherFinal_ex(ctx, out + plain.len, &len) != 1 ||
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, GCM_TAG_LEN,
                            out + plain.len) != 1)
        return failure(STATUS_NO_MEMORY, "AES-256-GCM", 0);
    return OK;
}

struct status gcm_open(const struct gcm *gcm, struct bytes sealed,
                       unsigned char *out)
{
    AUTO_CONTEXT *ctx = EVP_CIPHER_CTX_new();
    struct bytes body = bytes_of(sealed.at, sealed.len - GCM_TAG_LEN);
    unsigned char tag[GCM_TAG_LEN], nothing[GCM_TAG_LEN];
    int len = 0;
    memcpy(tag, sealed.at + body.len, sizeof(tag));
    if (!begin(ctx, gcm, 0) || !update(ctx, body, out) ||
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, GCM_TAG_LEN, tag) != 1)
        return failure(STATUS_NO_MEMORY, "AES-256-GCM", 0);
    if (EVP_CipherFinal_ex(ctx, nothing, &len) != 1)
        return failure(STATUS_CORRUPT, "AES-256-GCM", 0);
    return OK;
}
