#include "tests/support/check.h"

#include <openssl/evp.h>

#include "api/seal.h"
#include "tests/api/example_key.h"

/* SP 800-38D has no vector with our inputs; the expected bytes come from
 * libcrypto called here. */
static struct buffer gcm(const unsigned char key[32], const struct hash *aad,
                         struct bytes plain)
{
    static const unsigned char nonce[12];
    struct buffer blob = buffer_make(1024 * 1024);
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    unsigned char *to = buffer_extend(&blob, plain.len + 16);
    int len;
    assert_non_null(to);
    assert_int_equal(EVP_EncryptInit_ex(c, EVP_aes_256_gcm(), NULL, key, nonce),
                     1);
    assert_int_equal(EVP_EncryptUpdate(c, NULL, &len, aad->bytes, 32), 1);
    assert_int_equal(EVP_EncryptUpdate(c, to, &len, plain.at, (int)plain.len),
                     1);
    assert_int_equal(EVP_EncryptFinal_ex(c, to + len, &len), 1);
    assert_int_equal(
        EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, 16, to + plain.len), 1);
    EVP_CIPHER_CTX_free(c);
    return blob;
}

static void a_blob_is_aes_256_gcm_under_the_zero_nonce(void **state)
{
    (void)state;
    unsigned char key[32] = { 9 };
    struct hash ctx = { { 8 } };
    AUTO_CLEAR_BUFFER blob = gcm(key, &ctx, bytes_of_string("credential"));
    AUTO_FREE(secret) k_prime = example_secret(bytes_of(key, 32));
    AUTO_FREE(secret) opened = NULL;
    assert_ok(api_open(k_prime, &ctx, buffer_bytes(&blob), &opened));
    assert_true(secret_equals(opened, bytes_of_string("credential")));
}

static void a_changed_blob_or_context_does_not_open(void **state)
{
    (void)state;
    unsigned char key[32] = { 9 };
    struct hash ctx = { { 8 } };
    AUTO_CLEAR_BUFFER blob = gcm(key, &ctx, bytes_of_string("credential"));
    AUTO_FREE(secret) k_prime = example_secret(bytes_of(key, 32));
    struct secret *opened = NULL;
    for (size_t i = 0; i < blob.len; i++) {
        blob.data[i] ^= 0x10;
        assert_status(STATUS_CORRUPT,
                      api_open(k_prime, &ctx, buffer_bytes(&blob), &opened));
        blob.data[i] ^= 0x10;
    }
    for (size_t len = 0; len < blob.len; len++)
        assert_status(
            STATUS_CORRUPT,
            api_open(k_prime, &ctx, bytes_of(blob.data, len), &opened));
    ctx.bytes[31] ^= 1;
    assert_status(STATUS_CORRUPT,
                  api_open(k_prime, &ctx, buffer_bytes(&blob), &opened));
    ctx.bytes[31] ^= 1;
    key[0] ^= 1;
    AUTO_FREE(secret) wrong = example_secret(bytes_of(key, 32));
    assert_status(STATUS_CORRUPT,
                  api_open(wrong, &ctx, buffer_bytes(&blob), &opened));
    assert_null(opened);
}

static void blobs_of_1_byte_to_64_kib_are_opened(void **state)
{
    (void)state;
    static unsigned char plain[API_CREDENTIAL_MAX + 1];
    unsigned char key[32] = { 9 };
    struct hash ctx = { { 8 } };
    AUTO_FREE(secret) k_prime = example_secret(bytes_of(key, 32));
    AUTO_FREE(secret) opened = NULL;
    struct secret *none = NULL;
    AUTO_CLEAR_BUFFER fits =
        gcm(key, &ctx, bytes_of(plain, API_CREDENTIAL_MAX));
    AUTO_CLEAR_BUFFER over = gcm(key, &ctx, bytes_of(plain, sizeof(plain)));
    assert_ok(api_open(k_prime, &ctx, buffer_bytes(&fits), &opened));
    assert_status(STATUS_CORRUPT,
                  api_open(k_prime, &ctx, buffer_bytes(&over), &none));

    AUTO_CLEAR_BUFFER nothing = gcm(key, &ctx, bytes_of(plain, 0));
    assert_status(STATUS_CORRUPT,
                  api_open(k_prime, &ctx, buffer_bytes(&nothing), &none));
    assert_null(none);
}

static void a_key_of_another_length_opens_nothing(void **state)
{
    (void)state;
    static const unsigned char bytes[64];
    struct hash ctx = { { 0 } };
    for (size_t len = 0; len <= 64; len += 16) {
        if (len == API_KEY_LEN)
            continue;
        AUTO_FREE(secret) k = example_secret(bytes_of(bytes, len));
        struct secret *out = NULL;
        assert_status(STATUS_INVALID,
                      api_open(k, &ctx, bytes_of(bytes, 40), &out));
        assert_null(out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_blob_is_aes_256_gcm_under_the_zero_nonce),
        cmocka_unit_test(a_changed_blob_or_context_does_not_open),
        cmocka_unit_test(blobs_of_1_byte_to_64_kib_are_opened),
        cmocka_unit_test(a_key_of_another_length_opens_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
