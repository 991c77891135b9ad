/* Data: credentials come in sealed, and what their owner does with them. */

#include "tests/broker/cast.h"

struct scene {
    struct stage *stage;
    struct person root, alice, bob;
    struct data data;
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
                     "/accord/v1/datasets");
}

static json_t *body_of(struct scene *scene, const char *name)
{
    return dataset_body(scene->stage, &scene->alice, name, &scene->data);
}

static struct answer *act(struct scene *scene, const struct person *who,
                          const char *verb, json_t *body)
{
    return stage_ask(scene->stage, as(who), HTTP_POST, body,
                     "/accord/v1/datasets/%s/%s", scene->data.text, verb);
}

static struct answer *look(struct scene *scene)
{
    return stage_ask(scene->stage, as(&scene->bob), HTTP_GET, NULL,
                     "/accord/v1/datasets/%s", scene->data.text);
}

/* --- creating ------------------------------------------------------------ */

static void a_sealed_credential_is_taken_in(void **state)
{
    struct scene *scene = *state;
    struct answer *a = create(scene, body_of(scene, "patients"));
    assert_answer(a, 201, NULL);
    assert_receipt(scene->stage, a);
    assert_string_equal("signed", answer_text(a, "class"));
    assert_string_equal(scene->data.location, answer_text(a, "location"));
    assert_true(soft_door_has(scene->stage->door, &scene->data.context));
    assert_newest_leaf(scene->stage, API_LEAF_CHANGE, "action",
                       "dataset-create");
    assert_answer(look(scene), 200, NULL);
}

static void replace(json_t *body, const char *member, json_t *value)
{
    assert_int_equal(0, json_object_set_new(body, member, value));
}

static void every_bad_member_is_named(void **state)
{
    struct scene *scene = *state;
    AUTO_JSON *good = body_of(scene, "patients");
    uint64_t size = stage_log_size(scene->stage);
    static const struct {
        const char *member, *value, *says;
    } bad[] = {
        { "location", "ftp://bucket.example/x", "location" },
        { "location", "https://bucket.example/x?signature=1", "location" },
        { "location", "https://bucket.example/x#part", "location" },
        { "location", "https://bucket.example/a b", "location" },
        { "mechanism", "RSA-PKCS1", "mechanism" },
        { "random", "AAAA", "random" },
        { "id", "4a4bd8c5-0d1c-4b7d-8d86-3a3cbf0ddb0f", "id" },
        { "version", "no uuid", "version" },
        { "wrapped", "no base64", "wrapped" },
        { "blob", "no base64", "blob" },
        { "proof", "AAAA", "proof" },
        { "owner", "AAAA", "owner" },
        { "name", "", "name" },
        { "labels", "text", "labels" },
        { "password", "secret", "password" },
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        json_t *body = json_deep_copy(good);
        replace(body, bad[i].member, json_string(bad[i].value));
        struct answer *a = create(scene, body);
        assert_answer(a, 400, "invalid");
        assert_says(a, bad[i].says);
    }
    assert_int_equal(0, scene->stage->door->calls[SOFT_INTAKE]);
    assert_int_equal(size, stage_log_size(scene->stage));
}

static void a_location_has_room_for_2048_bytes(void **state)
{
    struct scene *scene = *state;
    char long_one[API_LOCATION_MAX + 2];
    json_t *body = body_of(scene, "patients");
    memset(long_one, 'a', sizeof(long_one));
    memcpy(long_one, "https://", 8);
    long_one[API_LOCATION_MAX + 1] = '\0';
    replace(body, "location", json_string(long_one));
    struct answer *a = create(scene, body);
    assert_answer(a, 400, "invalid");
    assert_says(a, "2048");
}

static void a_seal_for_another_context_does_not_open(void **state)
{
    struct scene *scene = *state;
    struct api_id version;
    json_t *body = body_of(scene, "patients");
    assert_ok(api_id_random(&version));
    replace(body, "version", api_json_of_id(&version));
    assert_answer(create(scene, body), 403, "denied");
    assert_answer(stage_ask(scene->stage, as(&scene->alice), HTTP_GET, NULL,
                            "/accord/v1/datasets/%s", scene->data.text),
                  404, "not-found");
    assert_newest_leaf(scene->stage, API_LEAF_DENIAL, "who", "person");
}

static void nobody_seals_in_anothers_name(void **state)
{
    struct scene *scene = *state;
    struct answer *a = create(scene, dataset_body(scene->stage, &scene->bob,
                                                  "patients", &scene->data));
    assert_answer(a, 400, "invalid"); /* bob's id does not follow for alice */
    json_t *body = body_of(scene, "patients");
    replace(body, "owner", owner_json(&scene->bob.owner));
    a = create(scene, body);
    assert_answer(a, 403, "denied");
    assert_says(a, "owner");
}

static void an_hsm_that_is_away_takes_nothing_in(void **state)
{
    struct scene *scene = *state;
    soft_door_fate(scene->stage->door, SOFT_INTAKE, SOFT_AWAY, 1);
    assert_answer(create(scene, body_of(scene, "patients")), 503,
                  "unavailable");
    assert_answer(look(scene), 404, "not-found");
}

