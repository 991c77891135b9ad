/* Programs: their owner says what they measure, and signs; somebody with the
 * role approves. */

#include "tests/broker/cast.h"

struct scene {
    struct stage *stage;
    struct person root, alice, bob;
    struct program program;
};

static int setup(void **state)
{
    static struct scene scene;
    void *stage = NULL;
    assert_int_equal(0, stage_setup(&stage));
    scene = (struct scene){ .stage = stage };
    person_first(scene.stage, &scene.root, "root");
    person_join_as(scene.stage, &scene.root, "writer", "alice", &scene.alice);
    person_join_as(scene.stage, &scene.root, "writer", "bob", &scene.bob);
    program_rule(scene.stage, 0xc1, &scene.program.rule);
    *state = &scene;
    return 0;
}

static int teardown(void **state)
{
    struct scene *scene = *state;
    void *stage = scene->stage;
    person_clear(&scene->root);
    person_clear(&scene->alice);
    person_clear(&scene->bob);
    return stage_teardown(&stage);
}

static struct answer *create(struct scene *scene, json_t *body)
{
    return stage_ask(scene->stage, as(&scene->alice), HTTP_POST, body,
                     "/accord/v1/builds");
}

static struct answer *turn(struct scene *scene, const struct person *who,
                           const char *verb)
{
    return stage_ask(scene->stage, as(who), HTTP_POST, NULL,
                     "/accord/v1/builds/%s/%s", scene->program.text, verb);
}

static json_t *body_of(struct scene *scene, const char *name)
{
    return build_body(&scene->alice, name, &scene->program);
}

static void a_build_waits_for_approval(void **state)
{
    struct scene *scene = *state;
    struct hash identity, told;
    struct answer *a = create(scene, body_of(scene, "counter"));
    assert_answer(a, 201, NULL);
    assert_receipt(scene->stage, a);
    assert_string_equal("pending", answer_text(a, "status"));
    assert_ok(api_identity_hash(&scene->program.rule, &identity, NULL));
    assert_ok(api_json_hash(a->body, "identity", &told, NULL));
    assert_true(hash_equal(&identity, &told));
    assert_newest_leaf(scene->stage, API_LEAF_CHANGE, "action", "build-create");
    a = turn(scene, &scene->bob, "approve");
    assert_answer(a, 200, NULL);
    assert_receipt(scene->stage, a);
    assert_string_equal("approved", answer_text(a, "status"));
    assert_newest_leaf(scene->stage, API_LEAF_CHANGE, "action",
                       "build-approved");
    a = stage_ask(scene->stage, as(&scene->bob), HTTP_GET, NULL,
                  "/accord/v1/builds/%s", scene->program.text);
    assert_answer(a, 200, NULL);
    assert_string_equal("approved", answer_text(a, "status"));
}

static void a_build_is_decided_once(void **state)
{
    struct scene *scene = *state;
    assert_answer(create(scene, body_of(scene, "counter")), 201, NULL);
    assert_answer(turn(scene, &scene->bob, "approve"), 200, NULL);
    struct answer *a = turn(scene, &scene->bob, "approve");
    assert_answer(a, 409, "conflict");
    assert_says(a, "approved already");
    assert_answer(turn(scene, &scene->bob, "deny"), 409, "conflict");
}

static void a_denied_build_stays_denied(void **state)
{
    struct scene *scene = *state;
    assert_answer(create(scene, body_of(scene, "counter")), 201, NULL);
    assert_answer(turn(scene, &scene->bob, "deny"), 200, NULL);
    assert_answer(turn(scene, &scene->bob, "approve"), 409, "conflict");
}

static void its_owner_or_a_manager_withdraws_a_build(void **state)
{
    struct scene *scene = *state;
    assert_answer(create(scene, body_of(scene, "counter")), 201, NULL);
    assert_answer(turn(scene, &scene->bob, "withdraw"), 403, "role");
    assert_newest_leaf(scene->stage, API_LEAF_DENIAL, "code", "role");
    assert_answer(turn(scene, &scene->alice, "withdraw"), 200, NULL);
    assert_answer(turn(scene, &scene->root, "withdraw"), 409, "conflict");
    assert_answer(turn(scene, &scene->root, "approve"), 409, "conflict");
    assert_answer(create(scene, body_of(scene, "again")), 201, NULL);
    assert_answer(turn(scene, &scene->root, "withdraw"), 200, NULL);
}

static void an_id_must_follow_from_its_owner(void **state)
{
    struct scene *scene = *state;
    struct api_id other;
    json_t *body = body_of(scene, "counter");
    assert_ok(api_id_random(&other));
    assert_int_equal(0,
                     json_object_set_new(body, "id", api_json_of_id(&other)));
    struct answer *a = create(scene, body);
    assert_answer(a, 400, "invalid");
    assert_says(a, "id");
    body = body_of(scene, "counter");
    assert_int_equal(0,
                     json_object_set_new(body, "random", json_string("AAAA")));
    a = create(scene, body);
    assert_answer(a, 400, "invalid");
    assert_says(a, "random");
}

