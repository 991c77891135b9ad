#include "tests/support/check.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "api/seal.h"
#include "base/text.h"
#include "tests/api/example_key.h"

static struct api_context sample_context(void)
{
    struct api_context context = { .flags = 0 };
    memset(context.account.bytes, 0xe1, API_ID_LEN);
    memset(context.dataset.bytes, 0xe2, API_ID_LEN);
    memset(context.version.bytes, 0xe3, API_ID_LEN);
    memset(context.owner.bytes, 0xe4, HASH_LEN);
    return context;
}

/* A certificate for a public key, as DER. No more of it is looked at. */
static struct buffer certify(EVP_PKEY *key)
{
    struct buffer der = buffer_make(4096);
    X509 *certificate = X509_new();
    unsigned char *made = NULL;
    assert_int_equal(X509_set_pubkey(certificate, key), 1);
    assert_non_null(X509_gmtime_adj(X509_getm_notBefore(certificate), 0));
    assert_non_null(X509_gmtime_adj(X509_getm_notAfter(certificate), 60));
    int type = EVP_PKEY_get_base_id(key);
    assert_true(X509_sign(certificate, key,
                          type == EVP_PKEY_ED25519 ? NULL : EVP_sha256()) > 0);
    int len = i2d_X509(certificate, &made);
    assert_true(len > 0);
    buffer_put(&der, bytes_of(made, (size_t)len));
    OPENSSL_free(made);
    X509_free(certificate);
    return der;
}

static EVP_PKEY *intake;
static struct buffer intake_certificate;

static int open_intake(void **state)
{
    (void)state;
    AUTO_FREE(secret) heap = example_secret(bytes_of("", 0));
    intake = EVP_RSA_gen(3072);
    assert_non_null(intake);
    intake_certificate = certify(intake);
    return 0;
}

static int close_intake(void **state)
{
    (void)state;
    buffer_clear(&intake_certificate);
    EVP_PKEY_free(intake);
    return 0;
}

static void the_context_hash_covers_every_field(void **state)
{
    (void)state;
    struct api_context context = sample_context();
    struct hash hash, expected;
    assert_ok(hash_of(&expected, bytes_of_string("accord secret v1"),
                      api_id_bytes(&context.account),
                      api_id_bytes(&context.dataset),
                      api_id_bytes(&context.version),
                      hash_bytes(&context.owner), bytes_of("\0", 1)));
    assert_ok(api_context_hash(&context, &hash));
    assert_true(hash_equal(&hash, &expected));

    context.flags = API_CLASS_CCM;
    memset(context.owner.bytes, 0, HASH_LEN);
    assert_ok(hash_of(&expected, bytes_of_string("accord secret v1"),
                      api_id_bytes(&context.account),
                      api_id_bytes(&context.dataset),
                      api_id_bytes(&context.version),
                      hash_bytes(&context.owner), bytes_of("\1", 1)));
    assert_ok(api_context_hash(&context, &hash));
    assert_true(hash_equal(&hash, &expected));
}

static void class_and_owner_must_go_together(void **state)
{
    (void)state;
    struct hash hash = { { 0x5a } };
    struct api_context context = sample_context();
    context.flags = API_CLASS_CCM;
    assert_status(STATUS_INVALID, api_context_hash(&context, &hash));
    context = sample_context();
    memset(context.owner.bytes, 0, HASH_LEN);
    assert_status(STATUS_INVALID, api_context_hash(&context, &hash));
    for (unsigned flags = 2; flags < 256; flags++) {
        context = sample_context();
        context.flags = (uint8_t)flags;
        assert_status(STATUS_INVALID, api_context_hash(&context, &hash));
        memset(context.owner.bytes, 0, HASH_LEN);
        assert_status(STATUS_INVALID, api_context_hash(&context, &hash));
    }
    assert_int_equal(hash.bytes[0], 0x5a);
}

/* FIPS 197 appendix C.3, twice: ECB has no memory. */
static void derivation_is_aes_256_ecb(void **state)
{
    (void)state;
    unsigned char key[32];
    struct hash input;
    AUTO_FREE(secret) derived = NULL;
    for (unsigned char i = 0; i < 32; i++) {
        key[i] = i;
        input.bytes[i] = (unsigned char)(i % 16 * 0x11);
    }
    AUTO_FREE(secret) k = example_secret(bytes_of(key, 32));
    unsigned char expected[32];
    assert_ok(hex_decode(bytes_of_string("8ea2b7ca516745bfeafc49904b496089"
                                         "8ea2b7ca516745bfeafc49904b496089"),
                         expected, 32));
    assert_ok(api_seal_derive(k, &input, &derived));
    assert_true(secret_equals(derived, bytes_of(expected, 32)));
}

