#include "tests/support/check.h"

#include "base/hash.h"
#include "base/text.h"

static void assert_hash(const struct hash *h, const char *hex)
{
    char text[2 * HASH_LEN + 1];
    hex_encode(hash_bytes(h), text);
    assert_string_equal(text, hex);
}

/* FIPS 180-4, the examples NIST publishes for SHA-256. */
static void known_messages_have_known_hashes(void **state)
{
    (void)state;
    struct hash h;
    assert_ok(hash_of(&h, bytes_of(NULL, 0)));
    assert_hash(&h, "e3b0c44298fc1c149afbf4c8996fb924"
                    "27ae41e4649b934ca495991b7852b855");
    assert_ok(hash_of(&h, bytes_of_string("abc")));
    assert_hash(&h, "ba7816bf8f01cfea414140de5dae2223"
                    "b00361a396177a9cb410ff61f20015ad");
    assert_ok(hash_of(&h, bytes_of_string("abcdbcdecdefdefgefghfghighijhi"
                                          "jkijkljklmklmnlmnomnopnopq")));
    assert_hash(&h, "248d6a61d20638b8e5c026930c3e6039"
                    "a33ce45964ff2167f6ecedd419db06c1");
}

static void parts_are_hashed_as_one_message(void **state)
{
    (void)state;
    struct hash whole, parts;
    assert_ok(hash_of(&whole, bytes_of_string("abc")));
    assert_ok(hash_of(&parts, bytes_of_string("a"), bytes_of(NULL, 0),
                      bytes_of_string("bc")));
    assert_true(hash_equal(&whole, &parts));
    assert_ok(hash_parts(NULL, 0, &parts));
    assert_false(hash_equal(&whole, &parts));
}

static void hashes_differ_by_one_bit(void **state)
{
    (void)state;
    struct hash a = { { 0 } }, b = { { 0 } };
    assert_true(hash_equal(&a, &b));
    b.bytes[HASH_LEN - 1] = 1;
    assert_false(hash_equal(&a, &b));
}

static void only_all_zeros_is_zero(void **state)
{
    (void)state;
    struct hash h = { { 0 } };
    assert_true(hash_is_zero(&h));
    for (size_t i = 0; i < HASH_LEN; i++) {
        h.bytes[i] = 1;
        assert_false(hash_is_zero(&h));
        h.bytes[i] = 0;
    }
}

static void random_bytes_fill_exactly_what_was_asked(void **state)
{
    (void)state;
    unsigned char a[34] = { 0 }, b[34] = { 0 };
    a[32] = a[33] = b[32] = b[33] = 0x5a;
    assert_ok(random_fill(a, 32));
    assert_ok(random_fill(b, 32));
    assert_memory_not_equal(a, b, 32); /* or a 2^-256 accident */
    assert_memory_equal(a + 32, "\x5a\x5a", 2);
    assert_memory_equal(b + 32, "\x5a\x5a", 2);
    assert_ok(random_fill(a, 0));
}

static void more_randomness_than_openssl_can_count_is_refused(void **state)
{
    (void)state;
    char untouched = 'x';
    assert_status(STATUS_UNAVAILABLE,
                  random_fill(&untouched, (size_t)INT32_MAX + 1));
    assert_int_equal(untouched, 'x');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_messages_have_known_hashes),
        cmocka_unit_test(parts_are_hashed_as_one_message),
        cmocka_unit_test(hashes_differ_by_one_bit),
        cmocka_unit_test(only_all_zeros_is_zero),
        cmocka_unit_test(random_bytes_fill_exactly_what_was_asked),
        cmocka_unit_test(more_randomness_than_openssl_can_count_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
