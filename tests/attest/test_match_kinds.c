/* Rules of TDX, SEV-SNP and Nitro: each member loosens or tightens exactly
 * what it says. */

#include "attest/attest.h"
#include "base/text.h"
#include "tests/api/rules.h"
#include "tests/support/check.h"

#define NOW 1900000000

/* What meets rule_at(index) exactly, at its limits. */
static struct attest_identity met_by(const struct api_identity_rule *rule)
{
    struct attest_identity id = { .kind = rule->kind,
                                  .anchor = rule->anchor,
                                  .tcb = API_TCB_UP_TO_DATE };
    static const unsigned numbers[API_PCRS] = { 0, 1, 2, 3, 4, 8 };
    switch (rule->kind & API_KIND_PLATFORM) {
    case API_KIND_TDX:
        id.tdx.v15 = true;
        memcpy(id.tdx.mrtd, rule->tdx.mrtd, 48);
        memcpy(id.tdx.rtmr, rule->tdx.rtmr, sizeof(id.tdx.rtmr));
        memcpy(id.tdx.mrconfigid, rule->tdx.mrconfigid, 48);
        memcpy(id.tdx.mrowner, rule->tdx.mrowner, 48);
        memcpy(id.tdx.mrownerconfig, rule->tdx.mrownerconfig, 48);
        memcpy(id.tdx.mrservicetd, rule->tdx.mrservicetd, 48);
        id.tdx.tdattributes[3] = 0x10; /* SEPT_VE_DISABLE */
        break;
    case API_KIND_SNP:
        memcpy(id.snp.measurement, rule->snp.measurement, 48);
        memcpy(id.snp.host_data, rule->snp.host_data, 32);
        memcpy(id.snp.id_key_digest, rule->snp.id_key_digest, 48);
        memcpy(id.snp.author_key_digest, rule->snp.author_key_digest, 48);
        memcpy(id.snp.committed_tcb, rule->snp.tcb_min, 8);
        memcpy(id.snp.reported_tcb, rule->snp.tcb_min, 8);
        memcpy(id.snp.launch_tcb, rule->snp.tcb_min, 8);
        id.snp.guest_svn = rule->snp.guest_svn_min;
        id.snp.vmpl = rule->snp.vmpl_max;
        id.snp.platform_info = 1 << 5;
        break;
    default:
        id.nitro.pcr_len = 48;
        for (size_t i = 0; i < API_PCRS; i++) {
            id.nitro.present |= (uint32_t)1 << numbers[i];
            memcpy(id.nitro.pcr[numbers[i]], rule->nitro.pcr[i], 48);
        }
        break;
    }
    return id;
}

static void expect(const struct api_identity_rule *rule,
                   const struct attest_identity *id, const char *member)
{
    struct reason why = { "" };
    struct status s = attest_matches(rule, id, NOW, &why);
    if (!member && failed(s))
        print_error("%s\n", why.text);
    assert_string_equal(status_name(s.code),
                        status_name(member ? STATUS_DENIED : STATUS_OK));
    if (member)
        assert_string_equal(s.origin, member);
}

/* Every byte of a value counts. */
static void expect_pinned(const struct api_identity_rule *rule,
                          struct attest_identity *id, unsigned char *value,
                          size_t len, const char *member)
{
    for (size_t i = 0; i < len; i++) {
        value[i] ^= 0x80;
        expect(rule, id, member);
        value[i] ^= 0x80;
    }
    expect(rule, id, NULL);
}

static void every_kind_meets_its_own_rule_only(void **state)
{
    (void)state;
    for (size_t i = 1; i < RULES; i++) {
        struct api_identity_rule rule = rule_at(i);
        struct attest_identity id = met_by(&rule);
        expect(&rule, &id, NULL);
        id.kind |= API_KIND_SIMULATED;
        expect(&rule, &id, "kind");
        id.kind = rule.kind | API_KIND_NODE_VOUCHED;
        expect(&rule, &id, "kind");
        id.kind = (uint8_t)(rule.kind == 4 ? 1 : rule.kind + 1);
        expect(&rule, &id, "kind");
        id = met_by(&rule);
        id.anchor.bytes[0] ^= 1;
        expect(&rule, &id, "anchor");
        id = met_by(&rule);
        id.tcb = API_TCB_OUT_OF_DATE;
        expect(&rule, &id, "tcb");
        id = met_by(&rule);
        id.debug = true;
        expect(&rule, &id, "debug");
        if (rule.kind != API_KIND_NITRO) {
            rule.debug_allowed = 1;
            expect(&rule, &id, NULL);
        }
    }
}

