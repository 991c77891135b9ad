/* A rule as it is typed: strict unless the owner says otherwise, and what is
 * mistyped is named. */

#include "cli/rule.h"
#include "tests/support/check.h"

#include <string.h>

static const struct option options[] = { RULE_OPTIONS,
                                         { "allow-debug", NULL, "" },
                                         { 0 } };
static const struct option demands[] = { DEMAND_OPTIONS, { 0 } };
static const struct option none[] = { { 0 } };
static const struct hash anchor = { { 0xcc } };

#define TENS                                                                   \
    "1010101010101010101010101010101010101010101010101010101010101010"         \
    "10101010101010101010101010101010"
#define MAX_WORDS 40

/* "--kind tdx --measured mrtd=..." */
static STATUS parse(const char *line, const struct option *of,
                    struct arguments *out)
{
    static char text[4096];
    char *words[MAX_WORDS];
    int count = 0;
    struct reason why = { "" };
    assert_true(strlen(line) < sizeof(text));
    memcpy(text, line, strlen(line) + 1);
    for (char *at = text; at && *at;) {
        assert_true(count < MAX_WORDS);
        words[count++] = at;
        at = strchr(at, ' ');
        if (at)
            *at++ = '\0';
    }
    return arguments_parse(count, words, of, none, out, &why);
}

static struct api_identity_rule good(const char *line)
{
    struct arguments given;
    struct api_identity_rule rule;
    struct reason why = { "" };
    assert_ok(parse(line, options, &given));
    struct status s = rule_read(&given, false, &anchor, &rule, &why);
    if (failed(s))
        print_error("%s: %s\n", line, why.text);
    assert_ok(s);
    return rule;
}

#define TDX                                                                    \
    "--kind tdx --measured mrtd=" TENS " --measured rtmr1=" TENS               \
    " --measured rtmr2=" TENS
#define SNP "--kind snp --measured measurement=" TENS
#define NITRO                                                                  \
    "--kind nitro --measured pcr0=" TENS " --measured pcr1=" TENS              \
    " --measured pcr2=" TENS

static void what_is_not_said_is_strict(void **state)
{
    (void)state;
    static const unsigned char zeros[48];
    struct api_identity_rule rule = good(TDX);
    assert_int_equal(rule.kind, API_KIND_TDX);
    assert_int_equal(rule.form, 0);
    assert_memory_equal(rule.tdx.mrservicetd, zeros, 48);
    assert_int_equal(rule.tdx.sept_ve + rule.tdx.migratable, 0);
    assert_int_equal(rule.tcb_mask,
                     API_TCB_UP_TO_DATE | API_TCB_SW_HARDENING_NEEDED);
    assert_int_equal(rule.debug_allowed, 0);
    rule = good(SNP);
    assert_int_equal(rule.kind, API_KIND_SNP);
    assert_memory_equal(rule.snp.host_data, zeros, 32);
    assert_int_equal(rule.snp.vmpl_max, 0);
    assert_int_equal(rule.tcb_mask, API_TCB_UP_TO_DATE);
    rule = good(NITRO);
    assert_int_equal(rule.kind, API_KIND_NITRO);
    assert_int_equal(rule.terms.age_max, 0);
}

static void everything_can_be_said(void **state)
{
    (void)state;
    struct api_identity_rule rule =
        good(TDX " --measured rtmr3=" TENS " --allow sept_ve --max-age 600"
                 " --evaluation 17 --demand-nonce --tcb OutOfDate"
                 " --except ConfigurationNeeded --except-until 1900000000"
                 " --except-advisory INTEL-SA-2 --except-advisory INTEL-SA-1"
                 " --allow-debug");
    assert_int_equal(rule.form, API_TDX_RTMR3);
    assert_int_equal(rule.tdx.sept_ve, 1);
    assert_int_equal(rule.debug_allowed, 1);
    assert_int_equal(rule.tcb_mask, API_TCB_OUT_OF_DATE);
    assert_int_equal(rule.terms.age_max, 600);
    assert_int_equal(rule.terms.evaluation_min, 17);
    assert_int_equal(rule.terms.nonce_demanded, 1);
    assert_int_equal(rule.terms.exception.tcb_mask,
                     API_TCB_CONFIGURATION_NEEDED);
    assert_int_equal(rule.terms.exception.until, 1900000000);
    assert_string_equal(rule.terms.exception.advisory[0], "INTEL-SA-1");
    rule = good(SNP " --measured vmpl_max=1 --measured guest_svn_min=7");
    assert_int_equal(rule.snp.vmpl_max, 1);
    assert_int_equal(rule.snp.guest_svn_min, 7);
}