static void only_the_owners_key_signs_a_build(void **state)
{
    struct scene *scene = *state;
    uint64_t size = stage_log_size(scene->stage);
    json_t *body = body_of(scene, "counter");
    assert_int_equal(0, json_object_set_new(
                            body, "signature",
                            signature_json(scene->alice.key,
                                           bytes_of_string("another text"))));
    struct answer *a = create(scene, body);
    assert_answer(a, 403, "denied");
    assert_says(a, "signature");
    assert_int_equal(size + 1, stage_log_size(scene->stage));
    assert_newest_leaf(scene->stage, API_LEAF_DENIAL, "who", "person");
}

static void nobody_registers_in_anothers_name(void **state)
{
    struct scene *scene = *state;
    struct answer *a =
        create(scene, build_body(&scene->bob, "counter", &scene->program));
    assert_answer(a, 403, "denied");
    assert_says(a, "owner");
}

static void a_rule_that_matches_too_much_is_refused(void **state)
{
    struct scene *scene = *state;
    AUTO_JSON *good = body_of(scene, "counter");
    static const char *const members[] = { "mrenclave", "tcb", "anchor" };
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        json_t *body = json_deep_copy(good);
        json_t *rule = json_object_get(body, "rule");
        assert_int_equal(
            0, json_object_set_new(rule, members[i],
                                   i == 1 ? json_array() : json_null()));
        assert_answer(create(scene, body), 400, "invalid");
    }
}

static void names_and_ids_are_unique_in_an_account(void **state)
{
    struct scene *scene = *state;
    AUTO_JSON *body = body_of(scene, "counter");
    assert_answer(create(scene, json_deep_copy(body)), 201, NULL);
    struct answer *a = create(scene, json_deep_copy(body));
    assert_answer(a, 409, "conflict");
    assert_says(a, "id");
    a = create(scene, body_of(scene, "counter"));
    assert_answer(a, 409, "conflict");
    assert_says(a, "named \"counter\"");
}

static void a_build_names_an_app_that_exists(void **state)
{
    struct scene *scene = *state;
    struct api_id id;
    char app[API_ID_TEXT];
    json_t *body = body_of(scene, "counter");
    assert_ok(api_id_random(&id));
    assert_int_equal(0, json_object_set_new(body, "app", api_json_of_id(&id)));
    assert_answer(create(scene, body), 404, "not-found");
    struct answer *a =
        stage_ask(scene->stage, as(&scene->alice), HTTP_POST,
                  json_pack("{s:s}", "name", "app"), "/accord/v1/apps");
    assert_answer(a, 201, NULL);
    (void)snprintf(app, sizeof(app), "%s", answer_text(a, "app"));
    body = body_of(scene, "counter");
    assert_int_equal(0, json_object_set_new(body, "app", json_string(app)));
    assert_answer(create(scene, body), 201, NULL);
    a = stage_ask(scene->stage, as(&scene->alice), HTTP_DELETE, NULL,
                  "/accord/v1/apps/%s", app);
    assert_answer(a, 409, "conflict"); /* a build belongs to it */
}

static void another_accounts_build_does_not_exist(void **state)
{
    struct scene *scene = *state;
    struct api_id id;
    char text[API_ID_TEXT];
    assert_ok(api_id_random(&id));
    api_id_text(&id, text);
    struct answer *a = stage_ask(scene->stage, as(&scene->alice), HTTP_GET,
                                 NULL, "/accord/v1/builds/%s", text);
    assert_answer(a, 404, "not-found");
    assert_says(a, "build");
    a = stage_ask(scene->stage, as(&scene->alice), HTTP_GET, NULL,
                  "/accord/v1/builds/nonsense");
    assert_answer(a, 400, "invalid");
    assert_says(a, "nonsense");
}

#define scene_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        scene_test(a_build_waits_for_approval),
        scene_test(a_build_is_decided_once),
        scene_test(a_denied_build_stays_denied),
        scene_test(its_owner_or_a_manager_withdraws_a_build),
        scene_test(an_id_must_follow_from_its_owner),
        scene_test(only_the_owners_key_signs_a_build),
        scene_test(nobody_registers_in_anothers_name),
        scene_test(a_rule_that_matches_too_much_is_refused),
        scene_test(names_and_ids_are_unique_in_an_account),
        scene_test(a_build_names_an_app_that_exists),
        scene_test(another_accounts_build_does_not_exist),
    };
    return cmocka_run_group_tests(tests, stage_group, NULL);
}