static void a_refused_name_costs_no_key(void **state)
{
    struct scene *scene = *state;
    struct data first;
    assert_answer(create(scene, body_of(scene, "patients")), 201, NULL);
    first = scene->data;
    AUTO_JSON *body = body_of(scene, "patients");
    struct answer *a = create(scene, json_deep_copy(body));
    assert_answer(a, 409, "conflict");
    assert_says(a, "named \"patients\"");
    assert_false(soft_door_has(scene->stage->door, &scene->data.context));
    replace(body, "name", json_string("others")); /* the same seal */
    assert_answer(create(scene, json_deep_copy(body)), 201, NULL);
    replace(body, "name", json_string("thirds"));
    a = create(scene, json_deep_copy(body));
    assert_answer(a, 409, "conflict");
    assert_says(a, "this id");
    assert_true(soft_door_has(scene->stage->door, &first.context));
}

/* --- describing ---------------------------------------------------------- */

static void only_its_owner_describes_a_dataset(void **state)
{
    struct scene *scene = *state;
    assert_answer(create(scene, body_of(scene, "patients")), 201, NULL);
    struct answer *a = stage_ask(scene->stage, as(&scene->bob), HTTP_PATCH,
                                 json_pack("{s:s}", "name", "mine"),
                                 "/accord/v1/datasets/%s", scene->data.text);
    assert_answer(a, 403, "role");
    a = stage_ask(scene->stage, as(&scene->alice), HTTP_PATCH,
                  json_pack("{s:s, s:s, s:{s:s}}", "name", "people",
                            "description", "all of them", "labels", "a", "b"),
                  "/accord/v1/datasets/%s", scene->data.text);
    assert_answer(a, 200, NULL);
    assert_receipt(scene->stage, a);
    assert_string_equal("people", answer_text(a, "name"));
    assert_string_equal("all of them", answer_text(a, "description"));
    a = stage_ask(scene->stage, as(&scene->alice), HTTP_PATCH,
                  json_pack("{s:s}", "location", "https://elsewhere.example"),
                  "/accord/v1/datasets/%s", scene->data.text);
    assert_answer(a, 400, "invalid");
    assert_says(a, "location");
}

/* --- rotating ------------------------------------------------------------ */

static json_t *rotation(struct scene *scene)
{
    return sealed_body(scene->stage, &scene->alice, &scene->data);
}

static void rotation_erases_the_version_before(void **state)
{
    struct scene *scene = *state;
    assert_answer(create(scene, body_of(scene, "patients")), 201, NULL);
    struct api_context before = scene->data.context;
    struct answer *a = act(scene, &scene->alice, "versions", rotation(scene));
    assert_answer(a, 200, NULL);
    assert_receipt(scene->stage, a);
    assert_int_equal(2,
                     json_integer_value(json_object_get(a->body, "versions")));
    assert_true(soft_door_has(scene->stage->door, &scene->data.context));
    assert_false(soft_door_has(scene->stage->door, &before));
    AUTO_FREE(policy_txn) txn = NULL;
    struct policy_key blob = policy_key(
        POLICY_BLOB, api_id_bytes(&before.account),
        api_id_bytes(&before.dataset), api_id_bytes(&before.version));
    assert_ok(policy_read(scene->stage->broker.store, &txn));
    assert_false(policy_has(txn, &blob));
}

static void only_its_owner_rotates(void **state)
{
    struct scene *scene = *state;
    assert_answer(create(scene, body_of(scene, "patients")), 201, NULL);
    struct answer *a = act(scene, &scene->bob, "versions", rotation(scene));
    assert_answer(a, 403, "role");
    assert_answer(act(scene, &scene->root, "versions", rotation(scene)), 403,
                  "role");
    assert_int_equal(1, scene->stage->door->calls[SOFT_INTAKE]);
}

static void a_version_comes_once(void **state)
{
    struct scene *scene = *state;
    assert_answer(create(scene, body_of(scene, "patients")), 201, NULL);
    AUTO_JSON *body = rotation(scene);
    assert_answer(act(scene, &scene->alice, "versions", json_deep_copy(body)),
                  200, NULL);
    assert_answer(act(scene, &scene->alice, "versions", json_deep_copy(body)),
                  409, "conflict");
}

/* --- suspending ---------------------------------------------------------- */

static json_t *resume_body(struct scene *scene, const struct person *signer,
                           uint64_t leaf)
{
    char text[128];
    (void)snprintf(text, sizeof(text), "accord resume v1 %s %llu",
                   scene->data.text, (unsigned long long)leaf);
    return json_pack("{s:s, s:o}", "statement", text, "signature",
                     signature_json(signer->key, bytes_of_string(text)));
}

