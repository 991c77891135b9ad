#include "ca/signature.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "api/api.h"
#include "ca/der.h"
#include "ca/oid.h"
#include "ca/openssl_scope.h"

/* A signature in DER by the largest key: RSA-4096. */
#define SIGNATURE_MAX 512

struct algorithm {
    const struct bytes *oid;
    bool rsa; /* with NULL parameters; ECDSA has none */
    const EVP_MD *(*digest)(void);
};

static const struct algorithm algorithms[] = {
    { &oid_ecdsa_sha256, false, EVP_sha256 },
    { &oid_ecdsa_sha384, false, EVP_sha384 },
    { &oid_ecdsa_sha512, false, EVP_sha512 },
    { &oid_rsa_sha256, true, EVP_sha256 },
    { &oid_rsa_sha384, true, EVP_sha384 },
    { &oid_rsa_sha512, true, EVP_sha512 },
};

void signature_put_algorithm(struct buffer *out, enum ca_key_type type)
{
    size_t place = der_open(out, DER_SEQUENCE);
    if (type == CA_RSA) {
        der_put(out, DER_OID, oid_rsa_sha256);
        der_put(out, DER_NULL, bytes_of(NULL, 0));
    } else {
        der_put(out, DER_OID, oid_ecdsa_sha256);
    }
    der_close(out, place);
}

static const struct algorithm *algorithm_find(struct bytes identifier, bool rsa)
{
    struct cursor in = cursor_of(identifier);
    struct bytes oid = der_take(&in, DER_OID);
    if (rsa && der_take(&in, DER_NULL).len != 0)
        in.broken = true;
    if (!der_finished(&in))
        return NULL;
    for (size_t i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++)
        if (algorithms[i].rsa == rsa && bytes_equal(*algorithms[i].oid, oid))
            return &algorithms[i];
    return NULL;
}

/* An EC key from its point: d2i_PUBKEY() tries every decoder libcrypto has,
 * which takes longer than checking a signature. */
static EVP_PKEY *ec_key(const struct ca_public_key *key)
{
    char p256[] = "P-256", p384[] = "P-384";
    bool is_p256 = key->type == CA_P256;
    unsigned char point[1 + 2 * 48];
    size_t len = is_p256 ? 1 + 2 * 32 : sizeof(point);
    memcpy(point, key->der + key->len - len, len);
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
                               is_p256 ? p256 : p384, sizeof(p256) - 1),
        OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, len),
        OSSL_PARAM_END,
    };
    EVP_PKEY *made = NULL;
    AUTO_FREE(evp_pkey_ctx_st)
    ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    if (!ctx || EVP_PKEY_fromdata_init(ctx) != 1 ||
        EVP_PKEY_fromdata(ctx, &made, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
        return NULL;
    return made;
}

static EVP_PKEY *rsa_key(const struct ca_public_key *key)
{
    const unsigned char *der = key->der;
    return d2i_PUBKEY(NULL, &der, (long)key->len);
}

struct status signature_check(const struct ca_public_key *key,
                              struct bytes algorithm, struct bytes message,
                              struct bytes signature)
{
    const struct algorithm *found =
        algorithm_find(algorithm, key->type == CA_RSA);
    if (!found)
        return failure(STATUS_INVALID, "signature_check", 0);

    FORGET_ERRORS;
    AUTO_FREE(evp_pkey_st)
    pkey = key->type == CA_RSA ? rsa_key(key) : ec_key(key);
    AUTO_FREE(evp_md_ctx_st) ctx = EVP_MD_CTX_new();
    if (!pkey || !ctx ||
        EVP_DigestVerifyInit(ctx, NULL, found->digest(), NULL, pkey) != 1)
        return failure(STATUS_NO_MEMORY, "EVP_DigestVerifyInit", 0);
    if (EVP_DigestVerify(ctx, signature.at, signature.len, message.at,
                         message.len) != 1)
        return failure(STATUS_DENIED, "EVP_DigestVerify", 0);
    return OK;
}

bool signature_is_ecdsa_sha256(struct bytes algorithm)
{
    return algorithm_find(algorithm, false) == &algorithms[0];
}

struct status signature_make(const struct ca_key *key, struct bytes message,
                             struct buffer *out)
{
    FORGET_ERRORS;
    unsigned char raw[SIGNATURE_MAX];
    size_t len = sizeof(raw);
    AUTO_FREE(evp_md_ctx_st) ctx = EVP_MD_CTX_new();
    if (!ctx || EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL,
                                   ca_key_pkey(key)) != 1)
        return failure(STATUS_NO_MEMORY, "EVP_DigestSignInit", 0);
    if (EVP_DigestSign(ctx, raw, &len, message.at, message.len) != 1)
        return failure(STATUS_UNAVAILABLE, "EVP_DigestSign", 0);
    buffer_put(out, bytes_of(raw, len));
    return buffer_status(out);
}

/* Checked here, where every signature passes: a faulty signer must not get
 * a wrong certificate, or one of another key's, out of the door. */
static STATUS sign_and_check(struct bytes tbs, const struct ca_signer *signer,
                             const struct ca_public_key *key,
                             struct buffer *der)
{
    struct hash digest;
    struct api_signature raw;
    TRY(hash_of(&digest, tbs));
    TRY(signer->sign(signer->context, &digest, raw.bytes));
    if (api_signature_to_der(&raw, der).code == STATUS_INVALID) /* zeros */
        return failure(STATUS_UNAVAILABLE, "ca_signer.sign", 0);
    TRY(buffer_status(der));

    AUTO_CLEAR_BUFFER algorithm = buffer_make(16);
    der_put(&algorithm, DER_OID, oid_ecdsa_sha256);
    TRY(buffer_status(&algorithm));
    struct status holds =
        signature_check(key, buffer_bytes(&algorithm), tbs, buffer_bytes(der));
    if (holds.code == STATUS_DENIED)
        return failure(STATUS_UNAVAILABLE, "ca_signer.sign", 0);
    return holds;
}

struct status signature_put_signed(struct bytes tbs,
                                   const struct ca_signer *signer,
                                   const struct ca_public_key *key,
                                   struct buffer *out)
{
    AUTO_CLEAR_BUFFER signature = buffer_make(CA_SIGNATURE_LEN + 16);
    AUTO_CLEAR_BUFFER whole = buffer_make(tbs.len + 128);
    TRY(sign_and_check(tbs, signer, key, &signature));

    size_t place = der_open(&whole, DER_SEQUENCE);
    buffer_put(&whole, tbs);
    signature_put_algorithm(&whole, CA_P256);
    der_put_bits(&whole, buffer_bytes(&signature));
    der_close(&whole, place);
    TRY(buffer_status(&whole));

    buffer_put(out, buffer_bytes(&whole));
    return buffer_status(out);
}

struct status signature_take_signed(struct bytes der,
                                    struct signature_parts *out)
{
    struct cursor in = cursor_of(der);
    struct cursor whole = der_enter(&in, DER_SEQUENCE);
    struct signature_parts parts = {
        .message = der_take_element(&whole),
        .algorithm = der_take(&whole, DER_SEQUENCE),
        .signature = der_take_bits(&whole),
    };
    if (!der_finished(&whole) || !der_finished(&in))
        return failure(STATUS_INVALID, "signature_take_signed", 0);
    *out = parts;
    return OK;
}
