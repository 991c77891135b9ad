/* A rule is met exactly, or not at all. */

#include "attest/attest.h"
#include "tests/support/check.h"

static struct attest_identity measured(void)
{
    struct attest_identity id = { .kind = API_KIND_SGX,
                                  .tcb = API_TCB_UNEVALUATED,
                                  .sgx.isvprodid = 7,
                                  .sgx.isvsvn = 3 };
    memset(id.sgx.mrenclave, 0x11, sizeof(id.sgx.mrenclave));
    memset(id.sgx.mrsigner, 0x22, sizeof(id.sgx.mrsigner));
    memset(id.anchor.bytes, 0x33, sizeof(id.anchor.bytes));
    memset(id.report_data, 0x44, sizeof(id.report_data));
    return id;
}

static struct api_identity_rule by_enclave(void)
{
    struct api_identity_rule rule = { .kind = API_KIND_SGX,
                                      .form = API_SGX_MRENCLAVE,
                                      .tcb_mask = API_TCB_UNEVALUATED };
    memset(rule.sgx.mrenclave, 0x11, sizeof(rule.sgx.mrenclave));
    memset(rule.anchor.bytes, 0x33, sizeof(rule.anchor.bytes));
    return rule;
}

static struct api_identity_rule by_signer(void)
{
    struct api_identity_rule rule = by_enclave();
    rule.form = API_SGX_MRSIGNER;
    memset(rule.sgx.mrenclave, 0, sizeof(rule.sgx.mrenclave));
    memset(rule.sgx.mrsigner, 0x22, sizeof(rule.sgx.mrsigner));
    rule.sgx.isvprodid = 7;
    rule.sgx.isvsvn_min = 3;
    return rule;
}

static void expect(const struct api_identity_rule *rule,
                   const struct attest_identity *id, const char *member)
{
    struct reason why = { "" };
    struct status s = attest_matches(rule, id, 1900000000, &why);
    assert_string_equal(status_name(s.code),
                        status_name(member ? STATUS_DENIED : STATUS_OK));
    if (member) {
        assert_string_equal(s.origin, member);
        assert_string_not_equal(why.text, "");
    }
}

static void the_same_enclave_matches(void **state)
{
    (void)state;
    struct api_identity_rule rule = by_enclave();
    struct attest_identity id = measured();
    expect(&rule, &id, NULL);
    id.sgx.mrsigner[0] ^=
        1; /* who signed it, and as what, is not the question */
    id.sgx.isvprodid = id.sgx.isvsvn = 0;
    expect(&rule, &id, NULL);
    for (size_t i = 0; i < sizeof(id.sgx.mrenclave); i++) {
        id.sgx.mrenclave[i] ^= 1;
        expect(&rule, &id, "mrenclave");
        id.sgx.mrenclave[i] ^= 1;
    }
}

static void the_same_product_matches_from_its_version_upwards(void **state)
{
    (void)state;
    struct api_identity_rule rule = by_signer();
    struct attest_identity id = measured();
    expect(&rule, &id, NULL);
    id.sgx.mrenclave[0] ^= 1;
    id.sgx.isvsvn = 4;
    expect(&rule, &id, NULL);
    id.sgx.isvsvn = 2;
    expect(&rule, &id, "isvsvn");
    id.sgx.isvsvn = 3;
    id.sgx.isvprodid = 8;
    expect(&rule, &id, "isvprodid");
    id.sgx.isvprodid = 6;
    expect(&rule, &id, "isvprodid");
    id = measured();
    id.sgx.mrsigner[31] ^= 1;
    expect(&rule, &id, "mrsigner");
}

static void the_kind_must_be_exactly_the_rules(void **state)
{
    (void)state;
    static const uint8_t kinds[] = { API_KIND_SGX,
                                     API_KIND_SGX | API_KIND_SIMULATED,
                                     API_KIND_SGX | API_KIND_NODE_VOUCHED };
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < 3; j++) {
            struct api_identity_rule rule = by_enclave();
            struct attest_identity id = measured();
            rule.kind = kinds[i];
            id.kind = kinds[j];
            expect(&rule, &id, i == j ? NULL : "kind");
        }
    }
}

