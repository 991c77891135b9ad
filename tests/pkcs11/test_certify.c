/* Certificates: what the worker writes itself, and what it refuses. The
 * verdict on evidence is a test double's here; the verifier has its own
 * tests. */

#include "tests/support/check.h"

#include "tests/pkcs11/double.h"
#include "tests/pkcs11/scene.h"

static struct stage stage;
static struct hsm_worker worker;
static struct scene scene;
static struct judge_double judge;

/* What is asked; reset() makes it valid for an enclave. */
static struct pkcs11_certify asked;
static struct api_identity_rule rule;
static struct ca_key *person_key;
static const char *names[2];
static bool wrong_subject, skip_append;

static int set_up(void **state)
{
    (void)state;
    stage_make(&stage,
               "server_names = broker.example.org, s.id.accord.example\n");
    assert_int_equal(stage_init(&stage, NULL, 0), 0);
    stage_worker(&stage, &worker);
    judge_double_start(&judge, &worker.judge);
    scene_make(&scene, &worker);
    assert_ok(ca_key_generate(CA_KEY_P256, &person_key));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    ca_key_free(person_key);
    scene_clear(&scene);
    hsm_worker_clear(&worker);
    judge_double_join(&judge);
    stage_clear(&stage);
    return 0;
}

static int reset(void **state)
{
    static const unsigned char evidence[] = "evidence, judged elsewhere";
    (void)state;
    scene.now =
        worker.log.state.time > scene.now ? worker.log.state.time : scene.now;
    scene_reset(&scene);
    judge.verdict = STATUS_OK;
    wrong_subject = skip_append = false;
    rule = scene.rule;
    names[0] = "app.example.net";
    asked = (struct pkcs11_certify){
        .kind = CA_ENCLAVE,
        .spki = ca_spki(ca_key_public(scene.enclave)),
        .common_name = "app",
        .names = names,
        .names_count = 1,
        .account = scene.context.account,
        .not_after = scene.now / 1000 + 86400,
        .rule = &rule,
        .evidence = bytes_of(evidence, sizeof(evidence)),
        .binding = { .rule = CA_BINDS_KEY },
    };
    memset(asked.id.bytes, 0x1d, API_ID_LEN);
    memset(asked.configuration.bytes, 0xc0, HASH_LEN);
    return 0;
}

static void ask_for_person(void)
{
    asked.kind = CA_PERSON;
    asked.spki = ca_spki(ca_key_public(person_key));
    asked.names_count = 0;
    asked.rule = NULL;
    asked.evidence = bytes_of(NULL, 0);
    asked.binding = (struct ca_binding){ 0 };
    memset(&asked.configuration, 0, sizeof(asked.configuration));
    memset(asked.invitation.bytes, 0x14, HASH_LEN);
}

static void ask_for_server(const char *name)
{
    ask_for_person();
    asked.kind = CA_SERVER;
    memset(&asked.invitation, 0, sizeof(asked.invitation));
    memset(&asked.account, 0, sizeof(asked.account));
    memset(&asked.id, 0, sizeof(asked.id));
    names[0] = name;
    asked.names_count = 1;
}

static struct hash subject_of(const struct pkcs11_certify *fields)
{
    struct api_certificate_subject subject = {
        .kind = (uint8_t)fields->kind,
        .account = fields->account,
        .id = fields->id,
        .not_after = fields->not_after,
        .configuration = fields->configuration,
        .invitation = fields->invitation,
    };
    struct hash hash;
    struct reason why = { "" };

    assert_ok(hash_of(&subject.spki, fields->spki));
    assert_ok(
        api_names_hash(fields->names, fields->names_count, &subject.names));
    if (fields->rule)
        assert_ok(api_identity_hash(fields->rule, &subject.identity, &why));
    if (fields->evidence.len > 0)
        assert_ok(hash_of(&subject.evidence, fields->evidence));
    assert_ok(api_subject_certificate(fields->salt, &subject, &hash));
    return hash;
}

/* Appends the leaf that `recorded` deserves, and asks for `asked`. */
static STATUS certify_as(const struct pkcs11_certify *recorded)
{
    AUTO_CLEAR_BUFFER body = buffer_make(PKCS11_EVIDENCE_MAX + 16384);
    struct api_leaf leaf = { .kind = API_LEAF_CERTIFICATE,
                             .time = scene.now,
                             .account = asked.account };
    struct reason why = { "" };

    leaf.subject = subject_of(recorded);
    leaf.subject.bytes[0] ^= wrong_subject;
    if (skip_append) {
        leaf.index = worker.log.state.frontier.size;
        assert_ok(api_leaf_encode(&leaf, asked.leaf));
    } else {
        assert_ok(scene_append(&scene, &leaf, asked.leaf));
    }
    assert_ok(pkcs11_encode_certify(&asked, &body, &why));
    return scene_job(&scene, PKCS11_CERTIFY, buffer_bytes(&body));
}

static STATUS certify(void)
{
    return certify_as(&asked);
}

