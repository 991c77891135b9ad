/* SEV-SNP evidence with one part spoiled: each is refused by its token. */

#include "tests/attest/forge_snp.h"
#include "tests/support/check.h"

#include <openssl/x509.h>

#define REPORT_LEN SNP_REPORT_LEN

/* --- the report -------------------------------------------------------- */

static struct buffer *bytes; /* what edit() changes */

#define EDIT(name, body)                                                       \
    static void name##_edit(struct buffer *b)                                  \
    {                                                                          \
        bytes = b;                                                             \
        body;                                                                  \
    }                                                                          \
    static void name(struct snp_forge *f)                                      \
    {                                                                          \
        f->edit = name##_edit;                                                 \
    }                                                                          \
    struct snp_forge /* swallows the semicolon */
#define SPOIL(name, body)                                                      \
    static void name(struct snp_forge *f)                                      \
    {                                                                          \
        body;                                                                  \
    }                                                                          \
    struct snp_forge /* swallows the semicolon */

EDIT(report_cut, bytes->len = 1000);
EDIT(report_alone, bytes->len = REPORT_LEN);
EDIT(measurement_flipped, bytes->data[0x90] ^= 1);
EDIT(last_signed_byte_flipped, bytes->data[0x1f7] ^= 1);
EDIT(r_flipped, bytes->data[0x2a0] ^= 1);
EDIT(s_flipped, bytes->data[0x2e8 + 47] ^= 1);
EDIT(r_zero, memset(bytes->data + 0x2a0, 0, 48));
EDIT(r_too_long, bytes->data[0x2a0 + 48] = 1);
EDIT(s_too_long, bytes->data[0x2e8 + 71] = 1);
EDIT(signature_tail_set, bytes->data[0x330] = 1);
EDIT(last_byte_set, bytes->data[REPORT_LEN - 1] = 1);
EDIT(reserved_4c_set, bytes->data[0x4c] = 1);
EDIT(reserved_18b_set, bytes->data[0x18b] = 1);
EDIT(reserved_1eb_set, bytes->data[0x1eb] = 1);
EDIT(reserved_1ef_set, bytes->data[0x1ef] = 1);
EDIT(mitigations_before_5, bytes->data[0x1f8] = 1);
EDIT(reserved_29f_set, bytes->data[0x29f] = 1);
EDIT(reserved_flag_set, bytes->data[0x49] = 1);

SPOIL(version_1, f->report.version = 1);
SPOIL(version_6, f->report.version = 6);
SPOIL(algorithm_0, f->report.algorithm = 0);
SPOIL(algorithm_2, f->report.algorithm = 2);
SPOIL(signed_with_none, f->report.keys = 7 << 2);
SPOIL(signed_with_unknown, f->report.keys = 2 << 2);
SPOIL(policy_bit_17_clear, f->report.policy = 0);
SPOIL(policy_reserved_set, f->report.policy |= UINT64_C(1) << 26);
SPOIL(policy_top_set, f->report.policy |= UINT64_C(1) << 63);
SPOIL(host_asked, f->report.vmpl = UINT32_MAX);
SPOIL(vmpl_4, f->report.vmpl = 4);
SPOIL(unknown_family, f->report.cpuid[0] = 0x17);
SPOIL(unknown_model, f->report.cpuid[1] = 0x20);
SPOIL(cpuid_of_genoa, f->report.cpuid[1] = 0x11);
SPOIL(cpuid_of_bergamo, f->report.cpuid[1] = 0xa0);
static void version_2_with_cpuid_edit(struct buffer *b)
{
    b->data[0x188] = 0x19;
}
static void version_2_with_cpuid(struct snp_forge *f)
{
    f->report.version = 2;
    f->edit = version_2_with_cpuid_edit;
}
SPOIL(reported_above_committed, f->report.committed_tcb[7]--);
SPOIL(committed_above_current, f->report.current_tcb[6]--);
/* A lower part is not made up for by a higher one. */
static void one_svn_for_another(struct snp_forge *f)
{
    f->report.current_tcb[0]++;
    f->report.current_tcb[7]--;
}

