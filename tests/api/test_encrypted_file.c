/* The product's file format: nonce, ciphertext, tag; nothing else, and
 * nothing is valid before the tag held. */

#include "tests/api/sample.h"
#include "tests/support/check.h"

#include <openssl/evp.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/text.h"

static const unsigned char key_bytes[32] = { 0xb1, 0xd4, 3, 4, 5, [31] = 0xda };

static struct secret *key(void)
{
    return sample_secret(bytes_of(key_bytes, sizeof(key_bytes)));
}

static STATUS collect(void *context, struct bytes bytes)
{
    struct buffer *out = context;
    buffer_put(out, bytes);
    return buffer_status(out);
}

static STATUS put_in_pieces(struct api_file *file, struct bytes text,
                            size_t piece)
{
    while (text.len > 0) {
        size_t len = text.len < piece ? text.len : piece;
        TRY(api_file_put(file, bytes_of(text.at, len)));
        text = bytes_of(text.at + len, text.len - len);
    }
    return api_file_finish(file);
}

static STATUS encrypt(struct bytes plain, size_t piece, struct buffer *out)
{
    AUTO_FREE(secret) k = key();
    AUTO_FREE(api_file) file = NULL;
    TRY(api_file_encrypt(k, collect, out, &file));
    return put_in_pieces(file, plain, piece);
}

static STATUS decrypt(struct bytes sealed, size_t piece, struct buffer *out)
{
    AUTO_FREE(secret) k = key();
    AUTO_FREE(api_file) file = NULL;
    TRY(api_file_decrypt(k, collect, out, &file));
    return put_in_pieces(file, sealed, piece);
}

/* What libcrypto makes of the same in one go: the format by other means. */
static void seal_at_once(const unsigned char nonce[12], struct bytes plain,
                         struct buffer *out)
{
    int len = 0;
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    buffer_put(out, bytes_of(nonce, 12));
    unsigned char *at = buffer_extend(out, plain.len + 16);
    assert_non_null(at);
    assert_int_equal(
        EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key_bytes, nonce), 1);
    assert_int_equal(EVP_EncryptUpdate(ctx, at, &len, plain.at, (int)plain.len),
                     1);
    assert_int_equal(EVP_EncryptFinal_ex(ctx, at + len, &len), 1);
    assert_int_equal(
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, 16, at + plain.len), 1);
    EVP_CIPHER_CTX_free(ctx);
}

static struct bytes sample_text(size_t len)
{
    static unsigned char text[70000];
    assert_true(len <= sizeof(text));
    for (size_t i = 0; i < len; i++)
        text[i] = (unsigned char)(i * 7 + i / 251);
    return bytes_of(text, len);
}

static const size_t lengths[] = { 1,     15,    16,    17,    28,   1000,
                                  16383, 16384, 16385, 65536, 70000 };
#define LENGTHS (sizeof(lengths) / sizeof(lengths[0]))

static void a_file_is_nonce_ciphertext_and_tag(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTHS; i++) {
        AUTO_CLEAR_BUFFER ours = buffer_make(80000);
        AUTO_CLEAR_BUFFER theirs = buffer_make(80000);
        struct bytes plain = sample_text(lengths[i]);
        assert_ok(encrypt(plain, SIZE_MAX, &ours));
        assert_int_equal(ours.len, plain.len + API_FILE_OVERHEAD);
        seal_at_once(ours.data, plain, &theirs);
        assert_true(bytes_equal(buffer_bytes(&ours), buffer_bytes(&theirs)));
    }
}

static void nothing_encrypts_to_28_bytes(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER sealed = buffer_make(64);
    AUTO_CLEAR_BUFFER plain = buffer_make(64);
    assert_ok(encrypt(bytes_of(NULL, 0), 1, &sealed));
    assert_int_equal(sealed.len, 28);
    assert_ok(decrypt(buffer_bytes(&sealed), 28, &plain));
    assert_int_equal(plain.len, 0);
}

