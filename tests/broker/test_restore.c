/* An older store goes on only after accord-hsm accepted it; then everything
 * rests until its owner says otherwise. */

#include <stdio.h>

#include "broker/restore.h"
#include "tests/broker/scene.h"
#include "tests/broker/users_cast.h"

static struct answer *post(struct scene *scene, const struct person *who,
                           const char *verb, json_t *body)
{
    return stage_ask(scene->play.stage, as(who), HTTP_POST, body,
                     "/accord/v1/datasets/%s/%s", scene->play.input.text, verb);
}

/* The HTTP status, and the code when it is refused. */
static void assert_released(struct scene *scene, int status, const char *code)
{
    struct answer *a =
        stage_ask(scene->play.stage, as_enclave(&scene->enclave), HTTP_POST,
                  json_pack("{s:s}", "dataset", scene->play.input.text),
                  "/accord/v1/release");
    assert_answer(a, status, code);
}

static void grow(struct scene *scene, const char *name)
{
    assert_answer(stage_ask(scene->play.stage, as(&scene->play.root), HTTP_POST,
                            json_pack("{s:s}", "name", name),
                            "/accord/v1/apps"),
                  201, NULL);
}

static void save(struct scene *scene, const char *name)
{
    struct reason why = { "" };
    stage_close(scene->play.stage);
    stage_save(scene->play.stage, name);
    assert_ok(stage_open(scene->play.stage, &why));
}

static struct status open_with(struct scene *scene, const char *name,
                               struct reason *why)
{
    stage_close(scene->play.stage);
    if (name)
        stage_put_back(scene->play.stage, name);
    return stage_open(scene->play.stage, why);
}

/* Puts the copy back, has accord-hsm accept it; nothing is open then. The
 * leaves it has. */
static uint64_t accept(struct scene *scene, const char *name)
{
    struct stage *s = scene->play.stage;
    struct reason why = { "" };
    uint64_t leaves = 0;
    char path[256];
    (void)snprintf(path, sizeof(path), "%s", temp_dir_path(&s->dir, "request"));
    assert_status(STATUS_CORRUPT, open_with(scene, name, &why));
    assert_non_null(strstr(why.text, "an older store was put back"));
    assert_ok(restore_request(&s->broker, path, &leaves, &why));
    stage_close(s);
    soft_door_restore(s->door, path);
    return leaves;
}

static json_t *resume_body(struct scene *scene, const struct person *signer,
                           const char *of)
{
    char text[128];
    (void)snprintf(text, sizeof(text), "accord resume v1 %s %s",
                   scene->play.input.text, of);
    return json_pack("{s:s, s:o}", "statement", text, "signature",
                     signature_json(signer->key, bytes_of_string(text)));
}

/* --- the tests ----------------------------------------------------------- */

static void the_log_says_what_is_lost_and_goes_on_as_a_new_epoch(void **state)
{
    struct scene *scene = *state;
    struct stage *s = scene->play.stage;
    struct reason why = { "" };
    AUTO_JSON *detail = NULL;
    save(scene, "older");
    grow(scene, "lost-1");
    grow(scene, "lost-2");
    uint64_t signed_before = s->door->frontier.size;
    uint64_t kept = accept(scene, "older");
    assert_int_equal(signed_before - 2, kept);

    assert_ok(stage_open(s, &why));
    assert_int_equal(kept + 1, stage_log_size(s));
    struct api_leaf leaf = stage_leaf(s, kept, &detail);
    assert_int_equal(API_LEAF_RESTORE, leaf.kind);
    assert_int_equal(signed_before,
                     json_integer_value(json_object_get(
                         json_object_get(detail, "lost"), "size")));
    struct api_head head = broker_head(&s->broker);
    assert_int_equal(2, head.epoch);
    assert_int_equal(kept + 1, head.size);
    assert_ok(api_head_verify(&head, &s->broker.hsm_facts.log_key));
    grow(scene, "after");
    assert_int_equal(2, broker_head(&s->broker).epoch);
}

static void nothing_is_released_until_the_owner_resumes(void **state)
{
    struct scene *scene = *state;
    struct reason why = { "" };
    char leaf[32];
    assert_released(scene, 200, NULL);
    save(scene, "older");
    grow(scene, "lost");
    uint64_t kept = accept(scene, "older");
    assert_ok(stage_open(scene->play.stage, &why));
    assert_released(scene, 403, "suspended");

    (void)snprintf(leaf, sizeof(leaf), "%llu", (unsigned long long)kept);
    struct answer *a = post(scene, &scene->play.root, "resume", json_object());
    assert_answer(a, 403, "role");
    assert_says(a, "an older store was put back: only the owner's signature");
    a = post(scene, &scene->play.alice, "resume",
             resume_body(scene, &scene->play.alice, leaf));
    assert_answer(a, 400, "invalid"); /* that leaf was another's before */
    a = post(scene, &scene->play.alice, "resume",
             resume_body(scene, &scene->play.bob, "epoch 2"));
    assert_answer(a, 403, "denied");
    assert_released(scene, 403, "suspended");

    a = post(scene, &scene->play.alice, "resume",
             resume_body(scene, &scene->play.alice, "epoch 2"));
    assert_answer(a, 200, NULL);
    assert_true(json_is_null(json_object_get(a->body, "suspended")));
    assert_released(scene, 200, NULL);
}

