/* A node's word about a program: believed of a node of this zone, about this
 * key, in its one form, and not otherwise. */

#include "tests/support/check.h"

#include <string.h>

#include "ca/signature.h"
#include "tests/ca/authority.h"
#include "tests/ca/rewrite.h"

#define BYTES(literal) bytes_of(literal, sizeof(literal) - 1)
#define EVIDENCE_MAX   ((size_t)32 * 1024)

static const struct hash configuration = { { 0x5c, 1, 2, 3 } };

static const struct ca_public_key *program_key(void)
{
    return ca_key_public(sample_key(CA_KEY_RSA_3072));
}

static struct ca_sgx_subject enclave(const struct hash *id)
{
    struct ca_sgx_subject sgx = { .has_report_data = true };
    memset(sgx.cpusvn, 1, sizeof(sgx.cpusvn));
    memset(sgx.mrenclave, 4, sizeof(sgx.mrenclave));
    memset(sgx.mrsigner, 5, sizeof(sgx.mrsigner));
    sgx.attributes[0] = 5;
    sgx.isvprodid[0] = 6;
    sgx.isvsvn[0] = 7;
    assert_ok(ca_report_data(&program_key()->hash, id, sgx.report_data));
    return sgx;
}

static void sgx_subject(const struct hash *id, struct buffer *out)
{
    struct ca_sgx_subject sgx = enclave(id);
    ca_subject_put_sgx(&sgx, out);
}

static void tdx_subject(const struct hash *id, struct buffer *out)
{
    static const unsigned char tee[CA_TEE_INFO_LEN] = { 1 };
    static const unsigned char td[CA_TD_INFO_LEN] = { 2 };
    ca_subject_put_tdx(bytes_of(tee, sizeof(tee)), bytes_of(td, sizeof(td)),
                       out);
    if (id)
        ca_subject_put_configuration(id, out);
}

static void snp_subject(const struct hash *id, struct buffer *out)
{
    unsigned char report[CA_SNP_REPORT_LEN] = { 3 };
    const struct ca_binding domain = { CA_BINDS_DOMAIN, BYTES("\x31\x00") };
    assert_ok(ca_binding_report_data(&domain, &program_key()->hash, id,
                                     report + 0x50));
    ca_subject_put_snp(bytes_of(report, sizeof(report)), out);
    if (id)
        ca_subject_put_configuration(id, out);
}

typedef void subject_fn(const struct hash *id, struct buffer *out);

static struct ca_vouch_fields fields_of(const struct buffer *subject)
{
    return (struct ca_vouch_fields){ .spki = ca_spki(program_key()),
                                     .subject = buffer_bytes(subject),
                                     .serial = { 0, 0x41 },
                                     .not_before = NOW,
                                     .not_after = NOW + 600 };
}

/* The attestation certificate alone. */
static void vouch_for(subject_fn *fill, const struct hash *id,
                      struct buffer *out)
{
    AUTO_CLEAR_BUFFER subject = buffer_make(CA_SUBJECT_MAX);
    struct ca_signer node = ca_key_signer(sample_key(CA_KEY_P256));
    struct reason why = { "" };
    fill(id, &subject);
    struct ca_vouch_fields fields = fields_of(&subject);
    if (failed(ca_vouch_make(&fields, sample_der(CA_NODE), &node, out, &why)))
        fail_msg("%s", why.text);
}

static struct status check(struct bytes attestation, struct bytes node,
                           uint64_t now, struct ca_vouched *out,
                           struct buffer *evidence, struct reason *why)
{
    buffer_clear(evidence);
    buffer_put(evidence, attestation);
    buffer_put(evidence, node);
    return ca_vouch_check(buffer_bytes(evidence), authority_root(&authority),
                          now, out, why);
}

static void what_a_node_says_is_read_back(void **state)
{
    (void)state;
    static subject_fn *const fill[] = { sgx_subject, tdx_subject, snp_subject };
    static const enum ca_measured kinds[] = { CA_MEASURED_SGX, CA_MEASURED_TDX,
                                              CA_MEASURED_SNP };
    for (size_t i = 0; i < 6; i++) {
        AUTO_CLEAR_BUFFER attestation = buffer_make(CA_CERTIFICATE_MAX);
        AUTO_CLEAR_BUFFER evidence = buffer_make(EVIDENCE_MAX);
        const struct hash *id = i < 3 ? NULL : &configuration;
        struct ca_vouched v;
        struct reason why = { "" };
        vouch_for(fill[i % 3], id, &attestation);
        if (failed(check(buffer_bytes(&attestation), sample_der(CA_NODE),
                         NOW + 600, &v, &evidence, &why)))
            fail_msg("row %zu: %s", i, why.text);
        assert_int_equal(v.subject.measured, kinds[i % 3]);
        assert_int_equal(v.node.statement.kind, CA_NODE);
        assert_true(hash_equal(&v.spki, &program_key()->hash));
        assert_false(v.attested);
        assert_int_equal(v.has_configuration, id != NULL);
        if (id)
            assert_true(hash_equal(&v.configuration, id));
        assert_ok(ca_vouch_matches(&v, &program_key()->hash, BYTES(""), NULL));
    }
}

