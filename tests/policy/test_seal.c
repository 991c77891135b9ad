/* What sealing promises before there is a store. */

#include "base/text.h"
#include "policy/store_seal.h"
#include "tests/support/check.h"

static const unsigned char data_key_key[] = { 2, 0, 0, 0, 1 };

static struct bytes key_key(void)
{
    return bytes_of(data_key_key, sizeof(data_key_key));
}

static int open_heap(void **state)
{
    (void)state;
    return failed(secret_heap_open(1 << 15)) ? -1 : 0;
}

static struct seal *sealed_with(unsigned char with)
{
    AUTO_FREE(secret) key = NULL;
    struct seal *seal = NULL;
    assert_ok(secret_new(SEAL_KEY_LEN, &key));
    memset(secret_fill(key), with, SEAL_KEY_LEN);
    assert_ok(seal_new(key, 3, &seal));
    return seal;
}

static struct status fetch_none(void *context, uint32_t number)
{
    (void)context;
    return failure(STATUS_NOT_FOUND, "fetch_none", number);
}

static struct status fetch_fails(void *context, uint32_t number)
{
    (void)context;
    return failure(STATUS_UNAVAILABLE, "fetch_fails", number);
}

static void nothing_is_sealed_before_there_is_a_data_key(void **state)
{
    (void)state;
    AUTO_FREE(seal) seal = sealed_with(1);
    AUTO_CLEAR_BUFFER out = buffer_make(256);
    struct bytes key = bytes_of_string("k");
    assert_true(seal_exhausted(seal));
    assert_status(STATUS_INVALID, seal_record(seal, key, key, &out));
    assert_int_equal(out.len, 0);
}

static void a_data_key_seals_as_many_records_as_it_may(void **state)
{
    (void)state;
    AUTO_FREE(seal) seal = sealed_with(1);
    AUTO_CLEAR_BUFFER out = buffer_make(1024);
    struct bytes key = bytes_of_string("k");
    assert_ok(seal_renew(seal));
    for (int i = 0; i < 3; i++) {
        assert_false(seal_exhausted(seal));
        assert_ok(seal_record(seal, key, key, &out));
    }
    assert_true(seal_exhausted(seal));
    assert_status(STATUS_INVALID, seal_record(seal, key, key, &out));
    assert_ok(seal_renew(seal));
    assert_int_equal(seal_number(seal), 2);
    assert_ok(seal_record(seal, key, key, &out));
}

static void contents_beyond_the_maximum_are_refused(void **state)
{
    (void)state;
    static unsigned char large[SEAL_CONTENTS_MAX + 1];
    AUTO_FREE(seal) seal = sealed_with(1);
    AUTO_CLEAR_BUFFER out = buffer_make(sizeof(large) + 256);
    assert_ok(seal_renew(seal));
    assert_status(STATUS_INVALID,
                  seal_record(seal, bytes_of_string("k"),
                              bytes_of(large, sizeof(large)), &out));
    assert_int_equal(out.len, 0);
}

static void every_edited_byte_of_a_data_key_is_noticed(void **state)
{
    (void)state;
    AUTO_FREE(seal) maker = sealed_with(1);
    AUTO_FREE(seal) reader = sealed_with(1);
    AUTO_FREE(seal) other = sealed_with(2);
    AUTO_CLEAR_BUFFER record = buffer_make(SEAL_DATA_KEY_LEN);
    assert_ok(seal_renew(maker));
    assert_ok(seal_data_key(maker, key_key(), &record));
    assert_int_equal(record.len, SEAL_DATA_KEY_LEN);
    for (size_t i = 0; i < record.len; i++) {
        record.data[i] ^= 0x10;
        assert_status(STATUS_CORRUPT,
                      seal_learn(reader, 1, key_key(), buffer_bytes(&record)));
        record.data[i] ^= 0x10;
    }
    assert_status(STATUS_CORRUPT,
                  seal_learn(reader, 1, bytes_of_string("elsewhere"),
                             buffer_bytes(&record)));
    assert_status(STATUS_CORRUPT,
                  seal_learn(other, 1, key_key(), buffer_bytes(&record)));
    assert_status(STATUS_CORRUPT,
                  seal_learn(reader, 0, key_key(), buffer_bytes(&record)));
    assert_status(STATUS_CORRUPT,
                  seal_learn(reader, 1, key_key(),
                             bytes_of(record.data, record.len - 1)));
    assert_ok(seal_learn(reader, 1, key_key(), buffer_bytes(&record)));
}

