/* Key, configuration and nonce, as each binding has them. */

#include "ca/expected.h"
#include "tests/support/check.h"

#include <string.h>

static struct ca_expectation expectation(enum ca_binding_rule rule)
{
    struct ca_expectation e = { .binding = { .rule = rule } };
    memset(e.spki.bytes, 0x11, HASH_LEN);
    memset(e.configuration.bytes, 0x22, HASH_LEN);
    return e;
}

static void the_keys_binding_takes_a_nonce_in(void **state)
{
    (void)state;
    struct ca_expectation e = expectation(CA_BINDS_KEY);
    unsigned char out[CA_REPORT_DATA_LEN], expected[CA_REPORT_DATA_LEN];
    assert_ok(ca_expected(&e, out, NULL));
    assert_ok(ca_report_data(&e.spki, &e.configuration, expected));
    assert_memory_equal(out, expected, sizeof(out));
    e.nonce.bytes[0] = 1;
    assert_ok(ca_expected(&e, out, NULL));
    assert_ok(
        ca_report_data_fresh(&e.spki, &e.configuration, &e.nonce, expected));
    assert_memory_equal(out, expected, sizeof(out));
}

static void a_place_of_its_own_keeps_the_nonce_out(void **state)
{
    (void)state;
    struct ca_expectation e = expectation(CA_BINDS_KEY);
    unsigned char out[CA_REPORT_DATA_LEN], expected[CA_REPORT_DATA_LEN];
    e.nonce.bytes[0] = 1;
    e.own_place = true;
    assert_ok(ca_expected(&e, out, NULL));
    assert_ok(ca_report_data(&e.spki, &e.configuration, expected));
    assert_memory_equal(out, expected, sizeof(out));
}

static void other_bindings_have_no_place_for_a_nonce(void **state)
{
    (void)state;
    static const unsigned char set[] = { 0x31, 0x00 };
    unsigned char out[CA_REPORT_DATA_LEN] = { 77 }, expected[64];
    struct ca_expectation e = expectation(CA_BINDS_DOMAIN);
    struct reason why = { "" };
    e.binding.material = bytes_of(set, sizeof(set));
    e.nonce.bytes[31] = 1;
    assert_status(STATUS_INVALID, ca_expected(&e, out, &why));
    assert_non_null(
        strstr(why.text, "nonce: this form of evidence has no place for one"));
    e.binding.rule = CA_BINDS_CLAIMS;
    assert_status(STATUS_INVALID, ca_expected(&e, out, &why));
    assert_int_equal(out[0], 77);
    e.nonce.bytes[31] = 0;
    e.binding.rule = CA_BINDS_DOMAIN;
    assert_ok(ca_expected(&e, out, &why));
    assert_ok(ca_binding_report_data(&e.binding, &e.spki, &e.configuration,
                                     expected));
    assert_memory_equal(out, expected, sizeof(out));
}

static void what_says_nothing_is_refused(void **state)
{
    (void)state;
    unsigned char out[CA_REPORT_DATA_LEN];
    for (unsigned rule = 0; rule < 8; rule++) {
        struct ca_expectation e = expectation((enum ca_binding_rule)rule);
        struct reason why = { "" };
        if (rule == CA_BINDS_KEY)
            memset(&e.configuration, 0, HASH_LEN); /* would look like none */
        assert_status(STATUS_INVALID, ca_expected(&e, out, &why));
        assert_non_null(strstr(why.text, "binding: "));
    }
}

static void bindings_have_names_and_names_have_bindings(void **state)
{
    (void)state;
    enum ca_binding_rule back = CA_BINDS_KEY;
    for (unsigned rule = 1; rule <= 4; rule++) {
        const char *name = ca_binding_name((enum ca_binding_rule)rule);
        assert_ok(ca_binding_parse(bytes_of_string(name), &back));
        assert_int_equal(back, rule);
    }
    assert_null(ca_binding_name((enum ca_binding_rule)5));
    assert_status(STATUS_INVALID,
                  ca_binding_parse(bytes_of_string("Key"), &back));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_keys_binding_takes_a_nonce_in),
        cmocka_unit_test(a_place_of_its_own_keeps_the_nonce_out),
        cmocka_unit_test(other_bindings_have_no_place_for_a_nonce),
        cmocka_unit_test(what_says_nothing_is_refused),
        cmocka_unit_test(bindings_have_names_and_names_have_bindings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