static void the_anchor_must_be_the_rules(void **state)
{
    (void)state;
    struct api_identity_rule rule = by_enclave();
    struct attest_identity id = measured();
    id.anchor.bytes[31] ^= 1;
    expect(&rule, &id, "anchor");
}

static void debug_needs_leave(void **state)
{
    (void)state;
    struct api_identity_rule rule = by_enclave();
    struct attest_identity id = measured();
    id.debug = true;
    expect(&rule, &id, "debug");
    rule.debug_allowed = 1;
    expect(&rule, &id, NULL);
    id.debug = false; /* allowed is not demanded */
    expect(&rule, &id, NULL);
}

static void the_tcb_status_must_be_one_the_rule_accepts(void **state)
{
    (void)state;
    struct api_identity_rule rule = by_enclave();
    struct attest_identity id = measured();
    rule.tcb_mask = API_TCB_UP_TO_DATE;
    expect(&rule, &id, "tcb");
    id.tcb = API_TCB_UP_TO_DATE;
    expect(&rule, &id, NULL);
    rule.tcb_mask = API_TCB_ALL;
    id.tcb = 0; /* none */
    expect(&rule, &id, "tcb");
    id.tcb = API_TCB_UP_TO_DATE | API_TCB_UNEVALUATED; /* more than one */
    expect(&rule, &id, "tcb");
}

static void a_rule_that_says_too_little_matches_nothing(void **state)
{
    (void)state;
    struct attest_identity id = measured();
    struct api_identity_rule rule = by_enclave();
    memset(rule.sgx.mrenclave, 0, sizeof(rule.sgx.mrenclave));
    memset(id.sgx.mrenclave, 0, sizeof(id.sgx.mrenclave));
    expect(&rule, &id, "rule");
    rule = by_signer();
    memset(rule.sgx.mrsigner, 0, sizeof(rule.sgx.mrsigner));
    memset(id.sgx.mrsigner, 0, sizeof(id.sgx.mrsigner));
    expect(&rule, &id, "rule");
    id = measured();
    rule = by_enclave();
    rule.form = 0;
    expect(&rule, &id, "rule");
    rule = by_enclave();
    rule.tcb_mask = 0;
    expect(&rule, &id, "rule");
    rule = by_enclave();
    memset(rule.anchor.bytes, 0, sizeof(rule.anchor.bytes));
    memset(id.anchor.bytes, 0, sizeof(id.anchor.bytes));
    expect(&rule, &id, "rule");
    id = measured();
    rule = by_enclave();
    rule.kind = id.kind = API_KIND_NONE;
    expect(&rule, &id, "rule");
}

static void report_data_binds_with_every_byte(void **state)
{
    (void)state;
    struct attest_identity id = measured();
    unsigned char expected[ATTEST_REPORT_DATA_LEN];
    memset(expected, 0x44, sizeof(expected));
    assert_ok(attest_binds(&id, expected));
    for (size_t i = 0; i < sizeof(expected); i++) {
        expected[i] ^= 0x80;
        assert_status(STATUS_DENIED, attest_binds(&id, expected));
        expected[i] ^= 0x80;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_enclave_matches),
        cmocka_unit_test(the_same_product_matches_from_its_version_upwards),
        cmocka_unit_test(the_kind_must_be_exactly_the_rules),
        cmocka_unit_test(the_anchor_must_be_the_rules),
        cmocka_unit_test(debug_needs_leave),
        cmocka_unit_test(the_tcb_status_must_be_one_the_rule_accepts),
        cmocka_unit_test(a_rule_that_says_too_little_matches_nothing),
        cmocka_unit_test(report_data_binds_with_every_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
