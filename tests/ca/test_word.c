/* A node's word for one request: what it measured is read as a platform's
 * report would be, and is never more than a node's word. */

#include "tests/support/check.h"

#include "agent/snp_report.h"
#include "attest/attest.h"
#include "tests/ca/authority.h"
#include "tests/ca/node_word.h"

#define BYTES(literal) bytes_of(literal, sizeof(literal) - 1)
#define COUNT(array)   (sizeof(array) / sizeof((array)[0]))

static struct node_word said;
static struct buffer evidence;
static struct reason why;

static const struct ca_public_key *program(void)
{
    return ca_key_public(sample_key(CA_KEY_RSA_3072));
}

static const struct api_id *account(void)
{
    static struct api_id id;
    memset(id.bytes, 0xac, sizeof(id.bytes)); /* sample_fields()'s */
    return &id;
}

static int setup(void **state)
{
    (void)state;
    said = (struct node_word){ .node_key = sample_key(CA_KEY_P256),
                               .node = sample_der(CA_NODE),
                               .spki = ca_spki(program()),
                               .configuration = { { 0x5c, 1, 2, 3 } },
                               .from = NOW };
    evidence = buffer_make(CA_EVIDENCE_MAX);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    buffer_clear(&evidence);
    return 0;
}

static struct status judge(struct ca_word *out)
{
    why.text[0] = '\0';
    return ca_word_judge(buffer_bytes(&evidence), authority_root(&authority),
                         NOW, &program()->hash, out, &why);
}

/* As everybody who decides does it. */
static struct status identify(struct attest_identity *out)
{
    struct ca_word word;
    TRY(judge(&word));
    TRY(ca_word_concerns(&word, &said.configuration, account(), &why));
    return attest_vouched(word.platform, bytes_of(word.report, word.report_len),
                          &word.anchor, out, &why);
}

static void assert_identified(struct attest_identity *out, uint8_t kind)
{
    if (failed(identify(out)))
        fail_msg("%s", why.text);
    assert_int_equal(kind | API_KIND_NODE_VOUCHED, out->kind);
    assert_int_equal(API_TCB_UNEVALUATED, out->tcb);
    assert_false(out->debug);
    assert_true(hash_equal(&ca_key_public(authority.key)->hash, &out->anchor));
}

static void an_enclave_is_what_the_node_measured(void **state)
{
    (void)state;
    struct ca_sgx_subject enclave = node_word_enclave(&said);
    struct attest_identity id;
    for (unsigned char i = 0; i < sizeof(enclave.cpusvn); i++)
        enclave.cpusvn[i] = i;
    node_word_sgx(&said, &enclave, &evidence);
    assert_identified(&id, API_KIND_SGX);
    assert_memory_equal(enclave.mrenclave, id.sgx.mrenclave, 32);
    assert_memory_equal(enclave.mrsigner, id.sgx.mrsigner, 32);
    assert_memory_equal(enclave.cpusvn, id.sgx.cpusvn, 16);
    assert_memory_equal(enclave.attributes, id.sgx.attributes, 16);
    assert_memory_equal(enclave.miscselect, id.sgx.miscselect, 4);
    assert_memory_equal(enclave.report_data, id.report_data, 64);
    assert_int_equal(6, id.sgx.isvprodid);
    assert_int_equal(7, id.sgx.isvsvn);
}

