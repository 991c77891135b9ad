/* What its owner does with a dataset, and a manager to take it away: rotate,
 * suspend, resume, erase, delete. */

#include "broker/keeper.h"
#include "tests/broker/trio.h"

static struct answer *create(struct trio *trio, json_t *body)
{
    return stage_ask(trio->stage, as(&trio->alice), HTTP_POST, body,
                     "/accord/v1/datasets");
}

static json_t *body_of(struct trio *trio, const char *name)
{
    return dataset_body(trio->stage, &trio->alice, name, &trio->data);
}

static struct answer *act(struct trio *trio, const struct person *who,
                          const char *verb, json_t *body)
{
    return stage_ask(trio->stage, as(who), HTTP_POST, body,
                     "/accord/v1/datasets/%s/%s", trio->data.text, verb);
}

static struct answer *look(struct trio *trio)
{
    return stage_ask(trio->stage, as(&trio->bob), HTTP_GET, NULL,
                     "/accord/v1/datasets/%s", trio->data.text);
}

/* --- rotating ------------------------------------------------------------ */

static json_t *rotation(struct trio *trio)
{
    return sealed_body(trio->stage, &trio->alice, &trio->data);
}

static void rotation_erases_the_version_before(void **state)
{
    struct trio *trio = *state;
    assert_answer(create(trio, body_of(trio, "patients")), 201, NULL);
    struct api_context before = trio->data.context;
    struct answer *a = act(trio, &trio->alice, "versions", rotation(trio));
    assert_answer(a, 200, NULL);
    assert_receipt(trio->stage, a);
    assert_int_equal(2,
                     json_integer_value(json_object_get(a->body, "versions")));
    assert_true(soft_door_has(trio->stage->door, &trio->data.context));
    assert_false(soft_door_has(trio->stage->door, &before));
    AUTO_FREE(policy_txn) txn = NULL;
    struct policy_key blob = policy_key(
        POLICY_BLOB, api_id_bytes(&before.account),
        api_id_bytes(&before.dataset), api_id_bytes(&before.version));
    assert_ok(policy_read(trio->stage->broker.store, &txn));
    assert_false(policy_has(txn, &blob));
}

static void only_its_owner_rotates(void **state)
{
    struct trio *trio = *state;
    assert_answer(create(trio, body_of(trio, "patients")), 201, NULL);
    struct answer *a = act(trio, &trio->bob, "versions", rotation(trio));
    assert_answer(a, 403, "role");
    assert_answer(act(trio, &trio->root, "versions", rotation(trio)), 403,
                  "role");
    assert_int_equal(1, trio->stage->door->calls[SOFT_INTAKE]);
}

static void a_version_comes_once(void **state)
{
    struct trio *trio = *state;
    assert_answer(create(trio, body_of(trio, "patients")), 201, NULL);
    AUTO_JSON *body = rotation(trio);
    assert_answer(act(trio, &trio->alice, "versions", json_deep_copy(body)),
                  200, NULL);
    assert_answer(act(trio, &trio->alice, "versions", json_deep_copy(body)),
                  409, "conflict");
}

/* --- suspending ---------------------------------------------------------- */

static json_t *resume_body(struct trio *trio, const struct person *signer,
                           uint64_t leaf)
{
    char text[128];
    (void)snprintf(text, sizeof(text), "accord resume v1 %s %llu",
                   trio->data.text, (unsigned long long)leaf);
    return json_pack("{s:s, s:o}", "statement", text, "signature",
                     signature_json(signer->key, bytes_of_string(text)));
}

static void what_its_owner_suspends_only_the_owner_resumes(void **state)
{
    struct trio *trio = *state;
    assert_answer(create(trio, body_of(trio, "patients")), 201, NULL);
    uint64_t leaf = stage_log_size(trio->stage);
    struct answer *a = act(trio, &trio->alice, "suspend", NULL);
    assert_answer(a, 200, NULL);
    assert_receipt(trio->stage, a);
    const json_t *suspended = json_object_get(a->body, "suspended");
    assert_string_equal("owner",
                        json_string_value(json_object_get(suspended, "by")));
    assert_int_equal(leaf,
                     json_integer_value(json_object_get(suspended, "leaf")));
    assert_answer(act(trio, &trio->alice, "suspend", NULL), 409, "conflict");
    assert_answer(act(trio, &trio->root, "resume", json_object()), 403, "role");
    a = act(trio, &trio->alice, "resume", json_object());
    assert_answer(a, 400, "invalid");
    assert_says(a, "statement");
    a = act(trio, &trio->alice, "resume",
            resume_body(trio, &trio->alice, leaf + 1));
    assert_answer(a, 400, "invalid"); /* of another suspension */
    a = act(trio, &trio->alice, "resume", resume_body(trio, &trio->bob, leaf));
    assert_answer(a, 403, "denied");
    assert_says(a, "signature: not by your key over the statement");
    a = act(trio, &trio->alice, "resume",
            resume_body(trio, &trio->alice, leaf));
    assert_answer(a, 200, NULL);
    assert_true(json_is_null(json_object_get(a->body, "suspended")));
    assert_answer(act(trio, &trio->alice, "resume",
                      resume_body(trio, &trio->alice, leaf)),
                  409, "conflict");
}

static void what_a_manager_suspends_a_manager_resumes(void **state)
{
    struct trio *trio = *state;
    assert_answer(create(trio, body_of(trio, "patients")), 201, NULL);
    uint64_t leaf = stage_log_size(trio->stage);
    assert_answer(act(trio, &trio->bob, "suspend", NULL), 403, "role");
    leaf = stage_log_size(trio->stage);
    assert_answer(act(trio, &trio->root, "suspend", NULL), 200, NULL);
    assert_answer(act(trio, &trio->alice, "resume",
                      resume_body(trio, &trio->alice, leaf)),
                  403, "role");
    assert_answer(act(trio, &trio->root, "resume", json_object()), 200, NULL);
}

