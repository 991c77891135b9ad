/* What a dataset's owner demands of evidence is held to at every step: when a
 * certificate is asked for, and when it is used. */

#include "tests/broker/scene.h"

static void agree_on(struct scene *scene, const char *demands)
{
    play_demand(&scene->play, demands);
    play_agree(&scene->play);
    scene->enclave =
        (struct enclave){ .key = soft_rsa_key(0),
                          .configuration = scene->play.runtime,
                          .measured = 0xc1,
                          .certificate = buffer_make(CA_CERTIFICATE_MAX) };
}

static struct hash ask_nonce(struct scene *scene)
{
    struct hash nonce;
    struct answer *a = stage_ask(scene->play.stage, AS_NOBODY, HTTP_POST, NULL,
                                 "/accord/v1/nonces");
    assert_answer(a, 200, NULL);
    assert_ok(api_json_hash(a->body, "nonce", &nonce, NULL));
    assert_int_equal(json_integer_value(json_object_get(a->body, "seconds")),
                     120);
    return nonce;
}

static struct answer *attest(struct scene *scene)
{
    AUTO_CLEAR_BUFFER quote = { 0 };
    quote_make(scene->play.stage, &scene->enclave, &quote);
    return stage_ask(scene->play.stage, AS_NOBODY, HTTP_POST,
                     attest_body(&scene->enclave, &quote),
                     "/accord/v1/certificates");
}

static struct answer *release(struct scene *scene)
{
    return stage_ask(scene->play.stage, as_enclave(&scene->enclave), HTTP_POST,
                     json_pack("{s:s}", "dataset", scene->play.input.text),
                     "/accord/v1/release");
}

static void evidence_counts_no_longer_than_the_strictest_owner_says(
    void **state)
{
    struct scene *scene = *state;
    struct ca_facts facts;
    agree_on(scene, "{\"age\": 600}");
    struct answer *a = attest(scene);
    assert_answer(a, 200, NULL);
    take_certificate(a, &scene->enclave.certificate);
    assert_ok(ca_certificate_read(as_enclave(&scene->enclave), &facts, NULL));
    assert_int_equal(facts.not_after, stage_seconds() + 600);
    assert_answer(release(scene), 200, NULL);
    stage_pass(599);
    assert_answer(release(scene), 200, NULL);
    stage_pass(2);
    assert_answer(release(scene), 403, "certificate");
}

static void a_demanded_nonce_must_be_there_and_bound(void **state)
{
    struct scene *scene = *state;
    agree_on(scene, "{\"nonce\": true}");
    struct answer *a = attest(scene);
    assert_answer(a, 403, "nonce");
    assert_says(a, "nonce: the rule demands evidence made for this request");
    scene->enclave.nonce = ask_nonce(scene);
    assert_answer(attest(scene), 200, NULL);
}

/* It would ask for a nonce in vain. */
static void another_program_is_not_told_to_ask_for_a_nonce(void **state)
{
    struct scene *scene = *state;
    agree_on(scene, "{\"nonce\": true}");
    scene->enclave.measured = 0xc2;
    assert_answer(attest(scene), 403, "build");
    scene->enclave.nonce = ask_nonce(scene);
    assert_answer(attest(scene), 403, "build");
}

static void a_nonce_that_the_evidence_does_not_bind_is_refused(void **state)
{
    struct scene *scene = *state;
    AUTO_CLEAR_BUFFER quote = { 0 };
    agree_on(scene, "{\"nonce\": true}");
    quote_make(scene->play.stage, &scene->enclave, &quote); /* without */
    scene->enclave.nonce = ask_nonce(scene);
    struct answer *a = stage_ask(scene->play.stage, AS_NOBODY, HTTP_POST,
                                 attest_body(&scene->enclave, &quote),
                                 "/accord/v1/certificates");
    assert_answer(a, 403, "evidence");
    assert_says(a, "or to its nonce");
}

static void a_nonce_that_the_hsm_did_not_make_gets_no_certificate(void **state)
{
    struct scene *scene = *state;
    agree_on(scene, "{\"nonce\": true}");
    (void)ask_nonce(scene);
    memset(scene->enclave.nonce.bytes, 0x4e, HASH_LEN);
    assert_answer(attest(scene), 403, "nonce"); /* so the runner asks anew */
}

static void a_nonce_is_used_once_even_after_a_restart(void **state)
{
    struct scene *scene = *state;
    struct reason why = { "" };
    agree_on(scene, "{\"nonce\": true}");
    scene->enclave.nonce = ask_nonce(scene);
    assert_answer(attest(scene), 200, NULL);
    scene->enclave.key = soft_rsa_key(1);
    struct answer *a = attest(scene);
    assert_answer(a, 409, "conflict");
    assert_says(a, "this nonce was used before");
    stage_close(scene->play.stage);
    assert_ok(stage_open(scene->play.stage, &why));
    a = attest(scene);
    assert_answer(a, 409, "conflict");
    assert_says(a, "this nonce was used before");
}

static void evidence_and_key_are_used_once_even_after_a_restart(void **state)
{
    struct scene *scene = *state;
    struct reason why = { "" };
    AUTO_CLEAR_BUFFER quote = { 0 };
    agree_on(scene, "{}");
    quote_make(scene->play.stage, &scene->enclave, &quote);
    for (int i = 0; i < 2; i++) {
        assert_answer(stage_ask(scene->play.stage, AS_NOBODY, HTTP_POST,
                                attest_body(&scene->enclave, &quote),
                                "/accord/v1/certificates"),
                      i == 0 ? 200 : 409, i == 0 ? NULL : "conflict");
        stage_close(scene->play.stage);
        assert_ok(stage_open(scene->play.stage, &why));
    }
}

static void a_state_that_an_owner_does_not_accept_cannot_be_agreed_on(
    void **state)
{
    struct scene *scene = *state;
    play_demand(&scene->play, "{\"hardware\": true}");
    struct answer *a =
        stage_ask(scene->play.stage, as(&scene->play.bob), HTTP_POST,
                  play_graph(&scene->play), "/accord/v1/requests");
    assert_int_equal(a->status, 400);
    AUTO_CLEAR_BUFFER text = buffer_make(65536);
    assert_ok(api_json_canonical(a->body, &text));
    buffer_put_u8(&text, 0);
    assert_non_null(strstr((const char *)text.data, "hardware is demanded"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, scene_setup, scene_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(evidence_counts_no_longer_than_the_strictest_owner_says),
        TEST(a_demanded_nonce_must_be_there_and_bound),
        TEST(another_program_is_not_told_to_ask_for_a_nonce),
        TEST(a_nonce_that_the_evidence_does_not_bind_is_refused),
        TEST(a_nonce_that_the_hsm_did_not_make_gets_no_certificate),
        TEST(a_nonce_is_used_once_even_after_a_restart),
        TEST(evidence_and_key_are_used_once_even_after_a_restart),
        TEST(a_state_that_an_owner_does_not_accept_cannot_be_agreed_on),
    };
    return cmocka_run_group_tests(tests, stage_group, NULL);
}
