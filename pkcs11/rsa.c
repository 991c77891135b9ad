#include "pkcs11/rsa.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>

static CK_KEY_TYPE rsa_type = CKK_RSA;
static unsigned char exponent[] = { 0x01, 0x00, 0x01 };

/* SoftHSM 2.6.1 has OAEP with SHA-1 and without label only; OAEP needs no
 * collision resistance of its hash (RFC 8017 7.1). */
static CK_RSA_PKCS_OAEP_PARAMS oaep_sha1 = {
    .hashAlg = CKM_SHA_1,
    .mgf = CKG_MGF1_SHA1,
    .source = CKZ_DATA_SPECIFIED,
};

static EVP_PKEY *from_numbers(struct bytes modulus)
{
    EVP_PKEY *key = NULL;
    BIGNUM *n = BN_bin2bn(modulus.at, (int)modulus.len, NULL);
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    OSSL_PARAM *params = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);

    if (n && builder && context &&
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
        OSSL_PARAM_BLD_push_uint(builder, OSSL_PKEY_PARAM_RSA_E, 65537) == 1)
        params = OSSL_PARAM_BLD_to_param(builder);
    if (params && EVP_PKEY_fromdata_init(context) == 1)
        (void)EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params);
    OSSL_PARAM_free(params);
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_BLD_free(builder);
    BN_free(n);
    return key;
}

STATUS hsm_rsa_spki(struct bytes modulus, struct buffer *out)
{
    unsigned char *der = NULL;
    EVP_PKEY *key = from_numbers(modulus);
    int len = key ? i2d_PUBKEY(key, &der) : -1;

    EVP_PKEY_free(key);
    if (len <= 0)
        return failure(STATUS_INVALID, "i2d_PUBKEY", 0);
    buffer_put(out, bytes_of(der, (size_t)len));
    OPENSSL_free(der);
    return buffer_status(out);
}

/* A session object that may wrap and nothing else. */
static struct status import(struct hsm_session *session,
                            const struct ca_public_key *key,
                            CK_OBJECT_HANDLE *out)
{
    struct bytes modulus = ca_rsa_modulus(key);
    struct hsm_template t = { .count = 0 };

    if (modulus.len == 0)
        return failure(STATUS_INVALID, "ca_rsa_modulus", 0);
    hsm_template_public(&t, &rsa_type, CKA_WRAP);
    hsm_template_place(&t, false, false);
    hsm_template_value(&t, CKA_MODULUS, modulus.at, modulus.len);
    hsm_template_value(&t, CKA_PUBLIC_EXPONENT, exponent, sizeof(exponent));
    return hsm_object_make(session, &t, out);
}

STATUS hsm_wrap(struct hsm_session *session, CK_OBJECT_HANDLE k_prime,
                const struct ca_public_key *to, struct buffer *out)
{
    CK_MECHANISM mechanism = { CKM_RSA_PKCS_OAEP, &oaep_sha1,
                               sizeof(oaep_sha1) };
    unsigned char wrapped[512]; /* RSA-4096 */
    CK_ULONG len = sizeof(wrapped);
    AUTO_DESTROY wrapping = { session, CK_INVALID_HANDLE };

    TRY(import(session, to, &wrapping.handle));
    TRY(CALL(session, C_WrapKey, &mechanism, wrapping.handle, k_prime, wrapped,
             &len));
    buffer_put(out, bytes_of(wrapped, len));
    return buffer_status(out);
}
