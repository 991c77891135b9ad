/* The strictest owner wins: what datasets' owners demand of evidence becomes
 * the app's rule, in the manifest that all of them sign. */

#include "tests/api/faults.h"
#include "tests/api/rules.h"
#include "tests/support/check.h"

#include <stdlib.h>

static void demand(struct sample *s, const char *object, const char *demands)
{
    json_t *limits = json_object_get(sample_record(s, object), "limits");
    sample_set(limits, "evidence", sample_parse(demands));
}

/* The build's rule; its owner signs it. */
static void give_rule(struct sample *s, const struct api_identity_rule *rule)
{
    sample_set(sample_record(s, "a1"), "rule", api_rule_to_json(rule));
    sample_sign(s, "a1", s->keys[BOB]);
}

static struct api_identity_rule rule_in(const struct sample *s)
{
    AUTO_JSON *manifest = sample_manifest(s);
    json_t *app = json_object_get(json_object_get(manifest, "apps"), "a1");
    struct api_identity_rule rule;
    struct hash identity, computed;
    assert_ok(api_rule_from_json(json_object_get(app, "rule"), &rule, NULL));
    assert_ok(api_json_hash(app, "identity", &identity, NULL));
    assert_ok(api_identity_hash(&rule, &computed, NULL));
    assert_true(hash_equal(&identity, &computed));
    return rule;
}

static void every_dataset_of_an_app_counts(void **state)
{
    struct sample *s = *state;
    struct api_identity_rule rule = rule_of_sgx();
    rule.tcb_mask =
        API_TCB_UP_TO_DATE | API_TCB_SW_HARDENING_NEEDED | API_TCB_OUT_OF_DATE;
    give_rule(s, &rule);
    demand(s, "d1",
           "{\"tcb\": [\"UpToDate\", \"SWHardeningNeeded\"], \"age\": 7200}");
    demand(s, "d2",
           "{\"tcb\": [\"UpToDate\", \"OutOfDate\"], \"age\": 3600,"
           " \"nonce\": true, \"evaluation\": 17}");
    rule = rule_in(s);
    assert_int_equal(rule.tcb_mask, API_TCB_UP_TO_DATE);
    assert_int_equal(rule.terms.age_max, 3600);
    assert_int_equal(rule.terms.nonce_demanded, 1);
    assert_int_equal(rule.terms.evaluation_min, 17);
}

static void a_dataset_of_another_app_does_not_count(void **state)
{
    struct sample *s = *state;
    sample_dataset(s, "d3", "more", CAROL);
    sample_app(s, "a0", "app-0", BOB);
    sample_connect(s, "e3", "d3", "a0", "input");
    demand(s, "d3", "{\"age\": 60}");
    assert_int_equal(rule_in(s).terms.age_max, 0);
}

static void assert_only_fault(const struct sample *s, const char *part)
{
    AUTO_JSON *faults = faults_of(s);
    if (json_array_size(faults) != 1)
        faults_print(faults);
    assert_int_equal(json_array_size(faults), 1);
    const char *said = fault_member(json_array_get(faults, 0), "fault");
    if (!strstr(said, part))
        print_error("%s\n", said);
    assert_non_null(strstr(said, part));
}

static void demands_that_leave_nothing_are_a_fault(void **state)
{
    struct sample *s = *state;
    demand(s, "d2", "{\"hardware\": true}");
    assert_fault(s, "objects.a1",
                 "d2: hardware is demanded, and the rule is for sgx-simulated");
    demand(s, "d2", "{\"tcb\": [\"UpToDate\"]}");
    assert_only_fault(s, "d2: no state of the platform is accepted");
    demand(s, "d2", "{\"tcb\": [\"Revoked\"]}");
    assert_only_fault(s, "limits.evidence: tcb: element 0");
}

static char *told(const struct sample *s, const json_t *parent)
{
    AUTO_CLEAR_BUFFER text = buffer_make(1024 * 1024);
    AUTO_JSON *manifest = sample_manifest(s);
    assert_ok(api_sentences(manifest, parent, NULL, &text));
    return buffer_string(&text);
}

