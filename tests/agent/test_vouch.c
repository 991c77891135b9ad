/* A Node Agent's "attest": what a program on the same machine can have
 * certified, and what nobody can. Then the certificate's way on, up to what the
 * broker checks. */

#include "tests/support/check.h"

#include "agent/vouch.h"
#include "tests/ca/authority.h"
#include "tests/ca/draft.h"

#define BYTES(literal) bytes_of(literal, sizeof(literal) - 1)
#define F              "\x2b\x06\x01\x04\x01\x83\x84\x1a"

static const struct hash configuration = { { 0x5c, 1, 2, 3 } };
static struct secret *cpu, *other_cpu;

static int setup(void **state)
{
    (void)authority_setup(state);
    assert_ok(secret_new(LOCAL_REPORT_SECRET, &cpu));
    assert_ok(secret_new(LOCAL_REPORT_SECRET, &other_cpu));
    memset(secret_fill(cpu), 7, LOCAL_REPORT_SECRET);
    return 0;
}

static int teardown(void **state)
{
    secret_free(cpu);
    secret_free(other_cpu);
    return authority_teardown(state);
}

/* A program, and the request it makes. */
struct program {
    const struct ca_key *key;
    struct ca_sgx_subject sgx;
    unsigned char report[LOCAL_REPORT_LEN];
    struct buffer subject, attributes, csr;
};

static void program_clear(struct program *p)
{
    buffer_clear(&p->subject);
    buffer_clear(&p->attributes);
    buffer_clear(&p->csr);
}

#define AUTO_PROGRAM __attribute__((cleanup(program_clear))) struct program

static void program_init(struct program *p)
{
    *p = (struct program){ .key = sample_key(CA_KEY_RSA_3072),
                           .subject = buffer_make(CA_SUBJECT_MAX),
                           .attributes = buffer_make(4096),
                           .csr = buffer_make(CA_CSR_MAX) };
    p->sgx.has_report_data = true;
    memset(p->sgx.cpusvn, 1, 16);
    memset(p->sgx.mrenclave, 4, 32);
    memset(p->sgx.mrsigner, 5, 32);
    p->sgx.attributes[0] = 5;
    p->sgx.isvsvn[0] = 7;
    assert_ok(ca_report_data(&ca_key_public(p->key)->hash, &configuration,
                             p->sgx.report_data));
}

static void put_request(struct program *p)
{
    const struct draft draft = { .key = p->key,
                                 .subject = buffer_bytes(&p->subject),
                                 .attributes = buffer_bytes(&p->attributes) };
    draft_put(&draft, &p->csr);
}

/* As em-app does it: the node's target, a report for it, key id and MAC in the
 * request and the rest in its subject. */
static void program_ask_sgx(struct program *p, const struct secret *of)
{
    static const unsigned char zeros[32];
    unsigned char info[LOCAL_TARGET_LEN];
    struct local_target node;
    AUTO_CLEAR_BUFFER local = buffer_make(128);
    assert_ok(vouch_target_info(info));
    local_target_read(info, &node);
    local_report_rebuild(&p->sgx, zeros, zeros, p->report);
    assert_ok(local_report_seal(of, &node, p->report));
    buffer_put(&local, BYTES("\x30\x34\x04\x20"));
    buffer_put(&local, bytes_of(p->report + LOCAL_REPORT_KEYID_AT, 32));
    buffer_put(&local, BYTES("\x04\x10"));
    buffer_put(&local, bytes_of(p->report + LOCAL_REPORT_MAC_AT, 16));
    draft_attribute(&p->attributes, BYTES(F "\x02\x01\x01"),
                    buffer_bytes(&local));
    ca_subject_put_sgx(&p->sgx, &p->subject);
    put_request(p);
}

static const unsigned char tee_info[CA_TEE_INFO_LEN] = { 1 };
static const unsigned char td_info[CA_TD_INFO_LEN] = { 2 };