static void what_its_owner_suspends_only_the_owner_resumes(void **state)
{
    struct scene *scene = *state;
    assert_answer(create(scene, body_of(scene, "patients")), 201, NULL);
    uint64_t leaf = stage_log_size(scene->stage);
    struct answer *a = act(scene, &scene->alice, "suspend", NULL);
    assert_answer(a, 200, NULL);
    assert_receipt(scene->stage, a);
    const json_t *suspended = json_object_get(a->body, "suspended");
    assert_string_equal("owner",
                        json_string_value(json_object_get(suspended, "by")));
    assert_int_equal(leaf,
                     json_integer_value(json_object_get(suspended, "leaf")));
    assert_answer(act(scene, &scene->alice, "suspend", NULL), 409, "conflict");
    assert_answer(act(scene, &scene->root, "resume", json_object()), 403,
                  "role");
    a = act(scene, &scene->alice, "resume", json_object());
    assert_answer(a, 400, "invalid");
    assert_says(a, "statement");
    a = act(scene, &scene->alice, "resume",
            resume_body(scene, &scene->alice, leaf + 1));
    assert_answer(a, 400, "invalid"); /* of another suspension */
    a = act(scene, &scene->alice, "resume",
            resume_body(scene, &scene->bob, leaf));
    assert_answer(a, 403, "denied");
    a = act(scene, &scene->alice, "resume",
            resume_body(scene, &scene->alice, leaf));
    assert_answer(a, 200, NULL);
    assert_true(json_is_null(json_object_get(a->body, "suspended")));
    assert_answer(act(scene, &scene->alice, "resume",
                      resume_body(scene, &scene->alice, leaf)),
                  409, "conflict");
}

static void what_a_manager_suspends_a_manager_resumes(void **state)
{
    struct scene *scene = *state;
    assert_answer(create(scene, body_of(scene, "patients")), 201, NULL);
    uint64_t leaf = stage_log_size(scene->stage);
    assert_answer(act(scene, &scene->bob, "suspend", NULL), 403, "role");
    leaf = stage_log_size(scene->stage);
    assert_answer(act(scene, &scene->root, "suspend", NULL), 200, NULL);
    assert_answer(act(scene, &scene->alice, "resume",
                      resume_body(scene, &scene->alice, leaf)),
                  403, "role");
    assert_answer(act(scene, &scene->root, "resume", json_object()), 200, NULL);
}

/* --- erasing, deleting --------------------------------------------------- */

static void an_owner_erases_the_key_for_good(void **state)
{
    struct scene *scene = *state;
    assert_answer(create(scene, body_of(scene, "patients")), 201, NULL);
    assert_answer(act(scene, &scene->root, "erase", NULL), 403, "role");
    struct answer *a = act(scene, &scene->alice, "erase", NULL);
    assert_answer(a, 200, NULL);
    assert_receipt(scene->stage, a);
    assert_true(json_is_true(json_object_get(a->body, "erased")));
    assert_false(soft_door_has(scene->stage->door, &scene->data.context));
    a = act(scene, &scene->alice, "versions", rotation(scene));
    assert_answer(a, 200, NULL); /* and may bring a new one */
    assert_true(json_is_false(json_object_get(a->body, "erased")));
    assert_true(soft_door_has(scene->stage->door, &scene->data.context));
}

static struct answer *remove_it(struct scene *scene, const struct person *who)
{
    return stage_ask(scene->stage, as(who), HTTP_DELETE, NULL,
                     "/accord/v1/datasets/%s", scene->data.text);
}

static void its_owner_or_a_manager_deletes_a_dataset(void **state)
{
    struct scene *scene = *state;
    assert_answer(create(scene, body_of(scene, "patients")), 201, NULL);
    assert_answer(remove_it(scene, &scene->bob), 403, "role");
    struct answer *a = remove_it(scene, &scene->alice);
    assert_answer(a, 204, NULL);
    assert_int_equal(0, a->raw.len);
    assert_answer(look(scene), 404, "not-found");
    assert_false(soft_door_has(scene->stage->door, &scene->data.context));
    assert_newest_leaf(scene->stage, API_LEAF_CHANGE, "action",
                       "dataset-delete");
    assert_answer(create(scene, body_of(scene, "patients")), 201, NULL);
    assert_answer(remove_it(scene, &scene->root), 204, NULL);
}

#define scene_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        scene_test(a_sealed_credential_is_taken_in),
        scene_test(every_bad_member_is_named),
        scene_test(a_location_has_room_for_2048_bytes),
        scene_test(a_seal_for_another_context_does_not_open),
        scene_test(nobody_seals_in_anothers_name),
        scene_test(an_hsm_that_is_away_takes_nothing_in),
        scene_test(a_refused_name_costs_no_key),
        scene_test(only_its_owner_describes_a_dataset),
        scene_test(rotation_erases_the_version_before),
        scene_test(only_its_owner_rotates),
        scene_test(a_version_comes_once),
        scene_test(what_its_owner_suspends_only_the_owner_resumes),
        scene_test(what_a_manager_suspends_a_manager_resumes),
        scene_test(an_owner_erases_the_key_for_good),
        scene_test(its_owner_or_a_manager_deletes_a_dataset),
    };
    return cmocka_run_group_tests(tests, stage_group, NULL);
}