/* Every register has bytes of its own, as Intel's module lays them out. */
static void a_trust_domain_is_what_the_node_measured(void **state)
{
    (void)state;
    unsigned char tee[CA_TEE_INFO_LEN] = { 0 }, td[CA_TD_INFO_LEN] = { 0 };
    AUTO_CLEAR_BUFFER subject = buffer_make(CA_SUBJECT_MAX);
    struct attest_identity id;
    memset(tee, 0xff, 8);     /* which parts are valid: told to nobody */
    memset(tee + 8, 1, 16);   /* TEE_TCB_SVN */
    memset(tee + 24, 2, 48);  /* MRSEAM */
    memset(tee + 128, 3, 16); /* TEE_TCB_SVN2 */
    td[3] = 0x10;             /* ATTRIBUTES: SEPT_VE_DISABLE */
    td[8] = 7;                /* XFAM */
    for (size_t i = 0; i < 8; i++)
        memset(td + 16 + 48 * i, (int)(0x10 + i), 48);
    memset(td + 400, 0x18, 48); /* SERVTD_HASH */
    ca_subject_put_tdx(bytes_of(tee, sizeof(tee)), bytes_of(td, sizeof(td)),
                       &subject);
    ca_subject_put_configuration(&said.configuration, &subject);
    node_word_say(&said, buffer_bytes(&subject), &evidence);
    assert_identified(&id, API_KIND_TDX);
    assert_true(id.tdx.v15);
    const struct {
        const unsigned char *at;
        size_t len;
        unsigned char value;
    } rows[] = {
        { id.tdx.tee_tcb_svn, 16, 1 },    { id.tdx.mrseam, 48, 2 },
        { id.tdx.mrsignerseam, 48, 0 },   { id.tdx.tee_tcb_svn_2, 16, 3 },
        { id.tdx.mrtd, 48, 0x10 },        { id.tdx.mrconfigid, 48, 0x11 },
        { id.tdx.mrowner, 48, 0x12 },     { id.tdx.mrownerconfig, 48, 0x13 },
        { id.tdx.rtmr[0], 48, 0x14 },     { id.tdx.rtmr[1], 48, 0x15 },
        { id.tdx.rtmr[2], 48, 0x16 },     { id.tdx.rtmr[3], 48, 0x17 },
        { id.tdx.mrservicetd, 48, 0x18 }, { id.report_data, 64, 0 }
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        for (size_t b = 0; b < rows[i].len; b++)
            if (rows[i].at[b] != rows[i].value)
                fail_msg("row %zu, byte %zu: %02x", i, b, rows[i].at[b]);
    assert_int_equal(0x10, id.tdx.tdattributes[3]);
    assert_int_equal(7, id.tdx.xfam[0]);
}

static void say_snp(void (*spoil)(struct snp_report *report))
{
    static const unsigned char chip[64] = { 9 };
    const struct ca_binding domain = { CA_BINDS_DOMAIN, BYTES("\x31\x00") };
    AUTO_CLEAR_BUFFER raw = buffer_make(SNP_REPORT_LEN);
    AUTO_CLEAR_BUFFER subject = buffer_make(CA_SUBJECT_MAX);
    struct snp_report report;
    snp_report_init(SNP_GENOA, chip, &report);
    memset(report.measurement, 0x4d, sizeof(report.measurement));
    assert_ok(ca_binding_report_data(&domain, &program()->hash,
                                     &said.configuration, report.data));
    if (spoil)
        spoil(&report);
    assert_ok(snp_report_write(&report, sample_key(CA_KEY_P384), &raw));
    ca_subject_put_snp(buffer_bytes(&raw), &subject);
    ca_subject_put_configuration(&said.configuration, &subject);
    node_word_say(&said, buffer_bytes(&subject), &evidence);
}

static void a_guest_is_what_the_node_measured(void **state)
{
    (void)state;
    struct attest_identity id;
    say_snp(NULL);
    assert_identified(&id, API_KIND_SNP);
    for (size_t i = 0; i < sizeof(id.snp.measurement); i++)
        assert_int_equal(0x4d, id.snp.measurement[i]);
    assert_int_equal(9, id.snp.chip_id[0]);
    assert_int_equal(2, id.snp.product); /* ATTEST_GENOA */
}

static void by_the_host(struct snp_report *report)
{
    report->vmpl = UINT32_MAX;
}

static void out_of_order(struct snp_report *report)
{
    memset(report->reported_tcb, 0xff, sizeof(report->reported_tcb));
}

static void what_no_evidence_may_say_a_node_may_not_either(void **state)
{
    (void)state;
    static const struct {
        unsigned char flags; /* of SGX attributes */
        void (*spoil)(struct snp_report *report);
        const char *says;
    } rows[] = { { 4, NULL, "INIT" },
                 { 1, NULL, "MODE64BIT" },
                 { 0x15, NULL, "PROVISION_KEY" },
                 { 0x25, NULL, "EINITTOKEN_KEY" },
                 { 0, by_the_host, "the host asked for" },
                 { 0, out_of_order, "REPORTED <= COMMITTED" } };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct ca_sgx_subject enclave = node_word_enclave(&said);
        struct attest_identity id;
        buffer_clear(&evidence);
        enclave.attributes[0] = rows[i].flags;
        if (rows[i].spoil)
            say_snp(rows[i].spoil);
        else
            node_word_sgx(&said, &enclave, &evidence);
        assert_status(STATUS_DENIED, identify(&id));
        if (!strstr(why.text, rows[i].says))
            fail_msg("row %zu: %s", i, why.text);
    }
}