/* --- which key --------------------------------------------------------- */

SPOIL(signed_by_another, f->endorsement = f->keys[4]);
SPOIL(of_another_chip, f->chip_id[63] ^= 1);
SPOIL(of_another_tcb, f->tcb[7] ^= 1);
static void of_the_current_tcb(struct snp_forge *f)
{
    f->report.current_tcb[7]++;
    f->tcb[7]++;
}
SPOIL(hidden_but_named, f->report.keys = SNP_KEYS_MASK_CHIP_KEY);
SPOIL(zero_but_not_hidden, memset(f->report.chip_id, 0, 64));
SPOIL(report_claims_vlek, f->report.keys = SNP_KEYS_VLEK);
static void vlek_named_vcek(struct snp_forge *f)
{
    snp_forge_vlek(f);
    f->report.keys = 0;
}
static void vlek_with_chip_id(struct snp_forge *f)
{
    snp_forge_vlek(f);
    f->report.chip_id[0] = 1;
}
static void vlek_by_ask(struct snp_forge *f)
{
    snp_forge_vlek(f);
    f->ek.says.issuer = f->ask.says.name = PKI_ASK_NAME;
}
static void vlek_with_extensions_of_vcek(struct snp_forge *f)
{
    snp_forge_vlek(f);
    f->provider = NULL;
}
static void vlek_expired(struct snp_forge *f)
{
    snp_forge_vlek(f);
    f->ek.says.not_after = VENDOR_NOW - 1;
}
static void turin_under_a_long_chip_id(struct snp_forge *f)
{
    snp_forge_product(f, SNP_TURIN);
    f->report.chip_id[8] = 1; /* beyond what the key's certificate says */
}

/* --- the chain --------------------------------------------------------- */

SPOIL(other_root, f->order = "eao");
SPOIL(order_reversed, f->order = "ae");
SPOIL(intermediate_omitted, f->order = "e");
SPOIL(two_leaves, f->order = "ee");
SPOIL(root_in_place_of_ask, f->order = "er");
SPOIL(four_certificates, f->order = "earr");
SPOIL(ask_by_another_root, f->ask.forger = f->keys[2]);
SPOIL(ek_by_another_ask, f->ek.forger = f->keys[2]);
SPOIL(ek_by_root, f->ek.says.issuer = PKI_ARK_NAME);
SPOIL(ek_expired, f->ek.says.not_after = VENDOR_NOW - 1);
SPOIL(ek_too_young, f->ek.says.not_before = VENDOR_NOW + 1);
SPOIL(ask_expired, f->ask.says.not_after = VENDOR_NOW - 1);
SPOIL(ask_too_young, f->ask.says.not_before = VENDOR_NOW + 1);
SPOIL(ask_without_constraints, f->ask.retouch = vendor_drop_constraints);
SPOIL(ask_without_usage, f->ask.retouch = vendor_drop_usage);
SPOIL(ask_with_pkcs1, f->ask.sign = vendor_sign_pkcs1);
SPOIL(ask_with_sha256, f->ask.sign = vendor_sign_sha256);
SPOIL(ek_with_pkcs1, f->ek.sign = vendor_sign_pkcs1);
SPOIL(ek_with_short_salt, f->ek.sign = vendor_sign_short_salt);
SPOIL(ek_with_critical, f->ek.retouch = vendor_add_critical);
SPOIL(ek_a_ca, f->ek.says.path_length = 0);
SPOIL(ek_of_another_name, f->ek.says.name = "SEV-VCEK2");
static void ask_of_another_product(struct snp_forge *f)
{
    f->ask.says.name = f->ek.says.issuer = "SEV-Milan";
}
static void ask_on_p384(struct snp_forge *f)
{
    f->ask.key = f->keys[4];
    f->ek.sign = NULL;
}
static void ek_on_rsa(struct snp_forge *f)
{
    f->ek.key = f->keys[2];
}

