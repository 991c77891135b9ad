/* fake_ciphers.c - HMAC-SHA-256, ECDSA and AES-256-GCM, each in one part. */

#include <openssl/ecdsa.h>
#include <openssl/hmac.h>
#include <string.h>

#include "tests/contract/fake_private.h"

#define TAG 16

/* An operation begins in an idle session, with a key that may. */
static CK_RV begin(CK_SESSION_HANDLE session, enum fake_work work,
                   const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key,
                   CK_ATTRIBUTE_TYPE use)
{
    struct fake_session *s;
    CK_RV rv = fake_session_of(session, &s);
    if (rv != CKR_OK)
        return rv;
    if (s->work != FAKE_IDLE)
        return CKR_OPERATION_ACTIVE;
    struct fake_object *o = fake_object_of(key);
    if (!o)
        return CKR_OBJECT_HANDLE_INVALID;
    rv = fake_may(o, use, mechanism);
    if (rv != CKR_OK)
        return rv;
    s->key = key;
    s->mechanism = mechanism->mechanism;
    s->work = work;
    return CKR_OK;
}

/* What goes on: its key, and room for `need` bytes. Asking for the length,
 * or too little room, does not end it; everything else does. */
static CK_RV go_on(CK_SESSION_HANDLE session, enum fake_work work,
                   CK_ULONG need, const CK_BYTE *out, CK_ULONG *len,
                   struct fake_session **s, struct fake_object **key)
{
    CK_RV rv = fake_session_of(session, s);
    if (rv != CKR_OK)
        return rv;
    if ((*s)->work != work)
        return CKR_OPERATION_NOT_INITIALIZED;
    CK_ULONG room = *len;
    *len = need;
    if (out && room < need)
        return CKR_BUFFER_TOO_SMALL;
    if (!out)
        return CKR_OK;
    (*s)->work = FAKE_IDLE;
    *key = fake_object_of((*s)->key);
    return *key ? CKR_OK : CKR_KEY_HANDLE_INVALID;
}

/* --- signing ------------------------------------------------------------- */

static CK_RV sign_init(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism,
                       CK_OBJECT_HANDLE key)
{
    CK_RV rv = begin(session, FAKE_SIGN, mechanism, key, CKA_SIGN);
    bool known = mechanism->mechanism == CKM_ECDSA ||
                 mechanism->mechanism == CKM_SHA256_HMAC;
    struct fake_session *s;
    if (rv == CKR_OK && !known && fake_session_of(session, &s) == CKR_OK) {
        s->work = FAKE_IDLE;
        return CKR_MECHANISM_INVALID;
    }
    return rv;
}

/* r || s, 32 bytes each. */
static bool ecdsa(EVP_PKEY *key, const CK_BYTE *data, CK_ULONG len,
                  CK_BYTE out[64])
{
    unsigned char der[80];
    const unsigned char *at = der;
    size_t der_len = sizeof(der);
    ECDSA_SIG *made = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    if (context && EVP_PKEY_sign_init(context) == 1 &&
        EVP_PKEY_sign(context, der, &der_len, data, len) == 1)
        made = d2i_ECDSA_SIG(NULL, &at, (long)der_len);
    EVP_PKEY_CTX_free(context);
    bool good = made && BN_bn2binpad(ECDSA_SIG_get0_r(made), out, 32) == 32 &&
                BN_bn2binpad(ECDSA_SIG_get0_s(made), out + 32, 32) == 32;
    ECDSA_SIG_free(made);
    return good;
}

static CK_RV sign(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG len,
                  CK_BYTE *out, CK_ULONG *out_len)
{
    struct fake_session *s = NULL;
    struct fake_object *o = NULL;
    CK_RV rv = fake_session_of(session, &s);
    if (rv != CKR_OK)
        return rv;
    bool mac = s->mechanism == CKM_SHA256_HMAC;
    rv = go_on(session, FAKE_SIGN, mac ? 32 : 64, out, out_len, &s, &o);
    if (rv != CKR_OK || !out)
        return rv;
    struct fake_row *value = fake_row_of(o, CKA_VALUE);
    unsigned made = 0;
    bool good = mac ? value && HMAC(EVP_sha256(), value->value, (int)value->len,
                                    data, len, out, &made)
                    : ecdsa(o->pkey, data, len, out);
    return good ? CKR_OK : CKR_FUNCTION_FAILED;
}

