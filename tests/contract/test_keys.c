/* The keys of the ceremony and the imported ones: made, found, used for the
 * one thing they may do, the same on every token. */

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "ca/ca.h"
#include "pkcs11/plain.h"
#include "pkcs11/rsa.h"
#include "pkcs11/selftest.h"
#include "pkcs11/wrapped.h"
#include "tests/contract/both.h"

static CK_RSA_PKCS_OAEP_PARAMS oaep = { CKM_SHA_1, CKG_MGF1_SHA1,
                                        CKZ_DATA_SPECIFIED, NULL, 0 };
static CK_MECHANISM rsa_oaep = { CKM_RSA_PKCS_OAEP, &oaep, sizeof(oaep) };
static CK_MECHANISM ecdsa = { CKM_ECDSA, NULL, 0 };

static CK_OBJECT_HANDLE generate(enum hsm_key key)
{
    CK_OBJECT_HANDLE hidden = CK_INVALID_HANDLE, open = CK_INVALID_HANDLE;
    assert_ok(hsm_key_generate(&both.session, key, &hidden, &open));
    return hidden;
}

static void all_five(struct hsm_keys *keys)
{
    struct reason why = { "" };
    for (enum hsm_key key = HSM_CA; key < HSM_KEYS; key++)
        (void)generate(key);
    struct status s = hsm_keys_find(&both.session, keys, &why);
    if (failed(s))
        print_error("%s\n", why.text);
    assert_ok(s);
}

/* --- the whole way of the worker's own code ------------------------------ */

static void the_ceremony_s_keys_are_made_and_read_back(void **state)
{
    struct hsm_keys keys;
    struct ca_public_key spki;
    struct reason why = { "" };
    size_t count = 0;
    (void)state;
    assert_status(STATUS_NOT_FOUND, hsm_keys_find(&both.session, &keys, &why));
    all_five(&keys);
    assert_ok(hsm_keys_count(&both.session, &count));
    assert_int_equal(count, 8); /* three pairs, two secrets */
    assert_ok(hsm_key_spki(&both.session, HSM_INTAKE, &spki, &why));
    assert_int_equal(spki.bits, 3072);
    (void)generate(HSM_LOG);
    assert_status(STATUS_CONFLICT, hsm_keys_find(&both.session, &keys, &why));
}

static void make_certificates(const struct hsm_keys *keys,
                              struct buffer *intake)
{
    struct hsm_signer key = { &both.session, keys->handle[HSM_CA] };
    const struct ca_signer signer = hsm_ca_signer(&key);
    unsigned char serial[CA_SERIAL_LEN] = { 0x41 };
    struct ca_public_key ca, sealing;
    struct reason why = { "" };
    AUTO_CLEAR_BUFFER root = buffer_make(CA_CERTIFICATE_MAX);
    assert_ok(hsm_key_spki(&both.session, HSM_CA, &ca, &why));
    assert_ok(hsm_key_spki(&both.session, HSM_INTAKE, &sealing, &why));
    assert_ok(
        ca_root_build(ca_spki(&ca), serial, 1900000000, &signer, &root, &why));
    serial[1] = 1;
    assert_ok(ca_intake_build(ca_spki(&sealing), serial, buffer_bytes(&root),
                              &signer, intake, &why));
}

static void the_worker_s_self_tests_pass(void **state)
{
    struct hsm_keys keys;
    struct reason why = { "" };
    AUTO_CLEAR_BUFFER intake = buffer_make(CA_CERTIFICATE_MAX);
    (void)state;
    all_five(&keys);
    make_certificates(&keys, &intake);
    struct status s = hsm_selftest_release(
        &both.session, keys.handle[HSM_INTAKE], buffer_bytes(&intake), &why);
    if (!failed(s))
        s = hsm_selftest_plain(&both.session, &why);
    if (!failed(s))
        s = hsm_selftest_wrapped(&both.session, keys.handle[HSM_ROOT], &why);
    if (failed(s))
        print_error("%s\n", why.text);
    assert_ok(s);
}

/* --- ECDSA --------------------------------------------------------------- */

static void ecdsa_signs_for_its_public_key(void **state)
{
    CK_OBJECT_HANDLE key = generate(HSM_LOG);
    struct ca_public_key open;
    struct api_spki spki;
    struct reason why = { "" };
    (void)state;
    assert_ok(hsm_key_spki(&both.session, HSM_LOG, &open, &why));
    assert_ok(api_spki_read(ca_spki(&open), &spki));
    assert_ok(hsm_possession(&both.session, key, &spki, "accord-log", &why));
    /* And for no other. */
    CK_OBJECT_HANDLE other = generate(HSM_CA);
    assert_status(STATUS_CORRUPT, hsm_possession(&both.session, other, &spki,
                                                 "accord-ca", &why));
}

