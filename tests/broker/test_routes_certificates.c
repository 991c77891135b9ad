/* A certificate for evidence: fresh, bound to the key and one configuration,
 * of a program that somebody agreed on; and taking certificates back. */

#include "base/text.h"
#include "tests/broker/cast.h"

struct scene {
    struct play play;
    struct enclave enclave; /* not certified yet */
    struct ca_key *key;
    struct buffer quote;
};

static int setup(void **state)
{
    static struct scene scene;
    void *stage = NULL;
    assert_int_equal(0, stage_setup(&stage));
    play_begin(&scene.play, stage);
    play_agree(&scene.play);
    assert_ok(ca_key_generate(CA_KEY_P256, &scene.key));
    scene.enclave =
        (struct enclave){ .key = scene.key,
                          .configuration = scene.play.runtime,
                          .measured = 0xc1,
                          .certificate = buffer_make(CA_CERTIFICATE_MAX) };
    quote_make(stage, &scene.enclave, &scene.quote);
    *state = &scene;
    return 0;
}

static int teardown(void **state)
{
    struct scene *scene = *state;
    void *stage = scene->play.stage;
    enclave_clear(&scene->enclave);
    ca_key_free(scene->key);
    buffer_clear(&scene->quote);
    play_end(&scene->play);
    return stage_teardown(&stage);
}

static void quote_again(struct scene *scene)
{
    buffer_clear(&scene->quote);
    quote_make(scene->play.stage, &scene->enclave, &scene->quote);
}

static struct answer *attest(struct scene *scene)
{
    return stage_ask(scene->play.stage, AS_NOBODY, HTTP_POST,
                     attest_body(&scene->enclave, &scene->quote),
                     "/accord/v1/certificates");
}

/* --- issuing ------------------------------------------------------------- */

static void evidence_becomes_a_certificate(void **state)
{
    struct scene *scene = *state;
    struct ca_facts facts;
    struct ca_enclave_name name;
    struct hash digest, told;
    struct answer *a = attest(scene);
    assert_answer(a, 200, NULL);
    assert_receipt(scene->play.stage, a);
    assert_ok(api_json_hash(a->body, "configuration", &told, NULL));
    assert_true(hash_equal(&told, &scene->play.runtime));
    take_certificate(a, &scene->enclave.certificate);
    assert_ok(ca_certificate_read(as_enclave(&scene->enclave), &facts, NULL));
    assert_int_equal(CA_ENCLAVE, facts.statement.kind);
    assert_true(
        hash_equal(&facts.statement.configuration, &scene->play.runtime));
    assert_ok(hash_of(&digest, buffer_bytes(&scene->quote)));
    assert_true(hash_equal(&digest, &facts.statement.evidence));
    assert_in_range(facts.not_after, stage_seconds(),
                    stage_seconds() + 48 * 3600);
    assert_ok(
        ca_enclave_name_parse(ca_name_at(&facts.names, 0), SOFT_DOMAIN, &name));
    assert_newest_leaf(scene->play.stage, API_LEAF_CERTIFICATE, "kind",
                       "enclave");
}

static void evidence_is_accepted_once(void **state)
{
    struct scene *scene = *state;
    assert_answer(attest(scene), 200, NULL);
    uint64_t size = stage_log_size(scene->play.stage);
    struct answer *a = attest(scene);
    assert_answer(a, 409, "conflict");
    assert_says(a, "key");
    quote_again(scene); /* other evidence, the same key */
    a = attest(scene);
    assert_answer(a, 409, "conflict");
    assert_says(a, "new key");
    assert_int_equal(size, stage_log_size(scene->play.stage));
}

static void evidence_is_accepted_once_within_a_group_too(void **state)
{
    struct scene *scene = *state;
    struct answer answers[2];
    for (size_t i = 0; i < 2; i++)
        stage_begin(scene->play.stage, &answers[i], AS_NOBODY, HTTP_POST,
                    attest_body(&scene->enclave, &scene->quote),
                    "/accord/v1/certificates");
    stage_write(scene->play.stage);
    assert_answer(&answers[0], 200, NULL);
    assert_answer(&answers[1], 409, "conflict");
    answer_clear(&answers[0]);
    answer_clear(&answers[1]);
}

/* Refused with that code and a leaf; the HSM was not asked. */
static void assert_refused(struct scene *scene, const char *code)
{
    struct stage *s = scene->play.stage;
    unsigned before = s->door->calls[SOFT_CERTIFY];
    struct answer *a = attest(scene);
    assert_answer(a, 403, code);
    assert_newest_leaf(s, API_LEAF_DENIAL, "code", code);
    assert_newest_leaf(s, API_LEAF_DENIAL, "route", "/accord/v1/certificates");
    assert_int_equal(before, s->door->calls[SOFT_CERTIFY]);
}

