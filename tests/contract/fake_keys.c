/* fake_keys.c - keys that are made, derived, wrapped and unwrapped. */

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <string.h>

#include "tests/contract/fake_private.h"

static const CK_OBJECT_CLASS secret_class = CKO_SECRET_KEY;

/* --- generation ---------------------------------------------------------- */

static CK_RV born(struct fake_object *made)
{
    bool good = fake_put_flag(made, CKA_LOCAL, true) &&
                fake_put_flag(made, CKA_ALWAYS_SENSITIVE,
                              fake_flag(made, CKA_SENSITIVE, true)) &&
                fake_put_flag(made, CKA_NEVER_EXTRACTABLE,
                              !fake_flag(made, CKA_EXTRACTABLE, false)) &&
                fake_put_flag(made, CKA_ALWAYS_AUTHENTICATE, false);
    return good ? CKR_OK : CKR_DEVICE_MEMORY;
}

static CK_RV generate(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism,
                      CK_ATTRIBUTE *rows, CK_ULONG count, CK_OBJECT_HANDLE *out)
{
    struct fake_session *s;
    struct fake_object made = { .count = 0 };
    CK_BYTE value[64];
    CK_RV rv = fake_session_of(session, &s);
    if (rv == CKR_OK && mechanism->mechanism != CKM_AES_KEY_GEN &&
        mechanism->mechanism != CKM_GENERIC_SECRET_KEY_GEN)
        rv = CKR_MECHANISM_INVALID;
    if (rv == CKR_OK)
        rv = fake_put_all(&made, rows, count);
    if (rv != CKR_OK)
        return rv;
    CK_ULONG len = fake_number(&made, CKA_VALUE_LEN);
    if (len > sizeof(value))
        return CKR_TEMPLATE_INCOMPLETE;
    if (RAND_bytes(value, (int)len) != 1)
        return CKR_FUNCTION_FAILED;
    rv = fake_put(&made, CKA_VALUE, value, len);
    if (rv == CKR_OK)
        rv = born(&made);
    return rv == CKR_OK ? fake_keep(session, &made, out) : rv;
}

/* What others read of a public half: the modulus, or the point as a DER
 * OCTET STRING. */
static CK_RV publish(struct fake_object *open, EVP_PKEY *key)
{
    unsigned char bytes[FAKE_ROOM] = { 0x04, 65 };
    size_t len = 0;
    BIGNUM *n = NULL;
    if (EVP_PKEY_get_base_id(key) == EVP_PKEY_EC)
        return EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY,
                                               bytes + 2, 65, &len) == 1 &&
                       len == 65
                   ? fake_put(open, CKA_EC_POINT, bytes, len + 2)
                   : CKR_FUNCTION_FAILED;
    if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n) != 1)
        return CKR_FUNCTION_FAILED;
    int written = BN_bn2bin(n, bytes);
    BN_free(n);
    return fake_put(open, CKA_MODULUS, bytes, (CK_ULONG)written);
}

/* Both halves hold the key; it is let go with the last. */
static CK_RV keep_pair(CK_SESSION_HANDLE session, struct fake_object *open,
                       struct fake_object *hidden, EVP_PKEY *key,
                       CK_OBJECT_HANDLE *public_out,
                       CK_OBJECT_HANDLE *private_out)
{
    CK_RV rv = publish(open, key);
    if (rv == CKR_OK)
        rv = born(hidden);
    if (rv != CKR_OK) {
        EVP_PKEY_free(key);
        return rv;
    }
    open->pkey = hidden->pkey = key;
    (void)EVP_PKEY_up_ref(key);
    rv = fake_keep(session, open, public_out);
    CK_RV other = fake_keep(session, hidden, private_out);
    return rv == CKR_OK ? other : rv;
}

static CK_RV generate_pair(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism,
                           CK_ATTRIBUTE *public_rows, CK_ULONG public_count,
                           CK_ATTRIBUTE *private_rows, CK_ULONG private_count,
                           CK_OBJECT_HANDLE *public_out,
                           CK_OBJECT_HANDLE *private_out)
{
    struct fake_session *s;
    struct fake_object open = { .count = 0 }, hidden = { .count = 0 };
    CK_RV rv = fake_session_of(session, &s);
    if (rv == CKR_OK)
        rv = fake_put_all(&open, public_rows, public_count);
    if (rv == CKR_OK)
        rv = fake_put_all(&hidden, private_rows, private_count);
    if (rv != CKR_OK)
        return rv;
    EVP_PKEY *key = NULL;
    if (mechanism->mechanism == CKM_EC_KEY_PAIR_GEN)
        key = EVP_EC_gen("P-256");
    else if (mechanism->mechanism == CKM_RSA_PKCS_KEY_PAIR_GEN)
        key = EVP_RSA_gen((unsigned)fake_number(&open, CKA_MODULUS_BITS));
    if (!key)
        return CKR_MECHANISM_INVALID;
    return keep_pair(session, &open, &hidden, key, public_out, private_out);
}

