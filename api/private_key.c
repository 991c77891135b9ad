/* private_key.c - a person's key in memory. The number that makes the key
 * lives in the secret heap; so do libcrypto's copies of it. */

#include "api/private_key.h"

#include <openssl/core_names.h>
#include <stdlib.h>

#include "api/openssl_scope.h"
#include "base/cursor.h"
#include "base/curve.h"
#include "base/text.h"

#define NUMBER_LEN 32

struct api_key {
    struct secret *number; /* big-endian */
    EVP_PKEY *loaded;
    struct api_spki spki;
};

/* What stands around number and point in the PKCS#8 that libcrypto writes:
 * PrivateKeyInfo { 0, { id-ecPublicKey, prime256v1 }, ECPrivateKey { 1,
 * number, [1] point } }. */
static const unsigned char before_number[] = {
    0x30, 0x81, 0x87, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86,
    0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d,
    0x03, 0x01, 0x07, 0x04, 0x6d, 0x30, 0x6b, 0x02, 0x01, 0x01, 0x04, 0x20,
};
static const unsigned char before_point[] = { 0xa1, 0x44, 0x03, 0x42, 0x00 };
#define PKCS8_LEN                                                              \
    (sizeof(before_number) + NUMBER_LEN + sizeof(before_point) + API_POINT_LEN)

#define PEM_BEGIN "-----BEGIN PRIVATE KEY-----"
#define PEM_END   "-----END PRIVATE KEY-----"
#define PEM_LINE  64
#define PEM_MAX   ((size_t)64 * 1024)

void api_key_free(struct api_key *key)
{
    if (!key)
        return;
    secret_free(key->number);
    EVP_PKEY_free(key->loaded);
    free(key);
}

/* number * G; STATUS_INVALID when the number is not in 1..n-1. */
static STATUS multiply(const BIGNUM *number, struct api_spki *out)
{
    const EC_GROUP *group = curve_p256();
    AUTO_FREE(ec_point_st) product = group ? EC_POINT_new(group) : NULL;
    AUTO_FREE(bignum_ctx) scratch = BN_CTX_secure_new();
    unsigned char point[API_POINT_LEN];
    if (!product || !scratch)
        return failure(STATUS_NO_MEMORY, "EC_POINT_new", 0);
    if (BN_is_zero(number) || BN_cmp(number, EC_GROUP_get0_order(group)) >= 0)
        return failure(STATUS_INVALID, "api_key", 0);
    if (EC_POINT_mul(group, product, number, NULL, NULL, scratch) != 1 ||
        EC_POINT_point2oct(group, product, POINT_CONVERSION_UNCOMPRESSED, point,
                           sizeof(point), scratch) != sizeof(point))
        return failure(STATUS_NO_MEMORY, "EC_POINT_mul", 0);
    api_spki_of_point(point, out);
    return OK;
}

static STATUS load(const BIGNUM *number, const struct api_spki *spki,
                   EVP_PKEY **out)
{
    AUTO_FREE(secret) native = NULL;
    TRY(secret_new(NUMBER_LEN, &native));
    unsigned char *digits = secret_fill(native);
    struct bytes point = api_spki_point(spki);
    char group[] = "prime256v1";
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group,
                               sizeof(group) - 1),
        OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
                                (void *)(uintptr_t)point.at, point.len),
        OSSL_PARAM_BN(OSSL_PKEY_PARAM_PRIV_KEY, digits, NUMBER_LEN),
        OSSL_PARAM_END,
    };
    AUTO_FREE(evp_pkey_ctx_st) context =
        EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    if (!context || BN_bn2nativepad(number, digits, NUMBER_LEN) != NUMBER_LEN ||
        EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, out, EVP_PKEY_KEYPAIR, parameters) != 1)
        return failure(STATUS_NO_MEMORY, "EVP_PKEY_fromdata", 0);
    return OK;
}

/* The key that a number makes. */
static STATUS make(struct bytes digits, struct api_key **out)
{
    FORGET_ERRORS;
    AUTO_FREE(api_key) key = calloc(1, sizeof(*key));
    AUTO_FREE(bignum_st) number = BN_secure_new();
    if (!key || !number || !BN_bin2bn(digits.at, NUMBER_LEN, number))
        return failure(STATUS_NO_MEMORY, "api_key", 0);
    BN_set_flags(number, BN_FLG_CONSTTIME);
    TRY(secret_new(NUMBER_LEN, &key->number));
    memcpy(secret_fill(key->number), digits.at, NUMBER_LEN);
    TRY(multiply(number, &key->spki));
    TRY(load(number, &key->spki, &key->loaded));
    *out = TAKE(key);
    return OK;
}