static void a_simulators_rule_says_so(void **state)
{
    (void)state;
    struct arguments given;
    struct api_identity_rule rule;
    assert_ok(parse(NITRO, options, &given));
    assert_ok(rule_read(&given, true, &anchor, &rule, NULL));
    assert_int_equal(rule.kind, API_KIND_NITRO | API_KIND_SIMULATED);
}

static void a_rule_for_nodes_words_says_so(void **state)
{
    (void)state;
    struct api_identity_rule rule = good("--node-vouched --max-age 600");
    assert_int_equal(rule.kind, API_KIND_SGX | API_KIND_NODE_VOUCHED);
    assert_int_equal(rule.tcb_mask, API_TCB_UNEVALUATED);
    assert_int_equal(rule.terms.age_max, 600);
    rule = good(TDX " --node-vouched --allow migratable");
    assert_int_equal(rule.kind, API_KIND_TDX | API_KIND_NODE_VOUCHED);
    assert_int_equal(rule.tcb_mask, API_TCB_UNEVALUATED);
    rule = good(SNP " --node-vouched");
    assert_int_equal(rule.kind, API_KIND_SNP | API_KIND_NODE_VOUCHED);
}

static void what_is_wrong_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *line, *part;
    } bad[] = {
        { "--kind sev", "--kind sev: sgx, tdx, snp or nitro" },
        { "--kind tdx", "mrtd is missing" },
        { TDX " --measured mrtd", "expected NAME=VALUE" },
        { TDX " --measured mrtdx=1", "mrtdx" },
        { TDX " --measured rtmr3=11", "rtmr3: expected 96 hexadecimal" },
        { TDX " --allow anything", "anything" },
        { TDX " --tcb Revoked", "--tcb Revoked: no such status" },
        { TDX " --except OutOfDate", "an exception has an end" },
        { TDX " --except Odd --except-until 5", "--except Odd: no such" },
        { TDX " --max-age 5h", "--max-age: expected a number" },
        { TDX " --max-age 999999", "age: expected an integer" },
        { SNP " --measured vmpl_max=x", "--measured: expected a number" },
        { SNP " --measured vmpl_max=4", "vmpl_max: expected an integer" },
        { NITRO " --allow-debug", "measures nothing" },
        { "--measured mrenclave=1", "are for tdx, snp and nitro" },
        { NITRO " --node-vouched",
          "no node vouches for Nitro: its documents travel whole" },
        { "--node-vouched --tcb UpToDate",
          "--tcb: a node's word never meets it; with" },
        { "--node-vouched --evaluation 17", "--evaluation: a node's word" },
        { "--node-vouched --demand-nonce", "--demand-nonce: a node's word" },
        { "--node-vouched --except OutOfDate --except-until 2000000000",
          "--except: a node's word" },
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct arguments given;
        struct api_identity_rule rule;
        struct reason why = { "" };
        assert_ok(parse(bad[i].line, options, &given));
        assert_status(STATUS_INVALID,
                      rule_read(&given, false, &anchor, &rule, &why));
        if (!strstr(why.text, bad[i].part))
            print_error("%s: %s\n", bad[i].line, why.text);
        assert_non_null(strstr(why.text, bad[i].part));
    }
}

static void demands_are_limits_of_a_dataset(void **state)
{
    (void)state;
    struct arguments given;
    AUTO_JSON *limits = NULL, *nothing = NULL;
    struct reason why = { "" };
    assert_ok(parse("--demand-tcb UpToDate --demand-age 600"
                    " --demand-evaluation 17 --demand-nonce --demand-hardware",
                    demands, &given));
    assert_ok(demands_read(&given, &limits, NULL));
    AUTO_JSON *expected = json_pack(
        "{s:{s:[s], s:i, s:i, s:b, s:b}}", "evidence", "tcb", "UpToDate", "age",
        600, "evaluation", 17, "nonce", 1, "hardware", 1);
    assert_true(json_equal(limits, expected));
    assert_ok(parse("", demands, &given));
    assert_ok(demands_read(&given, &nothing, NULL));
    assert_int_equal(json_object_size(nothing), 0);
    assert_ok(parse("--demand-age 0", demands, &given));
    assert_status(STATUS_INVALID, demands_read(&given, &nothing, &why));
    assert_non_null(strstr(why.text, "age"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_said_is_strict),
        cmocka_unit_test(everything_can_be_said),
        cmocka_unit_test(a_simulators_rule_says_so),
        cmocka_unit_test(a_rule_for_nodes_words_says_so),
        cmocka_unit_test(what_is_wrong_is_named),
        cmocka_unit_test(demands_are_limits_of_a_dataset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
