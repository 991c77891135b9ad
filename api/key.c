/* key.c - public keys and signatures under them; private keys are in
 * private_key.c. */

#include "api/key.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>

#include "api/openssl_scope.h"
#include "api/private_key.h"
#include "base/curve.h"

/* SEQUENCE { SEQUENCE { id-ecPublicKey, prime256v1 }, BIT STRING of 65 bytes
 * that begin with 04: an uncompressed point }. */
static const unsigned char prefix[] = {
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
    0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
    0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
};
_Static_assert(sizeof(prefix) == API_SPKI_LEN - 2 * 32, "27 bytes and x, y");
#define POINT_AT (sizeof(prefix) - 1)

struct bytes api_spki_point(const struct api_spki *key)
{
    return bytes_of(key->bytes + POINT_AT, API_POINT_LEN);
}

void api_spki_of_point(const unsigned char point[API_POINT_LEN],
                       struct api_spki *out)
{
    memcpy(out->bytes, prefix, POINT_AT);
    memcpy(out->bytes + POINT_AT, point, API_POINT_LEN);
}

/* Far cheaper than making a key of it. */
static STATUS check_point(const struct api_spki *key)
{
    struct bytes point = api_spki_point(key);
    const EC_GROUP *group = curve_p256();
    AUTO_FREE(ec_point_st) at = group ? EC_POINT_new(group) : NULL;
    if (!at)
        return failure(STATUS_NO_MEMORY, "EC_POINT_new", 0);
    if (memcmp(key->bytes, prefix, sizeof(prefix)) != 0 ||
        EC_POINT_oct2point(group, at, point.at, point.len, NULL) != 1)
        return failure(STATUS_INVALID, "EC_POINT_oct2point", 0);
    return OK;
}

/* libcrypto refuses a point that is not on the curve. */
static STATUS load(const struct api_spki *key, EVP_PKEY **out)
{
    struct bytes point = api_spki_point(key);
    char group[] = "prime256v1";
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group,
                               sizeof(group) - 1),
        OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
                                (void *)(uintptr_t)point.at, point.len),
        OSSL_PARAM_END,
    };
    AUTO_FREE(evp_pkey_ctx_st) context =
        EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    if (!context || EVP_PKEY_fromdata_init(context) != 1)
        return failure(STATUS_NO_MEMORY, "EVP_PKEY_fromdata_init", 0);
    if (memcmp(key->bytes, prefix, sizeof(prefix)) != 0 ||
        EVP_PKEY_fromdata(context, out, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
        return failure(STATUS_INVALID, "EVP_PKEY_fromdata", 0);
    return OK;
}

struct status api_spki_read(struct bytes der, struct api_spki *out)
{
    FORGET_ERRORS;
    struct api_spki key;
    if (der.len != API_SPKI_LEN)
        return failure(STATUS_INVALID, "api_spki_read", 0);
    memcpy(key.bytes, der.at, API_SPKI_LEN);
    TRY(check_point(&key));
    *out = key;
    return OK;
}

struct status api_spki_hash(const struct api_spki *key, struct hash *out)
{
    return hash_of(out, api_spki_bytes(key));
}

struct status api_verify(const struct api_spki *key, struct bytes message,
                         const struct api_signature *signature)
{
    FORGET_ERRORS;
    AUTO_FREE(evp_pkey_st) loaded = NULL;
    TRY(load(key, &loaded));
    AUTO_CLEAR_BUFFER der = buffer_make(API_SIGNATURE_DER_MAX);
    struct status encoded = api_signature_to_der(signature, &der);
    if (encoded.code == STATUS_INVALID) /* r or s is 0 */
        return failure(STATUS_DENIED, "api_verify", 0);
    TRY(encoded);

    AUTO_FREE(evp_md_ctx_st) context = EVP_MD_CTX_new();
    if (!context ||
        EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, loaded) != 1)
        return failure(STATUS_NO_MEMORY, "EVP_DigestVerifyInit", 0);
    int held =
        EVP_DigestVerify(context, der.data, der.len, message.at, message.len);
    if (held < 0)
        return failure(STATUS_NO_MEMORY, "EVP_DigestVerify", 0);
    return held == 1 ? OK : failure(STATUS_DENIED, "api_verify", 0);
}
