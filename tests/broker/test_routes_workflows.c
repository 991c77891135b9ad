/* Versions that hold a configuration hash: replaced, kept, withdrawn, and
 * which of them answers. */

#include <stdlib.h>

#include "tests/broker/cast.h"

struct scene {
    struct play play;
    struct enclave enclave;
};

static int setup(void **state)
{
    static struct scene scene;
    void *stage = NULL;
    assert_int_equal(0, stage_setup(&stage));
    play_begin(&scene.play, stage);
    play_agree(&scene.play);
    enclave_make(&scene.play, soft_rsa_key(0), &scene.enclave);
    *state = &scene;
    return 0;
}

static int teardown(void **state)
{
    struct scene *scene = *state;
    void *stage = scene->play.stage;
    enclave_clear(&scene->enclave);
    play_end(&scene->play);
    return stage_teardown(&stage);
}

static struct answer *release(struct scene *scene)
{
    return stage_ask(scene->play.stage, as_enclave(&scene->enclave), HTTP_POST,
                     json_pack("{s:s}", "dataset", scene->play.input.text),
                     "/accord/v1/release");
}

static struct answer *withdraw(struct scene *scene, const struct person *who,
                               const char *version)
{
    return stage_ask(scene->play.stage, as(who), HTTP_POST, NULL,
                     "/accord/v1/workflows/%s/%s/withdraw",
                     scene->play.workflow, version);
}

static const char *version_status(struct scene *scene, const char *version)
{
    struct answer *a =
        stage_ask(scene->play.stage, as(&scene->play.root), HTTP_GET, NULL,
                  "/accord/v1/workflows/%s/%s", scene->play.workflow, version);
    assert_answer(a, 200, NULL);
    return answer_text(a, "status");
}

/* The next version, which leaves the app alone. */
static void agree_again(struct scene *scene, bool keep)
{
    struct play *play = &scene->play;
    struct hash before = play->runtime;
    play_submit(play, json_pack("{s:s, s:b, s:s}", "workflow", play->workflow,
                                "keep", keep, "description", "once more"));
    assert_true(hash_equal(&before, &play->runtime)); /* same program */
    play_decide(play, &play->alice, true);
    play_decide(play, &play->bob, true);
}

static void a_request_shows_what_it_would_replace(void **state)
{
    struct scene *scene = *state;
    struct play *play = &scene->play;
    AUTO_JSON *first = json_incref(play->request);
    play_submit(play, json_pack("{s:s}", "workflow", play->workflow));
    struct answer *a = stage_ask(play->stage, as(&play->alice), HTTP_GET, NULL,
                                 "/accord/v1/requests/%s", play->request_id);
    assert_answer(a, 200, NULL);
    assert_string_equal(json_string_value(json_object_get(first, "manifest")),
                        answer_text(a, "parent_manifest"));
    assert_int_equal(2,
                     json_integer_value(json_object_get(a->body, "version")));
}

static void a_new_version_retires_its_parent(void **state)
{
    struct scene *scene = *state;
    agree_again(scene, false);
    assert_string_equal("retired", version_status(scene, "1"));
    assert_string_equal("active", version_status(scene, "2"));
    assert_answer(release(scene), 200, NULL); /* by version 2, same hash */
    struct answer *a = withdraw(scene, &scene->play.alice, "1");
    assert_answer(a, 409, "conflict");
    assert_says(a, "this version is retired already");
    assert_answer(withdraw(scene, &scene->play.alice, "2"), 200, NULL);
    assert_answer(release(scene), 403, "configuration");
}

static void a_kept_parent_goes_on(void **state)
{
    struct scene *scene = *state;
    agree_again(scene, true);
    assert_string_equal("active", version_status(scene, "1"));
    assert_string_equal("active", version_status(scene, "2"));
    assert_answer(withdraw(scene, &scene->play.alice, "2"), 200, NULL);
    assert_answer(release(scene), 200, NULL); /* version 1 still holds it */
    assert_answer(withdraw(scene, &scene->play.alice, "1"), 200, NULL);
    assert_answer(release(scene), 403, "configuration");
}

static void the_newest_version_that_allows_answers(void **state)
{
    struct scene *scene = *state;
    scene->play.days = 1;
    agree_again(scene, true); /* version 2, for a day; 1 for ninety */
    stage_pass(STAGE_DAY + 1);
    assert_answer(release(scene), 200, NULL);
    assert_answer(withdraw(scene, &scene->play.bob, "1"), 200, NULL);
    assert_answer(release(scene), 403, "approvals"); /* version 2's answer */
}

static void every_owners_approval_must_still_hold(void **state)
{
    struct scene *scene = *state;
    struct play *play = &scene->play;
    play_submit(play, json_pack("{s:s}", "workflow", play->workflow));
    play_decide(play, &play->alice, true); /* ninety days */
    play->days = 1;
    play_decide(play, &play->bob, true);
    assert_answer(release(scene), 200, NULL);
    stage_pass(STAGE_DAY + 1);
    assert_answer(release(scene), 403, "approvals");
}