static void keys_of_another_length_are_refused(void **state)
{
    (void)state;
    static const unsigned char bytes[64];
    struct hash ctx = { { 0 } }, proof = { { 0x5a } };
    for (size_t len = 0; len <= 64; len += 16) {
        if (len == API_KEY_LEN)
            continue;
        AUTO_FREE(secret) k = example_secret(bytes_of(bytes, len));
        struct secret *out = NULL;
        assert_status(STATUS_INVALID, api_seal_derive(k, &ctx, &out));
        assert_status(STATUS_INVALID, api_seal_proof(k, &ctx, &ctx, &proof));
        assert_null(out);
    }
    assert_int_equal(proof.bytes[0], 0x5a);
}

static void the_proof_is_an_hmac_over_context_and_blob(void **state)
{
    (void)state;
    unsigned char message[64], key[32];
    struct hash ctx, blob, proof, expected;
    memset(key, 0xf1, 32);
    memset(ctx.bytes, 0xf2, 32);
    memset(blob.bytes, 0xf3, 32);
    memset(message, 0xf2, 32);
    memset(message + 32, 0xf3, 32);
    assert_non_null(
        HMAC(EVP_sha256(), key, 32, message, 64, expected.bytes, NULL));
    AUTO_FREE(secret) proof_key = example_secret(bytes_of(key, 32));
    assert_ok(api_seal_proof(proof_key, &ctx, &blob, &proof));
    assert_true(hash_equal(&proof, &expected));
}

/* What the HSM does: C_UnwrapKey with SHA-1, MGF1-SHA-1, no label. */
static struct secret *unwrap(EVP_PKEY *key, const struct buffer *wrapped)
{
    unsigned char plain[512];
    size_t len = sizeof(plain);
    EVP_PKEY_CTX *rsa = EVP_PKEY_CTX_new(key, NULL);
    assert_int_equal(EVP_PKEY_decrypt_init(rsa), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(rsa, RSA_PKCS1_OAEP_PADDING),
                     1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_oaep_md(rsa, EVP_sha1()), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_mgf1_md(rsa, EVP_sha1()), 1);
    assert_int_equal(
        EVP_PKEY_decrypt(rsa, plain, &len, wrapped->data, wrapped->len), 1);
    EVP_PKEY_CTX_free(rsa);
    assert_int_equal(len, API_KEY_LEN);
    return example_secret(bytes_of(plain, len));
}

static void what_is_sealed_opens_for_the_intake_key_alone(void **state)
{
    (void)state;
    struct api_context context = sample_context();
    struct api_sealed sealed;
    struct hash ctx;
    AUTO_FREE(secret) plain = example_secret(bytes_of_string("credential"));
    AUTO_FREE(secret) k_prime = NULL;
    AUTO_FREE(secret) opened = NULL;
    assert_ok(api_seal(&context, buffer_bytes(&intake_certificate), plain,
                       &sealed, NULL));
    assert_int_equal(sealed.wrapped.len, 384);
    assert_int_equal(sealed.blob.len, 10 + 16);
    AUTO_FREE(secret) k = unwrap(intake, &sealed.wrapped);
    assert_ok(api_context_hash(&context, &ctx));
    assert_ok(api_seal_derive(k, &ctx, &k_prime));
    assert_ok(api_open(k_prime, &ctx, buffer_bytes(&sealed.blob), &opened));
    assert_true(secret_equals(opened, secret_expose(plain)));
    api_sealed_clear(&sealed);
}

static void the_proof_says_that_k_was_known(void **state)
{
    (void)state;
    struct api_context context = sample_context();
    struct api_sealed sealed;
    struct hash ctx, input, blob, proof;
    AUTO_FREE(secret) plain = example_secret(bytes_of_string("credential"));
    AUTO_FREE(secret) proof_key = NULL;
    assert_ok(api_seal(&context, buffer_bytes(&intake_certificate), plain,
                       &sealed, NULL));
    AUTO_FREE(secret) k = unwrap(intake, &sealed.wrapped);
    assert_ok(api_context_hash(&context, &ctx));
    assert_ok(hash_of(&input, bytes_of_string("accord intake proof v1"),
                      hash_bytes(&ctx)));
    assert_ok(hash_of(&blob, buffer_bytes(&sealed.blob)));
    assert_ok(api_seal_derive(k, &input, &proof_key));
    assert_ok(api_seal_proof(proof_key, &ctx, &blob, &proof));
    assert_true(hash_equal(&proof, &sealed.proof));
    api_sealed_clear(&sealed);
}