static void a_managers_suspension_holds_behind_it(void **state)
{
    struct scene *scene = *state;
    struct reason why = { "" };
    assert_answer(post(scene, &scene->play.root, "suspend", NULL), 200, NULL);
    save(scene, "older");
    grow(scene, "lost");
    (void)accept(scene, "older");
    assert_ok(stage_open(scene->play.stage, &why));
    struct answer *a = post(scene, &scene->play.alice, "resume",
                            resume_body(scene, &scene->play.alice, "epoch 2"));
    assert_answer(a, 200, NULL);
    assert_string_equal("manager",
                        json_string_value(json_object_get(
                            json_object_get(a->body, "suspended"), "by")));
    assert_released(scene, 403, "suspended");
    assert_answer(post(scene, &scene->play.root, "resume", json_object()), 200,
                  NULL);
    assert_released(scene, 200, NULL);
}

static bool rests(struct scene *scene, const struct user *user)
{
    AUTO_FREE(policy_txn) txn = NULL;
    struct api_id id;
    bool suspends = false;
    assert_ok(api_id_parse(bytes_of_string(user->id), &id));
    assert_ok(policy_read(scene->play.stage->broker.store, &txn));
    assert_ok(policy_user_suspends(txn, &id, &suspends));
    return suspends;
}

static void what_users_own_rests_until_each_resumes(void **state)
{
    struct scene *scene = *state;
    struct user user;
    struct reason why = { "" };
    user_make(scene->play.stage, "u@example.org", &user);
    assert_false(rests(scene, &user));
    save(scene, "older");
    grow(scene, "lost");
    (void)accept(scene, "older");
    assert_ok(stage_open(scene->play.stage, &why));
    assert_true(rests(scene, &user));
}

static void the_copy_may_be_put_back_again_until_something_happens(void **state)
{
    struct scene *scene = *state;
    struct reason why = { "" };
    save(scene, "older");
    grow(scene, "lost");
    uint64_t kept = accept(scene, "older");
    assert_ok(stage_open(scene->play.stage, &why));
    assert_ok(open_with(scene, "older", &why));
    assert_int_equal(kept + 1, stage_log_size(scene->play.stage));
    assert_released(scene, 403, "suspended"); /* which is a leaf */
    assert_status(STATUS_CORRUPT, open_with(scene, "older", &why));
    assert_non_null(strstr(why.text, "an older store was put back"));
}

/* Two stores of one length: histories that the HSM would never have signed
 * both, so the test turns its frontier back. */
static void only_the_store_that_was_accepted_goes_on(void **state)
{
    struct scene *scene = *state;
    struct stage *s = scene->play.stage;
    struct reason why = { "" };
    save(scene, "base");
    struct api_frontier base = s->door->frontier;
    grow(scene, "one");
    save(scene, "one");
    grow(scene, "lost");
    struct api_frontier newest = s->door->frontier;

    stage_close(s);
    s->door->frontier = base;
    assert_ok(open_with(scene, "base", &why));
    grow(scene, "two");
    stage_close(s);
    stage_save(s, "two");
    s->door->frontier = newest;

    (void)accept(scene, "one");
    assert_status(STATUS_CORRUPT, open_with(scene, "two", &why));
    assert_non_null(strstr(
        why.text, "this is not the store that accord-hsm accepted: its root"));
    assert_ok(open_with(scene, "one", &why));
}

static void the_newest_store_asks_for_nothing(void **state)
{
    struct scene *scene = *state;
    struct reason why = { "" };
    uint64_t leaves;
    const char *path = temp_dir_path(&scene->play.stage->dir, "request");
    assert_ok(open_with(scene, NULL, &why));
    assert_status(STATUS_CONFLICT, restore_request(&scene->play.stage->broker,
                                                   path, &leaves, &why));
    assert_non_null(strstr(why.text, "there is nothing to restore"));
}

#define scene_test(f)                                                          \
    cmocka_unit_test_setup_teardown(f, scene_setup_agreed, scene_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        scene_test(the_log_says_what_is_lost_and_goes_on_as_a_new_epoch),
        scene_test(nothing_is_released_until_the_owner_resumes),
        scene_test(a_managers_suspension_holds_behind_it),
        scene_test(what_users_own_rests_until_each_resumes),
        scene_test(the_copy_may_be_put_back_again_until_something_happens),
        scene_test(only_the_store_that_was_accepted_goes_on),
        scene_test(the_newest_store_asks_for_nothing),
    };
    return cmocka_run_group_tests(tests, stage_group, NULL);
}