/* Like sample_der(CA_NODE), with evidence of its own or another end. */
static void other_node(bool attested, uint64_t not_after, struct buffer *out)
{
    struct ca_certificate_fields fields = sample_fields(CA_NODE);
    fields.not_after = not_after;
    if (attested) {
        fields.statement.evidence_kind = API_KIND_SGX;
        memset(fields.statement.identity.bytes, 1, HASH_LEN);
        memset(fields.statement.evidence.bytes, 2, HASH_LEN);
        fields.statement.evidence_time = NOW * 1000;
    }
    assert_ok(ca_certificate_build(&fields, authority_root(&authority),
                                   &authority.signer, out, NULL));
}

static void an_attested_node_is_told_from_another(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER attestation = buffer_make(CA_CERTIFICATE_MAX);
    AUTO_CLEAR_BUFFER node = buffer_make(CA_CERTIFICATE_MAX);
    AUTO_CLEAR_BUFFER evidence = buffer_make(EVIDENCE_MAX);
    struct ca_vouched v;
    vouch_for(sgx_subject, NULL, &attestation);
    other_node(true, NOW + 3600, &node);
    assert_ok(check(buffer_bytes(&attestation), buffer_bytes(&node), NOW, &v,
                    &evidence, NULL));
    assert_true(v.attested);
}

static void expect_refusal(struct bytes attestation, struct bytes node,
                           uint64_t now, const char *says)
{
    AUTO_CLEAR_BUFFER evidence = buffer_make(EVIDENCE_MAX);
    struct ca_vouched v = { .attested = true };
    struct reason why = { "" };
    struct status s = check(attestation, node, now, &v, &evidence, &why);
    if (s.code != STATUS_DENIED || !strstr(why.text, says))
        fail_msg("expected \"%s\", got %s \"%s\"", says, status_name(s.code),
                 why.text);
    assert_true(v.attested); /* untouched */
}

static void only_a_node_of_this_zone_is_believed(void **state)
{
    (void)state;
    struct authority other;
    AUTO_CLEAR_BUFFER attestation = buffer_make(CA_CERTIFICATE_MAX);
    AUTO_CLEAR_BUFFER foreign = buffer_make(CA_CERTIFICATE_MAX);
    AUTO_CLEAR_BUFFER short_lived = buffer_make(CA_CERTIFICATE_MAX);
    vouch_for(sgx_subject, NULL, &attestation);
    struct bytes a = buffer_bytes(&attestation);
    expect_refusal(a, sample_der(CA_PERSON), NOW,
                   "node certificate: it is of kind person");
    expect_refusal(a, sample_der(CA_SERVER), NOW, "not for this use");
    expect_refusal(a, sample_der(CA_NODE), NOW - 1, "certificate: ");
    expect_refusal(a, sample_der(CA_NODE), NOW + 3601, "certificate: ");
    authority_make(&other);
    sample_build(&other, CA_NODE, &foreign);
    expect_refusal(a, buffer_bytes(&foreign), NOW, "certificate: ");
    authority_clear(&other);
    other_node(false, NOW + 300, &short_lived);
    expect_refusal(a, buffer_bytes(&short_lived), NOW, "than the node's");
    expect_refusal(a, a, NOW, "");
    expect_refusal(sample_der(CA_NODE), sample_der(CA_NODE), NOW, "");
}

/* --- spoiled ones, rightly signed --------------------------------------------
 */

static void sign_again(const struct buffer *changed, enum ca_key_kind kind,
                       struct buffer *out)
{
    struct signature_parts parts;
    struct ca_key *key = sample_key(kind);
    struct ca_signer signer = ca_key_signer(key);
    assert_ok(signature_take_signed(buffer_bytes(changed), &parts));
    assert_ok(
        signature_put_signed(parts.message, &signer, ca_key_public(key), out));
}

