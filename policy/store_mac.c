#include "policy/store_mac.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>

static void mac_free(EVP_MAC **mac)
{
    EVP_MAC_free(*mac);
}

static void context_free(EVP_MAC_CTX **ctx)
{
    EVP_MAC_CTX_free(*ctx);
}

static bool update(EVP_MAC_CTX *ctx, const struct bytes *parts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (EVP_MAC_update(ctx, parts[i].at, parts[i].len) != 1)
            return false;
    return true;
}

struct status mac_parts(struct bytes key, const struct bytes *parts,
                        size_t count, struct hash *out)
{
    __attribute__((cleanup(mac_free))) EVP_MAC *mac =
        EVP_MAC_fetch(NULL, OSSL_MAC_NAME_HMAC, NULL);
    __attribute__((cleanup(context_free))) EVP_MAC_CTX *ctx =
        mac ? EVP_MAC_CTX_new(mac) : NULL;
    char digest[] = "SHA256";
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };
    struct hash made;
    size_t len = 0;
    if (!ctx || EVP_MAC_init(ctx, key.at, key.len, params) != 1 ||
        !update(ctx, parts, count) ||
        EVP_MAC_final(ctx, made.bytes, &len, sizeof(made.bytes)) != 1 ||
        len != sizeof(made.bytes))
        return failure(STATUS_NO_MEMORY, "HMAC", 0);
    *out = made;
    return OK;
}
