/* Whoever asks for a credential gets it only when everything holds, and the
 * log knows of it before and of every refusal after. */

#include "base/text.h"
#include "tests/broker/scene.h"

static int setup(void **state)
{
    assert_int_equal(0, scene_setup(state));
    struct scene *scene = *state;
    scene->play.days = 1; /* the certificate outlives the grants */
    play_agree(&scene->play);
    enclave_make(&scene->play, soft_rsa_key(0), &scene->enclave);
    return 0;
}

static struct answer *release(struct scene *scene, struct bytes peer,
                              const char *dataset)
{
    return stage_ask(scene->play.stage, peer, HTTP_POST,
                     json_pack("{s:s}", "dataset", dataset),
                     "/accord/v1/release");
}

static struct answer *release_input(struct scene *scene)
{
    return release(scene, as_enclave(&scene->enclave), scene->play.input.text);
}

/* Refused with that code, to the program and in the log; nothing came out of
 * the HSM. */
static void assert_refused(struct scene *scene, const char *code)
{
    struct stage *s = scene->play.stage;
    unsigned before = s->door->calls[SOFT_RELEASE];
    uint64_t size = stage_log_size(s);
    struct answer *a = release_input(scene);
    assert_answer(a, 403, code);
    assert_int_equal(before, s->door->calls[SOFT_RELEASE]);
    assert_int_equal(size + 1, stage_log_size(s));
    assert_newest_leaf(s, API_LEAF_DENIAL, "code", code);
    assert_newest_leaf(s, API_LEAF_DENIAL, "who", "enclave");
    assert_newest_leaf(s, API_LEAF_DENIAL, "route", "/accord/v1/release");
}

/* POST /accord/v1/<what>/<id>/<verb> */
static void post(struct scene *scene, const struct person *who,
                 const char *what, const char *id, const char *verb)
{
    assert_answer(stage_ask(scene->play.stage, as(who), HTTP_POST, NULL,
                            "/accord/v1/%s/%s/%s", what, id, verb),
                  200, NULL);
}

/* --- what is given ------------------------------------------------------- */

static void an_agreed_program_gets_what_only_it_can_open(void **state)
{
    struct scene *scene = *state;
    static struct api_credential credential;
    struct answer *a = release_input(scene);
    assert_answer(a, 200, NULL);
    assert_receipt(scene->play.stage, a);
    enclave_open(&scene->enclave, a, &credential);
    assert_string_equal(scene->play.input.location, credential.location);
    struct bytes content = secret_expose(credential.content);
    assert_true(
        bytes_equal(content, bytes_of_string("{\"query_string\": \"eA==\"}")));
    api_credential_clear(&credential);
    assert_newest_leaf(scene->play.stage, API_LEAF_RELEASE, "dataset",
                       scene->play.input.text);
}

static void each_release_has_a_leaf_of_its_own(void **state)
{
    struct scene *scene = *state;
    uint64_t size = stage_log_size(scene->play.stage);
    assert_answer(release_input(scene), 200, NULL);
    assert_answer(
        release(scene, as_enclave(&scene->enclave), scene->play.output.text),
        200, NULL);
    assert_answer(release_input(scene), 200, NULL);
    assert_int_equal(size + 3, stage_log_size(scene->play.stage));
}

static void a_rotated_credential_replaces_the_one_before(void **state)
{
    struct scene *scene = *state;
    struct play *play = &scene->play;
    static struct api_credential credential;
    struct data *input = &play->input;
    struct api_context before = input->context;
    assert_answer(stage_ask(play->stage, as(&play->alice), HTTP_POST,
                            sealed_body(play->stage, &play->alice, input),
                            "/accord/v1/datasets/%s/versions", input->text),
                  200, NULL);
    assert_false(soft_door_has(play->stage->door, &before));
    struct answer *a = release_input(scene);
    assert_answer(a, 200, NULL);
    enclave_open(&scene->enclave, a, &credential);
    assert_true(api_id_equal(&input->context.version, &credential.version));
    api_credential_clear(&credential);
}

