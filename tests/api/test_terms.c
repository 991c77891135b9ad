/* Terms: which state of a platform is good enough, as JSON, and the strictest
 * of all. */

#include "tests/api/rules.h"
#include "tests/api/sample.h"
#include "tests/support/check.h"

#include <string.h>

#include "api/manifest.h"

static const char advisories[][API_ADVISORY_LEN + 1] = {
    "INTEL-SA-00289",
    "INTEL-SA-00615",
    "INTEL-SA-00999",
};

static bool accepts(const struct api_terms *terms, uint16_t tcb, size_t from,
                    size_t count, uint64_t now)
{
    return api_terms_accept(API_TCB_UP_TO_DATE, terms, tcb, advisories + from,
                            count, now);
}

static void a_status_of_the_rule_needs_no_exception(void **state)
{
    (void)state;
    const struct api_terms none = { 0 };
    assert_true(accepts(&none, API_TCB_UP_TO_DATE, 0, 3, 1));
    assert_false(accepts(&none, API_TCB_CONFIGURATION_NEEDED, 0, 0, 1));
    assert_false(accepts(&none, 0, 0, 0, 1));
    assert_false(
        accepts(&none, API_TCB_UP_TO_DATE | API_TCB_OUT_OF_DATE, 0, 0, 1));
    assert_false(accepts(&none, 0x200, 0, 0, 1));
}

static void an_exception_is_for_its_status_advisories_and_time(void **state)
{
    (void)state;
    const struct api_terms terms = terms_full();
    const uint16_t needed = API_TCB_CONFIGURATION_NEEDED;
    assert_true(accepts(&terms, needed, 0, 0, 2000000000));
    assert_true(accepts(&terms, needed, 0, 2, 2000000000));
    assert_true(accepts(&terms, needed, 1, 1, 2000000000));
    assert_false(accepts(&terms, needed, 0, 2, 2000000001));
    assert_false(accepts(&terms, needed, 0, 3, 2000000000));
    assert_false(accepts(&terms, needed, 2, 1, 2000000000));
    assert_false(accepts(&terms, API_TCB_OUT_OF_DATE, 0, 1, 2000000000));
}

static void a_rule_of_each_kind_comes_back_from_json(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3 * RULES; i++) {
        struct api_identity_rule rule = rule_at(i % RULES), back;
        struct hash hash, again;
        if (i >= RULES)
            rule.terms = terms_full();
        if (i >= 2 * RULES) {
            rule = rule_at(i % RULES);
            rule.kind |= API_KIND_SIMULATED;
            if (i % RULES != 0) { /* no optional member */
                rule.form = 0;
                memset(rule.tdx.rtmr[0], 0, i % RULES == 1 ? 48 : 0);
                memset(rule.tdx.rtmr[3], 0, i % RULES == 1 ? 48 : 0);
            }
            if (i % RULES == 2) {
                memset(rule.snp.id_key_digest, 0, 48);
                memset(rule.snp.author_key_digest, 0, 48);
            }
            if (i % RULES == 3)
                memset(rule.nitro.pcr[API_PCR3], 0,
                       3 * sizeof(rule.nitro.pcr[0]));
        }
        AUTO_JSON *json = api_rule_to_json(&rule);
        assert_ok(api_rule_from_json(json, &back, NULL));
        assert_ok(api_identity_hash(&rule, &hash, NULL));
        assert_ok(api_identity_hash(&back, &again, NULL));
        assert_true(hash_equal(&hash, &again));
        AUTO_JSON *twice = api_rule_to_json(&back);
        assert_true(json_equal(json, twice));
    }
}

static void expect_json_fault(json_t *json, const char *part)
{
    struct api_identity_rule rule;
    struct reason why = { "" };
    assert_status(STATUS_INVALID, api_rule_from_json(json, &rule, &why));
    if (!strstr(why.text, part))
        print_error("%s, not %s\n", why.text, part);
    assert_non_null(strstr(why.text, part));
}

static void a_bad_member_of_any_kind_is_named(void **state)
{
    (void)state;
    static const struct {
        size_t rule;
        const char *member, *value, *part;
    } bad[] = {
        { 1, "mrtd", "\"10\"", "mrtd: expected 96 hexadecimal digits" },
        { 1, "rtmr1", "null", "rtmr1 is missing" },
        { 1, "migratable", "1", "migratable: expected true or false" },
        { 1, "mrenclave", "\"10\"", "mrenclave" },
        { 2, "vmpl_max", "4", "vmpl_max: expected an integer from 0 to 3" },
        { 2, "host_data", "null", "host_data is missing" },
        { 3, "pcr0", "7", "pcr0: expected text" },
        { 3, "pcr9", "7", "pcr9" },
        { 0, "age", "172801", "age: expected an integer from 1 to 172800" },
        { 0, "age", "0", "age: expected" },
        { 0, "evaluation", "\"17\"", "evaluation: expected" },
        { 0, "nonce", "1", "nonce: expected true or false" },
        { 0, "exception", "[]", "exception: expected an object" },
        { 0, "exception", "{}", "exception: tcb is missing" },
        { 0, "exception", "{\"tcb\": [\"Revoked\"]}", "not a TCB status" },
        { 0, "exception", "{\"tcb\": [\"OutOfDate\"]}",
          "exception: advisories is missing" },
        { 0, "exception", "{\"tcb\": [\"OutOfDate\"], \"advisories\": []}",
          "exception: until is missing" },
        { 0, "exception",
          "{\"tcb\": [\"OutOfDate\"], \"advisories\": [1], \"until\": 1}",
          "element 0 is not the name of an advisory" },
        { 0, "exception",
          "{\"tcb\": [\"OutOfDate\"], \"advisories\": [\"B\", \"A\"],"
          " \"until\": 1}",
          "in order" },
        { 0, "exception",
          "{\"tcb\": [\"OutOfDate\"], \"advisories\": [], \"until\": 1,"
          " \"x\": 1}",
          "x" },
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct api_identity_rule rule = rule_at(bad[i].rule);
        AUTO_JSON *json = api_rule_to_json(&rule);
        json_t *value = json_loads(bad[i].value, JSON_DECODE_ANY, NULL);
        assert_int_equal(json_object_set_new(json, bad[i].member, value), 0);
        expect_json_fault(json, bad[i].part);
    }
}