static void junk_behind_edit(struct buffer *b)
{
    buffer_put_u8(b, 0);
}
SPOIL(junk_behind, f->edit = junk_behind_edit);
static void certificate_cut_edit(struct buffer *b)
{
    b->len--;
}
SPOIL(certificate_cut, f->edit = certificate_cut_edit);
static void certificate_too_long_edit(struct buffer *b)
{
    b->data[REPORT_LEN + 2] = 0xff;
}
SPOIL(certificate_too_long, f->edit = certificate_too_long_edit);
static void certificate_no_sequence_edit(struct buffer *b)
{
    b->data[REPORT_LEN] = 0x31;
}
SPOIL(certificate_no_sequence, f->edit = certificate_no_sequence_edit);
static void certificate_short_form_edit(struct buffer *b)
{
    b->data[REPORT_LEN + 1] = 0x81;
}
SPOIL(certificate_short_form, f->edit = certificate_short_form_edit);
static void certificate_not_der_edit(struct buffer *b)
{
    b->data[REPORT_LEN + 4] ^= 0x01;
}
SPOIL(certificate_not_der, f->edit = certificate_not_der_edit);

static const struct {
    void (*spoil)(struct snp_forge *);
    const char *token;
    const char *says; /* in the reason */
} spoiled[] = {
    /* clang-format off */
    { report_cut,               "malformed",           "1000 bytes" },
    { report_alone,             "no-endorsement",      "" },
    { measurement_flipped,      "report-sig",          "" },
    { last_signed_byte_flipped, "report-sig",          "" },
    { r_flipped,                "report-sig",          "" },
    { s_flipped,                "report-sig",          "" },
    { r_zero,                   "report-sig",          "" },
    { r_too_long,               "malformed",           "reserved" },
    { s_too_long,               "malformed",           "reserved" },
    { signature_tail_set,       "malformed",           "reserved" },
    { last_byte_set,            "malformed",           "reserved" },
    { reserved_4c_set,          "malformed",           "reserved" },
    { reserved_18b_set,         "malformed",           "reserved" },
    { reserved_1eb_set,         "malformed",           "reserved" },
    { reserved_1ef_set,         "malformed",           "reserved" },
    { mitigations_before_5,     "malformed",           "reserved" },
    { reserved_29f_set,         "malformed",           "reserved" },
    { reserved_flag_set,        "malformed",           "reserved" },
    { version_1,                "version",             "version 1" },
    { version_6,                "version",             "version 6" },
    { algorithm_0,              "signature-algorithm", "algorithm 0" },
    { algorithm_2,              "signature-algorithm", "algorithm 2" },
    { signed_with_none,         "signing-key",         "key 7" },
    { signed_with_unknown,      "signing-key",         "key 2" },
    { policy_bit_17_clear,      "policy",              "bit 17" },
    { policy_reserved_set,      "policy",              "reserved" },
    { policy_top_set,           "policy",              "reserved" },
    { host_asked,               "vmpl",                "host" },
    { vmpl_4,                   "vmpl",                "" },
    { unknown_family,           "cpuid",               "family 17" },
    { unknown_model,            "cpuid",               "model 20" },
    { cpuid_of_genoa,           "product",             "another product" },
    { cpuid_of_bergamo,         "product",             "another product" },
    { version_2_with_cpuid,     "malformed",           "reserved" },
    { reported_above_committed, "tcb-order",           "" },
    { committed_above_current,  "tcb-order",           "" },
    { one_svn_for_another,      "tcb-order",           "" },
    { signed_by_another,        "report-sig",          "" },
    { of_another_chip,          "ek-chip",             "another chip" },
    { of_another_tcb,           "ek-tcb",              "" },
    { of_the_current_tcb,       "ek-tcb",              "" },
    { hidden_but_named,         "ek-chip",             "hidden" },
    { zero_but_not_hidden,      "ek-chip",             "another chip" },
    { report_claims_vlek,       "chain:role",          "SEV-Simulated" },
    { vlek_named_vcek,          "chain:role",          "SEV-VLEK-Simulated" },
    { vlek_with_chip_id,        "ek-chip",             "hidden" },
    { vlek_by_ask,              "chain:role",          "SEV-Simulated" },
    { vlek_with_extensions_of_vcek, "ek-kind",         "disagree" },
    { vlek_expired,             "chain:time",          "SEV-VLEK" },
    { turin_under_a_long_chip_id, "ek-chip",           "another chip" },
    { other_root,               "chain:root",          "ARK-Simulated" },
    { order_reversed,           "ek:extension",        "" },
    { intermediate_omitted,     "chain:len",           "ASK or ASVK" },
    { two_leaves,               "chain:algorithm",     "SEV-VCEK" },
    { root_in_place_of_ask,     "chain:names",         "SEV-VCEK" },
    { four_certificates,        "chain:len",           "more than three" },
    { ask_by_another_root,      "chain:root",          "SEV-Simulated" },
    { ek_by_another_ask,        "chain:sig",           "SEV-VCEK" },
    { ek_by_root,               "chain:names",         "SEV-VCEK" },
    { ek_expired,               "chain:time",          "expired" },
    { ek_too_young,             "chain:time",          "not valid yet" },
    { ask_expired,              "chain:time",          "SEV-Simulated" },
    { ask_too_young,            "chain:time",          "SEV-Simulated" },
    { ask_without_constraints,  "chain:role",          "" },
    { ask_without_usage,        "chain:role",          "SEV-Simulated" },
    { ask_with_pkcs1,           "chain:algorithm",     "SEV-Simulated" },
    { ask_with_sha256,          "chain:algorithm",     "SEV-Simulated" },
    { ek_with_pkcs1,            "chain:algorithm",     "SEV-VCEK" },
    { ek_with_short_salt,       "chain:algorithm",     "SEV-VCEK" },
    { ek_with_critical,         "chain:role",          "critical" },
    { ek_a_ca,                  "chain:role",          "SEV-VCEK" },
    { ek_of_another_name,       "chain:role",          "SEV-VCEK2" },
    { ask_of_another_product,   "chain:role",          "SEV-Milan" },
    { ask_on_p384,              "chain:algorithm",     "SEV-Simulated" },
    { ek_on_rsa,                "chain:algorithm",     "SEV-VCEK" },
    { junk_behind,              "malformed",           "certificate 3" },
    { certificate_cut,          "malformed",           "certificate 2" },
    { certificate_too_long,     "malformed",           "certificate 1" },
    { certificate_no_sequence,  "malformed",           "certificate 1" },
    { certificate_short_form,   "malformed",           "certificate 1" },
    { certificate_not_der,      "malformed",           "certificate 1" },
    /* clang-format on */
};