static void assert_refused(struct status s, const char *text)
{
    if (s.code != STATUS_DENIED || !strstr(scene.why.text, text))
        print_error("%s: %s\n", status_name(s.code), scene.why.text);
    assert_status(STATUS_DENIED, s);
    assert_non_null(strstr(scene.why.text, text));
    assert_int_equal(scene.out.len, 0);
}

static void read_answer(struct ca_facts *facts)
{
    struct reason why = { "" };
    assert_ok(ca_certificate_read(buffer_bytes(&scene.out), facts, &why));
    assert_ok(ca_signature_verify(buffer_bytes(&scene.out),
                                  api_spki_bytes(&worker.ca_key), &why));
}

static void writes_an_enclaves_certificate_from_what_it_computed(void **state)
{
    struct ca_facts facts;
    struct hash identity, evidence, leaf_hash;
    struct ca_enclave_name name;
    struct reason why = { "" };
    (void)state;

    assert_ok(certify());
    read_answer(&facts);
    assert_int_equal(facts.statement.kind, CA_ENCLAVE);
    assert_int_equal(facts.statement.evidence_kind, rule.kind);
    assert_ok(api_identity_hash(&rule, &identity, &why));
    assert_true(hash_equal(&facts.statement.identity, &identity));
    assert_ok(hash_of(&evidence, asked.evidence));
    assert_true(hash_equal(&facts.statement.evidence, &evidence));
    assert_true(
        hash_equal(&facts.statement.configuration, &asked.configuration));
    assert_int_equal(facts.statement.evidence_time, scene.now);
    assert_int_equal(facts.not_before, scene.now / 1000);
    assert_int_equal(facts.not_after, asked.not_after);
    assert_ok(ca_enclave_name_parse(ca_name_at(&facts.names, 0), STAGE_DOMAIN,
                                    &name));
    assert_true(hash_equal(&name.configuration, &asked.configuration));
    assert_int_equal(name.label[0], 'b'); /* the verdict's */
    assert_string_equal(ca_name_at(&facts.names, 1), "app.example.net");
    assert_ok(api_leaf_hash(asked.leaf, &leaf_hash));
    leaf_hash.bytes[0] &= 0x7f;
    assert_memory_equal(facts.serial, leaf_hash.bytes, CA_SERIAL_LEN);
}

static void asks_the_verifier_about_key_configuration_and_rule(void **state)
{
    unsigned char expected[CA_REPORT_DATA_LEN];
    struct hash spki;
    unsigned before = judge.asked;
    (void)state;
    assert_ok(certify());
    assert_int_equal(judge.asked, before + 1);
    assert_ok(hash_of(&spki, asked.spki));
    assert_ok(ca_report_data(&spki, &asked.configuration, expected));
    assert_memory_equal(judge.report_data, expected, sizeof(expected));
    assert_int_equal(judge.time, scene.now / 1000);
    assert_int_equal(judge.evidence_len, asked.evidence.len);
    assert_memory_equal(judge.rule.sgx.mrenclave, rule.sgx.mrenclave, 32);
    assert_memory_equal(judge.rule.anchor.bytes, rule.anchor.bytes, 32);
}

static void refuses_evidence_that_the_verifier_refuses(void **state)
{
    (void)state;
    judge.verdict = STATUS_DENIED;
    assert_refused(certify(), "chain:sig");
}

static void writes_persons_and_servers_without_a_verdict(void **state)
{
    struct ca_facts facts;
    unsigned before = judge.asked;
    (void)state;
    ask_for_person();
    assert_ok(certify());
    read_answer(&facts);
    assert_int_equal(facts.statement.kind, CA_PERSON);
    ask_for_server("broker.example.org");
    assert_ok(certify());
    read_answer(&facts);
    assert_int_equal(facts.statement.kind, CA_SERVER);
    assert_int_equal(judge.asked, before);
}

static void refuses_a_leaf_that_was_not_appended(void **state)
{
    (void)state;
    skip_append = true;
    assert_refused(certify(), "was not appended in this generation");
}

static void refuses_a_leaf_a_second_time(void **state)
{
    AUTO_CLEAR_BUFFER body = buffer_make(PKCS11_EVIDENCE_MAX);
    (void)state;
    assert_ok(certify());
    assert_ok(pkcs11_encode_certify(&asked, &body, &scene.why));
    assert_refused(scene_job(&scene, PKCS11_CERTIFY, buffer_bytes(&body)),
                   "was performed already");
}

/* Each field of the certificate is in the record, or it is not written. */
static void refuses_every_field_that_the_leaf_does_not_cover(void **state)
{
    static const char *const other_names[] = { "other.example.net" };
    struct api_identity_rule other_rule;
    const char *what[] = { "key",     "names",      "not after", "id",
                           "account", "evidence",   "rule",      "config",
                           "kind",    "invitation", "salt" };

    for (size_t i = 0; i < sizeof(what) / sizeof(what[0]); i++) {
        (void)reset(state);
        if (strcmp(what[i], "invitation") == 0)
            ask_for_person();
        struct pkcs11_certify recorded = asked;
        other_rule = rule;
        other_rule.sgx.mrenclave[0] ^= 1;
        switch (i) {
        case 0: recorded.spki = ca_spki(ca_key_public(person_key)); break;
        case 1: recorded.names = other_names; break;
        case 2: recorded.not_after--; break;
        case 3: recorded.id.bytes[0] ^= 1; break;
        case 4: recorded.account.bytes[0] ^= 1; break;
        case 5: recorded.evidence.len--; break;
        case 6: recorded.rule = &other_rule; break;
        case 7: recorded.configuration.bytes[0] ^= 1; break;
        case 8: recorded.kind = CA_NODE; break;
        case 9: recorded.invitation.bytes[0] ^= 1; break;
        default: recorded.salt[0] ^= 1; break;
        }
        struct status s = certify_as(&recorded);
        if (s.code != STATUS_DENIED)
            print_error("%s is not covered\n", what[i]);
        assert_refused(s, "has another subject than what is asked");
    }
}

