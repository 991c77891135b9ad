#include "tests/support/check.h"

#include <string.h>

#include "api/grant.h"

static struct api_grant sample(void)
{
    struct api_grant grant = {
        .not_before = 0x0102030405060708,
        .not_after = 0x0102030405060708 + 90 * 86400,
        .budget = 0x1112131415161718,
    };
    memset(grant.account.bytes, 0xa1, API_ID_LEN);
    memset(grant.dataset.bytes, 0xa2, API_ID_LEN);
    memset(grant.owner.bytes, 0xa3, HASH_LEN);
    memset(grant.configuration.bytes, 0xa4, HASH_LEN);
    memset(grant.identity.bytes, 0xa5, HASH_LEN);
    memset(grant.digest.bytes, 0xa6, HASH_LEN);
    return grant;
}

static void a_grant_is_laid_out_as_the_header_says(void **state)
{
    (void)state;
    struct api_grant grant = sample();
    unsigned char encoded[API_GRANT_LEN], expected[API_GRANT_LEN];
    memcpy(expected, "accord grant v1", 15);
    memset(expected + 15, 0xa1, 16);
    memset(expected + 31, 0xa2, 16);
    memset(expected + 47, 0xa3, 32);
    memset(expected + 79, 0xa4, 32);
    memset(expected + 111, 0xa5, 32);
    expected[143] = 0;
    memcpy(expected + 144, "\x01\x02\x03\x04\x05\x06\x07\x08", 8);
    memcpy(expected + 152, "\x01\x02\x03\x04\x05\x7c\xae\x08", 8);
    memcpy(expected + 160, "\x11\x12\x13\x14\x15\x16\x17\x18", 8);
    memset(expected + 168, 0xa6, 32);
    assert_ok(api_grant_encode(&grant, encoded));
    assert_memory_equal(encoded, expected, API_GRANT_LEN);
}

static void a_grant_survives_encoding(void **state)
{
    (void)state;
    struct api_grant grant = sample(), back;
    unsigned char encoded[API_GRANT_LEN], again[API_GRANT_LEN];
    assert_ok(api_grant_encode(&grant, encoded));
    assert_ok(
        api_grant_decode(bytes_of(encoded, sizeof(encoded)), &back, NULL));
    assert_true(api_id_equal(&back.dataset, &grant.dataset));
    assert_true(hash_equal(&back.identity, &grant.identity));
    assert_true(back.not_after == grant.not_after);
    assert_true(back.budget == grant.budget);
    assert_ok(api_grant_encode(&back, again));
    assert_memory_equal(encoded, again, API_GRANT_LEN);
}

/* The window is from not_before to not_after: seconds that lie between. */
static void a_grant_lasts_a_second_to_366_days(void **state)
{
    (void)state;
    static const struct {
        uint64_t before, after;
        bool good;
    } windows[] = {
        { 1000, 1001, true },
        { 0, (uint64_t)366 * 86400, true },
        { 5, 5 + (uint64_t)366 * 86400, true },
        { UINT64_MAX - 1, UINT64_MAX, true },
        { 1000, 1000, false },
        { 1000, 999, false },
        { UINT64_MAX, 0, false },
        { 5, 6 + (uint64_t)366 * 86400, false },
        { 0, UINT64_MAX, false },
    };
    for (size_t i = 0; i < sizeof(windows) / sizeof(windows[0]); i++) {
        struct api_grant grant = sample();
        unsigned char encoded[API_GRANT_LEN] = { 0x5a };
        grant.not_before = windows[i].before;
        grant.not_after = windows[i].after;
        assert_status(windows[i].good ? STATUS_OK : STATUS_INVALID,
                      api_grant_encode(&grant, encoded));
        assert_int_equal(encoded[0], windows[i].good ? 'a' : 0x5a);
    }
}

static void no_flag_is_known(void **state)
{
    (void)state;
    for (unsigned bit = 0; bit < 8; bit++) {
        struct api_grant grant = sample();
        unsigned char encoded[API_GRANT_LEN];
        grant.flags = (uint8_t)(1u << bit);
        assert_status(STATUS_INVALID, api_grant_encode(&grant, encoded));
    }
}

static void assert_refused(struct bytes encoded, const char *said)
{
    struct api_grant out = { .budget = 99 };
    struct reason why = { "" };
    assert_status(STATUS_INVALID, api_grant_decode(encoded, &out, &why));
    assert_non_null(strstr(why.text, said));
    assert_int_equal(out.budget, 99);
}

static void a_bad_encoding_is_refused_by_name(void **state)
{
    (void)state;
    struct api_grant grant = sample();
    unsigned char good[API_GRANT_LEN + 1] = { 0 }, bad[API_GRANT_LEN];
    assert_ok(api_grant_encode(&grant, good));
    for (size_t len = 0; len < API_GRANT_LEN; len++)
        assert_refused(bytes_of(good, len), len < 15 ? "label" : "length");
    assert_refused(bytes_of(good, sizeof(good)), "length is 201 bytes");
    for (size_t i = 0; i < 15; i++) {
        memcpy(bad, good, sizeof(bad));
        bad[i] ^= 1;
        assert_refused(bytes_of(bad, sizeof(bad)), "label");
    }
    memcpy(bad, good, sizeof(bad));
    bad[143] = 0x80;
    assert_refused(bytes_of(bad, sizeof(bad)), "flags are 0x80");
    memcpy(bad, good, sizeof(bad));
    memcpy(bad + 152, bad + 144, 8);
    assert_refused(bytes_of(bad, sizeof(bad)), "not_after is not behind");
    bad[155] = 0xff;
    assert_refused(bytes_of(bad, sizeof(bad)), "more than 366 days");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_grant_is_laid_out_as_the_header_says),
        cmocka_unit_test(a_grant_survives_encoding),
        cmocka_unit_test(a_grant_lasts_a_second_to_366_days),
        cmocka_unit_test(no_flag_is_known),
        cmocka_unit_test(a_bad_encoding_is_refused_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
