/* SEV-SNP: honest evidence gives its identity, every spoiled part is refused
 * by its token, and what only a policy may judge is reported. */

#include <openssl/x509.h>

#include "attest/rsa.h"
#include "attest/snp.h"
#include "tests/attest/honest_snp.h"
#include "tests/support/check.h"

static void the_identity_is_what_the_report_says(void **state)
{
    (void)state;
    struct attest_identity id;
    const struct snp_report *r = &forge->report;
    snp_verify(&id);
    assert_int_equal(id.kind, API_KIND_SNP | API_KIND_SIMULATED);
    assert_memory_equal(&id.anchor, &forge->anchor.spki, sizeof(id.anchor));
    assert_int_equal(id.tcb, API_TCB_UP_TO_DATE);
    assert_false(id.debug);
    assert_memory_equal(id.report_data, r->data, 64);
    assert_int_equal(id.advisories.count, 0);
    assert_int_equal(id.snp.version, 3);
    assert_int_equal(id.snp.guest_svn, 7);
    assert_int_equal(id.snp.vmpl, 0);
    assert_int_equal(id.snp.policy, r->policy);
    assert_int_equal(id.snp.platform_info, r->platform_info);
    assert_false(id.snp.vlek);
    assert_int_equal(id.snp.product, ATTEST_MILAN);
    assert_memory_equal(id.snp.measurement, r->measurement, 48);
    assert_memory_equal(id.snp.host_data, r->host_data, 32);
    assert_memory_equal(id.snp.id_key_digest, r->id_key_digest, 48);
    assert_memory_equal(id.snp.author_key_digest, r->author_key_digest, 48);
    assert_memory_equal(id.snp.family_id, r->family_id, 16);
    assert_memory_equal(id.snp.image_id, r->image_id, 16);
    assert_memory_equal(id.snp.chip_id, r->chip_id, 64);
    assert_memory_equal(id.snp.report_id, r->report_id, 32);
    assert_memory_equal(id.snp.current_tcb, r->current_tcb, 8);
    assert_memory_equal(id.snp.reported_tcb, r->reported_tcb, 8);
    assert_memory_equal(id.snp.committed_tcb, r->committed_tcb, 8);
    assert_memory_equal(id.snp.launch_tcb, r->launch_tcb, 8);
}

static void every_version_and_product_is_read(void **state)
{
    static const uint8_t products[] = { ATTEST_MILAN, ATTEST_GENOA,
                                        ATTEST_TURIN };
    struct attest_verdict verdict;
    (void)state;
    for (enum snp_product p = SNP_MILAN; p <= SNP_TURIN; p++)
        for (uint32_t version = 2; version <= 5; version++) {
            snp_forge_product(forge, p);
            forge->report.version = version;
            snp_judge(&verdict);
            assert_int_equal(verdict.failures_count, 0);
            assert_int_equal(verdict.result, ATTEST_ACCEPT);
            assert_int_equal(verdict.identity.snp.product, products[p]);
            assert_int_equal(verdict.identity.snp.version, version);
        }
}

static void a_providers_key_is_accepted_and_named(void **state)
{
    (void)state;
    struct attest_identity id;
    snp_forge_vlek(forge);
    snp_verify(&id);
    assert_true(id.snp.vlek);
}

static void a_root_in_the_evidence_is_dropped(void **state)
{
    (void)state;
    struct attest_identity id;
    forge->order = "ear";
    snp_verify(&id);
}

static void a_root_issued_again_on_the_same_key_is_the_same_root(void **state)
{
    (void)state;
    struct attest_identity id;
    forge->order = "ear";
    forge->ark.says.not_after = VENDOR_NOW - VENDOR_DAY;
    snp_verify(&id);
}

static void the_chip_may_hide_itself(void **state)
{
    (void)state;
    struct attest_identity id;
    forge->report.keys = SNP_KEYS_MASK_CHIP_KEY;
    memset(forge->report.chip_id, 0, 64);
    snp_verify(&id);
}