/* --- values of others ---------------------------------------------------- */

/* A secret key that was not made here. */
static CK_RV keep_value(CK_SESSION_HANDLE session, const CK_BYTE *value,
                        CK_ULONG len, CK_ATTRIBUTE *rows, CK_ULONG count,
                        CK_OBJECT_HANDLE *out)
{
    struct fake_object made = { .count = 0 };
    CK_RV rv = fake_put(&made, CKA_CLASS, &secret_class, sizeof(secret_class));
    if (rv == CKR_OK)
        rv = fake_put_all(&made, rows, count);
    if (rv == CKR_OK)
        rv = fake_put(&made, CKA_VALUE, value, len);
    if (rv == CKR_OK)
        rv = fake_put(&made, CKA_VALUE_LEN, &len, sizeof(len));
    return rv == CKR_OK ? fake_keep(session, &made, out) : rv;
}

static bool cipher(const EVP_CIPHER *which, bool sealing,
                   const struct fake_row *key, const CK_BYTE *in, int len,
                   CK_BYTE *out, CK_ULONG *out_len)
{
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    int n = 0;
    if (c)
        EVP_CIPHER_CTX_set_flags(c, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
    bool good =
        c && key &&
        EVP_CipherInit_ex(c, which, NULL, key->value, NULL, sealing) == 1 &&
        EVP_CIPHER_CTX_set_padding(c, 0) == 1 &&
        EVP_CipherUpdate(c, out, &n, in, len) == 1;
    EVP_CIPHER_CTX_free(c);
    *out_len = (CK_ULONG)n;
    return good;
}

static CK_RV derive(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism,
                    CK_OBJECT_HANDLE key, CK_ATTRIBUTE *rows, CK_ULONG count,
                    CK_OBJECT_HANDLE *out)
{
    const CK_KEY_DERIVATION_STRING_DATA *data = mechanism->pParameter;
    struct fake_session *s;
    CK_BYTE value[64];
    CK_ULONG len = 0;
    CK_RV rv = fake_session_of(session, &s);
    struct fake_object *o = rv == CKR_OK ? fake_object_of(key) : NULL;
    if (rv == CKR_OK)
        rv = o ? fake_may(o, CKA_DERIVE, mechanism) : CKR_OBJECT_HANDLE_INVALID;
    if (rv == CKR_OK && mechanism->mechanism != CKM_AES_ECB_ENCRYPT_DATA)
        rv = CKR_MECHANISM_INVALID;
    if (rv != CKR_OK)
        return rv;
    if (data->string_data_len > sizeof(value) ||
        !cipher(EVP_aes_256_ecb(), true, fake_row_of(o, CKA_VALUE),
                data->string_data, (int)data->string_data_len, value, &len))
        return CKR_FUNCTION_FAILED;
    return keep_value(session, value, len, rows, count, out);
}

/* --- wrapping ------------------------------------------------------------ */

static bool oaep(EVP_PKEY *key, bool sealing, const CK_BYTE *in, CK_ULONG len,
                 CK_BYTE *out, CK_ULONG *out_len)
{
    size_t made = *out_len;
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(key, NULL);
    bool good =
        c &&
        (sealing ? EVP_PKEY_encrypt_init(c) : EVP_PKEY_decrypt_init(c)) == 1 &&
        EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_OAEP_PADDING) == 1 &&
        (sealing ? EVP_PKEY_encrypt(c, out, &made, in, len)
                 : EVP_PKEY_decrypt(c, out, &made, in, len)) == 1;
    EVP_PKEY_CTX_free(c);
    *out_len = made;
    return good;
}

static CK_RV may_wrap(const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE with,
                      CK_OBJECT_HANDLE key)
{
    struct fake_object *by = fake_object_of(with), *o = fake_object_of(key);
    CK_RV rv = by ? fake_may(by, CKA_WRAP, mechanism)
                  : CKR_WRAPPING_KEY_HANDLE_INVALID;
    if (rv != CKR_OK)
        return rv;
    if (!o)
        return CKR_KEY_HANDLE_INVALID;
    return fake_flag(o, CKA_EXTRACTABLE, false) ? CKR_OK
                                                : CKR_KEY_UNEXTRACTABLE;
}

