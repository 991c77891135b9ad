/* What an owner made under one key is used after the owner has replaced it:
 * builds, datasets, agreements, and requests that wait. */

#include "base/text.h"
#include "tests/broker/key_cast.h"
#include "tests/broker/scene.h"

#define scene_test(f)                                                          \
    cmocka_unit_test_setup_teardown(f, scene_setup, scene_teardown)

/* The one who brings the data and the one who brings the program, each in
 * another way. */
static void change_both(struct play *play)
{
    person_change_key(play->stage, &play->alice, play->alice.recovery);
    person_change_key(play->stage, &play->bob, play->bob.key);
}

/* Both datasets come out, whole: the input is alice's, the output bob's. */
static void assert_released(struct scene *scene)
{
    static struct api_credential credential;
    struct play *play = &scene->play;
    const char *const datasets[] = { play->input.text, play->output.text };
    for (size_t i = 0; i < 2; i++) {
        struct answer *a = stage_ask(
            play->stage, as_enclave(&scene->enclave), HTTP_POST,
            json_pack("{s:s}", "dataset", datasets[i]), "/accord/v1/release");
        assert_answer(a, 200, NULL);
        enclave_open(&scene->enclave, a, &credential);
        api_credential_clear(&credential);
    }
}

static void what_was_agreed_before_still_holds(void **state)
{
    struct scene *scene = *state;
    play_agree(&scene->play);
    change_both(&scene->play);
    enclave_make(&scene->play, soft_rsa_key(0), &scene->enclave);
    assert_released(scene);
}

static void builds_and_datasets_of_the_earlier_keys_are_agreed_on(void **state)
{
    struct scene *scene = *state;
    change_both(&scene->play);
    play_agree(&scene->play);
    enclave_make(&scene->play, soft_rsa_key(0), &scene->enclave);
    assert_released(scene);
    change_both(&scene->play); /* and once more: another version */
    play_submit(&scene->play,
                json_pack("{s:s}", "workflow", scene->play.workflow));
    play_decide(&scene->play, &scene->play.alice, true);
    play_decide(&scene->play, &scene->play.bob, true);
    enclave_clear(&scene->enclave);
    enclave_make(&scene->play, soft_rsa_key(1), &scene->enclave);
    assert_released(scene);
}

/* The manifest names keys, which people compare by their words: after a change
 * it is another manifest, and nobody has signed that one. */
static void a_request_that_waits_comes_to_nothing_and_says_so(void **state)
{
    struct scene *scene = *state;
    struct play *play = &scene->play;
    play_submit(play, NULL);
    play_decide(play, &play->alice, true);
    change_both(play);
    play_decide(play, &play->bob, true);
    struct answer *a = stage_ask(play->stage, as(&play->bob), HTTP_GET, NULL,
                                 "/accord/v1/requests/%s", play->request_id);
    assert_answer(a, 200, NULL);
    assert_string_equal(answer_text(a, "status"), "failed");
    assert_string_equal(answer_text(a, "cause"),
                        "what the request was derived from has changed since: "
                        "submit it again");
    play_agree(play); /* submitted again */
    enclave_make(play, soft_rsa_key(0), &scene->enclave);
    assert_released(scene);
}

static void a_credential_is_renewed_under_the_new_key(void **state)
{
    struct scene *scene = *state;
    struct play *play = &scene->play;
    play_agree(play);
    change_both(play);
    assert_answer(
        stage_ask(play->stage, as(&play->alice), HTTP_POST,
                  sealed_body(play->stage, &play->alice, &play->input),
                  "/accord/v1/datasets/%s/versions", play->input.text),
        200, NULL);
    enclave_make(play, soft_rsa_key(0), &scene->enclave);
    assert_released(scene);
}

static struct answer *me(struct play *play, const struct person *who)
{
    return stage_ask(play->stage, as(who), HTTP_GET, NULL, "/accord/v1/me");
}

static void an_owner_record_from_before_a_change_serves_no_more(void **state)
{
    struct scene *scene = *state;
    struct play *play = &scene->play;
    struct api_owner before = play->alice.owner;
    struct data more;
    person_change_key(play->stage, &play->alice, play->alice.recovery);
    json_t *body = dataset_body(play->stage, &play->alice, "more", &more);
    assert_int_equal(0,
                     json_object_set_new(body, "owner", owner_json(&before)));
    struct answer *a = stage_ask(play->stage, as(&play->alice), HTTP_POST, body,
                                 "/accord/v1/datasets");
    assert_answer(a, 403, "denied");
    assert_says(a, "owner: your key has changed since");
}

static void nobody_changes_the_key_of_who_is_suspended(void **state)
{
    struct scene *scene = *state;
    struct play *play = &scene->play;
    assert_answer(stage_ask(play->stage, as(&play->root), HTTP_PATCH,
                            json_pack("{s:s}", "state", "suspended"),
                            "/accord/v1/people/%s", play->alice.text),
                  200, NULL);
    struct answer *a = stage_ask(play->stage, AS_NOBODY, HTTP_POST,
                                 key_body(&play->alice, play->alice.recovery),
                                 "/accord/v1/key");
    assert_answer(a, 403, "denied");
    assert_says(a, "no key of this person can be changed");
}

/* As if another person had the key by now. */
static void a_certificate_speaks_for_the_person_it_names(void **state)
{
    struct scene *scene = *state;
    struct play *play = &scene->play;
    struct policy_txn *txn = NULL;
    struct policy_person record;
    assert_ok(policy_write(play->stage->broker.store, &txn));
    assert_ok(
        policy_person_get(txn, &play->alice.account, &play->alice.id, &record));
    record.person.bytes[0] ^= 1;
    assert_ok(policy_person_put(txn, &record));
    assert_ok(policy_commit(txn));
    policy_txn_free(txn);
    struct answer *a = me(play, &play->alice);
    assert_answer(a, 403, "certificate");
    assert_says(a, "this certificate names another person");
}

static void the_replaced_key_decides_nothing(void **state)
{
    struct scene *scene = *state;
    struct play *play = &scene->play;
    play_submit(play, NULL);
    struct api_key *old = play->alice.key;
    AUTO_FREE(secret) pem = NULL;
    AUTO_FREE(api_key) kept = NULL;
    assert_ok(api_key_write(old, &pem));
    assert_ok(api_key_read(pem, &kept));
    person_change_key(play->stage, &play->alice, play->alice.recovery);
    struct person thief = play->alice;
    thief.key = kept;
    struct answer *a =
        stage_ask(play->stage, as(&play->alice), HTTP_POST,
                  decision_body(play, &thief, true),
                  "/accord/v1/requests/%s/decision", play->request_id);
    assert_answer(a, 403, "denied");
    assert_says(a, "signature: not by your key over this approval");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scene_test(what_was_agreed_before_still_holds),
        scene_test(builds_and_datasets_of_the_earlier_keys_are_agreed_on),
        scene_test(a_request_that_waits_comes_to_nothing_and_says_so),
        scene_test(a_credential_is_renewed_under_the_new_key),
        scene_test(an_owner_record_from_before_a_change_serves_no_more),
        scene_test(nobody_changes_the_key_of_who_is_suspended),
        scene_test(a_certificate_speaks_for_the_person_it_names),
        scene_test(the_replaced_key_decides_nothing),
    };
    return cmocka_run_group_tests(tests, stage_group, NULL);
}