static void every_seal_has_a_key_of_its_own(void **state)
{
    (void)state;
    struct api_context context = sample_context();
    struct api_sealed one, two;
    AUTO_FREE(secret) plain = example_secret(bytes_of_string("credential"));
    assert_ok(api_seal(&context, buffer_bytes(&intake_certificate), plain, &one,
                       NULL));
    assert_ok(api_seal(&context, buffer_bytes(&intake_certificate), plain, &two,
                       NULL));
    AUTO_FREE(secret) k = unwrap(intake, &one.wrapped);
    AUTO_FREE(secret) other = unwrap(intake, &two.wrapped);
    assert_false(secret_equals(k, secret_expose(other)));
    assert_false(bytes_equal(buffer_bytes(&one.blob), buffer_bytes(&two.blob)));
    api_sealed_clear(&one);
    api_sealed_clear(&two);
}

static void credentials_of_1_byte_to_64_kib_are_sealed(void **state)
{
    (void)state;
    static const struct {
        size_t len;
        enum status_code code;
    } cases[] = {
        { 0, STATUS_INVALID },
        { 1, STATUS_OK },
        { API_CREDENTIAL_MAX, STATUS_OK },
        { API_CREDENTIAL_MAX + 1, STATUS_INVALID },
    };
    static unsigned char plain[API_CREDENTIAL_MAX + 1];
    struct api_context context = sample_context();
    for (size_t i = 0; i < 4; i++) {
        struct api_sealed sealed;
        struct reason why = { "" };
        AUTO_FREE(secret) s = example_secret(bytes_of(plain, cases[i].len));
        struct status result = api_seal(
            &context, buffer_bytes(&intake_certificate), s, &sealed, &why);
        assert_status(cases[i].code, result);
        if (!failed(result))
            api_sealed_clear(&sealed);
        else
            assert_non_null(strstr(why.text, "can be sealed"));
    }
}

static void assert_intake_refused(struct bytes certificate, const char *said)
{
    struct api_context context = sample_context();
    struct api_sealed sealed = { .proof = { { 0x5a } } };
    struct reason why = { "" };
    AUTO_FREE(secret) plain = example_secret(bytes_of_string("credential"));
    assert_status(STATUS_INVALID,
                  api_seal(&context, certificate, plain, &sealed, &why));
    assert_non_null(strstr(why.text, said));
    assert_int_equal(sealed.proof.bytes[0], 0x5a);
    assert_null(sealed.blob.data);
}

static void other_intake_keys_are_refused(void **state)
{
    (void)state;
    EVP_PKEY *keys[] = { EVP_RSA_gen(2048), EVP_EC_gen("P-256") };
    for (size_t i = 0; i < 2; i++) {
        AUTO_CLEAR_BUFFER certificate = certify(keys[i]);
        assert_intake_refused(buffer_bytes(&certificate), "RSA of 3072 or");
        EVP_PKEY_free(keys[i]);
    }
}

static void what_is_not_one_certificate_is_refused(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER longer = buffer_make(8192);
    buffer_put(&longer, buffer_bytes(&intake_certificate));
    buffer_put_u8(&longer, 0);
    assert_intake_refused(buffer_bytes(&longer), "not a DER certificate");
    assert_intake_refused(
        bytes_of(intake_certificate.data, intake_certificate.len - 1),
        "not a DER certificate");
    assert_intake_refused(bytes_of(NULL, 0), "not a DER certificate");
    assert_intake_refused(bytes_of_string("-----BEGIN CERTIFICATE-----"),
                          "not a DER certificate");
}

static void a_context_that_contradicts_itself_is_not_sealed_for(void **state)
{
    (void)state;
    struct api_context context = sample_context();
    struct api_sealed sealed;
    struct reason why = { "" };
    AUTO_FREE(secret) plain = example_secret(bytes_of_string("credential"));
    context.flags = API_CLASS_CCM;
    assert_status(STATUS_INVALID,
                  api_seal(&context, buffer_bytes(&intake_certificate), plain,
                           &sealed, &why));
    assert_non_null(strstr(why.text, "do not go together"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_context_hash_covers_every_field),
        cmocka_unit_test(class_and_owner_must_go_together),
        cmocka_unit_test(derivation_is_aes_256_ecb),
        cmocka_unit_test(keys_of_another_length_are_refused),
        cmocka_unit_test(the_proof_is_an_hmac_over_context_and_blob),
        cmocka_unit_test(what_is_sealed_opens_for_the_intake_key_alone),
        cmocka_unit_test(the_proof_says_that_k_was_known),
        cmocka_unit_test(every_seal_has_a_key_of_its_own),
        cmocka_unit_test(credentials_of_1_byte_to_64_kib_are_sealed),
        cmocka_unit_test(other_intake_keys_are_refused),
        cmocka_unit_test(what_is_not_one_certificate_is_refused),
        cmocka_unit_test(a_context_that_contradicts_itself_is_not_sealed_for),
    };
    return cmocka_run_group_tests(tests, open_intake, close_intake);
}
