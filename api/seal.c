/* seal.c - the keys and the envelope; what is inside is in credential.c. */

#include "api/seal.h"

#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>

#include "api/openssl_scope.h"

#define ORIGIN        "seal"
#define CONTEXT_LABEL "accord secret v1"
#define PROOF_LABEL   "accord intake proof v1"
#define TAG_LEN       API_SEAL_TAG_LEN

struct status api_context_hash(const struct api_context *context,
                               struct hash *out)
{
    bool ccm = context->flags == API_CLASS_CCM;
    if (context->flags != 0 && !ccm)
        return failure(STATUS_INVALID, "api_context_hash", 0);
    if (hash_is_zero(&context->owner) != ccm)
        return failure(STATUS_INVALID, "api_context_hash", 0);
    return hash_of(
        out, bytes_of_string(CONTEXT_LABEL), api_id_bytes(&context->account),
        api_id_bytes(&context->dataset), api_id_bytes(&context->version),
        hash_bytes(&context->owner), bytes_of(&context->flags, 1));
}

struct status api_seal_derive(const struct secret *k, const struct hash *input,
                              struct secret **out)
{
    FORGET_ERRORS;
    AUTO_FREE(secret) derived = NULL;
    AUTO_FREE(evp_cipher_ctx_st) cipher = EVP_CIPHER_CTX_new();
    int len = 0;
    if (secret_expose(k).len != API_KEY_LEN)
        return failure(STATUS_INVALID, "api_seal_derive", 0);
    TRY(secret_new(API_KEY_LEN, &derived));
    if (!cipher ||
        EVP_EncryptInit_ex(cipher, EVP_aes_256_ecb(), NULL, secret_expose(k).at,
                           NULL) != 1 ||
        EVP_CIPHER_CTX_set_padding(cipher, 0) != 1 ||
        EVP_EncryptUpdate(cipher, secret_fill(derived), &len, input->bytes,
                          HASH_LEN) != 1 ||
        len != API_KEY_LEN)
        return failure(STATUS_NO_MEMORY, "EVP_EncryptUpdate", 0);
    *out = TAKE(derived);
    return OK;
}

struct status api_seal_proof(const struct secret *proof_key,
                             const struct hash *ctx, const struct hash *blob,
                             struct hash *out)
{
    unsigned char message[2 * HASH_LEN];
    struct hash proof;
    struct bytes key = secret_expose(proof_key);
    if (key.len != API_KEY_LEN)
        return failure(STATUS_INVALID, "api_seal_proof", 0);
    memcpy(message, ctx->bytes, HASH_LEN);
    memcpy(message + HASH_LEN, blob->bytes, HASH_LEN);
    if (!HMAC(EVP_sha256(), key.at, API_KEY_LEN, message, sizeof(message),
              proof.bytes, NULL))
        return failure(STATUS_NO_MEMORY, "HMAC", 0);
    *out = proof;
    return OK;
}

/* AES-256-GCM under K' with the zero nonce, ctx already given. */
static STATUS gcm_open(const struct secret *k_prime, const struct hash *ctx,
                       int encrypt, EVP_CIPHER_CTX **out)
{
    static const unsigned char nonce[12];
    AUTO_FREE(evp_cipher_ctx_st) gcm = EVP_CIPHER_CTX_new();
    int len;
    if (secret_expose(k_prime).len != API_KEY_LEN)
        return failure(STATUS_INVALID, ORIGIN, 0);
    if (!gcm ||
        EVP_CipherInit_ex(gcm, EVP_aes_256_gcm(), NULL,
                          secret_expose(k_prime).at, nonce, encrypt) != 1 ||
        EVP_CipherUpdate(gcm, NULL, &len, ctx->bytes, HASH_LEN) != 1)
        return failure(STATUS_NO_MEMORY, "EVP_CipherInit_ex", 0);
    *out = TAKE(gcm);
    return OK;
}

static STATUS encrypt(const struct secret *k_prime, const struct hash *ctx,
                      struct bytes plain, struct buffer *blob)
{
    AUTO_FREE(evp_cipher_ctx_st) gcm = NULL;
    TRY(gcm_open(k_prime, ctx, 1, &gcm));
    unsigned char *to = buffer_extend(blob, plain.len + TAG_LEN);
    TRY(buffer_status(blob));
    int len = 0, rest = 0;
    if (EVP_EncryptUpdate(gcm, to, &len, plain.at, (int)plain.len) != 1 ||
        EVP_EncryptFinal_ex(gcm, to + len, &rest) != 1 ||
        EVP_CIPHER_CTX_ctrl(gcm, EVP_CTRL_AEAD_GET_TAG, TAG_LEN,
                            to + plain.len) != 1)
        return failure(STATUS_NO_MEMORY, "EVP_EncryptUpdate", 0);
    return OK;
}

