/* Placement "wrapped": the HSM gives the broker a credential's key to keep,
 * wrapped, and wants it back with every release. */

#include "tests/broker/scene.h"

static int setup(void **state)
{
    assert_int_equal(0, scene_setup_agreed(state));
    struct scene *scene = *state;
    scene->play.stage->door->wrapped = true;
    return 0;
}

static bool keeps_a_key(const struct scene *scene)
{
    const struct api_context *of = &scene->play.input.context;
    AUTO_FREE(policy_txn) txn = NULL;
    struct policy_key key =
        policy_key(POLICY_KEPT_KEY, api_id_bytes(&of->account),
                   api_id_bytes(&of->dataset), api_id_bytes(&of->version));
    assert_ok(policy_read(scene->play.stage->broker.store, &txn));
    return policy_has(txn, &key);
}

static void rotate(struct scene *scene)
{
    struct play *play = &scene->play;
    assert_answer(
        stage_ask(play->stage, as(&play->alice), HTTP_POST,
                  sealed_body(play->stage, &play->alice, &play->input),
                  "/accord/v1/datasets/%s/versions", play->input.text),
        200, NULL);
}

static struct answer *release(struct scene *scene)
{
    return stage_ask(scene->play.stage, as_enclave(&scene->enclave), HTTP_POST,
                     json_pack("{s:s}", "dataset", scene->play.input.text),
                     "/accord/v1/release");
}

static void assert_released(struct scene *scene)
{
    static struct api_credential credential;
    struct answer *a = release(scene);
    assert_answer(a, 200, NULL);
    enclave_open(&scene->enclave, a, &credential);
    assert_true(
        api_id_equal(&scene->play.input.context.version, &credential.version));
    api_credential_clear(&credential);
}

static void a_key_given_to_keep_is_shown_at_the_release(void **state)
{
    struct scene *scene = *state;
    assert_false(keeps_a_key(scene)); /* made before: on the token */
    rotate(scene);
    assert_true(keeps_a_key(scene));
    assert_released(scene);
    assert_released(scene);
}

static void rotation_and_erasure_forget_it(void **state)
{
    struct scene *scene = *state;
    rotate(scene);
    struct api_context before = scene->play.input.context;
    rotate(scene);
    struct api_context now = scene->play.input.context;
    scene->play.input.context = before;
    assert_false(keeps_a_key(scene));
    scene->play.input.context = now;
    assert_true(keeps_a_key(scene));
    assert_answer(stage_ask(scene->play.stage, as(&scene->play.alice),
                            HTTP_POST, NULL, "/accord/v1/datasets/%s/erase",
                            scene->play.input.text),
                  200, NULL);
    assert_false(keeps_a_key(scene));
    assert_answer(release(scene), 404, "not-found");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            a_key_given_to_keep_is_shown_at_the_release, setup, scene_teardown),
        cmocka_unit_test_setup_teardown(rotation_and_erasure_forget_it, setup,
                                        scene_teardown),
    };
    return cmocka_run_group_tests(tests, stage_group, NULL);
}