static void an_erased_credential_is_gone(void **state)
{
    struct scene *scene = *state;
    post(scene, &scene->play.alice, "datasets", scene->play.input.text,
         "erase");
    assert_false(
        soft_door_has(scene->play.stage->door, &scene->play.input.context));
    struct answer *a = release_input(scene);
    assert_answer(a, 404, "not-found");
    assert_says(a, "the credential of this dataset was erased");
}

/* --- the codes, in their order ------------------------------------------- */

static void without_a_certificate_nobody_is_answered(void **state)
{
    struct scene *scene = *state;
    uint64_t size = stage_log_size(scene->play.stage);
    assert_answer(release(scene, AS_NOBODY, scene->play.input.text), 401,
                  "certificate");
    assert_int_equal(size, stage_log_size(scene->play.stage));
}

static void a_person_is_no_program(void **state)
{
    struct scene *scene = *state;
    assert_answer(
        release(scene, as(&scene->play.alice), scene->play.input.text), 403,
        "certificate");
    assert_newest_leaf(scene->play.stage, API_LEAF_DENIAL, "who", "person");
}

static void serial_of(const struct enclave *e, char out[33])
{
    struct ca_facts facts;
    assert_ok(ca_certificate_read(as_enclave(e), &facts, NULL));
    hex_encode(bytes_of(facts.serial, sizeof(facts.serial)), out);
}

static void a_revoked_certificate_gets_nothing(void **state)
{
    struct scene *scene = *state;
    char serial[33];
    serial_of(&scene->enclave, serial);
    post(scene, &scene->play.root, "certificates", serial, "revoke");
    assert_refused(scene, "certificate");
}

static void an_expired_certificate_gets_nothing(void **state)
{
    struct scene *scene = *state;
    stage_pass(2 * STAGE_DAY);
    assert_refused(scene, "certificate");
}

/* The enclave's certificate once more, by whoever has `by`. */
static void forge(struct scene *scene, struct pkcs11_door *by,
                  const unsigned char *serial, struct buffer *out)
{
    struct ca_facts facts;
    assert_ok(ca_certificate_read(as_enclave(&scene->enclave), &facts, NULL));
    const char *names[] = { ca_name_at(&facts.names, 0) };
    struct ca_certificate_fields fields = {
        .statement = facts.statement,
        .spki = ca_spki(&facts.key),
        .not_before = facts.not_before,
        .not_after = facts.not_after,
        .names = names,
        .names_count = 1,
    };
    memcpy(fields.serial, serial ? serial : facts.serial,
           sizeof(fields.serial));
    soft_door_issue(by, &fields, out);
}

static void a_certificate_that_was_never_recorded_gets_nothing(void **state)
{
    struct scene *scene = *state;
    static const unsigned char serial[CA_SERIAL_LEN] = { 7 };
    AUTO_CLEAR_BUFFER forged = buffer_make(CA_CERTIFICATE_MAX);
    forge(scene, scene->play.stage->door, serial, &forged);
    assert_answer(release(scene, buffer_bytes(&forged), scene->play.input.text),
                  403, "certificate");
    assert_newest_leaf(scene->play.stage, API_LEAF_DENIAL, "code",
                       "certificate");
}

static void another_ca_vouches_for_nobody(void **state)
{
    struct scene *scene = *state;
    struct stage *s = scene->play.stage;
    struct pkcs11_door *other;
    AUTO_CLEAR_BUFFER forged = buffer_make(CA_CERTIFICATE_MAX);
    soft_door_make(STAGE_NOW - 60, &other);
    forge(scene, other, NULL, &forged); /* even the serial is known */
    soft_door_destroy(other);
    assert_answer(release(scene, buffer_bytes(&forged), scene->play.input.text),
                  403, "certificate");
    assert_newest_leaf(s, API_LEAF_DENIAL, "code", "certificate");
    assert_int_equal(0, s->door->calls[SOFT_RELEASE]);
}