static void an_owner_of_a_part_or_a_manager_withdraws(void **state)
{
    struct scene *scene = *state;
    struct person other;
    person_join_as(scene->play.stage, &scene->play.root, "writer", "other",
                   &other);
    struct answer *a = withdraw(scene, &other, "1");
    assert_answer(a, 403, "role");
    assert_says(a, "only an owner of it or a manager withdraws a workflow");
    a = withdraw(scene, &scene->play.root, "1");
    assert_answer(a, 200, NULL);
    assert_receipt(scene->play.stage, a);
    assert_string_equal("withdrawn", answer_text(a, "status"));
    assert_newest_leaf(scene->play.stage, API_LEAF_CHANGE, "action",
                       "workflow-withdraw");
    assert_answer(withdraw(scene, &scene->play.root, "1"), 409, "conflict");
    person_clear(&other);
}

static void withdrawing_needs_no_hsm(void **state)
{
    struct scene *scene = *state;
    soft_door_fate_of_all(scene->play.stage->door, SOFT_AWAY);
    assert_answer(withdraw(scene, &scene->play.alice, "1"), 202, NULL);
    soft_door_fate_of_all(scene->play.stage->door, SOFT_WORKS);
    assert_answer(release(scene), 403, "configuration");
}

static void versions_are_numbers_that_exist(void **state)
{
    struct scene *scene = *state;
    static const char *const bad[] = { "0", "-1", "1x", "4294967296", "one" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct answer *a = withdraw(scene, &scene->play.alice, bad[i]);
        assert_answer(a, 400, "invalid");
        assert_says(a, bad[i]);
    }
    struct answer *a = withdraw(scene, &scene->play.alice, "2");
    assert_answer(a, 404, "not-found");
    assert_says(a, "there is no such version of a workflow here");
}

static void what_an_active_workflow_uses_is_not_taken_from_it(void **state)
{
    struct scene *scene = *state;
    struct play *play = &scene->play;
    struct answer *a =
        stage_ask(play->stage, as(&play->alice), HTTP_DELETE, NULL,
                  "/accord/v1/datasets/%s", play->input.text);
    assert_answer(a, 409, "conflict");
    (void)snprintf(play->input.location, sizeof(play->input.location),
                   "https://elsewhere.example/patients");
    a = stage_ask(play->stage, as(&play->alice), HTTP_POST,
                  sealed_body(play->stage, &play->alice, &play->input),
                  "/accord/v1/datasets/%s/versions", play->input.text);
    assert_answer(a, 409, "conflict"); /* all have signed where it lies */
    assert_says(a, "location");
    assert_answer(withdraw(scene, &play->alice, "1"), 200, NULL);
    a = stage_ask(play->stage, as(&play->alice), HTTP_DELETE, NULL,
                  "/accord/v1/datasets/%s", play->input.text);
    assert_answer(a, 204, NULL);
}

static void a_changed_key_leaves_agreements_alone(void **state)
{
    struct scene *scene = *state;
    struct person *alice = &scene->play.alice;
    struct stage *s = scene->play.stage;
    AUTO_FREE(api_key) fresh = NULL;
    struct reason why = { "" };
    struct api_signer old = api_key_signer(alice->key);
    assert_ok(api_key_generate(&fresh));
    struct api_spki spki = api_key_signer(fresh).key;
    assert_ok(api_owner_change(&alice->owner, &spki, &old, &why));
    char *csr = csr_pem(fresh, "alice");
    struct answer *a = stage_ask(
        s, AS_NOBODY, HTTP_POST,
        json_pack("{s:o, s:s, s:o, s:s}", "account",
                  api_json_of_id(&alice->account), "person", alice->text,
                  "owner", owner_json(&alice->owner), "csr", csr),
        "/accord/v1/key");
    free(csr);
    assert_answer(a, 200, NULL);
    take_certificate(a, &alice->certificate);
    api_key_free(alice->key);
    alice->key = TAKE(fresh);
    assert_answer(release(scene), 200, NULL);
    agree_again(scene, false); /* and the new key agrees from now on */
    assert_answer(release(scene), 200, NULL);
}

#define scene_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        scene_test(a_request_shows_what_it_would_replace),
        scene_test(a_new_version_retires_its_parent),
        scene_test(a_kept_parent_goes_on),
        scene_test(the_newest_version_that_allows_answers),
        scene_test(every_owners_approval_must_still_hold),
        scene_test(an_owner_of_a_part_or_a_manager_withdraws),
        scene_test(withdrawing_needs_no_hsm),
        scene_test(versions_are_numbers_that_exist),
        scene_test(what_an_active_workflow_uses_is_not_taken_from_it),
        scene_test(a_changed_key_leaves_agreements_alone),
    };
    return cmocka_run_group_tests(tests, stage_group, NULL);
}