static void each_register_of_a_trust_domain_counts(void **state)
{
    (void)state;
    static const char *const rtmr[] = { "rtmr0", "rtmr1", "rtmr2", "rtmr3" };
    struct api_identity_rule rule = rule_of_tdx();
    struct attest_identity id = met_by(&rule);
    expect_pinned(&rule, &id, id.tdx.mrtd, 48, "mrtd");
    for (size_t i = 0; i < 4; i++)
        expect_pinned(&rule, &id, id.tdx.rtmr[i], 48, rtmr[i]);
    expect_pinned(&rule, &id, id.tdx.mrconfigid, 48, "mrconfigid");
    expect_pinned(&rule, &id, id.tdx.mrowner, 48, "mrowner");
    expect_pinned(&rule, &id, id.tdx.mrownerconfig, 48, "mrownerconfig");
    expect_pinned(&rule, &id, id.tdx.mrservicetd, 48, "mrservicetd");
}

static void a_register_that_is_not_pinned_is_not_looked_at(void **state)
{
    (void)state;
    struct api_identity_rule rule = rule_of_tdx();
    struct attest_identity id = met_by(&rule);
    rule.form = API_TDX_RTMR3;
    memset(rule.tdx.rtmr[0], 0, 48);
    expect(&rule, &id, NULL);
    id.tdx.rtmr[3][0] ^= 1;
    expect(&rule, &id, "rtmr3");
    rule.form = 0;
    memset(rule.tdx.rtmr[3], 0, 48);
    expect(&rule, &id, NULL);
    id.tdx.rtmr[1][0] ^= 1;
    expect(&rule, &id, "rtmr1");
}

static void attributes_of_a_trust_domain_weaken_only_where_allowed(void **state)
{
    (void)state;
    struct api_identity_rule rule = rule_of_tdx();
    rule.tdx.migratable = 0;
    struct attest_identity id = met_by(&rule);
    id.tdx.tdattributes[3] = 0;
    expect(&rule, &id, "sept_ve");
    rule.tdx.sept_ve = 1;
    expect(&rule, &id, NULL);
    id.tdx.tdattributes[3] = 0x20; /* MIGRATABLE */
    expect(&rule, &id, "migratable");
    rule.tdx.migratable = 1;
    expect(&rule, &id, NULL);
    rule.tdx.sept_ve = 0;
    expect(&rule, &id, "sept_ve");
    for (unsigned bit = 0; bit < 64; bit++) {
        bool known = bit == 0 || (bit >= 27 && bit <= 31) || bit == 63;
        id = met_by(&rule);
        id.tdx.tdattributes[bit / 8] |= (unsigned char)(1u << bit % 8);
        expect(&rule, &id, known ? NULL : "tdattributes");
    }
}

static void a_report_of_td_1_0_has_no_service_td(void **state)
{
    (void)state;
    struct api_identity_rule rule = rule_of_tdx();
    struct attest_identity id = met_by(&rule);
    id.tdx.v15 = false; /* what lies there is not the report's */
    expect(&rule, &id, "mrservicetd");
    memset(rule.tdx.mrservicetd, 0, 48);
    expect(&rule, &id, NULL);
}

