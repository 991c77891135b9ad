/* TDX, SEV-SNP and Nitro the whole way: evidence, certificate, credential; and
 * not for what the rule does not say. */

#include <stdlib.h>

#include "agent/simulator_collateral.h"
#include "agent/simulator_nitro.h"
#include "agent/simulator_snp.h"
#include "agent/td_report.h"
#include "tests/broker/cast.h"

struct scene {
    struct play play;
    struct enclave enclave;
    struct simulator_snp *snp;
    struct simulator_nitro *nitro;
};

static int setup(void **state)
{
    struct scene *scene = calloc(1, sizeof(*scene));
    void *stage = NULL;
    assert_non_null(scene);
    assert_int_equal(0, stage_setup(&stage));
    play_begin(&scene->play, stage);
    *state = scene;
    return 0;
}

static int teardown(void **state)
{
    struct scene *scene = *state;
    void *stage = scene->play.stage;
    enclave_clear(&scene->enclave);
    simulator_snp_free(scene->snp);
    simulator_nitro_free(scene->nitro);
    play_end(&scene->play);
    free(scene);
    return stage_teardown(&stage);
}

static const char *platform(struct scene *scene)
{
    return temp_dir_path(&scene->play.stage->dir, "platform");
}

/* Broker and verifier know this root, too. */
static void trust(struct scene *scene, struct bytes pem)
{
    struct stage *s = scene->play.stage;
    struct reason why = { "" };
    assert_ok(attest_anchor_read(pem, "other", true, &s->door->anchor, &why));
    s->broker.anchors[s->broker.anchors_count++] = s->door->anchor;
}

static void agree_on(struct scene *scene, struct api_identity_rule *rule)
{
    struct program *program = &scene->play.program;
    struct stage *s = scene->play.stage;
    rule->kind |= API_KIND_SIMULATED;
    rule->tcb_mask = API_TCB_UP_TO_DATE;
    rule->anchor = s->door->anchor.spki;
    program->rule = *rule;
    assert_answer(stage_ask(s, as(&scene->play.bob), HTTP_POST,
                            build_body(&scene->play.bob, "other", program),
                            "/accord/v1/builds"),
                  201, NULL);
    assert_answer(stage_ask(s, as(&scene->play.bob), HTTP_POST, NULL,
                            "/accord/v1/builds/%s/approve", program->text),
                  200, NULL);
    play_agree(&scene->play);
    scene->enclave =
        (struct enclave){ .key = soft_rsa_key(0),
                          .configuration = scene->play.runtime,
                          .certificate = buffer_make(CA_CERTIFICATE_MAX) };
}

static void bound(struct scene *scene, unsigned char out[CA_REPORT_DATA_LEN])
{
    assert_ok(ca_report_data(&ca_key_public(scene->enclave.key)->hash,
                             &scene->enclave.configuration, out));
}

static struct answer *attest(struct scene *scene, enum ca_carrier_kind carrier,
                             const struct buffer *evidence)
{
    AUTO_CLEAR_BUFFER pem = buffer_make(CA_CSR_MAX);
    struct ca_csr_fields fields = { .common_name = "program",
                                    .quote = buffer_bytes(evidence),
                                    .carrier = carrier };
    struct reason why = { "" };
    struct status made = ca_csr_make(&fields, scene->enclave.key, &pem, &why);
    if (failed(made))
        print_error("%s\n", why.text);
    assert_ok(made);
    json_t *body = json_pack("{s:s%}", "csr", (const char *)pem.data, pem.len);
    const struct hash *nonce = &scene->enclave.nonce;
    if (!hash_is_zero(nonce))
        (void)json_object_set_new(body, "nonce", api_json_of_hash(nonce));
    return stage_ask(scene->play.stage, AS_NOBODY, HTTP_POST, body,
                     "/accord/v1/certificates");
}

