#include "cli/sigstruct.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "base/hash.h"

#define RSA_LEN 384

enum {
    AT_VENDOR = 16,
    AT_HEADER2 = 24,
    AT_RESERVED1 = 44,
    AT_MODULUS = 128,
    AT_EXPONENT = 512,
    AT_SIGNATURE = 516,
    AT_BODY = 900,
    AT_ENCLAVEHASH = 960,
    AT_RESERVED4 = 992,
    AT_ISVPRODID = 1024,
    AT_ISVSVN = 1026,
    AT_RESERVED5 = 1028,
    AT_Q1 = 1040,
};

static const unsigned char header[16] = { 0x06, 0, 0, 0, 0xe1, 0, 0, 0,
                                          0,    0, 1, 0, 0,    0, 0, 0 };
static const unsigned char header2[16] = { 1,    1, 0, 0, 0x60, 0, 0, 0,
                                           0x60, 0, 0, 0, 1,    0, 0, 0 };
static const unsigned char exponent[4] = { 3, 0, 0, 0 };
static const unsigned char intel[4] = { 0x86, 0x80, 0, 0 };
static const unsigned char nobody[4] = { 0 };

static bool all_zero(const unsigned char *at, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (at[i] != 0)
            return false;
    return true;
}

static const char *fault_of(const unsigned char *raw)
{
    if (memcmp(raw, header, 16) != 0 ||
        memcmp(raw + AT_HEADER2, header2, 16) != 0)
        return "its headers are not those of a SIGSTRUCT";
    if (memcmp(raw + AT_VENDOR, intel, 4) != 0 &&
        memcmp(raw + AT_VENDOR, nobody, 4) != 0)
        return "its vendor is neither 0 nor Intel";
    if (memcmp(raw + AT_EXPONENT, exponent, 4) != 0)
        return "its exponent is not 3";
    if (!all_zero(raw + AT_RESERVED1, AT_MODULUS - AT_RESERVED1) ||
        !all_zero(raw + AT_RESERVED4, 16) ||
        !all_zero(raw + AT_RESERVED5, AT_Q1 - AT_RESERVED5))
        return "reserved bytes are not zero";
    if (all_zero(raw + AT_ENCLAVEHASH, 32))
        return "its enclave hash is zero";
    return NULL;
}

static void reversed(const unsigned char *from, unsigned char *to, size_t len)
{
    for (size_t i = 0; i < len; i++)
        to[i] = from[len - 1 - i];
}

static EVP_PKEY *public_key(const unsigned char *modulus)
{
    unsigned char big[RSA_LEN];
    EVP_PKEY *key = NULL;
    reversed(modulus, big, sizeof(big));
    BIGNUM *n = BN_bin2bn(big, sizeof(big), NULL);
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    OSSL_PARAM *params = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    if (n && build && context &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
        OSSL_PARAM_BLD_push_ulong(build, OSSL_PKEY_PARAM_RSA_E, 3) == 1)
        params = OSSL_PARAM_BLD_to_param(build);
    if (!params || EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
        key = NULL;
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    EVP_PKEY_CTX_free(context);
    BN_free(n);
    return key;
}

/* Signed are the header (128 bytes) and the body (128 bytes). */
static bool signature_holds(const unsigned char *raw)
{
    unsigned char message[256], signature[RSA_LEN];
    memcpy(message, raw, 128);
    memcpy(message + 128, raw + AT_BODY, 128);
    reversed(raw + AT_SIGNATURE, signature, sizeof(signature));
    EVP_PKEY *key = public_key(raw + AT_MODULUS);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool holds =
        key && context &&
        EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
        EVP_DigestVerify(context, signature, sizeof(signature), message,
                         sizeof(message)) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    return holds;
}

static uint16_t le16(const unsigned char *at)
{
    return (uint16_t)(at[0] | at[1] << 8);
}

struct status sigstruct_read(struct bytes raw, struct sigstruct *out,
                             struct reason *why)
{
    struct hash signer;
    if (raw.len != SIGSTRUCT_LEN)
        return refuse(why, STATUS_INVALID, "sigstruct",
                      "a SIGSTRUCT has %d bytes, this has %zu", SIGSTRUCT_LEN,
                      raw.len);
    const char *fault = fault_of(raw.at);
    if (fault)
        return refuse(why, STATUS_INVALID, "sigstruct",
                      "not a good SIGSTRUCT: %s", fault);
    if (!signature_holds(raw.at))
        return refuse(why, STATUS_INVALID, "sigstruct",
                      "not a good SIGSTRUCT: its signature does not hold");
    TRY(hash_of(&signer, bytes_of(raw.at + AT_MODULUS, RSA_LEN)));
    memcpy(out->mrenclave, raw.at + AT_ENCLAVEHASH, 32);
    memcpy(out->mrsigner, signer.bytes, 32);
    out->isvprodid = le16(raw.at + AT_ISVPRODID);
    out->isvsvn = le16(raw.at + AT_ISVSVN);
    return OK;
}