static void assert_told(const struct sample *s, const json_t *parent,
                        const char *sentence)
{
    char *text = told(s, parent);
    if (!strstr(text, sentence))
        print_error("%s\nis not in:\n%s\n", sentence, text);
    assert_non_null(strstr(text, sentence));
    free(text);
}

static void what_is_weak_is_said_in_capitals(void **state)
{
    struct sample *s = *state;
    struct api_identity_rule rule = rule_of_tdx();
    rule.form = 0;
    memset(rule.tdx.rtmr[0], 0, 48);
    memset(rule.tdx.rtmr[3], 0, 48);
    rule.tdx.sept_ve = 1;
    rule.tcb_mask |= API_TCB_OUT_OF_DATE;
    give_rule(s, &rule);
    assert_told(s, NULL, "runs as TDX machine with mrtd 101010");
    assert_told(s, NULL, "\n  RTMR0 NOT PINNED: ");
    assert_told(s, NULL, "\n  RTMR3 NOT PINNED: ");
    assert_told(s, NULL, "\n  SEPT_VE_DISABLE is not demanded: ");
    assert_told(s, NULL, "\n  MIGRATABLE: ");
    assert_told(s, NULL, "\n  OUT OF DATE: ");

    rule = rule_of_snp();
    rule.snp.migration_agent = 1;
    give_rule(s, &rule);
    assert_told(s, NULL, "runs as SEV-SNP machine with measurement 202020");
    assert_told(s, NULL, "\n  MIGRATION AGENT allowed: ");
    assert_told(s, NULL, "\n  ALIASES UNCHECKED: ");
    assert_told(s, NULL, "\n  LESS PRIVILEGED ");
}

static void a_strict_rule_has_nothing_in_capitals(void **state)
{
    struct sample *s = *state;
    struct api_identity_rule rule = rule_of_snp();
    rule.snp.unchecked_aliases = 0;
    rule.snp.vmpl_max = 0;
    memset(rule.snp.host_data, 0, 32);
    give_rule(s, &rule);
    assert_told(s, NULL, ", host_data zero, id_key_digest 2222");
    char *text = told(s, NULL);
    assert_null(strstr(text, "ALIASES"));
    assert_null(strstr(text, "MIGRAT"));
    assert_null(strstr(text, "PRIVILEGED"));
    free(text);
    rule = rule_of_nitro();
    give_rule(s, &rule);
    assert_told(s, NULL, "runs as Nitro enclave with pcr0 303030");
}

static void terms_are_told(void **state)
{
    struct sample *s = *state;
    struct api_identity_rule rule = rule_of_sgx();
    rule.terms = terms_full();
    give_rule(s, &rule);
    assert_told(s, NULL, "\n  its evidence counts for 3600 seconds\n");
    assert_told(s, NULL,
                "\n  the platform is judged by evaluation 17 or "
                "later\n");
    assert_told(s, NULL,
                "\n  its evidence is made for each certificate "
                "anew\n");
    assert_told(s, NULL,
                "\n  EXCEPTION until 2033-05-18 03:33:20 UTC: "
                "ConfigurationNeeded with no advisory open but "
                "INTEL-SA-00289, INTEL-SA-00615\n");
    rule.terms.exception.count = 0;
    give_rule(s, &rule);
    assert_told(s, NULL, "ConfigurationNeeded with no advisory open\n");
}

static void other_terms_are_a_difference(void **state)
{
    struct sample *s = *state;
    struct api_identity_rule rule = rule_of_sgx();
    give_rule(s, &rule);
    AUTO_JSON *parent = sample_manifest(s);
    rule.terms.age_max = 60;
    give_rule(s, &rule);
    assert_told(s, parent,
                "Program \"app-1\" runs under other conditions, now\n"
                "    its evidence counts for 60 seconds\n"
                "  before\n"
                "    none\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_SAMPLE(every_dataset_of_an_app_counts),
        ON_SAMPLE(a_dataset_of_another_app_does_not_count),
        ON_SAMPLE(demands_that_leave_nothing_are_a_fault),
        ON_SAMPLE(what_is_weak_is_said_in_capitals),
        ON_SAMPLE(a_strict_rule_has_nothing_in_capitals),
        ON_SAMPLE(terms_are_told),
        ON_SAMPLE(other_terms_are_a_difference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