static void a_withdrawn_workflow_ends_every_release(void **state)
{
    struct scene *scene = *state;
    post(scene, &scene->play.alice, "workflows", scene->play.workflow,
         "1/withdraw");
    assert_refused(scene, "configuration");
}

static void grants_that_ended_release_nothing(void **state)
{
    struct scene *scene = *state;
    stage_pass(STAGE_DAY);
    assert_answer(release_input(scene), 200, NULL); /* the last second */
    stage_pass(1);
    assert_refused(scene, "approvals");
}

/* A store in which the version is approved and the grant is not there. */
static void without_the_owners_grant_nothing_is_released(void **state)
{
    struct scene *scene = *state;
    static const unsigned char version[4] = { 0, 0, 0, 1 };
    struct api_id workflow;
    AUTO_FREE(policy_txn) txn = NULL;
    assert_ok(api_id_parse(bytes_of_string(scene->play.workflow), &workflow));
    struct policy_key grant =
        policy_key(POLICY_GRANT, hash_bytes(&scene->play.runtime),
                   api_id_bytes(&scene->play.alice.account),
                   api_id_bytes(&workflow), bytes_of(version, sizeof(version)),
                   api_id_bytes(&scene->play.input.context.dataset));
    assert_ok(policy_write(scene->play.stage->broker.store, &txn));
    policy_delete(txn, &grant);
    assert_ok(policy_commit(txn));
    policy_txn_free(TAKE(txn));
    assert_refused(scene, "approvals");
    assert_says(release_input(scene), "no grant of the owner for this dataset");
}

static void an_owner_suspends_and_alone_resumes(void **state)
{
    struct scene *scene = *state;
    post(scene, &scene->play.alice, "datasets", scene->play.input.text,
         "suspend");
    assert_refused(scene, "suspended");
}

static void a_manager_suspends_too(void **state)
{
    struct scene *scene = *state;
    post(scene, &scene->play.root, "datasets", scene->play.input.text,
         "suspend");
    assert_refused(scene, "suspended");
    assert_answer(
        release(scene, as_enclave(&scene->enclave), scene->play.output.text),
        200, NULL); /* the other dataset is not touched */
}

static void a_withdrawn_build_runs_no_more(void **state)
{
    struct scene *scene = *state;
    post(scene, &scene->play.bob, "builds", scene->play.program.text,
         "withdraw");
    assert_refused(scene, "build");
}

static void old_evidence_is_not_enough(void **state)
{
    struct scene *scene = *state;
    struct enclave late;
    scene->play.stage->door->evidence_age =
        (int64_t)(48 * 3600 * 1000 + 1000); /* a second too old */
    enclave_make(&scene->play, soft_rsa_key(1), &late);
    struct answer *a =
        release(scene, as_enclave(&late), scene->play.input.text);
    assert_answer(a, 403, "evidence");
    assert_newest_leaf(scene->play.stage, API_LEAF_DENIAL, "code", "evidence");
    enclave_clear(&late);
}

static void only_connected_datasets_are_given(void **state)
{
    struct scene *scene = *state;
    struct data other;
    data_make(scene->play.stage, &scene->play.alice, "other", &other);
    scene->play.input = other;
    assert_refused(scene, "dataset");
}

static void a_stopped_clock_releases_nothing(void **state)
{
    struct scene *scene = *state;
    struct stage *s = scene->play.stage;
    uint64_t size = stage_log_size(s);
    stage_jump(6);
    assert_answer(release_input(scene), 503, "unavailable"); /* writer's word */
    assert_answer(release_input(scene), 403, "clock"); /* decide()'s word  */
    assert_int_equal(size, stage_log_size(s)); /* nothing can be written    */
    assert_int_equal(0, s->door->calls[SOFT_RELEASE]);
}

/* --- what goes wrong ----------------------------------------------------- */