static void program_ask_tdx(struct program *p, const struct secret *of,
                            const struct hash *bound)
{
    const struct ca_binding domain = { CA_BINDS_DOMAIN, BYTES("\x31\x00") };
    unsigned char data[CA_REPORT_DATA_LEN], report[LOCAL_TD_REPORT_LEN];
    AUTO_CLEAR_BUFFER local = buffer_make(512);
    assert_ok(ca_binding_report_data(&domain, &ca_key_public(p->key)->hash,
                                     bound, data));
    assert_ok(local_td_report_make(of, bytes_of(tee_info, sizeof(tee_info)),
                                   bytes_of(td_info, sizeof(td_info)), data,
                                   report));
    buffer_put(&local, BYTES("\x04\x82\x01\x00"));
    buffer_put(&local, bytes_of(report, sizeof(report)));
    draft_attribute(&p->attributes, BYTES(F "\x02\x02\x11"),
                    buffer_bytes(&local));
    ca_subject_put_tdx(bytes_of(tee_info, sizeof(tee_info)),
                       bytes_of(td_info, sizeof(td_info)), &p->subject);
    ca_subject_put_configuration(&configuration, &p->subject);
    put_request(p);
}

static struct vouch_node the_node(void)
{
    return (struct vouch_node){ sample_key(CA_KEY_P256), sample_der(CA_NODE),
                                cpu };
}

static struct status ask(const struct program *p, bool sgx,
                         const struct vouch_node *node, uint64_t now,
                         struct vouch_answer *out, struct reason *why)
{
    struct bytes report = bytes_of(p->report, sgx ? sizeof(p->report) : 0);
    return vouch_attest(node, buffer_bytes(&p->csr), report, now, out, why);
}

static void der_of(const struct buffer *pem, struct buffer *der)
{
    assert_ok(ca_pem_read("CERTIFICATE", buffer_bytes(pem), der, NULL));
}

/* The final request, and the broker's look at it. */
static void check_final_request(const struct program *p, bool sgx,
                                const struct buffer *attestation)
{
    AUTO_CLEAR_BUFFER pair = buffer_make(CA_EVIDENCE_MAX);
    AUTO_CLEAR_BUFFER pem = buffer_make(CA_CSR_MAX);
    struct ca_csr csr;
    struct ca_evidence e;
    struct ca_vouched v;
    struct reason why = { "" };
    buffer_put(&pair, buffer_bytes(attestation));
    buffer_put(&pair, sample_der(CA_NODE));
    const struct ca_csr_fields fields = {
        .common_name = "localhost",
        .carrier = CA_CARRIER_VOUCHED,
        .quote = buffer_bytes(&pair),
        .subject = sgx ? buffer_bytes(&p->subject) : BYTES(""),
    };
    assert_ok(ca_csr_make(&fields, p->key, &pem, NULL));
    assert_ok(ca_csr_read(buffer_bytes(&pem), &csr, NULL));
    assert_ok(ca_csr_evidence(&csr, &e, NULL));
    assert_int_equal(e.form, CA_EVIDENCE_VOUCHED);
    if (failed(ca_vouch_check(buffer_bytes(&e.bytes),
                              authority_root(&authority), NOW, &v, &why)))
        fail_msg("%s", why.text);
    assert_ok(ca_vouch_matches(&v, &csr.key.hash, csr.subject, NULL));
    assert_int_equal(v.subject.measured,
                     sgx ? CA_MEASURED_SGX : CA_MEASURED_TDX);
    assert_true(hash_equal(&v.configuration, &configuration));
    ca_evidence_clear(&e);
    ca_csr_clear(&csr);
}