/* --- erasing, deleting --------------------------------------------------- */

static void an_owner_erases_the_key_for_good(void **state)
{
    struct trio *trio = *state;
    assert_answer(create(trio, body_of(trio, "patients")), 201, NULL);
    assert_answer(act(trio, &trio->root, "erase", NULL), 403, "role");
    struct answer *a = act(trio, &trio->alice, "erase", NULL);
    assert_answer(a, 200, NULL);
    assert_receipt(trio->stage, a);
    assert_true(json_is_true(json_object_get(a->body, "erased")));
    assert_false(soft_door_has(trio->stage->door, &trio->data.context));
    a = act(trio, &trio->alice, "versions", rotation(trio));
    assert_answer(a, 200, NULL); /* and may bring a new one */
    assert_true(json_is_false(json_object_get(a->body, "erased")));
    assert_true(soft_door_has(trio->stage->door, &trio->data.context));
}

static struct answer *remove_it(struct trio *trio, const struct person *who)
{
    return stage_ask(trio->stage, as(who), HTTP_DELETE, NULL,
                     "/accord/v1/datasets/%s", trio->data.text);
}

static void its_owner_or_a_manager_deletes_a_dataset(void **state)
{
    struct trio *trio = *state;
    assert_answer(create(trio, body_of(trio, "patients")), 201, NULL);
    assert_answer(remove_it(trio, &trio->bob), 403, "role");
    struct answer *a = remove_it(trio, &trio->alice);
    assert_answer(a, 204, NULL);
    assert_int_equal(0, a->raw.len);
    assert_answer(look(trio), 404, "not-found");
    assert_false(soft_door_has(trio->stage->door, &trio->data.context));
    assert_newest_leaf(trio->stage, API_LEAF_CHANGE, "action",
                       "dataset-delete");
    assert_answer(create(trio, body_of(trio, "patients")), 201, NULL);
    assert_answer(remove_it(trio, &trio->root), 204, NULL);
}

/* --- an HSM that is away when a key is to go ----------------------------- */

static void keep_house(struct stage *s)
{
    keeper_round(&s->broker, stage_clock.wall);
}

static void a_key_that_outlived_its_erasure_is_destroyed_later(void **state)
{
    struct trio *trio = *state;
    struct stage *s = trio->stage;
    assert_answer(create(trio, body_of(trio, "patients")), 201, NULL);
    struct api_context dead = trio->data.context;
    soft_door_fate(s->door, SOFT_ERASE, SOFT_AWAY, 2);
    assert_answer(act(trio, &trio->alice, "erase", NULL), 503,
                  "outcome-unknown");
    assert_newest_leaf(s, API_LEAF_FAILED, "action", "failed");
    assert_true(soft_door_has(s->door, &dead));
    stage_with_threads(s, keep_house); /* still away */
    assert_true(soft_door_has(s->door, &dead));
    stage_with_threads(s, keep_house);
    assert_false(soft_door_has(s->door, &dead));
    unsigned calls = s->door->calls[SOFT_ERASE];
    stage_with_threads(s, keep_house); /* and is forgotten then */
    assert_int_equal(calls, s->door->calls[SOFT_ERASE]);
}

static void a_lost_append_does_not_save_the_replaced_key(void **state)
{
    struct trio *trio = *state;
    struct stage *s = trio->stage;
    assert_answer(create(trio, body_of(trio, "patients")), 201, NULL);
    struct api_context dead = trio->data.context;
    soft_door_fate(s->door, SOFT_APPEND, SOFT_LOSES, 1);
    struct answer *a = act(trio, &trio->alice, "versions", rotation(trio));
    assert_answer(a, 503, "outcome-unknown");
    assert_says(a, "recorded as leaf 7, but the HSM did not confirm");
    assert_true(soft_door_has(s->door, &dead)); /* nobody has asked yet */
    stage_with_threads(s, keep_house);
    assert_false(soft_door_has(s->door, &dead));
    assert_true(soft_door_has(s->door, &trio->data.context));
}

static void a_version_comes_back_only_when_its_key_is_gone(void **state)
{
    struct trio *trio = *state;
    struct stage *s = trio->stage;
    AUTO_JSON *body = body_of(trio, "patients");
    assert_answer(create(trio, json_deep_copy(body)), 201, NULL);
    assert_answer(remove_it(trio, &trio->alice), 204, NULL);
    struct answer *a = create(trio, json_deep_copy(body));
    assert_answer(a, 409, "conflict");
    assert_says(a, "version");
    stage_with_threads(s, keep_house);
    assert_answer(create(trio, json_deep_copy(body)), 201, NULL);
    stage_with_threads(s, keep_house);
    assert_true(soft_door_has(s->door, &trio->data.context));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        trio_test(rotation_erases_the_version_before),
        trio_test(only_its_owner_rotates),
        trio_test(a_version_comes_once),
        trio_test(what_its_owner_suspends_only_the_owner_resumes),
        trio_test(what_a_manager_suspends_a_manager_resumes),
        trio_test(an_owner_erases_the_key_for_good),
        trio_test(its_owner_or_a_manager_deletes_a_dataset),
        trio_test(a_key_that_outlived_its_erasure_is_destroyed_later),
        trio_test(a_lost_append_does_not_save_the_replaced_key),
        trio_test(a_version_comes_back_only_when_its_key_is_gone),
    };
    return cmocka_run_group_tests(tests, stage_group, NULL);
}
