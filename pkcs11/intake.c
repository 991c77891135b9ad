/* intake.c - K comes in wrapped, K' stays: all of it inside the token. */

#include <openssl/crypto.h>

#include "pkcs11/rsa.h"

#define CREDENTIAL_LABEL "accord-credential"

static CK_KEY_TYPE aes = CKK_AES, generic = CKK_GENERIC_SECRET;
static CK_ULONG key_len = API_KEY_LEN;
static CK_MECHANISM_TYPE derivation = CKM_AES_ECB_ENCRYPT_DATA;
static CK_MECHANISM_TYPE mac = CKM_SHA256_HMAC;

static CK_RSA_PKCS_OAEP_PARAMS oaep_sha1 = {
    .hashAlg = CKM_SHA_1,
    .mgf = CKG_MGF1_SHA1,
    .source = CKZ_DATA_SPECIFIED,
};

/* K: derives, in the token, in this session. */
static struct status unwrap(struct hsm_session *session,
                            CK_OBJECT_HANDLE intake, struct bytes wrapped,
                            CK_OBJECT_HANDLE *out)
{
    CK_MECHANISM mechanism = { CKM_RSA_PKCS_OAEP, &oaep_sha1,
                               sizeof(oaep_sha1) };
    struct hsm_template t = { .count = 0 };

    hsm_template_secret(&t, &aes, CKA_DERIVE);
    hsm_template_place(&t, false, true);
    hsm_template_hidden(&t, false);
    hsm_template_value(&t, CKA_ALLOWED_MECHANISMS, &derivation,
                       sizeof(derivation));
    hsm_template_flag(&t, CKA_COPYABLE, false);
    hsm_template_flag(&t, CKA_MODIFIABLE, false);
    return CALL(session, C_UnwrapKey, &mechanism, intake,
                (CK_BYTE_PTR)(uintptr_t)wrapped.at, wrapped.len, t.rows,
                t.count, out);
}

/* AES-256-ECB_K(input), two blocks, as a key described by `t`. */
static struct status derive(struct hsm_session *session, CK_OBJECT_HANDLE k,
                            const struct hash *input, struct hsm_template *t,
                            CK_OBJECT_HANDLE *out)
{
    CK_KEY_DERIVATION_STRING_DATA data = {
        .string_data = (CK_BYTE_PTR)(uintptr_t)input->bytes,
        .string_data_len = sizeof(input->bytes),
    };
    CK_MECHANISM mechanism = { CKM_AES_ECB_ENCRYPT_DATA, &data, sizeof(data) };
    return CALL(session, C_DeriveKey, &mechanism, k, t->rows, t->count, out);
}

static struct status derive_proof_key(struct hsm_session *session,
                                      CK_OBJECT_HANDLE k,
                                      const struct hash *ctx,
                                      CK_OBJECT_HANDLE *out)
{
    struct hsm_template t = { .count = 0 };
    struct hash input;

    TRY(hash_of(&input, bytes_of_string("accord intake proof v1"),
                hash_bytes(ctx)));
    hsm_template_secret(&t, &generic, CKA_SIGN);
    hsm_template_place(&t, false, true);
    hsm_template_hidden(&t, false);
    hsm_template_value(&t, CKA_VALUE_LEN, &key_len, sizeof(key_len));
    hsm_template_value(&t, CKA_ALLOWED_MECHANISMS, &mac, sizeof(mac));
    hsm_template_flag(&t, CKA_COPYABLE, false);
    hsm_template_flag(&t, CKA_MODIFIABLE, false);
    return derive(session, k, &input, &t, out);
}

/* K': sensitive, extractable only by wrapping, and without a use. Copyable
 * and modifiable, for as long as it is a session object: SoftHSM refuses to
 * copy what may not be modified (0x10). */
static struct status derive_k_prime(struct hsm_session *session,
                                    CK_OBJECT_HANDLE k, const struct hash *ctx,
                                    CK_OBJECT_HANDLE *out)
{
    struct hsm_template t = { .count = 0 };

    hsm_template_secret(&t, &aes, HSM_NO_USE);
    hsm_template_place(&t, false, true);
    hsm_template_hidden(&t, true);
    hsm_template_value(&t, CKA_VALUE_LEN, &key_len, sizeof(key_len));
    hsm_template_flag(&t, CKA_COPYABLE, true);
    hsm_template_flag(&t, CKA_MODIFIABLE, true);
    return derive(session, k, ctx, &t, out);
}