static void a_debug_enclave_is_told(void **state)
{
    (void)state;
    struct ca_sgx_subject enclave = node_word_enclave(&said);
    struct attest_identity id;
    enclave.attributes[0] = 7;
    node_word_sgx(&said, &enclave, &evidence);
    assert_ok(identify(&id));
    assert_true(id.debug);
}

/* --- for whom it counts -------------------------------------------------- */

static struct api_identity_rule rule_of(const struct attest_identity *id)
{
    struct api_identity_rule rule = { .kind = id->kind,
                                      .form = API_SGX_MRENCLAVE,
                                      .tcb_mask = API_TCB_UNEVALUATED,
                                      .anchor = id->anchor };
    memcpy(rule.sgx.mrenclave, id->sgx.mrenclave, 32);
    return rule;
}

static void only_a_rule_that_names_it_is_met(void **state)
{
    (void)state;
    static const uint8_t others[] = { API_KIND_SGX,
                                      API_KIND_SGX | API_KIND_SIMULATED,
                                      API_KIND_TDX | API_KIND_NODE_VOUCHED };
    struct ca_sgx_subject enclave = node_word_enclave(&said);
    struct attest_identity id;
    node_word_sgx(&said, &enclave, &evidence);
    assert_ok(identify(&id));
    struct api_identity_rule rule = rule_of(&id);
    assert_ok(attest_matches(&rule, &id, NOW, &why));
    for (size_t i = 0; i < COUNT(others); i++) {
        rule.kind = others[i];
        assert_status(STATUS_DENIED, attest_matches(&rule, &id, NOW, &why));
    }
    rule = rule_of(&id);
    rule.anchor.bytes[0] ^= 1; /* another zone's */
    assert_status(STATUS_DENIED, attest_matches(&rule, &id, NOW, &why));
    rule = rule_of(&id);
    rule.tcb_mask = API_TCB_UP_TO_DATE; /* nobody judged the platform */
    assert_status(STATUS_DENIED, attest_matches(&rule, &id, NOW, &why));
    assert_non_null(strstr(why.text, "unevaluated"));
}

static void an_attested_nodes_word_is_a_nodes_word(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER node = buffer_make(CA_CERTIFICATE_MAX);
    struct ca_sgx_subject enclave = node_word_enclave(&said);
    struct ca_certificate_fields fields = sample_fields(CA_NODE);
    struct attest_identity id;
    fields.statement.evidence_kind = API_KIND_SGX;
    memset(fields.statement.identity.bytes, 1, HASH_LEN);
    memset(fields.statement.evidence.bytes, 2, HASH_LEN);
    fields.statement.evidence_time = NOW * 1000;
    assert_ok(ca_certificate_build(&fields, authority_root(&authority),
                                   &authority.signer, &node, NULL));
    said.node = buffer_bytes(&node);
    node_word_sgx(&said, &enclave, &evidence);
    assert_identified(&id, API_KIND_SGX);
}