static void an_unknown_configuration_is_refused(void **state)
{
    struct scene *scene = *state;
    scene->enclave.configuration.bytes[0] ^= 1;
    quote_again(scene);
    assert_refused(scene, "configuration");
}

static void another_measurement_is_refused(void **state)
{
    struct scene *scene = *state;
    scene->enclave.measured = 0xc2;
    quote_again(scene);
    assert_refused(scene, "build");
}

static void a_withdrawn_program_gets_no_certificate(void **state)
{
    struct scene *scene = *state;
    assert_answer(stage_ask(scene->play.stage, as(&scene->play.bob), HTTP_POST,
                            NULL, "/accord/v1/builds/%s/withdraw",
                            scene->play.program.text),
                  200, NULL);
    assert_refused(scene, "build");
}

static void a_withdrawn_workflow_gets_no_certificate(void **state)
{
    struct scene *scene = *state;
    assert_answer(stage_ask(scene->play.stage, as(&scene->play.bob), HTTP_POST,
                            NULL, "/accord/v1/workflows/%s/1/withdraw",
                            scene->play.workflow),
                  200, NULL);
    assert_refused(scene, "configuration");
}

static void evidence_for_another_key_is_refused(void **state)
{
    struct scene *scene = *state;
    struct ca_key *other = NULL;
    assert_ok(ca_key_generate(CA_KEY_P256, &other));
    scene->enclave.key = other; /* the request is signed by this one */
    struct answer *a = attest(scene);
    assert_answer(a, 403, "evidence");
    assert_says(a, "the evidence is not bound to the request's key");
    scene->enclave.key = scene->key;
    ca_key_free(other);
}

static void evidence_for_no_configuration_is_refused(void **state)
{
    struct scene *scene = *state;
    scene->enclave.configuration = (struct hash){ 0 };
    quote_again(scene);
    struct answer *a = attest(scene);
    assert_answer(a, 403, "configuration");
    assert_says(a, "the evidence names no runtime configuration");
}

static void evidence_that_was_changed_is_refused(void **state)
{
    struct scene *scene = *state;
    uint64_t size = stage_log_size(scene->play.stage);
    scene->quote.data[120] ^= 1; /* inside the report */
    assert_answer(attest(scene), 403, "evidence");
    assert_int_equal(size, stage_log_size(scene->play.stage)); /* nobody */
}

static void a_request_without_evidence_is_refused(void **state)
{
    struct scene *scene = *state;
    AUTO_CLEAR_BUFFER pem = buffer_make(CA_CSR_MAX);
    struct ca_csr_fields fields = { .common_name = "program" };
    assert_ok(ca_csr_make(&fields, scene->key, &pem, NULL));
    struct answer *a =
        stage_ask(scene->play.stage, AS_NOBODY, HTTP_POST,
                  json_pack("{s:s%}", "csr", (const char *)pem.data, pem.len),
                  "/accord/v1/certificates");
    assert_answer(a, 400, "invalid");
    assert_says(a, "no evidence");
}

static void names_that_belong_to_others_are_refused(void **state)
{
    struct scene *scene = *state;
    static const char *const bad[] = { "x.id." SOFT_DOMAIN,
                                       "nodes." SOFT_DOMAIN, SOFT_DOMAIN,
                                       "broker.example" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        AUTO_CLEAR_BUFFER pem = buffer_make(CA_CSR_MAX);
        struct ca_csr_fields fields = { .common_name = "program",
                                        .names = &bad[i],
                                        .names_count = 1,
                                        .quote = buffer_bytes(&scene->quote) };
        assert_ok(ca_csr_make(&fields, scene->key, &pem, NULL));
        struct answer *a = stage_ask(
            scene->play.stage, AS_NOBODY, HTTP_POST,
            json_pack("{s:s%}", "csr", (const char *)pem.data, pem.len),
            "/accord/v1/certificates");
        assert_answer(a, 403, "identity");
    }
}

static void an_hsm_that_judges_otherwise_is_believed(void **state)
{
    struct scene *scene = *state;
    soft_door_fate(scene->play.stage->door, SOFT_CERTIFY, SOFT_REFUSES, 1);
    assert_answer(attest(scene), 403, "denied");
    assert_newest_leaf(scene->play.stage, API_LEAF_FAILED, "status", "denied");
}

/* --- the list, revoking, the CRL ----------------------------------------- */