static void each_value_of_an_snp_guest_counts(void **state)
{
    (void)state;
    struct api_identity_rule rule = rule_of_snp();
    struct attest_identity id = met_by(&rule);
    expect_pinned(&rule, &id, id.snp.measurement, 48, "measurement");
    expect_pinned(&rule, &id, id.snp.host_data, 32, "host_data");
    expect_pinned(&rule, &id, id.snp.id_key_digest, 48, "id_key_digest");
    expect_pinned(&rule, &id, id.snp.author_key_digest, 48,
                  "author_key_digest");
    rule.form = API_SNP_AUTHOR_KEY;
    memset(rule.snp.id_key_digest, 0, 48);
    expect(&rule, &id, NULL);
    id.snp.author_key_digest[0] ^= 1;
    expect(&rule, &id, "author_key_digest");
}

static void versions_of_an_snp_guest_are_least(void **state)
{
    (void)state;
    struct api_identity_rule rule = rule_of_snp();
    struct attest_identity id = met_by(&rule);
    id.snp.guest_svn++;
    id.snp.vmpl--;
    expect(&rule, &id, NULL);
    id.snp.guest_svn -= 2;
    expect(&rule, &id, "guest_svn");
    id = met_by(&rule);
    id.snp.vmpl++;
    expect(&rule, &id, "vmpl");
    id.snp.vmpl = UINT32_MAX; /* asked for by the host */
    expect(&rule, &id, "vmpl");
    unsigned char *const tcbs[] = { id.snp.committed_tcb, id.snp.reported_tcb,
                                    id.snp.launch_tcb };
    for (size_t i = 0; i < 3; i++) {
        struct attest_identity same = met_by(&rule);
        memcpy(&id, &same, sizeof(id));
        for (size_t at = 0; at < 8; at++) {
            tcbs[i][at]--;
            tcbs[i][(at + 1) % 8] = 0xff; /* does not make up for it */
            expect(&rule, &id, "tcb_min");
            memcpy(&id, &same, sizeof(id));
            tcbs[i][at]++;
            expect(&rule, &id, NULL);
            memcpy(&id, &same, sizeof(id));
        }
    }
}

static void an_snp_guest_weakens_only_where_allowed(void **state)
{
    (void)state;
    struct api_identity_rule rule = rule_of_snp();
    rule.snp.unchecked_aliases = 0;
    struct attest_identity id = met_by(&rule);
    id.snp.platform_info = ~(uint64_t)0 ^ 1 << 5;
    expect(&rule, &id, "unchecked_aliases");
    rule.snp.unchecked_aliases = 1;
    expect(&rule, &id, NULL);
    id.snp.policy = 1 << 18;
    expect(&rule, &id, "migration_agent");
    rule.snp.migration_agent = 1;
    expect(&rule, &id, NULL);
}

static void each_register_of_a_nitro_enclave_counts(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        unsigned number;
    } registers[API_PCRS] = { { "pcr0", 0 }, { "pcr1", 1 }, { "pcr2", 2 },
                              { "pcr3", 3 }, { "pcr4", 4 }, { "pcr8", 8 } };
    struct api_identity_rule rule = rule_of_nitro();
    struct attest_identity id = met_by(&rule);
    for (size_t i = 0; i < API_PCRS; i++) {
        unsigned number = registers[i].number;
        expect_pinned(&rule, &id, id.nitro.pcr[number], 48, registers[i].name);
        id.nitro.present ^= (uint32_t)1 << number;
        expect(&rule, &id, registers[i].name);
        id.nitro.present ^= (uint32_t)1 << number;
    }
    id.nitro.pcr_len = 32;
    expect(&rule, &id, "pcr");
    id.nitro.pcr_len = 48;
    rule.form = API_NITRO_PCR4;
    memset(rule.nitro.pcr[API_PCR3], 0, 48);
    memset(rule.nitro.pcr[API_PCR8], 0, 48);
    id.nitro.present ^= 1 << 3 | 1 << 8;
    expect(&rule, &id, NULL);
}

