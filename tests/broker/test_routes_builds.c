/* Programs: their owner says what they measure, and signs; somebody with the
 * role approves. */

#include "tests/broker/trio.h"

static struct answer *create(struct trio *trio, json_t *body)
{
    return stage_ask(trio->stage, as(&trio->alice), HTTP_POST, body,
                     "/accord/v1/builds");
}

static struct answer *turn(struct trio *trio, const struct person *who,
                           const char *verb)
{
    return stage_ask(trio->stage, as(who), HTTP_POST, NULL,
                     "/accord/v1/builds/%s/%s", trio->program.text, verb);
}

static json_t *body_of(struct trio *trio, const char *name)
{
    program_rule(trio->stage, 0xc1, &trio->program.rule);
    return build_body(&trio->alice, name, &trio->program);
}

static void a_build_waits_for_approval(void **state)
{
    struct trio *trio = *state;
    struct hash identity, told;
    struct answer *a = create(trio, body_of(trio, "counter"));
    assert_answer(a, 201, NULL);
    assert_receipt(trio->stage, a);
    assert_string_equal("pending", answer_text(a, "status"));
    assert_ok(api_identity_hash(&trio->program.rule, &identity, NULL));
    assert_ok(api_json_hash(a->body, "identity", &told, NULL));
    assert_true(hash_equal(&identity, &told));
    assert_newest_leaf(trio->stage, API_LEAF_CHANGE, "action", "build-create");
    a = turn(trio, &trio->bob, "approve");
    assert_answer(a, 200, NULL);
    assert_receipt(trio->stage, a);
    assert_string_equal("approved", answer_text(a, "status"));
    assert_newest_leaf(trio->stage, API_LEAF_CHANGE, "action",
                       "build-approved");
    a = stage_ask(trio->stage, as(&trio->bob), HTTP_GET, NULL,
                  "/accord/v1/builds/%s", trio->program.text);
    assert_answer(a, 200, NULL);
    assert_string_equal("approved", answer_text(a, "status"));
}

static void a_build_is_decided_once(void **state)
{
    struct trio *trio = *state;
    assert_answer(create(trio, body_of(trio, "counter")), 201, NULL);
    assert_answer(turn(trio, &trio->bob, "approve"), 200, NULL);
    struct answer *a = turn(trio, &trio->bob, "approve");
    assert_answer(a, 409, "conflict");
    assert_says(a, "approved already");
    assert_answer(turn(trio, &trio->bob, "deny"), 409, "conflict");
}

static void a_denied_build_stays_denied(void **state)
{
    struct trio *trio = *state;
    assert_answer(create(trio, body_of(trio, "counter")), 201, NULL);
    assert_answer(turn(trio, &trio->bob, "deny"), 200, NULL);
    assert_answer(turn(trio, &trio->bob, "approve"), 409, "conflict");
}

static void its_owner_or_a_manager_withdraws_a_build(void **state)
{
    struct trio *trio = *state;
    assert_answer(create(trio, body_of(trio, "counter")), 201, NULL);
    assert_answer(turn(trio, &trio->bob, "withdraw"), 403, "role");
    assert_newest_leaf(trio->stage, API_LEAF_DENIAL, "code", "role");
    assert_answer(turn(trio, &trio->alice, "withdraw"), 200, NULL);
    assert_answer(turn(trio, &trio->root, "withdraw"), 409, "conflict");
    assert_answer(turn(trio, &trio->root, "approve"), 409, "conflict");
    assert_answer(create(trio, body_of(trio, "again")), 201, NULL);
    assert_answer(turn(trio, &trio->root, "withdraw"), 200, NULL);
}

static void an_id_must_follow_from_its_owner(void **state)
{
    struct trio *trio = *state;
    struct api_id other;
    json_t *body = body_of(trio, "counter");
    assert_ok(api_id_random(&other));
    assert_int_equal(0,
                     json_object_set_new(body, "id", api_json_of_id(&other)));
    struct answer *a = create(trio, body);
    assert_answer(a, 400, "invalid");
    assert_says(a, "id");
    body = body_of(trio, "counter");
    assert_int_equal(0,
                     json_object_set_new(body, "random", json_string("AAAA")));
    a = create(trio, body);
    assert_answer(a, 400, "invalid");
    assert_says(a, "random");
}