static void an_enclave_is_vouched_for_up_to_the_broker(void **state)
{
    (void)state;
    static const unsigned char zeros[32];
    AUTO_PROGRAM p;
    AUTO_CLEAR_BUFFER der = buffer_make(CA_CERTIFICATE_MAX);
    struct vouch_node node = the_node();
    struct vouch_answer answer;
    struct local_target own;
    struct hash digest;
    struct reason why = { "" };
    program_init(&p);
    program_ask_sgx(&p, cpu);
    if (failed(ask(&p, true, &node, NOW, &answer, &why)))
        fail_msg("%s", why.text);
    der_of(&answer.attestation, &der);
    check_final_request(&p, true, &der);

    /* What em-app checks: the report is for it, and of this certificate. */
    assert_int_equal(answer.report.len, LOCAL_REPORT_LEN);
    local_target_of(p.report, &own);
    assert_ok(local_report_check(cpu, &own, answer.report.data));
    assert_ok(hash_of(&digest, buffer_bytes(&der)));
    assert_memory_equal(answer.report.data + 320, digest.bytes, HASH_LEN);
    assert_memory_equal(answer.report.data + 352, zeros, sizeof(zeros));

    /* And that the node's certificate is passed on as it is. */
    buffer_clear(&der);
    der_of(&answer.node, &der);
    assert_true(bytes_equal(buffer_bytes(&der), sample_der(CA_NODE)));
    vouch_answer_clear(&answer);
}

static void a_domain_is_vouched_for_up_to_the_broker(void **state)
{
    (void)state;
    AUTO_PROGRAM p;
    AUTO_CLEAR_BUFFER der = buffer_make(CA_CERTIFICATE_MAX);
    struct vouch_node node = the_node();
    struct vouch_answer answer;
    struct reason why = { "" };
    program_init(&p);
    program_ask_tdx(&p, cpu, &configuration);
    if (failed(ask(&p, false, &node, NOW, &answer, &why)))
        fail_msg("%s", why.text);
    der_of(&answer.attestation, &der);
    check_final_request(&p, false, &der);
    assert_int_equal(answer.report.len, 0);
    vouch_answer_clear(&answer);
}

static void expect_refusal(const struct program *p, bool sgx,
                           const struct vouch_node *node, uint64_t now,
                           enum status_code code, const char *says)
{
    struct vouch_answer answer = { .node = buffer_make(7) };
    struct reason why = { "" };
    struct status s = ask(p, sgx, node, now, &answer, &why);
    if (s.code != code || !strstr(why.text, says))
        fail_msg("expected %s \"%s\", got %s \"%s\"", status_name(code), says,
                 status_name(s.code), why.text);
    assert_int_equal(answer.node.max, 7); /* untouched */
}

static void a_report_with_any_byte_changed_is_refused(void **state)
{
    (void)state;
    AUTO_PROGRAM p;
    struct vouch_node node = the_node();
    struct local_target target;
    unsigned char info[LOCAL_TARGET_LEN];
    program_init(&p);
    program_ask_sgx(&p, cpu);
    assert_ok(vouch_target_info(info));
    local_target_read(info, &target);
    for (size_t i = 0; i < LOCAL_REPORT_LEN; i++) {
        p.report[i] ^= 1;
        assert_status(STATUS_DENIED,
                      local_report_check(cpu, &target, p.report));
        expect_refusal(&p, true, &node, NOW, STATUS_DENIED,
                       "attest: the report is not the one of the request");
        p.report[i] ^= 1;
    }
    assert_ok(local_report_check(cpu, &target, p.report));
    expect_refusal(&p, false, &node, NOW, STATUS_DENIED, "not the one of");
}

static void another_machine_or_key_is_refused(void **state)
{
    (void)state;
    AUTO_PROGRAM elsewhere;
    AUTO_PROGRAM other_key;
    AUTO_PROGRAM domain;
    AUTO_PROGRAM unbound;
    struct vouch_node node = the_node();
    program_init(&elsewhere);
    program_ask_sgx(&elsewhere, other_cpu);
    expect_refusal(&elsewhere, true, &node, NOW, STATUS_DENIED,
                   "not made on this machine");
    program_init(&other_key);
    other_key.key = sample_key(CA_KEY_P384);
    program_ask_sgx(&other_key, cpu);
    expect_refusal(&other_key, true, &node, NOW, STATUS_DENIED,
                   "not bound to the request's key");
    program_init(&domain);
    program_ask_tdx(&domain, other_cpu, &configuration);
    expect_refusal(&domain, false, &node, NOW, STATUS_DENIED,
                   "not made on this machine");
    program_init(&unbound);
    program_ask_tdx(&unbound, cpu, NULL);
    expect_refusal(&unbound, false, &node, NOW, STATUS_DENIED,
                   "not bound to the request's key");
}

