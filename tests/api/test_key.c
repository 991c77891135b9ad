#include "tests/api/example_key.h"
#include "tests/support/check.h"

#include <openssl/ec.h>
#include <openssl/err.h>

#include "base/text.h"

#define PREFIX "3059301306072a8648ce3d020106082a8648ce3d030107034200"
/* RFC 6979 appendix A.2.5, SHA-256, message "sample". */
#define RFC_X "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
#define RFC_Y "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"
#define RFC_R "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
#define RFC_S "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"
#define ORDER "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"
#define FIELD "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"

static void unhex(const char *text, void *out, size_t len)
{
    assert_ok(hex_decode(bytes_of_string(text), out, len));
}

static struct api_spki rfc_key(void)
{
    struct api_spki key;
    unhex(PREFIX "04" RFC_X RFC_Y, key.bytes, API_SPKI_LEN);
    return key;
}

static struct api_signature rfc_signature(void)
{
    struct api_signature signature;
    unhex(RFC_R RFC_S, signature.bytes, API_SIGNATURE_LEN);
    return signature;
}

static void the_signature_of_rfc_6979_holds(void **state)
{
    (void)state;
    struct api_spki raw = rfc_key(), key;
    struct api_signature signature = rfc_signature();
    assert_ok(api_spki_read(api_spki_bytes(&raw), &key));
    assert_true(api_spki_equal(&key, &raw));
    assert_ok(api_verify(&key, bytes_of_string("sample"), &signature));
    assert_status(STATUS_DENIED,
                  api_verify(&key, bytes_of_string("samplf"), &signature));
    assert_status(STATUS_DENIED,
                  api_verify(&key, bytes_of_string(""), &signature));
}

static void every_changed_byte_of_a_signature_is_denied(void **state)
{
    (void)state;
    struct api_spki key = rfc_key();
    for (size_t i = 0; i < API_SIGNATURE_LEN; i++) {
        struct api_signature signature = rfc_signature();
        signature.bytes[i] ^= 0x01;
        assert_status(STATUS_DENIED,
                      api_verify(&key, bytes_of_string("sample"), &signature));
    }
}

static void numbers_out_of_range_are_denied(void **state)
{
    (void)state;
    static const char *const numbers[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        ORDER,
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    };
    struct api_spki key = rfc_key();
    for (size_t i = 0; i < 6; i++) {
        struct api_signature signature = rfc_signature();
        unhex(numbers[i / 2], signature.bytes + (i % 2 ? 32 : 0), 32);
        assert_status(STATUS_DENIED,
                      api_verify(&key, bytes_of_string("sample"), &signature));
    }
}

static void only_the_one_encoding_of_a_key_is_read(void **state)
{
    (void)state;
    struct api_spki good = rfc_key(), out = { { 0x5a } };
    for (size_t i = 0; i < 27; i++) {
        struct api_spki bad = good;
        bad.bytes[i] ^= 0x02;
        assert_status(STATUS_INVALID,
                      api_spki_read(api_spki_bytes(&bad), &out));
    }
    for (size_t len = 0; len < API_SPKI_LEN; len++)
        assert_status(STATUS_INVALID,
                      api_spki_read(bytes_of(good.bytes, len), &out));
    unsigned char longer[API_SPKI_LEN + 1] = { 0 };
    memcpy(longer, good.bytes, API_SPKI_LEN);
    assert_status(STATUS_INVALID,
                  api_spki_read(bytes_of(longer, sizeof(longer)), &out));
    assert_int_equal(out.bytes[0], 0x5a);
}

/* Compressed (59 bytes), hybrid, and explicit forms name the same point. */
static void other_encodings_of_the_same_point_are_refused(void **state)
{
    (void)state;
    unsigned char compressed[59], hybrid[91];
    struct api_spki out;
    unhex("3039301306072a8648ce3d020106082a8648ce3d030107032200"
          "03" RFC_X,
          compressed, sizeof(compressed));
    assert_status(STATUS_INVALID,
                  api_spki_read(bytes_of(compressed, 59), &out));
    unhex(PREFIX "07" RFC_X RFC_Y, hybrid, sizeof(hybrid));
    assert_status(STATUS_INVALID, api_spki_read(bytes_of(hybrid, 91), &out));
}