static void ecdsa_is_one_operation_of_64_bytes(void **state)
{
    CK_OBJECT_HANDLE key = generate(HSM_LOG);
    CK_BYTE digest[32] = { 5 }, out[64];
    CK_ULONG len = sizeof(out);
    (void)state;
    assert_int_equal(RV(C_Sign, digest, 32, out, &len),
                     CKR_OPERATION_NOT_INITIALIZED);
    assert_int_equal(RV(C_SignInit, &ecdsa, key), CKR_OK);
    assert_int_equal(RV(C_SignInit, &ecdsa, key), CKR_OPERATION_ACTIVE);
    len = 0;
    assert_int_equal(RV(C_Sign, digest, 32, NULL, &len), CKR_OK);
    assert_int_equal(len, 64);
    len = 63; /* asking for the length, or too little room, ends nothing */
    assert_int_equal(RV(C_Sign, digest, 32, out, &len), CKR_BUFFER_TOO_SMALL);
    assert_int_equal(len, 64);
    assert_int_equal(RV(C_Sign, digest, 32, out, &len), CKR_OK);
    assert_int_equal(len, 64);
    assert_int_equal(RV(C_Sign, digest, 32, out, &len),
                     CKR_OPERATION_NOT_INITIALIZED);
}

static void a_key_signs_in_its_one_way_only(void **state)
{
    CK_OBJECT_HANDLE log = generate(HSM_LOG), store = generate(HSM_STORE);
    CK_OBJECT_HANDLE root = generate(HSM_ROOT);
    CK_MECHANISM mac = { CKM_SHA256_HMAC, NULL, 0 };
    CK_MECHANISM mac384 = { CKM_SHA384_HMAC, NULL, 0 };
    (void)state;
    assert_int_equal(RV(C_SignInit, &mac384, store), CKR_MECHANISM_INVALID);
    assert_int_equal(RV(C_SignInit, &mac, log), CKR_MECHANISM_INVALID);
    assert_int_equal(RV(C_SignInit, &mac, root),
                     CKR_KEY_FUNCTION_NOT_PERMITTED);
    assert_int_equal(RV(C_SignInit, &mac, 999999), CKR_OBJECT_HANDLE_INVALID);
    assert_int_equal(RV(C_SignInit, &mac, store), CKR_OK); /* none is active */
}

/* --- RSA-OAEP ------------------------------------------------------------ */

static EVP_PKEY *outside(enum hsm_key key)
{
    struct ca_public_key open;
    struct reason why = { "" };
    assert_ok(hsm_key_spki(&both.session, key, &open, &why));
    struct bytes der = ca_spki(&open);
    const unsigned char *at = der.at;
    EVP_PKEY *made = d2i_PUBKEY(NULL, &at, (long)der.len);
    assert_non_null(made);
    return made;
}

static void seal(EVP_PKEY *key, struct bytes text, CK_BYTE out[384])
{
    size_t len = 384;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    assert_int_equal(EVP_PKEY_encrypt_init(context), 1);
    assert_int_equal(
        EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING), 1);
    assert_int_equal(EVP_PKEY_encrypt(context, out, &len, text.at, text.len),
                     1);
    assert_int_equal(len, 384);
    EVP_PKEY_CTX_free(context);
}

static CK_RV unwrap(CK_OBJECT_HANDLE with, CK_MECHANISM *mechanism,
                    CK_BYTE *wrapped, CK_ULONG len, bool readable,
                    CK_OBJECT_HANDLE *out)
{
    struct hsm_template t = { .count = 0 };
    hsm_template_secret(&t, &both_aes, CKA_DERIVE);
    hsm_template_place(&t, false, true);
    hsm_template_flag(&t, CKA_SENSITIVE, !readable);
    hsm_template_flag(&t, CKA_EXTRACTABLE, readable);
    return RV(C_UnwrapKey, mechanism, with, wrapped, len, t.rows, t.count, out);
}

static void oaep_takes_a_key_in_that_stays_hidden(void **state)
{
    CK_OBJECT_HANDLE intake = generate(HSM_INTAKE), made;
    EVP_PKEY *open = outside(HSM_INTAKE);
    CK_MECHANISM pkcs = { CKM_RSA_PKCS, NULL, 0 };
    CK_BYTE wrapped[384], value[64];
    CK_ATTRIBUTE read = { CKA_VALUE, value, sizeof(value) };
    (void)state;
    seal(open, bytes_of(both_value, 32), wrapped);
    EVP_PKEY_free(open);
    assert_int_equal(unwrap(intake, &rsa_oaep, wrapped, 384, false, &made),
                     CKR_OK);
    assert_int_equal(RV(C_GetAttributeValue, made, &read, 1),
                     CKR_ATTRIBUTE_SENSITIVE);
    both_destroy(made);
    assert_int_equal(unwrap(intake, &rsa_oaep, wrapped, 384, true, &made),
                     CKR_TEMPLATE_INCONSISTENT);
    assert_int_equal(unwrap(intake, &pkcs, wrapped, 384, false, &made),
                     CKR_MECHANISM_INVALID);
    assert_int_equal(unwrap(intake, &rsa_oaep, wrapped, 383, false, &made),
                     CKR_GENERAL_ERROR);
    wrapped[200] ^= 1;
    assert_int_equal(unwrap(intake, &rsa_oaep, wrapped, 384, false, &made),
                     CKR_GENERAL_ERROR);
    CK_OBJECT_HANDLE log = generate(HSM_LOG);
    assert_int_equal(unwrap(log, &rsa_oaep, wrapped, 384, false, &made),
                     CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT);
    assert_int_equal(unwrap(999999, &rsa_oaep, wrapped, 384, false, &made),
                     CKR_UNWRAPPING_KEY_HANDLE_INVALID);
}