static void refuses_lives_above_the_cap(void **state)
{
    (void)state;
    asked.not_after = scene.now / 1000 + 48 * 3600 + 1;
    assert_status(STATUS_INVALID, certify());
    assert_int_equal(scene.out.len, 0);
    (void)reset(state);
    ask_for_person();
    asked.not_after = scene.now / 1000 + 366 * 86400;
    assert_status(STATUS_INVALID, certify());
}

static void refuses_names_that_are_the_issuers_to_give(void **state)
{
    static const char *const forbidden[] = {
        "x.id." STAGE_DOMAIN,       "id." STAGE_DOMAIN,   "nodes." STAGE_DOMAIN,
        "a.workflow." STAGE_DOMAIN, "Broker.Example.org", "X.ID." STAGE_DOMAIN,
    };
    for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++) {
        (void)reset(state);
        names[0] = forbidden[i];
        assert_refused(certify(), i == 4 ? "is the broker's own name" : "");
    }
}

#define PLACE ".0c2cd9a4-d3a8-4d9e-8e1b-3a1f2d0d7f5a.workflow." STAGE_DOMAIN
static void an_app_has_one_name_in_one_workflow(void **state)
{
    struct ca_facts facts;
    (void)state;
    names[0] = "app-1" PLACE;
    assert_ok(certify());
    read_answer(&facts);
    assert_string_equal(ca_name_at(&facts.names, 1), "app-1" PLACE);
    (void)reset(state);
    names[0] = "app-1" PLACE;
    names[1] = "app-2" PLACE;
    asked.names_count = 2;
    assert_refused(certify(), "app has one name in one workflow");
    ask_for_server("app-1" PLACE);
    assert_refused(certify(),
                   "an app has one name in one workflow, others have none");
}

static void a_server_has_its_configured_names_only(void **state)
{
    (void)state;
    ask_for_server("else.example.org");
    assert_refused(certify(), "is not among ca.server_names");
    ask_for_server("s.id.accord.example"); /* configured or not */
    assert_refused(certify(), "is a name of enclaves");
}

static void refuses_evidence_where_none_belongs(void **state)
{
    static const unsigned char evidence[] = "x";
    (void)state;
    ask_for_person();
    asked.evidence = bytes_of(evidence, 1);
    assert_status(STATUS_INVALID, certify());
    (void)reset(state);
    asked.rule = NULL;
    assert_status(STATUS_INVALID, certify());
    (void)reset(state);
    memset(&asked.configuration, 0, HASH_LEN);
    assert_status(STATUS_INVALID, certify());
    (void)reset(state);
    memset(asked.invitation.bytes, 1, HASH_LEN);
    assert_status(STATUS_INVALID, certify());
}

static void refuses_to_certify_another_intake_key(void **state)
{
    (void)state;
    ask_for_person();
    asked.kind = CA_INTAKE;
    assert_status(STATUS_INVALID, certify());
}

static void a_verifier_that_dies_breaks_nothing_but_certificates(void **state)
{
    struct api_leaf leaf = { .kind = API_LEAF_CHANGE, .time = scene.now };
    unsigned char encoded[API_LEAF_LEN];
    (void)state;
    judge.mute = true;
    assert_status(STATUS_UNAVAILABLE, certify());
    assert_true(hsm_judge_is_broken(worker.judge));
    assert_status(STATUS_UNAVAILABLE, certify());
    assert_ok(scene_append(&scene, &leaf, encoded));
}

#define CASE(test) cmocka_unit_test_setup(test, reset)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(writes_an_enclaves_certificate_from_what_it_computed),
        CASE(asks_the_verifier_about_key_configuration_and_rule),
        CASE(refuses_evidence_that_the_verifier_refuses),
        CASE(writes_persons_and_servers_without_a_verdict),
        CASE(refuses_a_leaf_that_was_not_appended),
        CASE(refuses_a_leaf_a_second_time),
        CASE(refuses_every_field_that_the_leaf_does_not_cover),
        CASE(refuses_lives_above_the_cap),
        CASE(refuses_names_that_are_the_issuers_to_give),
        CASE(an_app_has_one_name_in_one_workflow),
        CASE(a_server_has_its_configured_names_only),
        CASE(refuses_evidence_where_none_belongs),
        CASE(refuses_to_certify_another_intake_key),
        CASE(a_verifier_that_dies_breaks_nothing_but_certificates), /* last */
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
