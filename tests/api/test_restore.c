/* What accord-hsm accepts and the broker records are one leaf. */

#include "tests/support/check.h"

#include "api/restore.h"
#include "base/buffer.h"

static struct api_restore sample(void)
{
    struct api_restore r = {
        .epoch = 2, .time = 0x0102030405060708, .kept_size = 3, .lost_size = 9
    };
    memset(r.store.bytes, 0xa1, API_ID_LEN);
    memset(r.kept_root.bytes, 0xa2, HASH_LEN);
    memset(r.lost_root.bytes, 0xa3, HASH_LEN);
    return r;
}

static void a_record_is_laid_out_as_the_header_says(void **state)
{
    (void)state;
    struct api_restore r = sample(), back;
    unsigned char encoded[API_RESTORE_LEN], expected[API_RESTORE_LEN];
    memcpy(expected, "accord restored v1", 18);
    memset(expected + 18, 0xa1, 16);
    memcpy(expected + 34, "\x00\x00\x00\x02", 4);
    memcpy(expected + 38, "\x01\x02\x03\x04\x05\x06\x07\x08", 8);
    memcpy(expected + 46, "\x00\x00\x00\x00\x00\x00\x00\x03", 8);
    memset(expected + 54, 0xa2, 32);
    memcpy(expected + 86, "\x00\x00\x00\x00\x00\x00\x00\x09", 8);
    memset(expected + 94, 0xa3, 32);
    assert_ok(api_restore_encode(&r, encoded));
    assert_memory_equal(encoded, expected, API_RESTORE_LEN);
    assert_ok(api_restore_decode(bytes_of(encoded, sizeof(encoded)), &back));
    assert_memory_equal(&back, &r, sizeof(r));
}

static void a_record_that_says_nonsense_is_refused(void **state)
{
    (void)state;
    unsigned char encoded[API_RESTORE_LEN + 1] = { 0 }, unused[API_RESTORE_LEN];
    struct api_restore first = sample(), none = sample(), more = sample(), out;
    first.epoch = 1;
    none.kept_size = 0;
    more.kept_size = more.lost_size + 1;
    assert_status(STATUS_INVALID, api_restore_encode(&first, unused));
    assert_status(STATUS_INVALID, api_restore_encode(&none, unused));
    assert_status(STATUS_INVALID, api_restore_encode(&more, unused));
    more = sample();
    more.lost_size = (uint64_t)1 << 63; /* no log has as many leaves */
    assert_status(STATUS_INVALID, api_restore_encode(&more, unused));

    struct api_restore good = sample();
    assert_ok(api_restore_encode(&good, encoded));
    for (size_t len = 0; len <= API_RESTORE_LEN + 1; len++)
        if (len != API_RESTORE_LEN)
            assert_status(STATUS_INVALID,
                          api_restore_decode(bytes_of(encoded, len), &out));
    encoded[37] = 1; /* epoch */
    assert_status(STATUS_INVALID,
                  api_restore_decode(bytes_of(encoded, API_RESTORE_LEN), &out));
}

static void a_request_survives_encoding_and_has_one_length(void **state)
{
    (void)state;
    struct api_restore_request request = { .time = 77 }, back;
    AUTO_CLEAR_BUFFER encoded = buffer_make(API_RESTORE_REQUEST_MAX);
    memset(request.store.bytes, 0xa1, API_ID_LEN);
    for (unsigned char i = 0; i < 7; i++) {
        struct hash hash = { { i } };
        assert_ok(api_frontier_add(&request.frontier, &hash));
    }
    assert_ok(api_restore_request_encode(&request, &encoded));
    assert_ok(api_restore_request_decode(buffer_bytes(&encoded), &back));
    assert_memory_equal(&back, &request, sizeof(back));
    for (size_t len = 0; len < encoded.len; len++)
        assert_status(STATUS_INVALID, api_restore_request_decode(
                                          bytes_of(encoded.data, len), &back));
    buffer_put_u8(&encoded, 0);
    assert_status(STATUS_INVALID,
                  api_restore_request_decode(buffer_bytes(&encoded), &back));
}

static void a_store_without_a_leaf_has_nothing_to_keep(void **state)
{
    (void)state;
    struct api_restore_request empty = { .time = 0 }, back;
    AUTO_CLEAR_BUFFER encoded = buffer_make(API_RESTORE_REQUEST_MAX);
    assert_ok(api_restore_request_encode(&empty, &encoded));
    assert_status(STATUS_INVALID,
                  api_restore_request_decode(buffer_bytes(&encoded), &back));
}

static void a_store_larger_than_any_log_is_none(void **state)
{
    (void)state;
    struct api_restore_request huge = { .time = 0 }, back;
    AUTO_CLEAR_BUFFER encoded = buffer_make(API_RESTORE_REQUEST_MAX);
    huge.frontier.size = (uint64_t)1 << 63;
    assert_ok(api_restore_request_encode(&huge, &encoded));
    assert_status(STATUS_INVALID,
                  api_restore_request_decode(buffer_bytes(&encoded), &back));
}

static void the_leaf_names_what_is_lost_and_follows_from_the_record(
    void **state)
{
    (void)state;
    struct api_restore r = sample();
    unsigned char one[API_LEAF_LEN], other[API_LEAF_LEN];
    unsigned char salt[API_SALT_LEN], salt_of_other[API_SALT_LEN];
    AUTO_JSON *detail = NULL, *detail_of_other = NULL;
    AUTO_CLEAR_BUFFER text = buffer_make(4096);
    struct api_leaf leaf;
    struct hash hash, subject;
    assert_ok(api_restore_leaf(&r, one, salt, &detail));
    assert_ok(api_leaf_decode(bytes_of(one, sizeof(one)), &leaf));
    assert_int_equal(leaf.kind, API_LEAF_RESTORE);
    assert_int_equal(leaf.index, 3);
    assert_true(leaf.time == r.time);
    assert_true(api_id_is_zero(&leaf.account)); /* everybody may read it */
    assert_ok(api_json_canonical(detail, &text));
    assert_ok(api_detail_hash(salt, buffer_bytes(&text), &hash));
    assert_true(hash_equal(&hash, &leaf.detail));
    assert_ok(api_subject_text(salt, "store", &subject));
    assert_true(hash_equal(&subject, &leaf.subject));
    assert_int_equal(9, json_integer_value(json_object_get(
                            json_object_get(detail, "lost"), "size")));

    r.lost_root.bytes[0] ^= 1;
    assert_ok(api_restore_leaf(&r, other, salt_of_other, &detail_of_other));
    assert_memory_not_equal(one, other, API_LEAF_LEN);
    assert_memory_not_equal(salt, salt_of_other, API_SALT_LEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_is_laid_out_as_the_header_says),
        cmocka_unit_test(a_record_that_says_nonsense_is_refused),
        cmocka_unit_test(a_request_survives_encoding_and_has_one_length),
        cmocka_unit_test(a_store_without_a_leaf_has_nothing_to_keep),
        cmocka_unit_test(a_store_larger_than_any_log_is_none),
        cmocka_unit_test(
            the_leaf_names_what_is_lost_and_follows_from_the_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