static struct api_identity_rule tightened(struct api_identity_rule rule,
                                          const char *demands)
{
    AUTO_JSON *json = sample_parse(demands);
    struct reason why = { "" };
    struct status s = api_rule_tighten(&rule, json, &why);
    if (failed(s))
        print_error("%s: %s\n", demands, why.text);
    assert_ok(s);
    return rule;
}

static void the_stricter_of_both_stands(void **state)
{
    (void)state;
    struct api_identity_rule loose = rule_of_sgx(), strict = rule_of_sgx();
    loose.tcb_mask = API_TCB_ALL;
    loose.debug_allowed = 1;
    strict.terms.age_max = 60;
    strict.terms.evaluation_min = 19;

    struct api_identity_rule r = tightened(loose, "{}");
    assert_int_equal(r.tcb_mask, API_TCB_ALL);
    assert_int_equal(r.debug_allowed, 1);
    r = tightened(loose, "{\"tcb\": [\"UpToDate\", \"OutOfDate\"]}");
    assert_int_equal(r.tcb_mask, API_TCB_UP_TO_DATE | API_TCB_OUT_OF_DATE);
    r = tightened(r, "{\"tcb\": [\"UpToDate\", \"SWHardeningNeeded\"]}");
    assert_int_equal(r.tcb_mask, API_TCB_UP_TO_DATE);
    r = tightened(loose, "{\"age\": 100, \"evaluation\": 17}");
    assert_int_equal(r.terms.age_max, 100);
    assert_int_equal(r.terms.evaluation_min, 17);
    r = tightened(strict, "{\"age\": 100, \"evaluation\": 17}");
    assert_int_equal(r.terms.age_max, 60);
    assert_int_equal(r.terms.evaluation_min, 19);
    r = tightened(strict, "{\"age\": 59, \"evaluation\": 20}");
    assert_int_equal(r.terms.age_max, 59);
    assert_int_equal(r.terms.evaluation_min, 20);
    r = tightened(loose, "{\"nonce\": true}");
    assert_int_equal(r.terms.nonce_demanded, 1);
    r = tightened(r, "{\"nonce\": false}");
    assert_int_equal(r.terms.nonce_demanded, 1);
    r = tightened(loose, "{\"hardware\": true}");
    assert_int_equal(r.debug_allowed, 0);
}

static void an_exception_stands_only_where_all_accept_it(void **state)
{
    (void)state;
    struct api_identity_rule rule = rule_of_sgx();
    rule.terms = terms_full();
    struct api_identity_rule r =
        tightened(rule, "{\"tcb\": [\"UpToDate\", \"ConfigurationNeeded\"]}");
    assert_int_equal(r.terms.exception.tcb_mask, API_TCB_CONFIGURATION_NEEDED);
    assert_int_equal(r.tcb_mask, API_TCB_UP_TO_DATE); /* still an exception */
    r = tightened(rule, "{\"tcb\": [\"UpToDate\"]}");
    assert_int_equal(r.terms.exception.tcb_mask, 0);
    assert_int_equal(r.terms.exception.count, 0);
    assert_int_equal(r.terms.exception.until, 0);
}

static void demands_that_cannot_be_met_are_refused(void **state)
{
    (void)state;
    static const struct {
        uint8_t kind;
        const char *demands, *part;
    } bad[] = {
        { 1, "{\"tcb\": [\"OutOfDate\"]}",
          "no state of the platform is accepted by the program's" },
        { 0x41, "{\"hardware\": true}", "sgx-simulated" },
        { 0x81, "{\"hardware\": true}", "sgx-node-vouched" },
        { 1, "{\"tcb\": []}", "name at least one" },
        { 1, "{\"exception\": {}}", "exception" },
        { 1, "{\"age\": 0}", "age" },
        { 1, "[]", "expected an object" },
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct api_identity_rule rule = rule_of_sgx(), before;
        struct reason why = { "" };
        AUTO_JSON *json = sample_parse(bad[i].demands);
        rule.kind = bad[i].kind;
        before = rule;
        assert_status(STATUS_INVALID, api_rule_tighten(&rule, json, &why));
        if (!strstr(why.text, bad[i].part))
            print_error("%s: %s\n", bad[i].demands, why.text);
        assert_non_null(strstr(why.text, bad[i].part));
        assert_int_equal(rule.tcb_mask, before.tcb_mask);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_status_of_the_rule_needs_no_exception),
        cmocka_unit_test(an_exception_is_for_its_status_advisories_and_time),
        cmocka_unit_test(a_rule_of_each_kind_comes_back_from_json),
        cmocka_unit_test(a_bad_member_of_any_kind_is_named),
        cmocka_unit_test(the_stricter_of_both_stands),
        cmocka_unit_test(an_exception_stands_only_where_all_accept_it),
        cmocka_unit_test(demands_that_cannot_be_met_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