static void a_nonce_is_exactly_the_documents(void **state)
{
    (void)state;
    struct api_identity_rule rule = rule_of_nitro();
    struct attest_identity id = met_by(&rule);
    struct hash nonce = { { 7 } }, zero = { { 0 } };
    assert_status(STATUS_DENIED, attest_has_nonce(&id, &nonce));
    id.nitro.nonce_len = 32;
    assert_status(STATUS_DENIED, attest_has_nonce(&id, &zero));
    id.nitro.nonce[0] = 7;
    assert_ok(attest_has_nonce(&id, &nonce));
    id.nitro.nonce[31] = 1;
    assert_status(STATUS_DENIED, attest_has_nonce(&id, &nonce));
    id.nitro.nonce[31] = 0;
    id.nitro.nonce_len = 33;
    assert_status(STATUS_DENIED, attest_has_nonce(&id, &nonce));
    id.nitro.nonce_len = 32;
    id.kind = API_KIND_SNP;
    assert_status(STATUS_DENIED, attest_has_nonce(&id, &nonce));
}

static void an_exception_holds_for_the_advisories_open(void **state)
{
    (void)state;
    struct api_identity_rule rule = rule_of_tdx();
    struct attest_identity id = met_by(&rule);
    rule.terms = terms_full();
    id.tcb = API_TCB_CONFIGURATION_NEEDED;
    id.advisories.count = 1;
    memcpy(id.advisories.id[0], "INTEL-SA-00615", 15);
    expect(&rule, &id, NULL);
    id.advisories.count = 2;
    memcpy(id.advisories.id[1], "INTEL-SA-00001", 15);
    expect(&rule, &id, "tcb");
    id.advisories.count = ATTEST_ADVISORIES_MAX + 1;
    expect(&rule, &id, "tcb");
    id.advisories.count = 1;
    rule.terms.exception.until = NOW - 1;
    expect(&rule, &id, "tcb");
}

/* Everybody has the keys of SDK samples. */
static void a_public_signer_vouches_for_nothing(void **state)
{
    (void)state;
    static const char *const keys[] = {
        "83d719e77deaca1470f6baf62a4d774303c899db69020f9c70ee1dfc08c7ce9e",
        "9affcfae47b848ec2caf1c49b4b283531e1cc425f93582b36806e52a43d78d1a",
    };
    for (size_t i = 0; i < 2; i++) {
        struct api_identity_rule rule = rule_of_sgx();
        struct attest_identity id = { .kind = API_KIND_SGX,
                                      .anchor = rule.anchor,
                                      .tcb = API_TCB_UP_TO_DATE };
        id.sgx.isvprodid = rule.sgx.isvprodid;
        id.sgx.isvsvn = rule.sgx.isvsvn_min;
        assert_ok(hex_decode(bytes_of_string(keys[i]), rule.sgx.mrsigner, 32));
        memcpy(id.sgx.mrsigner, rule.sgx.mrsigner, 32);
        expect(&rule, &id, "mrsigner");
        rule.debug_allowed = 1;
        expect(&rule, &id, NULL);
        rule = (struct api_identity_rule){ .kind = API_KIND_SGX,
                                           .form = API_SGX_MRENCLAVE,
                                           .tcb_mask = API_TCB_UP_TO_DATE,
                                           .anchor = id.anchor };
        memset(rule.sgx.mrenclave, 1, 32);
        memset(id.sgx.mrenclave, 1, 32);
        expect(&rule, &id, NULL); /* this very program, whoever signed it */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_meets_its_own_rule_only),
        cmocka_unit_test(each_register_of_a_trust_domain_counts),
        cmocka_unit_test(a_register_that_is_not_pinned_is_not_looked_at),
        cmocka_unit_test(
            attributes_of_a_trust_domain_weaken_only_where_allowed),
        cmocka_unit_test(a_report_of_td_1_0_has_no_service_td),
        cmocka_unit_test(each_value_of_an_snp_guest_counts),
        cmocka_unit_test(versions_of_an_snp_guest_are_least),
        cmocka_unit_test(an_snp_guest_weakens_only_where_allowed),
        cmocka_unit_test(each_register_of_a_nitro_enclave_counts),
        cmocka_unit_test(a_nonce_is_exactly_the_documents),
        cmocka_unit_test(an_exception_holds_for_the_advisories_open),
        cmocka_unit_test(a_public_signer_vouches_for_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