static void another_form_is_refused(void **state)
{
    (void)state;
    static const struct {
        struct bytes from, to;
        const char *says;
    } rows[] = {
#define ROW(from, to)                                                          \
    { (const unsigned char *)(from), sizeof(from) - 1 },                       \
        { (const unsigned char *)(to), sizeof(to) - 1 }
        /* 2027-01-15 08:10:00, to the next year and to before its beginning */
        { ROW("270115081000Z", "280115081000Z"), "longer than an hour" },
        { ROW("270115080000Z", "270115081001Z"), "ended, or is not valid" },
        { ROW("Zo\xc3\xab", "Zo\xc3\xaa"), "another node" },
        { ROW("\xa0\x03\x02\x01\x02", "\xa0\x03\x02\x01\x01"), "of the form" },
        { ROW("\x55\x1d\x13\x01\x01\xff\x04\x02\x30\x00",
              "\x55\x1d\x13\x01\x01\xff\x04\x02\x31\x00"),
          "of the form" },
        { ROW("\x03\x02\x07\x80", "\x03\x02\x07\x00"), "of the form" },
        { ROW("\x55\x1d\x0e", "\x55\x1d\x0d"), "of the form" },
    };
    AUTO_CLEAR_BUFFER honest = buffer_make(CA_CERTIFICATE_MAX);
    vouch_for(sgx_subject, NULL, &honest);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO_CLEAR_BUFFER changed = buffer_make(CA_CERTIFICATE_MAX);
        AUTO_CLEAR_BUFFER again = buffer_make(CA_CERTIFICATE_MAX);
        rewrite_bytes(buffer_bytes(&honest), rows[i].from, rows[i].to, 0,
                      &changed);
        expect_refusal(buffer_bytes(&changed), sample_der(CA_NODE), NOW,
                       "not signed by the node");
        sign_again(&changed, CA_KEY_P256, &again);
        expect_refusal(buffer_bytes(&again), sample_der(CA_NODE), NOW,
                       rows[i].says);
    }
    expect_refusal(buffer_bytes(&honest), sample_der(CA_NODE), NOW + 601,
                   "ended");
}

static void what_is_not_bound_to_its_key_is_refused(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER sgx = buffer_make(CA_CERTIFICATE_MAX);
    AUTO_CLEAR_BUFFER snp = buffer_make(CA_CERTIFICATE_MAX);
    AUTO_CLEAR_BUFFER bare = buffer_make(CA_CERTIFICATE_MAX);
    AUTO_CLEAR_BUFFER subject = buffer_make(CA_SUBJECT_MAX);
    struct ca_signer node = ca_key_signer(sample_key(CA_KEY_P256));
    struct ca_sgx_subject without = enclave(NULL);
    struct ca_sgx_subject other = enclave(NULL);

    without.has_report_data = false;
    ca_subject_put_sgx(&without, &subject);
    struct ca_vouch_fields fields = fields_of(&subject);
    assert_ok(ca_vouch_make(&fields, sample_der(CA_NODE), &node, &bare, NULL));
    expect_refusal(buffer_bytes(&bare), sample_der(CA_NODE), NOW,
                   "no report data");

    other.report_data[0] ^= 1;
    buffer_clear(&subject);
    ca_subject_put_sgx(&other, &subject);
    fields = fields_of(&subject);
    assert_ok(ca_vouch_make(&fields, sample_der(CA_NODE), &node, &sgx, NULL));
    expect_refusal(buffer_bytes(&sgx), sample_der(CA_NODE), NOW,
                   "not bound to its key");

    buffer_clear(&subject); /* the report is of no configuration */
    snp_subject(NULL, &subject);
    ca_subject_put_configuration(&configuration, &subject);
    fields = fields_of(&subject);
    assert_ok(ca_vouch_make(&fields, sample_der(CA_NODE), &node, &snp, NULL));
    expect_refusal(buffer_bytes(&snp), sample_der(CA_NODE), NOW,
                   "not bound to its key");
}

static void what_is_malformed_is_refused(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER honest = buffer_make(CA_CERTIFICATE_MAX);
    vouch_for(sgx_subject, NULL, &honest);
    struct bytes h = buffer_bytes(&honest);
    expect_refusal(bytes_of(h.at, h.len - 1), sample_der(CA_NODE), NOW, "");
    expect_refusal(h, BYTES(""), NOW, "malformed");
    expect_refusal(BYTES(""), sample_der(CA_NODE), NOW, "malformed");
    expect_refusal(BYTES("\x30\x00"), sample_der(CA_NODE), NOW, "malformed");
    expect_refusal(h, BYTES("\x30\x00\x00"), NOW, "malformed");
}

/* --- against the request
 * ------------------------------------------------------ */