static void a_reader_that_learned_the_key_opens_the_record(void **state)
{
    (void)state;
    AUTO_FREE(seal) maker = sealed_with(1);
    AUTO_FREE(seal) reader = sealed_with(1);
    AUTO_CLEAR_BUFFER record = buffer_make(256), data_key = buffer_make(256);
    AUTO_CLEAR_BUFFER out = buffer_make(256);
    struct bytes key = bytes_of_string("k"), text = bytes_of_string("value");
    assert_ok(seal_renew(maker));
    assert_ok(seal_data_key(maker, key_key(), &data_key));
    assert_ok(seal_record(maker, key, text, &record));
    struct bytes sealed = buffer_bytes(&record);
    assert_status(STATUS_CORRUPT,
                  seal_open(reader, key, sealed, fetch_none, NULL, &out));
    assert_status(STATUS_UNAVAILABLE,
                  seal_open(reader, key, sealed, fetch_fails, NULL, &out));
    assert_int_equal(out.len, 0);
    assert_ok(seal_learn(reader, 1, key_key(), buffer_bytes(&data_key)));
    assert_ok(seal_open(reader, key, sealed, fetch_none, NULL, &out));
    assert_true(bytes_equal(buffer_bytes(&out), text));
}

/* Numbers go on from the highest one seen, so a new key never takes the
 * name of an old one. */
static void a_new_data_key_is_numbered_after_all_seen(void **state)
{
    (void)state;
    AUTO_FREE(seal) maker = sealed_with(1);
    AUTO_FREE(seal) reader = sealed_with(1);
    AUTO_CLEAR_BUFFER record = buffer_make(SEAL_DATA_KEY_LEN);
    assert_ok(seal_renew(maker));
    assert_ok(seal_data_key(maker, key_key(), &record));
    assert_ok(seal_learn(reader, 77, key_key(), buffer_bytes(&record)));
    assert_ok(seal_learn(reader, 5, key_key(), buffer_bytes(&record)));
    assert_ok(seal_renew(reader));
    assert_int_equal(seal_number(reader), 78);
    assert_ok(seal_learn(reader, UINT32_MAX, key_key(), buffer_bytes(&record)));
    assert_status(STATUS_INVALID, seal_renew(reader));
    assert_int_equal(seal_number(reader), 78);
}

static void the_mac_is_hmac_under_a_derived_key(void **state)
{
    (void)state;
    /* HMAC(HMAC(01 x 32, "accord state v1"), "abcdef") by another library */
    static const char known[] = "eaf1f7897608d75e640496376fab76f4"
                                "b25000a795aeeae05aab6d174f138f09";
    char made[2 * HASH_LEN + 1];
    AUTO_FREE(seal) one = sealed_with(1);
    AUTO_FREE(seal) other = sealed_with(2);
    struct bytes whole[] = { bytes_of_string("abcdef") };
    struct bytes parts[] = { bytes_of_string("abc"), bytes_of_string(""),
                             bytes_of_string("def") };
    struct hash a, b, c;
    assert_ok(seal_mac(one, whole, 1, &a));
    assert_ok(seal_mac(one, parts, 3, &b));
    assert_ok(seal_mac(other, whole, 1, &c));
    assert_true(hash_equal(&a, &b));
    assert_false(hash_equal(&a, &c));
    hex_encode(hash_bytes(&a), made);
    assert_string_equal(made, known);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_sealed_before_there_is_a_data_key),
        cmocka_unit_test(a_data_key_seals_as_many_records_as_it_may),
        cmocka_unit_test(contents_beyond_the_maximum_are_refused),
        cmocka_unit_test(every_edited_byte_of_a_data_key_is_noticed),
        cmocka_unit_test(a_reader_that_learned_the_key_opens_the_record),
        cmocka_unit_test(a_new_data_key_is_numbered_after_all_seen),
        cmocka_unit_test(the_mac_is_hmac_under_a_derived_key),
    };
    return cmocka_run_group_tests(tests, open_heap, NULL);
}