static void oaep_wraps_to_an_imported_key_what_may_leave(void **state)
{
    CK_OBJECT_HANDLE may = both_secret(&both_aes, HSM_NO_USE, true);
    CK_OBJECT_HANDLE may_not = both_secret(&both_aes, HSM_NO_USE, false);
    AUTO_FREE(ca_key) key = NULL;
    AUTO_CLEAR_BUFFER wrapped = buffer_make(1024);
    CK_BYTE plain[384];
    size_t len = sizeof(plain);
    (void)state;
    assert_ok(ca_key_generate(CA_KEY_RSA_3072, &key));
    assert_ok(hsm_wrap(&both.session, may, ca_key_public(key), &wrapped));
    assert_int_equal(wrapped.len, 384);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(ca_key_pkey(key), NULL);
    assert_int_equal(EVP_PKEY_decrypt_init(context), 1);
    assert_int_equal(
        EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING), 1);
    assert_int_equal(
        EVP_PKEY_decrypt(context, plain, &len, wrapped.data, wrapped.len), 1);
    EVP_PKEY_CTX_free(context);
    assert_int_equal(len, 32);
    assert_memory_equal(plain, both_value, 32);
    struct status s =
        hsm_wrap(&both.session, may_not, ca_key_public(key), &wrapped);
    assert_int_equal(s.detail, CKR_KEY_UNEXTRACTABLE);
    s = hsm_wrap(&both.session, 999999, ca_key_public(key), &wrapped);
    assert_int_equal(s.detail, CKR_KEY_HANDLE_INVALID);
}

static CK_OBJECT_HANDLE import(EVP_PKEY *key, CK_ATTRIBUTE_TYPE use)
{
    static unsigned char exponent[] = { 1, 0, 1 };
    struct hsm_template t = { .count = 0 };
    CK_OBJECT_HANDLE made = CK_INVALID_HANDLE;
    unsigned char modulus[384];
    BIGNUM *n = NULL;
    assert_int_equal(EVP_PKEY_get_bn_param(key, "n", &n), 1);
    assert_int_equal(BN_bn2bin(n, modulus), 384);
    BN_free(n);
    hsm_template_public(&t, &both_rsa, use);
    hsm_template_place(&t, false, false);
    hsm_template_value(&t, CKA_MODULUS, modulus, sizeof(modulus));
    hsm_template_value(&t, CKA_PUBLIC_EXPONENT, exponent, sizeof(exponent));
    assert_ok(hsm_object_make(&both.session, &t, &made));
    return made;
}

static void oaep_wraps_with_a_key_that_may_and_into_room(void **state)
{
    CK_OBJECT_HANDLE k = both_secret(&both_aes, HSM_NO_USE, true);
    EVP_PKEY *key = EVP_RSA_gen(3072);
    CK_OBJECT_HANDLE may = import(key, CKA_WRAP);
    CK_OBJECT_HANDLE may_not = import(key, CKA_VERIFY);
    CK_BYTE out[384];
    CK_ULONG len = sizeof(out);
    (void)state;
    EVP_PKEY_free(key);
    assert_int_equal(RV(C_WrapKey, &rsa_oaep, may_not, k, out, &len),
                     CKR_KEY_FUNCTION_NOT_PERMITTED);
    assert_int_equal(RV(C_WrapKey, &rsa_oaep, may, k, NULL, &len), CKR_OK);
    assert_int_equal(len, 384);
    len = 383;
    assert_int_equal(RV(C_WrapKey, &rsa_oaep, may, k, out, &len),
                     CKR_BUFFER_TOO_SMALL);
    assert_int_equal(RV(C_WrapKey, &rsa_oaep, 999999, k, out, &len),
                     CKR_WRAPPING_KEY_HANDLE_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(the_ceremony_s_keys_are_made_and_read_back),
        BOTH(the_worker_s_self_tests_pass),
        BOTH(ecdsa_signs_for_its_public_key),
        BOTH(ecdsa_is_one_operation_of_64_bytes),
        BOTH(a_key_signs_in_its_one_way_only),
        BOTH(oaep_takes_a_key_in_that_stays_hidden),
        BOTH(oaep_wraps_to_an_imported_key_what_may_leave),
        BOTH(oaep_wraps_with_a_key_that_may_and_into_room),
    };
    return both_run(tests, sizeof(tests) / sizeof(tests[0]));
}
