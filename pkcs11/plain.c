#include "pkcs11/plain.h"

#define PLAIN_LABEL "accord-plain"

static CK_KEY_TYPE aes = CKK_AES;
static CK_ULONG key_len = API_KEY_LEN;
static CK_MECHANISM_TYPE gcm = CKM_AES_GCM;

/* The zero nonce of seal.h: one key, one blob. */
static unsigned char nonce[12];

static CK_GCM_PARAMS params_of(const struct hash *ctx)
{
    return (CK_GCM_PARAMS){
        .iv_ptr = nonce,
        .iv_len = sizeof(nonce),
        .iv_bits = 8 * sizeof(nonce),
        .aad_ptr = (CK_BYTE_PTR)(uintptr_t)ctx->bytes,
        .aad_len = sizeof(ctx->bytes),
        .tag_bits = 8 * API_SEAL_TAG_LEN,
    };
}

void hsm_plain_template(struct hsm_template *t, const struct hash *ctx)
{
    hsm_template_secret(t, &aes, CKA_DECRYPT);
    hsm_template_place(t, true, true);
    hsm_template_hidden(t, false);
    hsm_template_value(t, CKA_LABEL, PLAIN_LABEL, strlen(PLAIN_LABEL));
    hsm_template_value(t, CKA_VALUE_LEN, &key_len, sizeof(key_len));
    if (ctx)
        hsm_template_value(t, CKA_ID, ctx->bytes, sizeof(ctx->bytes));
    hsm_template_flag(t, CKA_MODIFIABLE, false);
}

STATUS hsm_plain_check(struct hsm_session *session, CK_OBJECT_HANDLE k_prime,
                       const struct hash *ctx, struct reason *why)
{
    struct hsm_template t = { .count = 0 };

    hsm_plain_template(&t, ctx);
    hsm_template_value(&t, CKA_ALLOWED_MECHANISMS, &gcm, sizeof(gcm));
    return hsm_template_check(session, k_prime, &t, "a plain credential's key",
                              why);
}

/* Copyable and modifiable, for as long as it is a session object: as
 * derive_k_prime() in intake.c. */
static struct status generate(struct hsm_session *session, bool extractable,
                              CK_OBJECT_HANDLE *out)
{
    CK_MECHANISM mechanism = { CKM_AES_KEY_GEN, NULL, 0 };
    struct hsm_template t = { .count = 0 };

    hsm_template_secret(&t, &aes, CKA_ENCRYPT);
    hsm_template_place(&t, false, true);
    hsm_template_hidden(&t, extractable);
    hsm_template_value(&t, CKA_VALUE_LEN, &key_len, sizeof(key_len));
    hsm_template_value(&t, CKA_ALLOWED_MECHANISMS, &gcm, sizeof(gcm));
    hsm_template_flag(&t, CKA_COPYABLE, true);
    hsm_template_flag(&t, CKA_MODIFIABLE, true);
    return CALL(session, C_GenerateKey, &mechanism, t.rows, t.count, out);
}

static struct status seal(struct hsm_session *session, CK_OBJECT_HANDLE k_prime,
                          const struct hash *ctx, struct bytes credential,
                          struct buffer *blob)
{
    CK_GCM_PARAMS params = params_of(ctx);
    CK_MECHANISM mechanism = { CKM_AES_GCM, &params, sizeof(params) };
    CK_ULONG len = credential.len + API_SEAL_TAG_LEN;

    unsigned char *to = buffer_extend(blob, len);
    TRY(buffer_status(blob));
    TRY(CALL(session, C_EncryptInit, &mechanism, k_prime));
    TRY(CALL(session, C_Encrypt, (CK_BYTE_PTR)(uintptr_t)credential.at,
             credential.len, to, &len));
    return len == credential.len + API_SEAL_TAG_LEN
               ? OK
               : failure(STATUS_UNAVAILABLE, "C_Encrypt", 0);
}

STATUS hsm_plain_seal(struct hsm_session *session, const struct hash *ctx,
                      struct bytes credential, bool extractable,
                      struct buffer *blob, CK_OBJECT_HANDLE *out)
{
    AUTO_DESTROY k_prime = { session, CK_INVALID_HANDLE };

    TRY(generate(session, extractable, &k_prime.handle));
    TRY(seal(session, k_prime.handle, ctx, credential, blob));
    *out = k_prime.handle;
    k_prime.handle = CK_INVALID_HANDLE;
    return OK;
}

STATUS hsm_plain_keep(struct hsm_session *session, CK_OBJECT_HANDLE k_prime,
                      const struct hash *ctx, CK_OBJECT_HANDLE *out)
{
    struct hsm_template t = { .count = 0 };

    hsm_template_place(&t, true, true);
    hsm_template_flag(&t, CKA_ENCRYPT, false);
    hsm_template_flag(&t, CKA_DECRYPT, true);
    hsm_template_value(&t, CKA_LABEL, PLAIN_LABEL, strlen(PLAIN_LABEL));
    hsm_template_value(&t, CKA_ID, ctx->bytes, sizeof(ctx->bytes));
    hsm_template_flag(&t, CKA_MODIFIABLE, false);
    return CALL(session, C_CopyObject, k_prime, t.rows, t.count, out);
}

static struct status decrypt(struct hsm_session *session,
                             CK_OBJECT_HANDLE k_prime, const struct hash *ctx,
                             struct bytes blob, unsigned char *to, size_t room)
{
    CK_GCM_PARAMS params = params_of(ctx);
    CK_MECHANISM mechanism = { CKM_AES_GCM, &params, sizeof(params) };
    CK_ULONG len = room;

    TRY(CALL(session, C_DecryptInit, &mechanism, k_prime));
    TRY(CALL(session, C_Decrypt, (CK_BYTE_PTR)(uintptr_t)blob.at, blob.len, to,
             &len));
    return len == blob.len - API_SEAL_TAG_LEN
               ? OK
               : failure(STATUS_CORRUPT, "C_Decrypt", 0);
}

STATUS hsm_plain_open(struct hsm_session *session, CK_OBJECT_HANDLE k_prime,
                      const struct hash *ctx, struct bytes blob,
                      struct buffer *out)
{
    AUTO_CLEAR_BUFFER opened = buffer_make(blob.len);

    /* Some modules want room for the tag while they work. */
    unsigned char *to = buffer_extend(&opened, blob.len);
    TRY(buffer_status(&opened));
    struct status s = decrypt(session, k_prime, ctx, blob, to, blob.len);
    if (failed(s))
        return hsm_is_lost(s) ? s : failure(STATUS_CORRUPT, s.origin, s.detail);
    buffer_put(out, bytes_of(to, blob.len - API_SEAL_TAG_LEN));
    return buffer_status(out);
}