/* The certificate is for what the rule pins, and opens what was granted. */
static void assert_served(struct scene *scene, struct answer *a)
{
    struct ca_facts facts;
    struct ca_enclave_name name;
    static const unsigned char unused[32];
    char label[API_LABEL_LEN + 1];
    const struct api_identity_rule *rule = &scene->play.program.rule;
    assert_answer(a, 200, NULL);
    take_certificate(a, &scene->enclave.certificate);
    assert_ok(ca_certificate_read(as_enclave(&scene->enclave), &facts, NULL));
    assert_int_equal(facts.statement.evidence_kind, rule->kind);
    assert_ok(
        ca_enclave_name_parse(ca_name_at(&facts.names, 0), SOFT_DOMAIN, &name));
    assert_ok(api_identity_label(rule, unused, label, NULL));
    assert_string_equal(name.label, label);
    assert_answer(
        stage_ask(scene->play.stage, as_enclave(&scene->enclave), HTTP_POST,
                  json_pack("{s:s}", "dataset", scene->play.input.text),
                  "/accord/v1/release"),
        200, NULL);
}

/* --- TDX ------------------------------------------------------------------ */

static void agree_on_tdx(struct scene *scene)
{
    struct api_identity_rule rule = { .kind = API_KIND_TDX };
    const struct simulator_collateral good = { .tdx = true };
    memset(rule.tdx.mrtd, 0x11, 48);
    memset(rule.tdx.rtmr[1], 0x12, 48);
    memset(rule.tdx.rtmr[2], 0x13, 48);
    stage_collateral(scene->play.stage, "tdx", &good);
    agree_on(scene, &rule);
}

static struct td_report domain(struct scene *scene)
{
    struct td_report td;
    simulator_td(&td);
    memset(td.mrtd, 0x11, 48);
    memset(td.rtmr[0], 0x77, 48); /* not pinned */
    memset(td.rtmr[1], 0x12, 48);
    memset(td.rtmr[2], 0x13, 48);
    bound(scene, td.data);
    return td;
}

static struct answer *attest_tdx(struct scene *scene,
                                 const struct td_report *td, uint16_t version)
{
    AUTO_CLEAR_BUFFER quote = buffer_make(ATTEST_EVIDENCE_MAX);
    struct reason why = { "" };
    assert_ok(simulator_tdx_quote(scene->play.stage->simulator, td, version,
                                  stage_seconds(), &quote, &why));
    return attest(scene, CA_CARRIER_QUOTE, &quote);
}

static void a_trust_domain_gets_what_was_granted(void **state)
{
    struct scene *scene = *state;
    agree_on_tdx(scene);
    struct td_report td = domain(scene);
    assert_served(scene, attest_tdx(scene, &td, 4));
    scene->enclave.key = soft_rsa_key(1);
    td = domain(scene);
    td.v15 = true;
    assert_served(scene, attest_tdx(scene, &td, 5));
}

static void another_trust_domain_gets_nothing(void **state)
{
    struct scene *scene = *state;
    agree_on_tdx(scene);
    struct td_report td = domain(scene);
    td.rtmr[2][0] ^= 1;
    assert_says(attest_tdx(scene, &td, 4), "rtmr2: another value");
    td = domain(scene);
    td.attributes &= ~TD_SEPT_VE_DISABLE;
    assert_says(attest_tdx(scene, &td, 4), "SEPT_VE_DISABLE is not set");
    td = domain(scene);
    td.attributes |= TD_DEBUG;
    assert_says(attest_tdx(scene, &td, 4), "debug");
    td = domain(scene);
    td.data[0] ^= 1;
    assert_answer(attest_tdx(scene, &td, 4), 403, "evidence");
}

/* --- SEV-SNP -------------------------------------------------------------- */

static void agree_on_snp(struct scene *scene)
{
    struct api_identity_rule rule = { .kind = API_KIND_SNP };
    struct reason why = { "" };
    memset(rule.snp.measurement, 0x21, 48);
    memset(rule.snp.host_data, 0x22, 32);
    assert_ok(
        simulator_snp_make(platform(scene), SNP_MILAN, stage_seconds(), &why));
    assert_ok(simulator_snp_open(platform(scene), &scene->snp, &why));
    trust(scene, simulator_snp_root_pem(scene->snp));
    agree_on(scene, &rule);
}

static struct snp_report guest(struct scene *scene)
{
    struct snp_report made;
    simulator_snp_guest(scene->snp, &made);
    memset(made.measurement, 0x21, 48);
    memset(made.host_data, 0x22, 32);
    bound(scene, made.data);
    return made;
}