static void every_file_has_its_own_nonce(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER a = buffer_make(64);
    AUTO_CLEAR_BUFFER b = buffer_make(64);
    assert_ok(encrypt(bytes_of_string("x"), 1, &a));
    assert_ok(encrypt(bytes_of_string("x"), 1, &b));
    assert_memory_not_equal(a.data, b.data, 12);
}

static void pieces_of_any_size_make_the_same_file(void **state)
{
    (void)state;
    static const size_t pieces[] = { 1,  2,  7,    11,    12,    13,      15,
                                     16, 17, 4096, 16384, 16391, SIZE_MAX };
    struct bytes plain = sample_text(40000);
    AUTO_CLEAR_BUFFER sealed = buffer_make(80000);
    assert_ok(encrypt(plain, 777, &sealed));
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        AUTO_CLEAR_BUFFER back = buffer_make(80000);
        AUTO_CLEAR_BUFFER other = buffer_make(80000);
        AUTO_CLEAR_BUFFER again = buffer_make(80000);
        assert_ok(decrypt(buffer_bytes(&sealed), pieces[i], &back));
        assert_true(bytes_equal(buffer_bytes(&back), plain));
        assert_ok(encrypt(plain, pieces[i], &other));
        seal_at_once(other.data, plain, &again);
        assert_true(bytes_equal(buffer_bytes(&other), buffer_bytes(&again)));
    }
}

static void pieces_of_nothing_change_nothing(void **state)
{
    (void)state;
    AUTO_FREE(secret) k = key();
    AUTO_FREE(api_file) file = NULL;
    AUTO_CLEAR_BUFFER sealed = buffer_make(64);
    AUTO_CLEAR_BUFFER plain = buffer_make(64);
    assert_ok(encrypt(bytes_of_string("text"), 1, &sealed));
    assert_ok(api_file_decrypt(k, collect, &plain, &file));
    for (size_t i = 0; i < sealed.len; i++) {
        assert_ok(api_file_put(file, bytes_of(NULL, 0)));
        assert_ok(api_file_put(file, bytes_of(sealed.data + i, 1)));
    }
    assert_ok(api_file_put(file, bytes_of(NULL, 0)));
    assert_ok(api_file_finish(file));
    assert_true(bytes_equal(buffer_bytes(&plain), bytes_of_string("text")));
}