struct status api_open(const struct secret *k_prime, const struct hash *ctx,
                       struct bytes blob, struct secret **credential_v1)
{
    FORGET_ERRORS;
    AUTO_FREE(evp_cipher_ctx_st) gcm = NULL;
    AUTO_FREE(secret) plain = NULL;
    unsigned char tag[TAG_LEN];
    if (blob.len <= TAG_LEN || blob.len > API_CREDENTIAL_MAX + TAG_LEN)
        return failure(STATUS_CORRUPT, "api_open", 0);
    size_t plain_len = blob.len - TAG_LEN;
    memcpy(tag, blob.at + plain_len, TAG_LEN);
    TRY(secret_new(plain_len, &plain));
    TRY(gcm_open(k_prime, ctx, 0, &gcm));
    int len = 0, rest = 0;
    if (EVP_CIPHER_CTX_ctrl(gcm, EVP_CTRL_AEAD_SET_TAG, TAG_LEN, tag) != 1 ||
        EVP_DecryptUpdate(gcm, secret_fill(plain), &len, blob.at,
                          (int)plain_len) != 1)
        return failure(STATUS_NO_MEMORY, "EVP_DecryptUpdate", 0);
    if (EVP_DecryptFinal_ex(gcm, secret_fill(plain) + len, &rest) != 1)
        return failure(STATUS_CORRUPT, "api_open", 0);
    *credential_v1 = TAKE(plain);
    return OK;
}

static STATUS intake_key(struct bytes certificate, EVP_PKEY **out,
                         struct reason *why)
{
    const unsigned char *at = certificate.at;
    AUTO_FREE(x509_st) read = NULL;
    if (certificate.len <= INT32_MAX)
        read = d2i_X509(NULL, &at, (long)certificate.len);
    if (!read || at != certificate.at + certificate.len)
        return refuse(why, STATUS_INVALID, ORIGIN,
                      "the intake certificate is not a DER certificate");
    AUTO_FREE(evp_pkey_st) key = X509_get_pubkey(read);
    int bits = key && EVP_PKEY_is_a(key, "RSA") ? EVP_PKEY_get_bits(key) : 0;
    if (bits != 3072 && bits != 4096)
        return refuse(why, STATUS_INVALID, ORIGIN,
                      "the intake certificate's key is not RSA of 3072 or "
                      "4096 bits");
    *out = TAKE(key);
    return OK;
}

/* RSA-OAEP with SHA-1, MGF1-SHA-1 and no label: see seal.h. */
static STATUS wrap(EVP_PKEY *key, const struct secret *k, struct buffer *out)
{
    AUTO_FREE(evp_pkey_ctx_st) rsa = EVP_PKEY_CTX_new(key, NULL);
    size_t len = (size_t)EVP_PKEY_get_size(key);
    unsigned char *to = buffer_extend(out, len);
    TRY(buffer_status(out));
    if (!rsa || EVP_PKEY_encrypt_init(rsa) != 1 ||
        EVP_PKEY_CTX_set_rsa_padding(rsa, RSA_PKCS1_OAEP_PADDING) != 1 ||
        EVP_PKEY_CTX_set_rsa_oaep_md(rsa, EVP_sha1()) != 1 ||
        EVP_PKEY_CTX_set_rsa_mgf1_md(rsa, EVP_sha1()) != 1 ||
        EVP_PKEY_encrypt(rsa, to, &len, secret_expose(k).at,
                         secret_expose(k).len) != 1 ||
        len != out->len)
        return failure(STATUS_NO_MEMORY, "EVP_PKEY_encrypt", 0);
    return OK;
}

static STATUS prove(const struct secret *k, const struct hash *ctx,
                    struct bytes blob, struct hash *out)
{
    AUTO_FREE(secret) proof_key = NULL;
    struct hash input, blob_hash;
    TRY(hash_of(&input, bytes_of_string(PROOF_LABEL), hash_bytes(ctx)));
    TRY(api_seal_derive(k, &input, &proof_key));
    TRY(hash_of(&blob_hash, blob));
    return api_seal_proof(proof_key, ctx, &blob_hash, out);
}

static STATUS seal(const struct hash *ctx, EVP_PKEY *intake, struct bytes plain,
                   struct api_sealed *out)
{
    AUTO_FREE(secret) k = NULL;
    AUTO_FREE(secret) k_prime = NULL;
    TRY(secret_new(API_KEY_LEN, &k));
    TRY(random_fill(secret_fill(k), API_KEY_LEN));
    TRY(api_seal_derive(k, ctx, &k_prime));
    TRY(wrap(intake, k, &out->wrapped));
    TRY(encrypt(k_prime, ctx, plain, &out->blob));
    return prove(k, ctx, buffer_bytes(&out->blob), &out->proof);
}

void api_sealed_clear(struct api_sealed *sealed)
{
    buffer_clear(&sealed->wrapped);
    buffer_clear(&sealed->blob);
    sealed->proof = (struct hash){ 0 };
}

struct status api_seal(const struct api_context *context,
                       struct bytes intake_certificate_der,
                       const struct secret *credential_v1,
                       struct api_sealed *out, struct reason *why)
{
    FORGET_ERRORS;
    AUTO_FREE(evp_pkey_st) intake = NULL;
    struct bytes plain = secret_expose(credential_v1);
    struct hash ctx;
    if (plain.len == 0 || plain.len > API_CREDENTIAL_MAX)
        return refuse(why, STATUS_INVALID, ORIGIN,
                      "the credential has %zu bytes; 1 to %d can be sealed",
                      plain.len, API_CREDENTIAL_MAX);
    if (failed(api_context_hash(context, &ctx)))
        return refuse(why, STATUS_INVALID, ORIGIN,
                      "class flags and owner do not go together");
    TRY(intake_key(intake_certificate_der, &intake, why));

    __attribute__((cleanup(api_sealed_clear))) struct api_sealed made = {
        .wrapped = buffer_make(512), /* RSA-4096 */
        .blob = buffer_make(API_CREDENTIAL_MAX + TAG_LEN),
    };
    TRY(seal(&ctx, intake, plain, &made));
    *out = made;
    made = (struct api_sealed){ 0 };
    return OK;
}
