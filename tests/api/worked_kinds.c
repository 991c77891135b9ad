/* The examples of rules of the kinds that are not SGX, and of terms. */

#include "tests/api/worked_examples.h"
#include "tests/support/check.h"

#include <stdio.h>
#include <string.h>

static struct api_identity_rule read_rule(const char *block)
{
    struct api_identity_rule rule;
    struct hash hash;
    AUTO_CLEAR_BUFFER again = buffer_make(API_IDENTITY_MAX);
    assert_ok(api_identity_decode(example(block, "encoded"), &rule, NULL));
    assert_ok(api_identity_encode(&rule, &again, NULL));
    example_expect(block, "encoded", buffer_bytes(&again));
    assert_ok(api_identity_hash(&rule, &hash, NULL));
    example_expect_hash(block, "hash", &hash);
    example_expect_hash(block, "anchor", &rule.anchor);
    assert_int_equal(rule.kind, example_number(block, "kind"));
    assert_int_equal(rule.form, example_number(block, "form"));
    assert_int_equal(rule.debug_allowed, example_number(block, "debug"));
    assert_int_equal(rule.tcb_mask, example_number(block, "tcb"));
    return rule;
}

static void expect_label(const char *block, const struct api_identity_rule *r)
{
    static const unsigned char unused[32];
    char label[API_LABEL_LEN + 1], page[API_LABEL_LEN + 1];
    struct hash expected = example_hash(block, "label");
    for (size_t i = 0; i < HASH_LEN; i++)
        (void)snprintf(page + 2 * i, 3, "%02x", expected.bytes[i]);
    assert_ok(api_identity_label(r, unused, label, NULL));
    assert_string_equal(label, page);
}

#define EXPECT(block, name, member)                                            \
    example_expect(block, name, bytes_of(member, sizeof(member)))

static void check_tdx(void)
{
    struct api_identity_rule r = read_rule("identity-tdx");
    EXPECT("identity-tdx", "mrtd", r.tdx.mrtd);
    EXPECT("identity-tdx", "rtmr0", r.tdx.rtmr[0]);
    EXPECT("identity-tdx", "rtmr1", r.tdx.rtmr[1]);
    EXPECT("identity-tdx", "rtmr2", r.tdx.rtmr[2]);
    EXPECT("identity-tdx", "rtmr3", r.tdx.rtmr[3]);
    EXPECT("identity-tdx", "mrconfigid", r.tdx.mrconfigid);
    EXPECT("identity-tdx", "mrowner", r.tdx.mrowner);
    EXPECT("identity-tdx", "mrownerconfig", r.tdx.mrownerconfig);
    EXPECT("identity-tdx", "mrservicetd", r.tdx.mrservicetd);
    assert_int_equal(r.tdx.sept_ve, example_number("identity-tdx", "sept_ve"));
    assert_int_equal(r.tdx.migratable,
                     example_number("identity-tdx", "migratable"));
    expect_label("identity-tdx", &r);
}

static void check_snp(void)
{
    static const char *const block = "identity-snp";
    struct api_identity_rule r = read_rule(block);
    EXPECT(block, "measurement", r.snp.measurement);
    EXPECT(block, "host_data", r.snp.host_data);
    EXPECT(block, "id_key_digest", r.snp.id_key_digest);
    EXPECT(block, "author_key_digest", r.snp.author_key_digest);
    EXPECT(block, "tcb_min", r.snp.tcb_min);
    assert_int_equal(r.snp.guest_svn_min,
                     example_number(block, "guest_svn_min"));
    assert_int_equal(r.snp.vmpl_max, example_number(block, "vmpl_max"));
    assert_int_equal(r.snp.migration_agent,
                     example_number(block, "migration_agent"));
    assert_int_equal(r.snp.unchecked_aliases,
                     example_number(block, "unchecked_aliases"));
    expect_label(block, &r);
}

static void check_nitro(void)
{
    static const char *const names[API_PCRS] = { "pcr0", "pcr1", "pcr2",
                                                 "pcr3", "pcr4", "pcr8" };
    struct api_identity_rule r = read_rule("identity-nitro");
    for (size_t i = 0; i < API_PCRS; i++)
        EXPECT("identity-nitro", names[i], r.nitro.pcr[i]);
    expect_label("identity-nitro", &r);
}

static void check_terms(void)
{
    static const char *const block = "identity-terms";
    struct api_identity_rule r = read_rule(block);
    struct api_tcb_exception *e = &r.terms.exception;
    unsigned char advisories[API_ADVISORIES_MAX][API_ADVISORY_LEN];
    memset(advisories, 0, sizeof(advisories));
    EXPECT(block, "mrenclave", r.sgx.mrenclave);
    EXPECT(block, "mrsigner", r.sgx.mrsigner);
    assert_int_equal(r.sgx.isvprodid, example_number(block, "isvprodid"));
    assert_int_equal(r.sgx.isvsvn_min, example_number(block, "isvsvn_min"));
    assert_int_equal(r.terms.age_max, example_number(block, "age"));
    assert_int_equal(r.terms.evaluation_min,
                     example_number(block, "evaluation"));
    assert_int_equal(r.terms.nonce_demanded, example_number(block, "nonce"));
    assert_int_equal(e->tcb_mask, example_number(block, "exception"));
    assert_int_equal(e->until, example_number(block, "until"));
    for (size_t i = 0; i < e->count; i++)
        memcpy(advisories[i], e->advisory[i], strlen(e->advisory[i]));
    example_expect(block, "advisories",
                   bytes_of(advisories, e->count * API_ADVISORY_LEN));
}

void the_rules_of_each_kind_hold(void **state)
{
    (void)state;
    check_tdx();
    check_snp();
    check_nitro();
    check_terms();
}