static void no_bit_may_change(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER sealed = buffer_make(128);
    assert_ok(encrypt(sample_text(40), 40, &sealed));
    for (size_t bit = 0; bit < sealed.len * 8; bit++) {
        AUTO_CLEAR_BUFFER plain = buffer_make(128);
        sealed.data[bit / 8] ^= (unsigned char)(1 << bit % 8);
        assert_status(STATUS_CORRUPT,
                      decrypt(buffer_bytes(&sealed), 16, &plain));
        sealed.data[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
}

static void no_byte_may_be_missing_or_too_many(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER sealed = buffer_make(128);
    assert_ok(encrypt(sample_text(40), 40, &sealed));
    for (size_t len = 0; len < sealed.len; len++) {
        AUTO_CLEAR_BUFFER plain = buffer_make(128);
        assert_status(STATUS_CORRUPT,
                      decrypt(bytes_of(sealed.data, len), 5, &plain));
    }
    buffer_put_u8(&sealed, 0);
    AUTO_CLEAR_BUFFER plain = buffer_make(128);
    assert_status(STATUS_CORRUPT, decrypt(buffer_bytes(&sealed), 5, &plain));
}

static void another_key_opens_nothing(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER sealed = buffer_make(64);
    AUTO_CLEAR_BUFFER plain = buffer_make(64);
    AUTO_FREE(secret) other = key();
    AUTO_FREE(api_file) file = NULL;
    assert_ok(encrypt(bytes_of_string("text"), 4, &sealed));
    secret_fill(other)[31] ^= 1;
    assert_ok(api_file_decrypt(other, collect, &plain, &file));
    assert_status(STATUS_CORRUPT,
                  put_in_pieces(file, buffer_bytes(&sealed), 64));
}

static void a_key_has_32_bytes(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER out = buffer_make(64);
    AUTO_FREE(secret) brief = sample_secret(bytes_of(key_bytes, 31));
    AUTO_FREE(secret) extra = sample_secret(bytes_of(sample_text(33).at, 33));
    struct api_file *file = NULL;
    assert_status(STATUS_INVALID,
                  api_file_encrypt(brief, collect, &out, &file));
    assert_status(STATUS_INVALID,
                  api_file_decrypt(extra, collect, &out, &file));
    assert_null(file);
    assert_int_equal(out.len, 0);
}

/* --- failures */

static STATUS sink_fails(void *context, struct bytes bytes)
{
    size_t *left = context;
    if (bytes.len > *left)
        return failure(STATUS_UNAVAILABLE, "sink", 28);
    *left -= bytes.len;
    return OK;
}

static void a_failing_sink_ends_the_stream(void **state)
{
    (void)state;
    AUTO_FREE(secret) k = key();
    struct api_file *none = NULL;
    size_t room = 11;
    assert_status(STATUS_UNAVAILABLE,
                  api_file_encrypt(k, sink_fails, &room, &none));
    assert_null(none);

    AUTO_FREE(api_file) file = NULL;
    room = 12 + 100;
    assert_ok(api_file_encrypt(k, sink_fails, &room, &file));
    assert_ok(api_file_put(file, sample_text(100)));
    assert_status(STATUS_UNAVAILABLE, api_file_put(file, sample_text(1)));
    room = 1000; /* too late: a byte is missing */
    assert_status(STATUS_UNAVAILABLE, api_file_put(file, sample_text(1)));
    assert_status(STATUS_UNAVAILABLE, api_file_finish(file));
}

static void a_finished_stream_takes_nothing_more(void **state)
{
    (void)state;
    AUTO_FREE(secret) k = key();
    AUTO_FREE(api_file) file = NULL;
    AUTO_CLEAR_BUFFER out = buffer_make(64);
    assert_ok(api_file_encrypt(k, collect, &out, &file));
    assert_ok(api_file_finish(file));
    assert_status(STATUS_INVALID, api_file_put(file, bytes_of_string("x")));
    assert_status(STATUS_INVALID, api_file_finish(file));
    assert_int_equal(out.len, 28);
}

static void the_maximum_is_that_of_the_cipher(void **state)
{
    (void)state;
    /* NIST SP 800-38D: at most 2^39 - 256 bits */
    assert_true(API_FILE_PLAIN_MAX == (((uint64_t)1 << 39) - 256) / 8);
    assert_true(api_file_admits(0, 0));
    assert_true(api_file_admits(0, API_FILE_PLAIN_MAX));
    assert_true(api_file_admits(API_FILE_PLAIN_MAX, 0));
    assert_true(api_file_admits(API_FILE_PLAIN_MAX - 16, 16));
    assert_false(api_file_admits(0, API_FILE_PLAIN_MAX + 1));
    assert_false(api_file_admits(API_FILE_PLAIN_MAX, 1));
    assert_false(api_file_admits(API_FILE_PLAIN_MAX - 16, 17));
    assert_false(api_file_admits(1, UINT64_MAX));
    assert_false(api_file_admits(UINT64_MAX, 1));
}

/* More than the maximum in one call, of which nothing is read. */
static void a_text_too_long_is_refused_before_it_is_touched(void **state)
{
    (void)state;
    AUTO_FREE(secret) k = key();
    AUTO_FREE(api_file) file = NULL;
    AUTO_CLEAR_BUFFER out = buffer_make(64);
    assert_ok(api_file_encrypt(k, collect, &out, &file));
    assert_status(
        STATUS_INVALID,
        api_file_put(file, bytes_of(key_bytes, API_FILE_PLAIN_MAX + 1)));
    assert_status(STATUS_INVALID, api_file_finish(file));
    assert_int_equal(out.len, 12);
}

/* --- keys as text */

static void a_key_is_64_digits_of_either_case(void **state)
{
    (void)state;
    char digits[66];
    AUTO_FREE(secret) heap = key();
    AUTO_FREE(secret) lower = NULL;
    AUTO_FREE(secret) upper = NULL;
    AUTO_FREE(secret) line = NULL;
    hex_encode(bytes_of(key_bytes, 32), digits);
    assert_ok(api_file_key(bytes_of(digits, 64), &lower));
    assert_true(secret_equals(lower, bytes_of(key_bytes, 32)));
    digits[0] = 'B';
    digits[62] = 'D';
    assert_ok(api_file_key(bytes_of(digits, 64), &upper));
    assert_true(secret_equals(upper, bytes_of(key_bytes, 32)));
    digits[64] = '\n'; /* as xxd writes it */
    assert_ok(api_file_key(bytes_of(digits, 65), &line));
    assert_true(secret_equals(line, bytes_of(key_bytes, 32)));
}

static void other_keys_are_refused(void **state)
{
    (void)state;
    AUTO_FREE(secret) heap = key();
    static const char *const bad[] = {
        "",
        "\n",
        "00000000000000000000000000000000000000000000000000000000000000f",
        "00000000000000000000000000000000000000000000000000000000000000f00",
        "000000000000000000000000000000000000000000000000000000000000000g",
        "0000000000000000000000000000000000000000000000000000000000000000 ",
        "0000000000000000000000000000000000000000000000000000000000000000\n\n",
        "000000000000000000000000000000000000000000000000000000000000000\n",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct secret *out = NULL;
        assert_status(STATUS_INVALID,
                      api_file_key(bytes_of_string(bad[i]), &out));
        assert_null(out);
    }
}

/* --- files made by the product's own example */

#define VECTORS PROJECT_SOURCE_DIR "/../shared/vectors/"

static void open_vector(const char *sealed_path, const char *plain_path)
{
    AUTO_CLEAR_BUFFER sealed = buffer_make(100000);
    AUTO_CLEAR_BUFFER expected = buffer_make(100000);
    AUTO_CLEAR_BUFFER digits = buffer_make(100);
    AUTO_CLEAR_BUFFER plain = buffer_make(100000);
    AUTO_FREE(secret) k = NULL;
    AUTO_FREE(api_file) file = NULL;
    if (failed(file_read(sealed_path, &sealed))) {
        print_message("SKIP: no %s\n", sealed_path);
        skip();
    }
    assert_ok(file_read(VECTORS "encrypted_file_1.key.hex", &digits));
    assert_ok(file_read(plain_path, &expected));
    AUTO_FREE(secret) heap = key();
    assert_ok(api_file_key(buffer_bytes(&digits), &k));
    assert_ok(api_file_decrypt(k, collect, &plain, &file));
    assert_ok(put_in_pieces(file, buffer_bytes(&sealed), 100));
    assert_true(bytes_equal(buffer_bytes(&plain), buffer_bytes(&expected)));
}

static void the_product_s_file_opens(void **state)
{
    (void)state;
    open_vector(VECTORS "encrypted_file_1.bin", VECTORS "harmonize_1.csv");
}

static void the_product_s_empty_file_opens(void **state)
{
    (void)state;
    open_vector(VECTORS "encrypted_file_empty.bin", "/dev/null");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_nonce_ciphertext_and_tag),
        cmocka_unit_test(nothing_encrypts_to_28_bytes),
        cmocka_unit_test(every_file_has_its_own_nonce),
        cmocka_unit_test(pieces_of_any_size_make_the_same_file),
        cmocka_unit_test(pieces_of_nothing_change_nothing),
        cmocka_unit_test(no_bit_may_change),
        cmocka_unit_test(no_byte_may_be_missing_or_too_many),
        cmocka_unit_test(another_key_opens_nothing),
        cmocka_unit_test(a_key_has_32_bytes),
        cmocka_unit_test(a_failing_sink_ends_the_stream),
        cmocka_unit_test(a_finished_stream_takes_nothing_more),
        cmocka_unit_test(the_maximum_is_that_of_the_cipher),
        cmocka_unit_test(a_text_too_long_is_refused_before_it_is_touched),
        cmocka_unit_test(a_key_is_64_digits_of_either_case),
        cmocka_unit_test(other_keys_are_refused),
        cmocka_unit_test(the_product_s_file_opens),
        cmocka_unit_test(the_product_s_empty_file_opens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