static void the_question_is_read_strictly(void **state)
{
    struct scene *scene = *state;
    struct bytes peer = as_enclave(&scene->enclave);
    struct stage *s = scene->play.stage;
    assert_answer(release(scene, peer, "no uuid"), 400, "invalid");
    assert_answer(stage_ask(s, peer, HTTP_POST, NULL, "/accord/v1/release"),
                  400, "invalid");
    struct answer *a = stage_ask(
        s, peer, HTTP_POST,
        json_pack("{s:s, s:b}", "dataset", scene->play.input.text, "plain", 1),
        "/accord/v1/release");
    assert_answer(a, 400, "invalid");
    assert_says(a, "plain");
}

/* The leaf said too much: the next one says so. */
static void assert_taken_back(struct scene *scene, uint64_t release_leaf)
{
    AUTO_JSON *detail = NULL;
    struct stage *s = scene->play.stage;
    struct api_leaf leaf = stage_leaf(s, release_leaf, NULL);
    assert_int_equal(API_LEAF_RELEASE, leaf.kind);
    leaf = stage_leaf(s, release_leaf + 1, &detail);
    assert_int_equal(API_LEAF_FAILED, leaf.kind);
    assert_int_equal(release_leaf,
                     json_integer_value(json_object_get(detail, "leaf")));
    assert_int_equal(release_leaf + 2, stage_log_size(s));
}

static void a_release_that_fails_is_taken_back_in_the_log(void **state)
{
    struct scene *scene = *state;
    uint64_t size = stage_log_size(scene->play.stage);
    soft_door_fate(scene->play.stage->door, SOFT_RELEASE, SOFT_AWAY, 1);
    struct answer *a = release_input(scene);
    assert_answer(a, 503, "outcome-unknown");
    assert_string_equal("1", a->retry_after);
    assert_taken_back(scene, size);
    assert_answer(release_input(scene), 200, NULL);
}

static void a_key_that_cannot_unwrap_gets_nothing(void **state)
{
    struct scene *scene = *state;
    struct enclave small;
    struct ca_key *key = NULL;
    assert_ok(ca_key_generate(CA_KEY_P256, &key));
    enclave_make(&scene->play, key, &small);
    uint64_t size = stage_log_size(scene->play.stage);
    assert_answer(release(scene, as_enclave(&small), scene->play.input.text),
                  403, "denied");
    assert_taken_back(scene, size);
    enclave_clear(&small);
    ca_key_free(key);
}

#define scene_test(f) cmocka_unit_test_setup_teardown(f, setup, scene_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        scene_test(an_agreed_program_gets_what_only_it_can_open),
        scene_test(each_release_has_a_leaf_of_its_own),
        scene_test(a_rotated_credential_replaces_the_one_before),
        scene_test(an_erased_credential_is_gone),
        scene_test(without_a_certificate_nobody_is_answered),
        scene_test(a_person_is_no_program),
        scene_test(a_revoked_certificate_gets_nothing),
        scene_test(an_expired_certificate_gets_nothing),
        scene_test(a_certificate_that_was_never_recorded_gets_nothing),
        scene_test(another_ca_vouches_for_nobody),
        scene_test(a_withdrawn_workflow_ends_every_release),
        scene_test(grants_that_ended_release_nothing),
        scene_test(without_the_owners_grant_nothing_is_released),
        scene_test(an_owner_suspends_and_alone_resumes),
        scene_test(a_manager_suspends_too),
        scene_test(a_withdrawn_build_runs_no_more),
        scene_test(old_evidence_is_not_enough),
        scene_test(only_connected_datasets_are_given),
        scene_test(a_stopped_clock_releases_nothing),
        scene_test(the_question_is_read_strictly),
        scene_test(a_release_that_fails_is_taken_back_in_the_log),
        scene_test(a_key_that_cannot_unwrap_gets_nothing),
    };
    return cmocka_run_group_tests(tests, stage_group, NULL);
}