static void expect_refusal(struct snp_forge *forge, size_t row)
{
    AUTO_CLEAR_BUFFER evidence = buffer_make(VENDOR_EVIDENCE_MAX);
    struct attest_identity id, before;
    struct reason why = { "" };
    memset(&id, 0xaa, sizeof(id));
    before = id;
    snp_forge_write(forge, &evidence);
    struct attest_question question = { .evidence = buffer_bytes(&evidence),
                                        .anchors = &forge->anchor,
                                        .anchors_count = 1,
                                        .now = VENDOR_NOW };
    struct status s = attest_verify(&question, &id, &why);
    if (s.code != STATUS_DENIED || strcmp(s.origin, spoiled[row].token) != 0 ||
        strncmp(why.text, spoiled[row].token, strlen(s.origin)) != 0 ||
        !strstr(why.text, spoiled[row].says))
        fail_msg("row %zu: expected \"%s ... %s\", got %s: \"%s\"", row,
                 spoiled[row].token, spoiled[row].says, status_name(s.code),
                 why.text);
    assert_memory_equal(&id, &before, sizeof(id));
}

static void every_spoiled_part_is_refused_by_its_token(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(spoiled) / sizeof(spoiled[0]); i++) {
        AUTO_SNP_FORGE forge;
        snp_forge_init(&forge);
        spoiled[i].spoil(&forge);
        expect_refusal(&forge, i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_spoiled_part_is_refused_by_its_token),
    };
    assert_ok(secret_heap_open((size_t)1024 * 1024));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
