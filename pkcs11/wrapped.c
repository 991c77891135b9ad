#include "pkcs11/wrapped.h"

#include "pkcs11/pkcs11.h"

static CK_KEY_TYPE aes = CKK_AES;
static CK_ULONG key_len = API_KEY_LEN;
static CK_MECHANISM_TYPE wrapping = CKM_AES_KEY_WRAP_PAD, gcm = CKM_AES_GCM;

/* AES-256-ECB_root(SHA-256("accord wrapping key v1" || ctx)), two blocks: a
 * key with one use, in this session, for one context. */
static struct status derive(struct hsm_session *session, CK_OBJECT_HANDLE root,
                            const struct hash *ctx, CK_ATTRIBUTE_TYPE use,
                            CK_OBJECT_HANDLE *out)
{
    struct hash input;
    struct hsm_template t = { .count = 0 };

    TRY(hash_of(&input, bytes_of_string("accord wrapping key v1"),
                hash_bytes(ctx)));
    CK_KEY_DERIVATION_STRING_DATA data = {
        .string_data = input.bytes,
        .string_data_len = sizeof(input.bytes),
    };
    CK_MECHANISM mechanism = { CKM_AES_ECB_ENCRYPT_DATA, &data, sizeof(data) };
    hsm_template_secret(&t, &aes, use);
    hsm_template_place(&t, false, true);
    hsm_template_hidden(&t, false);
    hsm_template_value(&t, CKA_VALUE_LEN, &key_len, sizeof(key_len));
    hsm_template_value(&t, CKA_ALLOWED_MECHANISMS, &wrapping, sizeof(wrapping));
    hsm_template_flag(&t, CKA_COPYABLE, false);
    hsm_template_flag(&t, CKA_MODIFIABLE, false);
    return CALL(session, C_DeriveKey, &mechanism, root, t.rows, t.count, out);
}

STATUS hsm_wrapped_keep(struct hsm_session *session, CK_OBJECT_HANDLE root,
                        CK_OBJECT_HANDLE k_prime, const struct hash *ctx,
                        struct buffer *kept)
{
    AUTO_DESTROY key = { session, CK_INVALID_HANDLE };
    CK_MECHANISM mechanism = { CKM_AES_KEY_WRAP_PAD, NULL, 0 };
    CK_ULONG len = PKCS11_KEPT_LEN;

    TRY(derive(session, root, ctx, CKA_WRAP, &key.handle));
    unsigned char *to = buffer_extend(kept, PKCS11_KEPT_LEN);
    TRY(buffer_status(kept));
    TRY(CALL(session, C_WrapKey, &mechanism, key.handle, k_prime, to, &len));
    return len == PKCS11_KEPT_LEN
               ? OK
               : failure(STATUS_UNAVAILABLE, "C_WrapKey", (uint32_t)len);
}

static struct status unwrap(struct hsm_session *session, CK_OBJECT_HANDLE key,
                            struct bytes kept, enum hsm_wrapped_use use,
                            CK_OBJECT_HANDLE *out)
{
    CK_MECHANISM mechanism = { CKM_AES_KEY_WRAP_PAD, NULL, 0 };
    struct hsm_template t = { .count = 0 };
    bool plain = use == HSM_WRAPPED_PLAIN;

    hsm_template_secret(&t, &aes, plain ? CKA_DECRYPT : HSM_NO_USE);
    hsm_template_place(&t, false, true);
    hsm_template_hidden(&t, !plain);
    if (plain)
        hsm_template_value(&t, CKA_ALLOWED_MECHANISMS, &gcm, sizeof(gcm));
    hsm_template_flag(&t, CKA_COPYABLE, false);
    hsm_template_flag(&t, CKA_MODIFIABLE, false);
    return CALL(session, C_UnwrapKey, &mechanism, key,
                (CK_BYTE_PTR)(uintptr_t)kept.at, kept.len, t.rows, t.count,
                out);
}

STATUS hsm_wrapped_open(struct hsm_session *session, CK_OBJECT_HANDLE root,
                        struct bytes kept, const struct hash *ctx,
                        enum hsm_wrapped_use use, CK_OBJECT_HANDLE *out)
{
    AUTO_DESTROY key = { session, CK_INVALID_HANDLE };

    if (kept.len != PKCS11_KEPT_LEN)
        return failure(STATUS_CORRUPT, "kept key", (uint32_t)kept.len);
    TRY(derive(session, root, ctx, CKA_UNWRAP, &key.handle));
    struct status s = unwrap(session, key.handle, kept, use, out);
    if (failed(s) && !hsm_is_lost(s))
        return failure(STATUS_CORRUPT, s.origin, s.detail);
    return s;
}
