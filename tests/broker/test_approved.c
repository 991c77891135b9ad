/* What was approved must still hold when the last one approves. */

#include "tests/broker/venture.h"

#define FINALS "/v1/workflows/final/graphs"

static struct answer *result(struct venture *v)
{
    return user_ask(v->stage, &v->bob, HTTP_POST, NULL,
                    "/v1/approval_requests/%s/result", v->request);
}

static void assert_fails(struct venture *v, const char *says)
{
    struct answer *a = venture_approve(v, &v->bob);
    assert_answer(a, 200, NULL);
    assert_string_equal("FAILED", answer_text(a, "status"));
    assert_newest_leaf(v->stage, API_LEAF_CHANGE, "status", "failed");
    a = result(v);
    assert_answer(a, 200, NULL);
    assert_int_equal(400,
                     json_integer_value(json_object_get(a->body, "status")));
    const char *message = json_string_value(
        json_object_get(json_object_get(a->body, "body"), "message"));
    assert_non_null(strstr(message, says));
    assert_ptr_equal(message,
                     strstr(message, "what was approved does not hold any "
                                     "more"));
    a = user_ask(v->stage, &v->boss, HTTP_GET, NULL, FINALS);
    assert_int_equal(0, json_array_size(json_object_get(a->body, "items")));
}

static void begin(struct venture *v, struct stage *s)
{
    venture_make(v, s);
    venture_submit(v, venture_graph(v), NULL);
    assert_answer(venture_approve(v, &v->alice), 200, NULL);
    assert_answer(venture_approve(v, &v->boss), 200, NULL);
}

static void an_image_rejected_meanwhile_fails_it(void **state)
{
    struct venture v;
    begin(&v, *state);
    venture_change(&v, POLICY_BUILD, api_id_bytes(&v.build),
                   json_pack("{s:s}", "status", "denied"));
    assert_fails(&v, "objects.app-1: the image is not WHITELISTED");
}

static void a_dataset_deleted_meanwhile_fails_it(void **state)
{
    struct venture v;
    begin(&v, *state);
    venture_drop(&v, POLICY_DATASET, api_id_bytes(&v.input));
    assert_fails(&v, "objects.input-1.dataset_id: there is no such dataset");
}

/* Nothing is amiss with it, but it is another one than they approved. */
static void another_rule_meanwhile_fails_it(void **state)
{
    struct venture v;
    struct api_identity_rule rule;
    begin(&v, *state);
    program_rule(v.stage, 0x33, &rule);
    venture_change(&v, POLICY_BUILD, api_id_bytes(&v.build),
                   json_pack("{s:o}", "rule", api_rule_to_json(&rule)));
    assert_fails(&v, "request: what the request was derived from has changed");
}

static void a_requester_without_rights_fails_it(void **state)
{
    struct venture v;
    struct policy_member member;
    struct api_id boss;
    AUTO_FREE(policy_txn) txn = NULL;
    begin(&v, *state);
    assert_ok(api_id_parse(bytes_of_string(v.boss.id), &boss));
    assert_ok(policy_write(v.stage->broker.store, &txn));
    assert_ok(policy_member_get(txn, &v.account, &boss, &member));
    member.role = POLICY_READER;
    assert_ok(policy_member_put(txn, &member));
    assert_ok(policy_commit(txn));
    policy_txn_free(TAKE(txn));
    assert_fails(&v, "requester: who asked for it may not make workflows");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        stage_test(an_image_rejected_meanwhile_fails_it),
        stage_test(a_dataset_deleted_meanwhile_fails_it),
        stage_test(another_rule_meanwhile_fails_it),
        stage_test(a_requester_without_rights_fails_it),
    };
    return cmocka_run_group_tests(tests, stage_group, NULL);
}