static void points_off_the_curve_are_refused(void **state)
{
    (void)state;
    struct api_spki key = rfc_key(), out;
    struct api_signature signature = rfc_signature();
    key.bytes[API_SPKI_LEN - 1] ^= 1;
    assert_status(STATUS_INVALID, api_spki_read(api_spki_bytes(&key), &out));
    assert_status(STATUS_INVALID,
                  api_verify(&key, bytes_of_string("sample"), &signature));
    memset(key.bytes + 27, 0, 64);
    assert_status(STATUS_INVALID, api_spki_read(api_spki_bytes(&key), &out));
    /* not reduced: x = p */
    unhex(FIELD, key.bytes + 27, 32);
    assert_status(STATUS_INVALID, api_spki_read(api_spki_bytes(&key), &out));
}

static void the_hash_of_a_key_is_that_of_its_der(void **state)
{
    (void)state;
    struct api_spki key = rfc_key();
    struct hash hash, expected;
    assert_ok(hash_of(&expected, bytes_of(key.bytes, 91)));
    assert_ok(api_spki_hash(&key, &hash));
    assert_true(hash_equal(&hash, &expected));
}

static void what_a_fresh_key_signs_holds_under_it_alone(void **state)
{
    (void)state;
    AUTO_FREE(secret) heap = example_secret(bytes_of("", 0));
    AUTO_FREE(api_key) key = NULL;
    AUTO_FREE(api_key) other = NULL;
    struct api_signature signature;
    struct bytes message = bytes_of_string("accord test v1");
    assert_ok(api_key_generate(&key));
    assert_ok(api_key_generate(&other));
    struct api_signer signer = api_key_signer(key);
    struct api_signer other_signer = api_key_signer(other);
    struct api_spki checked;
    assert_ok(api_spki_read(api_spki_bytes(&signer.key), &checked));
    assert_ok(signer.sign(signer.context, message, &signature));
    assert_ok(api_verify(&signer.key, message, &signature));
    assert_false(api_spki_equal(&signer.key, &other_signer.key));
    assert_status(STATUS_DENIED,
                  api_verify(&other_signer.key, message, &signature));
}

static void a_key_is_written_as_libcrypto_writes_it(void **state)
{
    (void)state;
    static const unsigned char numbers[][32] = { { 0x12, 0x34 }, { [31] = 1 } };
    for (size_t i = 0; i < 2; i++) {
        AUTO_FREE(secret) pem = example_pem(numbers[i]);
        AUTO_FREE(secret) written = NULL;
        AUTO_FREE(api_key) key = NULL;
        assert_ok(api_key_read(pem, &key));
        assert_ok(api_key_write(key, &written));
        assert_true(secret_equals(written, secret_expose(pem)));
    }
}

static void a_generated_key_survives_writing(void **state)
{
    (void)state;
    AUTO_FREE(secret) heap = example_secret(bytes_of("", 0));
    AUTO_FREE(secret) pem = NULL;
    AUTO_FREE(api_key) key = NULL;
    AUTO_FREE(api_key) back = NULL;
    assert_ok(api_key_generate(&key));
    assert_ok(api_key_write(key, &pem));
    assert_ok(api_key_read(pem, &back));
    struct api_signer one = api_key_signer(key), two = api_key_signer(back);
    struct api_signature signature;
    assert_true(api_spki_equal(&one.key, &two.key));
    assert_ok(two.sign(two.context, bytes_of_string("m"), &signature));
    assert_ok(api_verify(&one.key, bytes_of_string("m"), &signature));
}

#define BEGIN "-----BEGIN PRIVATE KEY-----\n"
#define END   "-----END PRIVATE KEY-----\n"

static void assert_refused(struct bytes pem)
{
    AUTO_FREE(secret) text = example_secret(pem);
    struct api_key *key = NULL;
    assert_status(STATUS_INVALID, api_key_read(text, &key));
    assert_null(key);
}

static void other_private_keys_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        BEGIN,
        BEGIN END,
        BEGIN "AA==\n" END,
        BEGIN "!!!!\n" END,
        "-----BEGIN EC PRIVATE KEY-----\n"
        "MHcCAQEEIJzr0gL4UoGlIT2fCrSQyLjmBjOv4jfLB8mGbYbtI5owoAoGCCqGSM49\n"
        "-----END EC PRIVATE KEY-----\n",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIHs\n"
        "-----END ENCRYPTED PRIVATE KEY-----\n",
        "-----BEGIN PRIVATE KEY-----END PRIVATE KEY-----",
        /* Ed25519, RFC 8410 section 10.3 */
        BEGIN "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC"
              "\n" END,
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_refused(bytes_of_string(bad[i]));
}