static struct status check_proof(struct hsm_session *session,
                                 CK_OBJECT_HANDLE k,
                                 const struct pkcs11_intake *sealed,
                                 const struct hash *ctx)
{
    AUTO_DESTROY proof_key = { session, CK_INVALID_HANDLE };
    unsigned char message[2 * HASH_LEN], expected[HASH_LEN];

    TRY(derive_proof_key(session, k, ctx, &proof_key.handle));
    memcpy(message, ctx->bytes, HASH_LEN);
    memcpy(message + HASH_LEN, sealed->blob.bytes, HASH_LEN);
    TRY(hsm_mac(session, proof_key.handle, bytes_of(message, sizeof(message)),
                expected));
    bool equal = CRYPTO_memcmp(expected, sealed->proof.bytes, HASH_LEN) == 0;
    OPENSSL_cleanse(expected, sizeof(expected));
    return equal ? OK : failure(STATUS_DENIED, "proof", 0);
}

/* An OAEP message may hold a shorter AES key; K has 32 bytes. SoftHSM 2.6.1
 * does not know the length of what it unwrapped and says 0: then a shorter
 * key weakens only the credential of the owner who chose it. */
static struct status check_length(struct hsm_session *session,
                                  CK_OBJECT_HANDLE k)
{
    CK_ULONG found = 0;
    size_t len = 0;
    TRY(hsm_object_read(session, k, CKA_VALUE_LEN, &found, sizeof(found),
                        &len));
    return found == 0 || found == API_KEY_LEN
               ? OK
               : failure(STATUS_DENIED, "K length", 0);
}

STATUS hsm_intake_try(struct hsm_session *session, CK_OBJECT_HANDLE intake,
                      const struct pkcs11_intake *sealed,
                      const struct hash *ctx, CK_OBJECT_HANDLE *out)
{
    AUTO_DESTROY k = { session, CK_INVALID_HANDLE };

    TRY(unwrap(session, intake, sealed->wrapped, &k.handle));
    TRY(check_length(session, k.handle));
    TRY(check_proof(session, k.handle, sealed, ctx));
    return derive_k_prime(session, k.handle, ctx, out);
}

STATUS hsm_intake_open(struct hsm_session *session, CK_OBJECT_HANDLE intake,
                       const struct pkcs11_intake *sealed,
                       const struct hash *ctx, CK_OBJECT_HANDLE *out,
                       struct reason *why)
{
    CK_OBJECT_HANDLE made = CK_INVALID_HANDLE;

    struct status s = hsm_intake_try(session, intake, sealed, ctx, &made);
    if (!failed(s)) {
        *out = made;
        return OK;
    }
    if (hsm_is_lost(s))
        return s;
    /* Origin and detail stay empty on purpose: one answer for all. */
    return refuse(why, STATUS_DENIED, "intake",
                  "the sealed credential does not open in this context");
}

void hsm_credential_template(struct hsm_template *t, const struct hash *ctx)
{
    hsm_template_secret(t, &aes, HSM_NO_USE);
    hsm_template_place(t, true, true);
    hsm_template_hidden(t, true);
    hsm_template_value(t, CKA_LABEL, CREDENTIAL_LABEL,
                       strlen(CREDENTIAL_LABEL));
    hsm_template_value(t, CKA_VALUE_LEN, &key_len, sizeof(key_len));
    if (ctx)
        hsm_template_value(t, CKA_ID, ctx->bytes, sizeof(ctx->bytes));
    hsm_template_flag(t, CKA_MODIFIABLE, false);
}

STATUS hsm_intake_keep(struct hsm_session *session, CK_OBJECT_HANDLE k_prime,
                       const struct hash *ctx, CK_OBJECT_HANDLE *out)
{
    struct hsm_template t = { .count = 0 };

    hsm_template_place(&t, true, true);
    hsm_template_value(&t, CKA_LABEL, CREDENTIAL_LABEL,
                       strlen(CREDENTIAL_LABEL));
    hsm_template_value(&t, CKA_ID, ctx->bytes, sizeof(ctx->bytes));
    hsm_template_flag(&t, CKA_MODIFIABLE, false);
    return CALL(session, C_CopyObject, k_prime, t.rows, t.count, out);
}