static struct answer *revoke(struct scene *scene, const struct person *who,
                             const char *serial)
{
    return stage_ask(scene->play.stage, as(who), HTTP_POST, NULL,
                     "/accord/v1/certificates/%s/revoke", serial);
}

static void serial_of(struct bytes der, char out[33])
{
    struct ca_facts facts;
    assert_ok(ca_certificate_read(der, &facts, NULL));
    hex_encode(bytes_of(facts.serial, sizeof(facts.serial)), out);
}

static void certificates_are_listed_per_account(void **state)
{
    struct scene *scene = *state;
    assert_answer(attest(scene), 200, NULL);
    struct answer *a = stage_ask(scene->play.stage, as(&scene->play.alice),
                                 HTTP_GET, NULL, "/accord/v1/certificates");
    assert_answer(a, 200, NULL);
    assert_int_equal(4, json_array_size(json_object_get(a->body, "items")));
}

static void a_person_whose_certificate_is_revoked_is_out(void **state)
{
    struct scene *scene = *state;
    char serial[33];
    serial_of(as(&scene->play.alice), serial);
    assert_answer(revoke(scene, &scene->play.bob, serial), 403, "role");
    struct answer *a = revoke(scene, &scene->play.root, serial);
    assert_answer(a, 200, NULL);
    assert_receipt(scene->play.stage, a);
    assert_true(json_is_true(json_object_get(a->body, "revoked")));
    a = revoke(scene, &scene->play.root, serial);
    assert_answer(a, 409, "conflict");
    assert_says(a, "this certificate is revoked already");
    a = stage_ask(scene->play.stage, as(&scene->play.alice), HTTP_GET, NULL,
                  "/accord/v1/me");
    assert_answer(a, 403, "certificate");
    assert_says(a, "this certificate was revoked");
    a = stage_ask(scene->play.stage, as(&scene->play.alice), HTTP_GET, NULL,
                  "/accord/v1/log/head");
    assert_answer(a, 403, "certificate"); /* even where anybody may ask */
}

static void serials_are_checked(void **state)
{
    struct scene *scene = *state;
    assert_answer(revoke(scene, &scene->play.root, "12"), 400, "invalid");
    assert_answer(
        revoke(scene, &scene->play.root, "00112233445566778899aabbccddeeff"),
        404, "not-found");
}

static void the_crl_grows_with_each_revocation(void **state)
{
    struct scene *scene = *state;
    struct stage *s = scene->play.stage;
    char serial[33];
    struct answer *a =
        stage_ask(s, AS_NOBODY, HTTP_GET, NULL, "/accord/v1/crl");
    assert_answer(a, 200, NULL);
    assert_string_equal("application/pkix-crl", a->type);
    size_t empty = a->raw.len;
    assert_true(empty > 0);
    (void)stage_ask(s, AS_NOBODY, HTTP_GET, NULL, "/accord/v1/crl");
    assert_int_equal(1, s->door->calls[SOFT_CRL]); /* signed once */
    serial_of(as(&scene->play.alice), serial);
    assert_answer(revoke(scene, &scene->play.root, serial), 200, NULL);
    a = stage_ask(s, AS_NOBODY, HTTP_GET, NULL, "/accord/v1/crl");
    assert_true(a->raw.len > empty + CA_SERIAL_LEN);
    assert_int_equal(2, s->door->calls[SOFT_CRL]);
    stage_pass(3601); /* an hour old */
    (void)stage_ask(s, AS_NOBODY, HTTP_GET, NULL, "/accord/v1/crl");
    assert_int_equal(3, s->door->calls[SOFT_CRL]);
}

#define scene_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        scene_test(evidence_becomes_a_certificate),
        scene_test(evidence_is_accepted_once),
        scene_test(evidence_is_accepted_once_within_a_group_too),
        scene_test(an_unknown_configuration_is_refused),
        scene_test(another_measurement_is_refused),
        scene_test(a_withdrawn_program_gets_no_certificate),
        scene_test(a_withdrawn_workflow_gets_no_certificate),
        scene_test(evidence_for_another_key_is_refused),
        scene_test(evidence_for_no_configuration_is_refused),
        scene_test(evidence_that_was_changed_is_refused),
        scene_test(a_request_without_evidence_is_refused),
        scene_test(names_that_belong_to_others_are_refused),
        scene_test(an_hsm_that_judges_otherwise_is_believed),
        scene_test(certificates_are_listed_per_account),
        scene_test(a_person_whose_certificate_is_revoked_is_out),
        scene_test(serials_are_checked),
        scene_test(the_crl_grows_with_each_revocation),
    };
    return cmocka_run_group_tests(tests, stage_group, NULL);
}