struct status api_key_generate(struct api_key **out)
{
    AUTO_FREE(secret) number = NULL;
    TRY(secret_new(NUMBER_LEN, &number));
    for (;;) {
        TRY(random_fill(secret_fill(number), NUMBER_LEN));
        struct status made = make(secret_expose(number), out);
        /* One number in 2^32 is not below the order: draw again. */
        if (made.code != STATUS_INVALID)
            return made;
    }
}

/* The base64 between the two lines, without line ends. */
static STATUS unarmour(struct bytes pem, struct secret **out)
{
    const size_t begin = sizeof(PEM_BEGIN) - 1, end = sizeof(PEM_END) - 1;
    AUTO_FREE(secret) packed = NULL;
    while (pem.len > 0 && memchr(" \t\r\n", pem.at[pem.len - 1], 4))
        pem.len--;
    if (pem.len < begin + end || pem.len > PEM_MAX ||
        memcmp(pem.at, PEM_BEGIN, begin) != 0 ||
        memcmp(pem.at + pem.len - end, PEM_END, end) != 0)
        return failure(STATUS_INVALID, "api_key_read", 0);
    TRY(secret_new(pem.len, &packed));
    size_t count = 0;
    for (size_t i = begin; i < pem.len - end; i++)
        if (pem.at[i] != '\r' && pem.at[i] != '\n')
            secret_fill(packed)[count++] = pem.at[i];
    return base64_decode_secret(bytes_of(secret_fill(packed), count), out);
}

struct status api_key_read(const struct secret *pem, struct api_key **out)
{
    AUTO_FREE(secret) der = NULL;
    AUTO_FREE(api_key) key = NULL;
    TRY(unarmour(secret_expose(pem), &der));
    struct cursor in = cursor_of(secret_expose(der));
    (void)cursor_expect(&in, bytes_of(before_number, sizeof(before_number)));
    struct bytes number = cursor_take(&in, NUMBER_LEN);
    (void)cursor_expect(&in, bytes_of(before_point, sizeof(before_point)));
    struct bytes point = cursor_take(&in, API_POINT_LEN);
    TRY(cursor_finish(&in, "api_key_read"));
    TRY(make(number, &key));
    if (!bytes_equal(point, api_spki_point(&key->spki)))
        return failure(STATUS_INVALID, "api_key_read", 0);
    *out = TAKE(key);
    return OK;
}

static void put_pem(struct bytes base64, struct buffer *out)
{
    buffer_put_string(out, PEM_BEGIN "\n");
    for (size_t i = 0; i < base64.len; i += PEM_LINE) {
        size_t left = base64.len - i;
        buffer_put(out,
                   bytes_of(base64.at + i, left < PEM_LINE ? left : PEM_LINE));
        buffer_put_u8(out, '\n');
    }
    buffer_put_string(out, PEM_END "\n");
}

struct status api_key_write(const struct api_key *key, struct secret **pem)
{
    /* Outside the secret heap for a moment, but wiped on every way out. */
    AUTO_CLEAR_BUFFER der = buffer_make(PKCS8_LEN);
    AUTO_CLEAR_BUFFER base64 = buffer_make(PEM_MAX);
    AUTO_CLEAR_BUFFER text = buffer_make(PEM_MAX);
    AUTO_FREE(secret) made = NULL;
    buffer_put(&der, bytes_of(before_number, sizeof(before_number)));
    buffer_put(&der, secret_expose(key->number));
    buffer_put(&der, bytes_of(before_point, sizeof(before_point)));
    buffer_put(&der, api_spki_point(&key->spki));
    TRY(buffer_status(&der));
    base64_encode(buffer_bytes(&der), &base64);
    TRY(buffer_status(&base64));
    put_pem(buffer_bytes(&base64), &text);
    TRY(buffer_status(&text));

    TRY(secret_new(text.len, &made));
    memcpy(secret_fill(made), text.data, text.len);
    *pem = TAKE(made);
    return OK;
}

static STATUS sign(void *context, struct bytes message,
                   struct api_signature *out)
{
    FORGET_ERRORS;
    const struct api_key *key = context;
    unsigned char der[API_SIGNATURE_DER_MAX];
    size_t len = sizeof(der);
    AUTO_FREE(evp_md_ctx_st) digest = EVP_MD_CTX_new();
    if (!digest ||
        EVP_DigestSignInit(digest, NULL, EVP_sha256(), NULL, key->loaded) !=
            1 ||
        EVP_DigestSign(digest, der, &len, message.at, message.len) != 1)
        return failure(STATUS_UNAVAILABLE, "EVP_DigestSign", 0);
    return api_signature_from_der(bytes_of(der, len), out);
}

struct api_signer api_key_signer(struct api_key *key)
{
    return (struct api_signer){ sign, key, key->spki };
}
