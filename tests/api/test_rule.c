/* An identity rule as JSON says one thing, and says all of it. */

#include "tests/api/sample.h"
#include "tests/support/check.h"

#define H1                                                                     \
    "\"1100000000000000000000000000000000000000000000000000000000000011\""
#define H2                                                                     \
    "\"2200000000000000000000000000000000000000000000000000000000000022\""
#define H0                                                                     \
    "\"0000000000000000000000000000000000000000000000000000000000000000\""

static void an_enclave_s_rule_comes_back_as_it_was(void **state)
{
    (void)state;
    AUTO_JSON *json = sample_parse(
        "{\"kind\": \"sgx\", \"mrenclave\": " H1
        ", \"mrsigner\": null, \"isvprodid\": null, \"isvsvn_min\": null,"
        " \"debug\": false, \"tcb\": [\"unevaluated\", \"UpToDate\"],"
        " \"anchor\": " H2 "}");
    struct api_identity_rule rule;
    assert_ok(api_rule_from_json(json, &rule, NULL));
    assert_int_equal(rule.kind, API_KIND_SGX);
    assert_int_equal(rule.form, API_SGX_MRENCLAVE);
    assert_int_equal(rule.sgx.mrenclave[0], 0x11);
    assert_int_equal(rule.debug_allowed, 0);
    assert_int_equal(rule.tcb_mask, API_TCB_UNEVALUATED | API_TCB_UP_TO_DATE);
    assert_int_equal(rule.anchor.bytes[31], 0x22);
    AUTO_JSON *back = api_rule_to_json(&rule);
    assert_true(json_equal(json, back));
}

static void a_signer_s_rule_comes_back_as_it_was(void **state)
{
    (void)state;
    AUTO_JSON *json = sample_parse(
        "{\"kind\": \"sgx-simulated\", \"mrenclave\": null, \"mrsigner\": " H1
        ", \"isvprodid\": 65535, \"isvsvn_min\": 7, \"debug\": true,"
        " \"tcb\": [\"OutOfDate\"], \"anchor\": " H2 "}");
    struct api_identity_rule rule;
    assert_ok(api_rule_from_json(json, &rule, NULL));
    assert_int_equal(rule.kind, API_KIND_SGX | API_KIND_SIMULATED);
    assert_int_equal(rule.form, API_SGX_MRSIGNER);
    assert_int_equal(rule.sgx.mrsigner[31], 0x11);
    assert_int_equal(rule.sgx.isvprodid, 65535);
    assert_int_equal(rule.sgx.isvsvn_min, 7);
    assert_int_equal(rule.debug_allowed, 1);
    AUTO_JSON *back = api_rule_to_json(&rule);
    assert_true(json_equal(json, back));
}

static void every_tcb_status_comes_back(void **state)
{
    (void)state;
    struct api_identity_rule rule = { .kind = API_KIND_SGX,
                                      .form = API_SGX_MRENCLAVE,
                                      .sgx.mrenclave = { 1 },
                                      .tcb_mask = API_TCB_ALL,
                                      .anchor = { { 1 } } };
    struct api_identity_rule back;
    AUTO_JSON *json = api_rule_to_json(&rule);
    assert_int_equal(json_array_size(json_object_get(json, "tcb")), 9);
    assert_ok(api_rule_from_json(json, &back, NULL));
    assert_int_equal(back.tcb_mask, API_TCB_ALL);
}

static const struct {
    const char *json, *part;
} bad[] = {
    { "[]", "expected an object" },
    { "{}", "kind" },
    { "{\"kind\": \"sgz\"}", "\"sgz\" is not a kind of enclave" },
    { "{\"kind\": \"sgx\"}", "give this or mrsigner" },
    { "{\"kind\": \"sgx\", \"mrenclave\": " H1 ", \"mrsigner\": " H1 "}",
      "mrsigner: does not go with mrenclave" },
    { "{\"kind\": \"sgx\", \"mrenclave\": " H1 ", \"isvprodid\": 0}",
      "isvprodid: does not go with mrenclave" },
    { "{\"kind\": \"sgx\", \"mrenclave\": " H1 ", \"isvsvn_min\": 0}",
      "isvsvn_min: does not go with mrenclave" },
    { "{\"kind\": \"sgx\", \"mrsigner\": " H1 "}", "isvprodid" },
    { "{\"kind\": \"sgx\", \"mrsigner\": " H1 ", \"isvprodid\": 65536}",
      "isvprodid" },
    { "{\"kind\": \"sgx\", \"mrsigner\": " H1 ", \"isvprodid\": 1}",
      "isvsvn_min" },
    { "{\"kind\": \"sgx\", \"mrenclave\": \"11\"}", "mrenclave" },
#define SO_FAR "{\"kind\": \"sgx\", \"mrenclave\": " H1 ", \"debug\": false"
    { SO_FAR ", \"debug\": 1}", "debug" },
    { SO_FAR "}", "tcb" },
    { SO_FAR ", \"tcb\": []}", "name at least one TCB status" },
    { SO_FAR ", \"tcb\": [\"Revoked\"]}", "element 0 is not a TCB status" },
    { SO_FAR ", \"tcb\": [\"UpToDate\", 1]}", "element 1 is not" },
    { SO_FAR ", \"tcb\": [\"UpToDate\", \"UpToDate\"]}",
      "UpToDate stands twice" },
    { SO_FAR ", \"tcb\": [\"UpToDate\"]}", "anchor" },
    { SO_FAR ", \"tcb\": [\"UpToDate\"], \"anchor\": " H2 ", \"x\": 1}", "x" },
    { SO_FAR ", \"tcb\": [\"UpToDate\"], \"anchor\": " H0 "}", "" },
    { "{\"kind\": \"sgx\", \"mrenclave\": " H0
      ", \"debug\": false, \"tcb\": [\"UpToDate\"], \"anchor\": " H2 "}",
      "" },
};

static void a_bad_rule_is_refused_by_its_member(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        AUTO_JSON *json = sample_parse(bad[i].json);
        struct api_identity_rule rule = { .kind = 0x5a };
        struct reason why = { "" };
        assert_status(STATUS_INVALID, api_rule_from_json(json, &rule, &why));
        if (!strstr(why.text, bad[i].part))
            print_error("%s: %s\n", bad[i].json, why.text);
        assert_non_null(strstr(why.text, bad[i].part));
        assert_true(why.text[0] != '\0');
        assert_int_equal(rule.kind, 0x5a); /* untouched */
    }
}

static void a_build_s_message_is_its_label_and_three_fields(void **state)
{
    (void)state;
    struct api_id account = { { 0xaa } }, build = { { 0xbb } };
    struct hash identity = { { 0xcc } };
    AUTO_CLEAR_BUFFER message = buffer_make(84);
    assert_ok(api_build_message(&account, &build, &identity, &message));
    assert_int_equal(message.len, 84);
    assert_memory_equal(message.data, "accord build v1 rule", 20);
    assert_memory_equal(message.data + 20, account.bytes, 16);
    assert_memory_equal(message.data + 36, build.bytes, 16);
    assert_memory_equal(message.data + 52, identity.bytes, 32);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_enclave_s_rule_comes_back_as_it_was),
        cmocka_unit_test(a_signer_s_rule_comes_back_as_it_was),
        cmocka_unit_test(every_tcb_status_comes_back),
        cmocka_unit_test(a_bad_rule_is_refused_by_its_member),
        cmocka_unit_test(a_build_s_message_is_its_label_and_three_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