/* A later microcode runs already; the key is of what was reported. */
static void reported_may_lag_behind_current(void **state)
{
    (void)state;
    struct attest_verdict verdict;
    forge->report.current_tcb[7]++;
    snp_judge(&verdict);
    assert_int_equal(verdict.result, ATTEST_ACCEPT);
}

/* DER has one spelling of the parameters; AMD's first certificates have
 * another, with the trailer written out. */
static void spell_the_trailer_out(X509 *certificate)
{
    const X509_ALGOR *shorter;
    unsigned char *der = NULL;
    X509_get0_signature(NULL, &shorter, certificate);
    int len = i2d_X509_ALGOR(shorter, &der);
    unsigned char longer[128];
    assert_int_equal(len, 2 + 0x41);
    memcpy(longer, der, (size_t)len);
    memcpy(longer + len, "\xa3\x03\x02\x01\x01", 5);
    longer[1] += 5;
    longer[2 + 11 + 1] += 5; /* behind the algorithm's OID */
    const unsigned char *at = longer;
    X509_ALGOR *parsed = d2i_X509_ALGOR(NULL, &at, len + 5);
    assert_non_null(parsed);
    assert_true(attest_rsa_is_pss(parsed));
    X509_ALGOR_free(parsed);
    longer[len + 4] = 2; /* trailer 2 does not exist */
    at = longer;
    parsed = d2i_X509_ALGOR(NULL, &at, len + 5);
    assert_non_null(parsed);
    assert_false(attest_rsa_is_pss(parsed));
    X509_ALGOR_free(parsed);
    OPENSSL_free(der);
}

static void both_spellings_of_the_parameters_are_read(void **state)
{
    (void)state;
    struct attest_identity id;
    forge->ask.retouch = spell_the_trailer_out;
    snp_verify(&id);
}

static void parameters_that_are_none_are_no_pss(void **state)
{
    (void)state;
    static const unsigned char salt[] = { 0x30, 0x05, 0xa2, 0x03,
                                          0x02, 0x01, 0x30 };
    X509_ALGOR *algorithm = X509_ALGOR_new();
    ASN1_STRING *few = ASN1_STRING_type_new(V_ASN1_SEQUENCE);
    assert_int_equal(ASN1_STRING_set(few, salt, sizeof(salt)), 1);
    assert_int_equal(X509_ALGOR_set0(algorithm, OBJ_nid2obj(NID_rsassaPss),
                                     V_ASN1_NULL, NULL),
                     1);
    assert_false(attest_rsa_is_pss(algorithm));
    assert_int_equal(X509_ALGOR_set0(algorithm, OBJ_nid2obj(NID_rsassaPss),
                                     V_ASN1_SEQUENCE, few),
                     1);
    assert_false(attest_rsa_is_pss(algorithm)); /* SHA-1 by default */
    X509_ALGOR_free(algorithm);
}

static void a_key_of_another_kind_signs_no_report(void **state)
{
    (void)state;
    struct attest_verdict verdict;
    forge->ek.key = forge->keys[2];
    snp_judge(&verdict);
    assert_string_equal(verdict.failures[0].token, "chain:algorithm SEV-VCEK");
    assert_string_equal(verdict.failures[1].token, "report-sig");
}

/* Four bytes tell a report from a quote: whose second half is a key's type. */
static void what_does_not_begin_like_a_report_is_none(void **state)
{
    (void)state;
    static const unsigned char rows[][4] = {
        { 1, 0, 0, 0 }, { 6, 0, 0, 0 }, { 3, 1, 0, 0 },
        { 3, 0, 2, 0 }, { 3, 0, 0, 1 },
    };
    static const unsigned char report[4] = { 3 };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_false(attest_snp_is(bytes_of(rows[i], 4)));
    assert_false(attest_snp_is(bytes_of(report, 3)));
    assert_true(attest_snp_is(bytes_of(report, 4)));
}