static void the_request_must_say_the_same(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER attestation = buffer_make(CA_CERTIFICATE_MAX);
    AUTO_CLEAR_BUFFER evidence = buffer_make(EVIDENCE_MAX);
    struct ca_vouched v;
    struct reason why = { "" };
    vouch_for(sgx_subject, NULL, &attestation);
    assert_ok(check(buffer_bytes(&attestation), sample_der(CA_NODE), NOW, &v,
                    &evidence, NULL));
    const struct ca_sgx_subject right = enclave(NULL);
    for (size_t at = 0; at < sizeof(right); at++) {
        AUTO_CLEAR_BUFFER subject = buffer_make(CA_SUBJECT_MAX);
        struct ca_sgx_subject asked = right;
        if (at == offsetof(struct ca_sgx_subject, has_report_data))
            asked.has_report_data = false;
        else
            ((unsigned char *)&asked)[at] ^= 1;
        ca_subject_put_sgx(&asked, &subject);
        struct status s = ca_vouch_matches(&v, &program_key()->hash,
                                           buffer_bytes(&subject), &why);
        if (!asked.has_report_data) {
            assert_ok(s); /* it says less, but nothing else */
            continue;
        }
        assert_status(STATUS_DENIED, s);
        assert_non_null(strstr(why.text, "other measurements"));
    }
    struct hash other = program_key()->hash;
    other.bytes[31] ^= 1;
    assert_status(STATUS_DENIED, ca_vouch_matches(&v, &other, BYTES(""), &why));
    assert_non_null(strstr(why.text, "another key"));
}

static void another_kind_or_configuration_does_not_match(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER attestation = buffer_make(CA_CERTIFICATE_MAX);
    AUTO_CLEAR_BUFFER evidence = buffer_make(EVIDENCE_MAX);
    AUTO_CLEAR_BUFFER same = buffer_make(CA_SUBJECT_MAX);
    AUTO_CLEAR_BUFFER sgx = buffer_make(CA_SUBJECT_MAX);
    AUTO_CLEAR_BUFFER id = buffer_make(CA_SUBJECT_MAX);
    struct hash other = configuration;
    struct ca_vouched v;
    other.bytes[0] ^= 1;
    vouch_for(tdx_subject, &configuration, &attestation);
    assert_ok(check(buffer_bytes(&attestation), sample_der(CA_NODE), NOW, &v,
                    &evidence, NULL));
    tdx_subject(&configuration, &same);
    sgx_subject(NULL, &sgx);
    ca_subject_put_configuration(&other, &id);
    const struct hash *spki = &program_key()->hash;
    assert_ok(ca_vouch_matches(&v, spki, buffer_bytes(&same), NULL));
    assert_status(STATUS_DENIED,
                  ca_vouch_matches(&v, spki, buffer_bytes(&sgx), NULL));
    assert_status(STATUS_DENIED,
                  ca_vouch_matches(&v, spki, buffer_bytes(&id), NULL));
}

static void expect_not_made(const struct ca_vouch_fields *fields,
                            struct bytes node, const char *says)
{
    AUTO_CLEAR_BUFFER out = buffer_make(CA_CERTIFICATE_MAX);
    struct ca_signer signer = ca_key_signer(sample_key(CA_KEY_P256));
    struct reason why = { "" };
    assert_status(STATUS_INVALID,
                  ca_vouch_make(fields, node, &signer, &out, &why));
    assert_non_null(strstr(why.text, says));
    assert_int_equal(out.len, 0);
}

static void what_may_not_be_vouched_is_not_made(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER subject = buffer_make(CA_SUBJECT_MAX);
    sgx_subject(NULL, &subject);
    struct ca_vouch_fields good = fields_of(&subject), bad = good;
    expect_not_made(&good, sample_der(CA_PERSON), "of kind person");
    bad.not_after = bad.not_before + CA_VOUCH_LIFE_MAX + 1;
    expect_not_made(&bad, sample_der(CA_NODE), "longer than an hour");
    bad.not_after = bad.not_before;
    expect_not_made(&bad, sample_der(CA_NODE), "or not at all");
    bad = good;
    bad.subject = BYTES("");
    expect_not_made(&bad, sample_der(CA_NODE), "nothing is measured");
    bad = good;
    bad.spki = BYTES("\x30\x00");
    expect_not_made(&bad, sample_der(CA_NODE), "");
    bad = good;
    memset(bad.serial, 0xff, sizeof(bad.serial));
    expect_not_made(&bad, sample_der(CA_NODE), "serial");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_node_says_is_read_back),
        cmocka_unit_test(an_attested_node_is_told_from_another),
        cmocka_unit_test(only_a_node_of_this_zone_is_believed),
        cmocka_unit_test(another_form_is_refused),
        cmocka_unit_test(what_is_not_bound_to_its_key_is_refused),
        cmocka_unit_test(what_is_malformed_is_refused),
        cmocka_unit_test(the_request_must_say_the_same),
        cmocka_unit_test(another_kind_or_configuration_does_not_match),
        cmocka_unit_test(what_may_not_be_vouched_is_not_made),
    };
    return cmocka_run_group_tests(tests, authority_setup, authority_teardown);
}