static void another_key_configuration_or_account_is_not_meant(void **state)
{
    (void)state;
    struct ca_sgx_subject enclave = node_word_enclave(&said);
    struct hash key = program()->hash, other = said.configuration;
    struct api_id someone = *account();
    struct ca_word word = { .platform = 77 }, untouched = word;
    node_word_sgx(&said, &enclave, &evidence);
    key.bytes[0] ^= 1;
    assert_status(STATUS_DENIED, ca_word_judge(buffer_bytes(&evidence),
                                               authority_root(&authority), NOW,
                                               &key, &untouched, &why));
    assert_non_null(strstr(why.text, "another key"));
    assert_int_equal(77, untouched.platform);
    assert_ok(judge(&word));
    other.bytes[31] ^= 1;
    someone.bytes[15] ^= 1;
    assert_ok(ca_word_concerns(&word, &said.configuration, account(), &why));
    assert_status(STATUS_DENIED,
                  ca_word_concerns(&word, &other, account(), &why));
    assert_non_null(strstr(why.text, "another runtime configuration"));
    assert_status(STATUS_DENIED,
                  ca_word_concerns(&word, &said.configuration, &someone, &why));
    assert_non_null(strstr(why.text, "another account"));
}

static void without_a_configuration_it_is_about_none(void **state)
{
    (void)state;
    static const struct hash none;
    struct ca_sgx_subject enclave = node_word_enclave(&said);
    struct ca_word word;
    assert_ok(ca_report_data(&program()->hash, NULL, enclave.report_data));
    node_word_sgx(&said, &enclave, &evidence);
    assert_ok(judge(&word));
    assert_status(STATUS_DENIED,
                  ca_word_concerns(&word, &none, account(), &why));
}

static void a_root_that_is_none_judges_nothing(void **state)
{
    (void)state;
    struct ca_sgx_subject enclave = node_word_enclave(&said);
    struct ca_word word;
    node_word_sgx(&said, &enclave, &evidence);
    assert_status(STATUS_INVALID,
                  ca_word_judge(buffer_bytes(&evidence), said.node, NOW,
                                &program()->hash, &word, &why));
}

static void another_length_or_platform_is_no_report(void **state)
{
    (void)state;
    static const unsigned char zeros[CA_SNP_REPORT_LEN];
    static const struct {
        uint8_t platform;
        size_t len;
    } rows[] = { { API_KIND_SGX, 383 },  { API_KIND_SGX, 648 },
                 { API_KIND_TDX, 584 },  { API_KIND_TDX, 649 },
                 { API_KIND_SNP, 1183 }, { API_KIND_NITRO, 384 },
                 { API_KIND_NONE, 384 } };
    const struct hash anchor = { { 1 } };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct attest_identity id = { .kind = 77 };
        assert_status(STATUS_INVALID,
                      attest_vouched(rows[i].platform,
                                     bytes_of(zeros, rows[i].len), &anchor, &id,
                                     &why));
        assert_int_equal(77, id.kind);
        assert_non_null(strstr(
            why.text, "a node's word: not a report that nodes vouch for"));
    }
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(an_enclave_is_what_the_node_measured),
        CASE(a_trust_domain_is_what_the_node_measured),
        CASE(a_guest_is_what_the_node_measured),
        CASE(what_no_evidence_may_say_a_node_may_not_either),
        CASE(a_debug_enclave_is_told),
        CASE(only_a_rule_that_names_it_is_met),
        CASE(an_attested_nodes_word_is_a_nodes_word),
        CASE(another_key_configuration_or_account_is_not_meant),
        CASE(without_a_configuration_it_is_about_none),
        CASE(a_root_that_is_none_judges_nothing),
        CASE(another_length_or_platform_is_no_report),
    };
    return cmocka_run_group_tests(tests, authority_setup, authority_teardown);
}