/* --- AES-GCM ------------------------------------------------------------- */

static CK_RV gcm_init(CK_SESSION_HANDLE session, enum fake_work work,
                      CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key,
                      CK_ATTRIBUTE_TYPE use)
{
    struct fake_session *s;
    CK_RV rv = begin(session, work, mechanism, key, use);
    if (rv != CKR_OK || fake_session_of(session, &s) != CKR_OK)
        return rv;
    const CK_GCM_PARAMS *p = mechanism->pParameter;
    bool good = mechanism->mechanism == CKM_AES_GCM &&
                mechanism->ulParameterLen == sizeof(*p) && p->ulIvLen == 12 &&
                p->ulAADLen <= sizeof(s->aad) && p->ulTagBits == 8 * TAG;
    if (!good) {
        s->work = FAKE_IDLE;
        return CKR_MECHANISM_INVALID;
    }
    memcpy(s->nonce, p->pIv, sizeof(s->nonce));
    memcpy(s->aad, p->pAAD, p->ulAADLen);
    s->aad_len = p->ulAADLen;
    return CKR_OK;
}

static CK_RV encrypt_init(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism,
                          CK_OBJECT_HANDLE key)
{
    return gcm_init(session, FAKE_ENCRYPT, mechanism, key, CKA_ENCRYPT);
}

static CK_RV decrypt_init(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism,
                          CK_OBJECT_HANDLE key)
{
    return gcm_init(session, FAKE_DECRYPT, mechanism, key, CKA_DECRYPT);
}

static bool gcm(const struct fake_session *s, const struct fake_row *key,
                bool sealing, const CK_BYTE *in, int len, CK_BYTE *out,
                CK_BYTE *tag)
{
    int n = 0;
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    bool good = c && key &&
                EVP_CipherInit_ex(c, EVP_aes_256_gcm(), NULL, key->value,
                                  s->nonce, sealing) == 1 &&
                EVP_CipherUpdate(c, NULL, &n, s->aad, (int)s->aad_len) == 1 &&
                EVP_CipherUpdate(c, out, &n, in, len) == 1;
    if (good && !sealing)
        good = EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, TAG, tag) == 1;
    good = good && EVP_CipherFinal_ex(c, out + n, &n) == 1;
    if (good && sealing)
        good = EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, TAG, tag) == 1;
    EVP_CIPHER_CTX_free(c);
    return good;
}

static CK_RV encrypt(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG len,
                     CK_BYTE *out, CK_ULONG *out_len)
{
    struct fake_session *s = NULL;
    struct fake_object *o = NULL;
    CK_RV rv = go_on(session, FAKE_ENCRYPT, len + TAG, out, out_len, &s, &o);
    if (rv != CKR_OK || !out)
        return rv;
    return gcm(s, fake_row_of(o, CKA_VALUE), true, data, (int)len, out,
               out + len)
               ? CKR_OK
               : CKR_FUNCTION_FAILED;
}

/* Whatever was changed is CKR_GENERAL_ERROR, as SoftHSM 2.6.1 has it. */
static CK_RV decrypt(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG len,
                     CK_BYTE *out, CK_ULONG *out_len)
{
    struct fake_session *s = NULL;
    struct fake_object *o = NULL;
    CK_ULONG plain = len > TAG ? len - TAG : 0;
    CK_RV rv = go_on(session, FAKE_DECRYPT, plain, out, out_len, &s, &o);
    if (rv != CKR_OK || !out)
        return rv;
    return len >= TAG && gcm(s, fake_row_of(o, CKA_VALUE), false, data,
                             (int)plain, out, data + plain)
               ? CKR_OK
               : CKR_GENERAL_ERROR;
}

void fake_ciphers_fill(CK_FUNCTION_LIST *calls)
{
    calls->C_SignInit = sign_init;
    calls->C_Sign = sign;
    calls->C_EncryptInit = encrypt_init;
    calls->C_Encrypt = encrypt;
    calls->C_DecryptInit = decrypt_init;
    calls->C_Decrypt = decrypt;
}
