#include "tests/support/check.h"

#include <string.h>

#include "ca/report_data.h"

static void without_configuration_it_is_the_key_and_zeros(void **state)
{
    (void)state;
    static const unsigned char zeros[HASH_LEN];
    struct hash spki;
    unsigned char out[CA_REPORT_DATA_LEN];
    memset(spki.bytes, 0x42, HASH_LEN);
    assert_ok(ca_report_data(&spki, NULL, out));
    assert_memory_equal(out, spki.bytes, HASH_LEN);
    assert_memory_equal(out + HASH_LEN, zeros, HASH_LEN);
}

static void with_configuration_the_hash_binds_both(void **state)
{
    (void)state;
    unsigned char message[1 + 2 * HASH_LEN] = { 1 };
    unsigned char out[CA_REPORT_DATA_LEN];
    struct hash spki, configuration, wanted;
    memset(spki.bytes, 0x42, HASH_LEN);
    memset(configuration.bytes, 0x07, HASH_LEN);
    memset(message + 1, 0x42, HASH_LEN);
    memset(message + 1 + HASH_LEN, 0x07, HASH_LEN);
    assert_ok(hash_of(&wanted, bytes_of(message, sizeof(message))));
    assert_ok(ca_report_data(&spki, &configuration, out));
    assert_memory_equal(out, wanted.bytes, HASH_LEN);
    assert_memory_equal(out + HASH_LEN, configuration.bytes, HASH_LEN);
}

static void a_configuration_of_zeros_would_look_like_none(void **state)
{
    (void)state;
    struct hash spki = { { 1 } }, zero = { { 0 } };
    unsigned char out[CA_REPORT_DATA_LEN] = { 77 };
    assert_status(STATUS_INVALID, ca_report_data(&spki, &zero, out));
    assert_int_equal(out[0], 77);
}

static void a_nonce_is_bound_with_key_and_configuration(void **state)
{
    (void)state;
    unsigned char message[1 + 3 * HASH_LEN] = { 2 };
    unsigned char out[CA_REPORT_DATA_LEN] = { 77 };
    struct hash spki, configuration, nonce, wanted, zero = { { 0 } };
    memset(spki.bytes, 0x42, HASH_LEN);
    memset(configuration.bytes, 0x07, HASH_LEN);
    memset(nonce.bytes, 0x09, HASH_LEN);
    memset(message + 1, 0x42, HASH_LEN);
    memset(message + 1 + HASH_LEN, 0x07, HASH_LEN);
    memset(message + 1 + 2 * HASH_LEN, 0x09, HASH_LEN);
    assert_status(STATUS_INVALID,
                  ca_report_data_fresh(&spki, &zero, &nonce, out));
    assert_status(STATUS_INVALID,
                  ca_report_data_fresh(&spki, &configuration, &zero, out));
    assert_int_equal(out[0], 77);
    assert_ok(hash_of(&wanted, bytes_of(message, sizeof(message))));
    assert_ok(ca_report_data_fresh(&spki, &configuration, &nonce, out));
    assert_memory_equal(out, wanted.bytes, HASH_LEN);
    assert_memory_equal(out + HASH_LEN, configuration.bytes, HASH_LEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_configuration_it_is_the_key_and_zeros),
        cmocka_unit_test(with_configuration_the_hash_binds_both),
        cmocka_unit_test(a_configuration_of_zeros_would_look_like_none),
        cmocka_unit_test(a_nonce_is_bound_with_key_and_configuration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