/* What the default policy refuses; a rule may think otherwise. */
static void host_debugs(struct snp_forge *f)
{
    f->report.policy |= SNP_POLICY_DEBUG;
}
static void may_migrate(struct snp_forge *f)
{
    f->report.policy |= SNP_POLICY_MIGRATE_MA;
}
static void unprivileged(struct snp_forge *f)
{
    f->report.vmpl = 3;
}
static void aliases_unchecked(struct snp_forge *f)
{
    f->report.platform_info = 0;
}
static void uncommitted(struct snp_forge *f)
{
    f->report.current_version[0]++;
}
static void under_a_paravisor(struct snp_forge *f)
{
    f->report.vmpl = 1;
}
static void old_without_aliases(struct snp_forge *f)
{
    f->report.version = 2; /* from before the check existed */
    f->report.platform_info = 0;
}

static void what_a_policy_judges_is_reported(void **state)
{
    static const struct {
        void (*spoil)(struct snp_forge *);
        uint32_t flags;
    } rows[] = {
        { host_debugs, ATTEST_FLAG_DEBUG },
        { may_migrate, ATTEST_FLAG_MIGRATE_MA },
        { unprivileged, ATTEST_FLAG_VMPL },
        { aliases_unchecked, ATTEST_FLAG_ALIAS_CHECK },
        { uncommitted, ATTEST_FLAG_PROVISIONAL },
        { under_a_paravisor, 0 },
        { old_without_aliases, 0 },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct attest_verdict verdict;
        struct attest_identity id;
        snp_end(state);
        snp_begin(state);
        rows[i].spoil(forge);
        snp_judge(&verdict);
        assert_int_equal(verdict.failures_count, 0);
        assert_int_equal(verdict.flags, rows[i].flags);
        assert_int_equal(verdict.result,
                         rows[i].flags ? ATTEST_REJECT : ATTEST_ACCEPT);
        snp_verify(&id);
        assert_int_equal(id.debug, rows[i].flags == ATTEST_FLAG_DEBUG);
    }
}

static void firmware_from_before_a_fix_has_its_advisory(void **state)
{
    (void)state;
    struct attest_identity id;
    forge->tcb[6] = forge->report.reported_tcb[6] =
        forge->report.committed_tcb[6] = 0x17;
    snp_verify(&id);
    assert_int_equal(id.advisories.count, 1);
    assert_string_equal(id.advisories.id[0], "AMD-SB-3019");
}

static void all_failures_are_found_not_the_first(void **state)
{
    (void)state;
    struct attest_verdict verdict;
    forge->endorsement = forge->keys[4];
    forge->tcb[7]++;
    forge->chip_id[0] ^= 1;
    forge->ek.says.not_after = VENDOR_NOW - 1;
    snp_judge(&verdict);
    assert_int_equal(verdict.result, ATTEST_REJECT);
    assert_int_equal(verdict.failures_count, 4);
    assert_string_equal(verdict.failures[0].token, "chain:time SEV-VCEK");
    assert_string_equal(verdict.failures[1].token, "report-sig");
    assert_string_equal(verdict.failures[2].token, "ek-tcb");
    assert_string_equal(verdict.failures[3].token, "ek-chip");
    assert_true(verdict.has_identity);
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, snp_begin, snp_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(the_identity_is_what_the_report_says),
        EACH(every_version_and_product_is_read),
        EACH(a_providers_key_is_accepted_and_named),
        EACH(a_root_in_the_evidence_is_dropped),
        EACH(a_root_issued_again_on_the_same_key_is_the_same_root),
        EACH(the_chip_may_hide_itself),
        EACH(reported_may_lag_behind_current),
        EACH(both_spellings_of_the_parameters_are_read),
        EACH(parameters_that_are_none_are_no_pss),
        EACH(a_key_of_another_kind_signs_no_report),
        EACH(what_does_not_begin_like_a_report_is_none),
        EACH(what_a_policy_judges_is_reported),
        EACH(firmware_from_before_a_fix_has_its_advisory),
        EACH(all_failures_are_found_not_the_first),
    };
    assert_ok(secret_heap_open((size_t)1024 * 1024));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
