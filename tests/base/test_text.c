#include "tests/support/check.h"

#include <stdlib.h>

#include "base/text.h"

static void hex_is_lower_case_and_ends_with_a_nul(void **state)
{
    (void)state;
    char out[] = "........";
    hex_encode(bytes_of("\x00\x9f\xff", 3), out);
    assert_memory_equal(out, "009fff\0.", 8);
    hex_encode(bytes_of(NULL, 0), out);
    assert_string_equal(out, "");
}

static void hex_of_either_case_decodes(void **state)
{
    (void)state;
    unsigned char out[4];
    assert_ok(hex_decode(bytes_of_string("00aBfF09"), out, 4));
    assert_memory_equal(out, "\x00\xab\xff\x09", 4);
    assert_ok(hex_decode(bytes_of(NULL, 0), out, 0));
}

static void every_byte_survives_hex(void **state)
{
    (void)state;
    unsigned char all[256], back[256];
    char text[513];
    for (size_t i = 0; i < 256; i++)
        all[i] = (unsigned char)i;
    hex_encode(bytes_of(all, 256), text);
    assert_ok(hex_decode(bytes_of_string(text), back, 256));
    assert_memory_equal(all, back, 256);
}

static void bad_hex_is_refused_and_changes_nothing(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",     "a",    "aab",   "aabbc", "aabbcc", "aag0",
        "aa/0", "aa:0", "aa@0",  "aaG0",  "aa`0",   "0xaa",
        "aa b", "aab ", " aabb", "-abb",  "aab\n",  "\xc3\xa9xx",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        unsigned char out[2] = { 0x5a, 0x5a };
        assert_status(STATUS_INVALID,
                      hex_decode(bytes_of_string(bad[i]), out, 2));
        assert_memory_equal(out, "\x5a\x5a", 2);
    }
    unsigned char out[2] = { 0x5a, 0x5a };
    assert_status(STATUS_INVALID, hex_decode(bytes_of("aa\0b", 4), out, 2));
    assert_memory_equal(out, "\x5a\x5a", 2);
}

/* RFC 4648 section 10. */
static const struct {
    const char *plain, *text;
} rfc4648[] = {
    { "", "" },
    { "f", "Zg==" },
    { "fo", "Zm8=" },
    { "foo", "Zm9v" },
    { "foob", "Zm9vYg==" },
    { "fooba", "Zm9vYmE=" },
    { "foobar", "Zm9vYmFy" },
};

static void base64_agrees_with_the_rfc_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rfc4648) / sizeof(rfc4648[0]); i++) {
        AUTO_CLEAR_BUFFER text = buffer_make(16);
        AUTO_CLEAR_BUFFER plain = buffer_make(16);
        base64_encode(bytes_of_string(rfc4648[i].plain), &text);
        assert_ok(buffer_status(&text));
        assert_true(
            bytes_equal(buffer_bytes(&text), bytes_of_string(rfc4648[i].text)));
        assert_ok(base64_decode(buffer_bytes(&text), &plain));
        assert_true(bytes_equal(buffer_bytes(&plain),
                                bytes_of_string(rfc4648[i].plain)));
    }
}

static void every_byte_survives_base64(void **state)
{
    (void)state;
    unsigned char all[256];
    for (size_t i = 0; i < 256; i++)
        all[i] = (unsigned char)(255 - i);
    for (size_t len = 254; len <= 256; len++) {
        AUTO_CLEAR_BUFFER text = buffer_make(400);
        AUTO_CLEAR_BUFFER back = buffer_make(256);
        base64_encode(bytes_of(all, len), &text);
        assert_ok(base64_decode(buffer_bytes(&text), &back));
        assert_true(bytes_equal(buffer_bytes(&back), bytes_of(all, len)));
    }
}

/* Zh== to Zm+= have trailing bits that are not zero (RFC 4648 section 3.5). */
static const char *const bad_base64[] = {
    "Z",      "Zg",         "Zg=",      "Zm8",        "=",        "==",
    "===",    "====",       "Z===",     "Zg==Zg==",   "Zm8=Zm8=", "Z=g=",
    "Zh==",   "Zi==",       "Zk==",     "Zo==",       "Zm9=",     "Zm+=",
    "Zm9v\n", "Zm9v\nZm9v", "Zm9v ",    " Zm9v",      "Zm-v",     "Zm_v",
    "Zm9!",   "Zm9v=",      "Zm9v====", "\xc3\xa9Zm",
};

static void bad_base64_is_refused_and_adds_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bad_base64) / sizeof(bad_base64[0]); i++) {
        AUTO_CLEAR_BUFFER out = buffer_make(64);
        buffer_put_string(&out, "before");
        assert_status(STATUS_INVALID,
                      base64_decode(bytes_of_string(bad_base64[i]), &out));
        assert_ok(buffer_status(&out));
        assert_true(bytes_equal(buffer_bytes(&out), bytes_of_string("before")));
    }
    AUTO_CLEAR_BUFFER out = buffer_make(64);
    assert_status(STATUS_INVALID, base64_decode(bytes_of("Zm\0v", 4), &out));
}

static void base64_does_not_outgrow_its_buffer(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER out = buffer_make(2);
    assert_status(STATUS_INVALID, base64_decode(bytes_of_string("Zm9v"), &out));
    assert_int_equal(out.len, 0);
}

static void base64_decodes_into_a_secret(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rfc4648) / sizeof(rfc4648[0]); i++) {
        AUTO_FREE(secret) made = NULL;
        assert_ok(
            base64_decode_secret(bytes_of_string(rfc4648[i].text), &made));
        assert_true(secret_equals(made, bytes_of_string(rfc4648[i].plain)));
    }
}

static void a_bad_secret_is_refused_and_none_is_made(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bad_base64) / sizeof(bad_base64[0]); i++) {
        struct secret *made = NULL;
        assert_status(
            STATUS_INVALID,
            base64_decode_secret(bytes_of_string(bad_base64[i]), &made));
        assert_null(made);
    }
}

static void more_than_a_mebibyte_of_text_is_no_secret(void **state)
{
    (void)state;
    const size_t len = ((size_t)1 << 20) + 4;
    char *text = malloc(len);
    assert_non_null(text);
    memset(text, 'A', len);
    struct secret *made = NULL;
    assert_status(STATUS_INVALID,
                  base64_decode_secret(bytes_of(text, len), &made));
    assert_null(made);
    /* At the limit it is only the heap of this test that is too small. */
    assert_status(STATUS_BUSY,
                  base64_decode_secret(bytes_of(text, len - 4), &made));
    assert_null(made);
    free(text);
}

static int open_heap(void **state)
{
    (void)state;
    return failed(secret_heap_open(1 << 14)) ? -1 : 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hex_is_lower_case_and_ends_with_a_nul),
        cmocka_unit_test(hex_of_either_case_decodes),
        cmocka_unit_test(every_byte_survives_hex),
        cmocka_unit_test(bad_hex_is_refused_and_changes_nothing),
        cmocka_unit_test(base64_agrees_with_the_rfc_both_ways),
        cmocka_unit_test(every_byte_survives_base64),
        cmocka_unit_test(bad_base64_is_refused_and_adds_nothing),
        cmocka_unit_test(base64_does_not_outgrow_its_buffer),
        cmocka_unit_test(base64_decodes_into_a_secret),
        cmocka_unit_test(a_bad_secret_is_refused_and_none_is_made),
        cmocka_unit_test(more_than_a_mebibyte_of_text_is_no_secret),
    };
    return cmocka_run_group_tests(tests, open_heap, NULL);
}