static void only_the_owners_key_signs_a_build(void **state)
{
    struct trio *trio = *state;
    uint64_t size = stage_log_size(trio->stage);
    json_t *body = body_of(trio, "counter");
    assert_int_equal(0, json_object_set_new(
                            body, "signature",
                            signature_json(trio->alice.key,
                                           bytes_of_string("another text"))));
    struct answer *a = create(trio, body);
    assert_answer(a, 403, "denied");
    assert_says(a, "signature: not by your key over this rule");
    assert_int_equal(size + 1, stage_log_size(trio->stage));
    assert_newest_leaf(trio->stage, API_LEAF_DENIAL, "who", "person");
}

static void nobody_registers_in_anothers_name(void **state)
{
    struct trio *trio = *state;
    program_rule(trio->stage, 0xc1, &trio->program.rule);
    struct answer *a =
        create(trio, build_body(&trio->bob, "counter", &trio->program));
    assert_answer(a, 403, "denied");
    assert_says(a, "owner");
}

static void a_rule_that_matches_too_much_is_refused(void **state)
{
    struct trio *trio = *state;
    AUTO_JSON *good = body_of(trio, "counter");
    static const char *const members[] = { "mrenclave", "tcb", "anchor" };
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        json_t *body = json_deep_copy(good);
        json_t *rule = json_object_get(body, "rule");
        assert_int_equal(
            0, json_object_set_new(rule, members[i],
                                   i == 1 ? json_array() : json_null()));
        assert_answer(create(trio, body), 400, "invalid");
    }
}

static void names_and_ids_are_unique_in_an_account(void **state)
{
    struct trio *trio = *state;
    AUTO_JSON *body = body_of(trio, "counter");
    assert_answer(create(trio, json_deep_copy(body)), 201, NULL);
    struct answer *a = create(trio, json_deep_copy(body));
    assert_answer(a, 409, "conflict");
    assert_says(a, "id");
    a = create(trio, body_of(trio, "counter"));
    assert_answer(a, 409, "conflict");
    assert_says(a, "named \"counter\"");
}

static void a_build_names_an_app_that_exists(void **state)
{
    struct trio *trio = *state;
    struct api_id id;
    char app[API_ID_TEXT];
    json_t *body = body_of(trio, "counter");
    assert_ok(api_id_random(&id));
    assert_int_equal(0, json_object_set_new(body, "app", api_json_of_id(&id)));
    assert_answer(create(trio, body), 404, "not-found");
    struct answer *a =
        stage_ask(trio->stage, as(&trio->alice), HTTP_POST,
                  json_pack("{s:s}", "name", "app"), "/accord/v1/apps");
    assert_answer(a, 201, NULL);
    (void)snprintf(app, sizeof(app), "%s", answer_text(a, "app"));
    body = body_of(trio, "counter");
    assert_int_equal(0, json_object_set_new(body, "app", json_string(app)));
    assert_answer(create(trio, body), 201, NULL);
    a = stage_ask(trio->stage, as(&trio->alice), HTTP_DELETE, NULL,
                  "/accord/v1/apps/%s", app);
    assert_answer(a, 409, "conflict");
    assert_says(a, "builds belong to this app");
}

static void another_accounts_build_does_not_exist(void **state)
{
    struct trio *trio = *state;
    struct api_id id;
    char text[API_ID_TEXT];
    assert_ok(api_id_random(&id));
    api_id_text(&id, text);
    struct answer *a = stage_ask(trio->stage, as(&trio->alice), HTTP_GET, NULL,
                                 "/accord/v1/builds/%s", text);
    assert_answer(a, 404, "not-found");
    assert_says(a, "build");
    a = stage_ask(trio->stage, as(&trio->alice), HTTP_GET, NULL,
                  "/accord/v1/builds/nonsense");
    assert_answer(a, 400, "invalid");
    assert_says(a, "nonsense");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        trio_test(a_build_waits_for_approval),
        trio_test(a_build_is_decided_once),
        trio_test(a_denied_build_stays_denied),
        trio_test(its_owner_or_a_manager_withdraws_a_build),
        trio_test(an_id_must_follow_from_its_owner),
        trio_test(only_the_owners_key_signs_a_build),
        trio_test(nobody_registers_in_anothers_name),
        trio_test(a_rule_that_matches_too_much_is_refused),
        trio_test(names_and_ids_are_unique_in_an_account),
        trio_test(a_build_names_an_app_that_exists),
        trio_test(another_accounts_build_does_not_exist),
    };
    return cmocka_run_group_tests(tests, stage_group, NULL);
}