/* The end of a C string is none of a text. */
static void only_blanks_follow_a_private_key(void **state)
{
    (void)state;
    static const unsigned char number[32] = { 0x12, 0x34, 0x56 };
    AUTO_FREE(secret) pem = example_pem(number);
    AUTO_CLEAR_BUFFER text = buffer_make(1024);
    struct api_key *key = NULL;
    buffer_put(&text, secret_expose(pem));
    buffer_put_string(&text, " \t\r\n");
    AUTO_FREE(secret) blanks = example_secret(buffer_bytes(&text));
    assert_ok(api_key_read(blanks, &key));
    api_key_free(key);
    buffer_put_u8(&text, '\0');
    assert_refused(buffer_bytes(&text));
    buffer_put_u8(&text, '\n');
    assert_refused(buffer_bytes(&text));
}

static void every_changed_byte_of_a_private_key_is_refused(void **state)
{
    (void)state;
    static const unsigned char number[32] = { 0x12, 0x34, 0x56 };
    AUTO_FREE(secret) pem = example_pem(number);
    AUTO_CLEAR_BUFFER base64 = buffer_make(512);
    AUTO_CLEAR_BUFFER der = buffer_make(138);
    struct bytes text = secret_expose(pem);
    for (size_t i = strlen(BEGIN); i < text.len - strlen(END); i++)
        if (text.at[i] != '\n')
            buffer_put_u8(&base64, text.at[i]);
    assert_ok(base64_decode(buffer_bytes(&base64), &der));
    assert_int_equal(der.len, 138);
    for (size_t i = 0; i < der.len; i++) {
        AUTO_CLEAR_BUFFER changed = buffer_make(1024);
        der.data[i] ^= 0x01;
        buffer_put_string(&changed, BEGIN);
        base64_encode(buffer_bytes(&der), &changed);
        buffer_put_string(&changed, "\n" END);
        der.data[i] ^= 0x01;
        assert_refused(buffer_bytes(&changed));
    }
}

/* 0, n and more have no point of their own; write them over a good key. */
static void private_numbers_out_of_range_are_refused(void **state)
{
    (void)state;
    static const char *const numbers[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        ORDER,
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    };
    for (size_t i = 0; i < 3; i++) {
        AUTO_CLEAR_BUFFER der = buffer_make(138);
        AUTO_CLEAR_BUFFER pem = buffer_make(1024);
        struct api_spki key = rfc_key();
        unhex("308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b"
              "0201010420",
              buffer_extend(&der, 36), 36);
        unhex(numbers[i], buffer_extend(&der, 32), 32);
        unhex("a144034200", buffer_extend(&der, 5), 5);
        buffer_put(&der, bytes_of(key.bytes + 26, 65));
        buffer_put_string(&pem, BEGIN);
        base64_encode(buffer_bytes(&der), &pem);
        buffer_put_string(&pem, "\n" END);
        assert_int_equal(der.len, 138);
        assert_refused(buffer_bytes(&pem));
    }
}

static void failures_leave_the_error_queue_as_it_was(void **state)
{
    (void)state;
    struct api_spki bad = rfc_key(), out, key = rfc_key();
    struct api_signature signature = rfc_signature();
    bad.bytes[40] ^= 1;
    ERR_clear_error();
    ERR_raise(ERR_LIB_USER, 7);
    assert_status(STATUS_INVALID, api_spki_read(api_spki_bytes(&bad), &out));
    memset(signature.bytes, 0xff, 32);
    assert_status(STATUS_DENIED,
                  api_verify(&key, bytes_of_string("sample"), &signature));
    assert_int_equal(ERR_GET_REASON(ERR_get_error()), 7);
    assert_int_equal(ERR_get_error(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_signature_of_rfc_6979_holds),
        cmocka_unit_test(every_changed_byte_of_a_signature_is_denied),
        cmocka_unit_test(numbers_out_of_range_are_denied),
        cmocka_unit_test(only_the_one_encoding_of_a_key_is_read),
        cmocka_unit_test(other_encodings_of_the_same_point_are_refused),
        cmocka_unit_test(points_off_the_curve_are_refused),
        cmocka_unit_test(the_hash_of_a_key_is_that_of_its_der),
        cmocka_unit_test(what_a_fresh_key_signs_holds_under_it_alone),
        cmocka_unit_test(a_key_is_written_as_libcrypto_writes_it),
        cmocka_unit_test(a_generated_key_survives_writing),
        cmocka_unit_test(other_private_keys_are_refused),
        cmocka_unit_test(only_blanks_follow_a_private_key),
        cmocka_unit_test(every_changed_byte_of_a_private_key_is_refused),
        cmocka_unit_test(private_numbers_out_of_range_are_refused),
        cmocka_unit_test(failures_leave_the_error_queue_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