static void a_node_that_cannot_says_so(void **state)
{
    (void)state;
    AUTO_PROGRAM p;
    struct vouch_node node = the_node(), bare = node, person = node;
    program_init(&p);
    program_ask_sgx(&p, cpu);
    bare.cpu = NULL;
    person.certificate = sample_der(CA_PERSON);
    expect_refusal(&p, true, &bare, NOW, STATUS_UNAVAILABLE,
                   "cannot check local reports");
    expect_refusal(&p, true, &node, NOW + 3600, STATUS_UNAVAILABLE,
                   "has ended");
    expect_refusal(&p, true, &node, NOW - 1, STATUS_UNAVAILABLE, "has ended");
    expect_refusal(&p, true, &person, NOW, STATUS_INVALID, "of kind person");
}

static void near_its_end_a_node_vouches_for_less(void **state)
{
    (void)state;
    AUTO_PROGRAM p;
    AUTO_CLEAR_BUFFER evidence = buffer_make(CA_EVIDENCE_MAX);
    struct vouch_node node = the_node();
    struct vouch_answer answer;
    struct ca_vouched v;
    program_init(&p);
    program_ask_sgx(&p, cpu);
    assert_ok(ask(&p, true, &node, NOW + 3500, &answer, NULL));
    der_of(&answer.attestation, &evidence);
    buffer_put(&evidence, sample_der(CA_NODE));
    assert_ok(ca_vouch_check(buffer_bytes(&evidence),
                             authority_root(&authority), NOW + 3599, &v, NULL));
    vouch_answer_clear(&answer);
}

static void requests_without_one_local_report_are_refused(void **state)
{
    (void)state;
    struct vouch_node node = the_node();
    AUTO_PROGRAM none;
    AUTO_PROGRAM both;
    AUTO_PROGRAM no_subject;
    AUTO_PROGRAM malformed;
    program_init(&none);
    put_request(&none);
    expect_refusal(&none, true, &node, NOW, STATUS_INVALID,
                   "not exactly one local report");
    program_init(&both);
    draft_attribute(&both.attributes, BYTES(F "\x02\x02\x11"),
                    BYTES("\x04\x00"));
    program_ask_sgx(&both, cpu);
    expect_refusal(&both, true, &node, NOW, STATUS_INVALID,
                   "not exactly one local report");
    program_init(&malformed);
    draft_attribute(&malformed.attributes, BYTES(F "\x02\x01\x01"),
                    BYTES("\x30\x00"));
    put_request(&malformed);
    expect_refusal(&malformed, true, &node, NOW, STATUS_INVALID, "malformed");
    program_init(&no_subject);
    draft_attribute(&no_subject.attributes, BYTES(F "\x02\x02\x11"),
                    BYTES("\x04\x00"));
    put_request(&no_subject);
    expect_refusal(&no_subject, false, &node, NOW, STATUS_DENIED,
                   "has no measurements");
    no_subject.csr.len--;
    expect_refusal(&no_subject, false, &node, NOW, STATUS_INVALID, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_enclave_is_vouched_for_up_to_the_broker),
        cmocka_unit_test(a_domain_is_vouched_for_up_to_the_broker),
        cmocka_unit_test(a_report_with_any_byte_changed_is_refused),
        cmocka_unit_test(another_machine_or_key_is_refused),
        cmocka_unit_test(a_node_that_cannot_says_so),
        cmocka_unit_test(near_its_end_a_node_vouches_for_less),
        cmocka_unit_test(requests_without_one_local_report_are_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