static struct answer *attest_snp(struct scene *scene,
                                 const struct snp_report *report)
{
    AUTO_CLEAR_BUFFER evidence = buffer_make(ATTEST_EVIDENCE_MAX);
    assert_ok(simulator_snp_evidence(scene->snp, report, &evidence));
    return attest(scene, CA_CARRIER_SNP, &evidence);
}

static void a_guest_gets_what_was_granted(void **state)
{
    struct scene *scene = *state;
    agree_on_snp(scene);
    struct snp_report report = guest(scene);
    assert_served(scene, attest_snp(scene, &report));
    scene->enclave.key = soft_rsa_key(1);
    report = guest(scene);
    report.host_data[31] ^= 1;
    assert_says(attest_snp(scene, &report), "host_data: another value");
    report = guest(scene);
    report.vmpl = 1;
    assert_says(attest_snp(scene, &report), "vmpl: asked for at level 1");
    report = guest(scene);
    report.platform_info = 0;
    assert_says(attest_snp(scene, &report), "ALIAS_CHECK_COMPLETE is not set");
}

/* --- Nitro ---------------------------------------------------------------- */

static void agree_on_nitro(struct scene *scene, bool nonce)
{
    struct api_identity_rule rule = { .kind = API_KIND_NITRO,
                                      .terms.nonce_demanded = nonce };
    struct reason why = { "" };
    for (int i = API_PCR0; i <= API_PCR2; i++)
        memset(rule.nitro.pcr[i], 0x31 + i, 48);
    assert_ok(simulator_nitro_make(platform(scene), stage_seconds(), &why));
    assert_ok(simulator_nitro_open(platform(scene), &scene->nitro, &why));
    trust(scene, simulator_nitro_root_pem(scene->nitro));
    agree_on(scene, &rule);
}

static struct answer *attest_nitro(struct scene *scene, int pcr2,
                                   const struct hash *nonce)
{
    AUTO_CLEAR_BUFFER evidence = buffer_make(ATTEST_EVIDENCE_MAX);
    unsigned char data[CA_REPORT_DATA_LEN];
    struct nitro_document document;
    simulator_nitro_enclave(&document);
    memset(document.pcr[0], 0x31, 48);
    memset(document.pcr[1], 0x32, 48);
    memset(document.pcr[2], pcr2, 48);
    bound(scene, data);
    document.user_data = bytes_of(data, sizeof(data));
    if (nonce)
        document.nonce = hash_bytes(nonce);
    assert_ok(simulator_nitro_evidence(scene->nitro, &document, stage_seconds(),
                                       &evidence));
    return attest(scene, CA_CARRIER_NITRO, &evidence);
}

static void a_nitro_enclave_gets_what_was_granted(void **state)
{
    struct scene *scene = *state;
    agree_on_nitro(scene, false);
    assert_served(scene, attest_nitro(scene, 0x33, NULL));
    scene->enclave.key = soft_rsa_key(1);
    assert_says(attest_nitro(scene, 0x34, NULL), "pcr2: another value");
}

static void a_nitro_enclave_answers_a_nonce_in_its_own_place(void **state)
{
    struct scene *scene = *state;
    struct hash nonce, other = { { 1 } };
    agree_on_nitro(scene, true);
    assert_says(attest_nitro(scene, 0x33, NULL), "ask for a nonce first");
    struct answer *a = stage_ask(scene->play.stage, AS_NOBODY, HTTP_POST, NULL,
                                 "/accord/v1/nonces");
    assert_ok(api_json_hash(a->body, "nonce", &nonce, NULL));
    scene->enclave.nonce = nonce;
    assert_answer(attest_nitro(scene, 0x33, NULL), 403, "evidence");
    assert_answer(attest_nitro(scene, 0x33, &other), 403, "evidence");
    assert_served(scene, attest_nitro(scene, 0x33, &nonce));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_trust_domain_gets_what_was_granted),
        TEST(another_trust_domain_gets_nothing),
        TEST(a_guest_gets_what_was_granted),
        TEST(a_nitro_enclave_gets_what_was_granted),
        TEST(a_nitro_enclave_answers_a_nonce_in_its_own_place),
    };
    return cmocka_run_group_tests(tests, stage_group, NULL);
}