static CK_RV wrap(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism,
                  CK_OBJECT_HANDLE with, CK_OBJECT_HANDLE key, CK_BYTE *out,
                  CK_ULONG *len)
{
    struct fake_session *s;
    CK_RV rv = fake_session_of(session, &s);
    if (rv == CKR_OK)
        rv = may_wrap(mechanism, with, key);
    if (rv != CKR_OK)
        return rv;
    struct fake_object *by = fake_object_of(with);
    struct fake_row *value = fake_row_of(fake_object_of(key), CKA_VALUE);
    bool rsa = mechanism->mechanism == CKM_RSA_PKCS_OAEP;
    CK_ULONG room = *len;
    *len = rsa ? (CK_ULONG)EVP_PKEY_get_size(by->pkey) : value->len + 8;
    if (out && room < *len)
        return CKR_BUFFER_TOO_SMALL;
    if (!out)
        return CKR_OK;
    bool good =
        rsa ? oaep(by->pkey, true, value->value, value->len, out, len)
            : cipher(EVP_aes_256_wrap_pad(), true, fake_row_of(by, CKA_VALUE),
                     value->value, (int)value->len, out, len);
    return good ? CKR_OK : CKR_GENERAL_ERROR;
}

/* What the unwrapping key demands of everything that comes out of it. */
static CK_RV demands(struct fake_object *by, const CK_ATTRIBUTE *rows,
                     CK_ULONG count)
{
    const size_t step = sizeof(CK_ATTRIBUTE_TYPE) + 1;
    struct fake_row *nested = fake_row_of(by, CKA_UNWRAP_TEMPLATE);
    for (CK_ULONG at = 0; nested && at + step <= nested->len; at += step)
        for (CK_ULONG i = 0; i < count; i++)
            if (memcmp(&rows[i].type, nested->value + at,
                       sizeof(rows[i].type)) == 0 &&
                *(const CK_BYTE *)rows[i].pValue !=
                    nested->value[at + step - 1])
                return CKR_TEMPLATE_INCONSISTENT;
    return CKR_OK;
}

static CK_RV may_unwrap(const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE with,
                        const CK_ATTRIBUTE *rows, CK_ULONG count)
{
    bool rsa = mechanism->mechanism == CKM_RSA_PKCS_OAEP;
    struct fake_object *by = fake_object_of(with);
    if (!by)
        return CKR_UNWRAPPING_KEY_HANDLE_INVALID;
    if (rsa && fake_number(by, CKA_KEY_TYPE) != CKK_RSA)
        return CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT;
    CK_RV rv = fake_may(by, CKA_UNWRAP, mechanism);
    return rv == CKR_OK ? demands(by, rows, count) : rv;
}

static CK_RV unwrap(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism,
                    CK_OBJECT_HANDLE with, CK_BYTE *wrapped, CK_ULONG len,
                    CK_ATTRIBUTE *rows, CK_ULONG count, CK_OBJECT_HANDLE *out)
{
    struct fake_session *s;
    CK_BYTE value[FAKE_ROOM];
    CK_ULONG made = sizeof(value);
    CK_RV rv = fake_session_of(session, &s);
    if (rv == CKR_OK)
        rv = may_unwrap(mechanism, with, rows, count);
    if (rv != CKR_OK)
        return rv;
    struct fake_object *by = fake_object_of(with);
    bool rsa = mechanism->mechanism == CKM_RSA_PKCS_OAEP;
    if (!rsa && (len % 8 != 0 || len < 16 || len > 64))
        return CKR_WRAPPED_KEY_LEN_RANGE;
    bool good =
        rsa ? oaep(by->pkey, false, wrapped, len, value, &made)
            : cipher(EVP_aes_256_wrap_pad(), false, fake_row_of(by, CKA_VALUE),
                     wrapped, (int)len, value, &made);
    return good ? keep_value(session, value, made, rows, count, out)
                : CKR_GENERAL_ERROR;
}

void fake_keys_fill(CK_FUNCTION_LIST *calls)
{
    calls->C_GenerateKey = generate;
    calls->C_GenerateKeyPair = generate_pair;
    calls->C_DeriveKey = derive;
    calls->C_WrapKey = wrap;
    calls->C_UnwrapKey = unwrap;
}
