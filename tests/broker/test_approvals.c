/* Approval requests: all users of a graph decide what was submitted, and only
 * what was submitted. */

#include <stdio.h>

#include "base/text.h"
#include "tests/broker/venture.h"
#include "tests/support/examples.h"

#define REQUESTS "/v1/approval_requests"
#define FINALS   "/v1/workflows/final/graphs"

static struct answer *get(struct venture *v, const struct user *who)
{
    return user_ask(v->stage, who, HTTP_GET, NULL, REQUESTS "/%s", v->request);
}

static struct answer *deny(struct venture *v, const struct user *who,
                           json_t *body)
{
    return user_ask(v->stage, who, HTTP_POST, body, REQUESTS "/%s/deny",
                    v->request);
}

static struct answer *result(struct venture *v)
{
    return user_ask(v->stage, &v->bob, HTTP_POST, NULL, REQUESTS "/%s/result",
                    v->request);
}

static bool has_user(const json_t *list, const struct user *u)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_object_get(json_array_get(list, i), "user");
        if (strcmp(json_string_value(one), u->id) == 0)
            return true;
    }
    return false;
}

/* --- approving ----------------------------------------------------------- */

static void everybody_is_asked_and_the_requester_too(void **state)
{
    struct venture v;
    venture_make(&v, *state);
    AUTO_JSON *body = venture_graph(&v);
    venture_submit(&v, json_incref(body), NULL);
    assert_newest_leaf(*state, API_LEAF_CHANGE, "action", "request-create");
    assert_newest_leaf(*state, API_LEAF_CHANGE, "class", "ccm");
    struct answer *a = get(&v, &v.alice);
    assert_answer(a, 200, NULL);
    assert_string_equal("PENDING", answer_text(a, "status"));
    assert_string_equal("ccm", answer_text(a, "class"));
    assert_string_equal("POST", answer_text(a, "method"));
    assert_true(json_equal(body, json_object_get(a->body, "body")));
    const json_t *reviewers = json_object_get(a->body, "reviewers");
    assert_int_equal(3, json_array_size(reviewers));
    assert_true(has_user(reviewers, &v.boss) && has_user(reviewers, &v.alice) &&
                has_user(reviewers, &v.bob));
    assert_int_equal(0, json_array_size(json_object_get(a->body, "approvers")));
    assert_int_equal(stage_seconds() + 30 * STAGE_DAY,
                     json_integer_value(json_object_get(a->body, "expiry")));

    a = venture_approve(&v, &v.boss);
    assert_answer(a, 200, NULL);
    assert_like_example(46, a->body);
    assert_string_equal("PENDING", answer_text(a, "status"));
    assert_event_says(result(&v), 400, "INVALID_STATE",
                      "there is no result before everybody has approved");
    assert_answer(venture_approve(&v, &v.alice), 200, NULL);
    assert_newest_leaf(*state, API_LEAF_CHANGE, "status", "pending");
    a = venture_approve(&v, &v.bob);
    assert_answer(a, 200, NULL);
    assert_string_equal("APPROVED", answer_text(a, "status"));
    assert_int_equal(3, json_array_size(json_object_get(a->body, "approvers")));
    assert_newest_leaf(*state, API_LEAF_CHANGE, "status", "approved");
    assert_newest_leaf(*state, API_LEAF_CHANGE, "decision", "approve");

    a = result(&v);
    assert_answer(a, 200, NULL);
    assert_like_example(51, a->body);
    assert_int_equal(200,
                     json_integer_value(json_object_get(a->body, "status")));
    const json_t *made = json_object_get(a->body, "body");
    assert_string_equal(v.workflow,
                        json_string_value(json_object_get(made, "graph_id")));
    a = user_ask(v.stage, &v.alice, HTTP_GET, NULL, REQUESTS);
    assert_like_example(47, a->body);
}

/* As the product's clients send it: examples 40, 45, 49 and 50. */
static void the_clients_own_requests_are_taken(void **state)
{
    struct venture v;
    venture_make(&v, *state);
    const char *pairs[VENTURE_PAIRS];
    venture_pairs(&v, pairs);
    json_t *body = example(45, pairs);
    if (!body)
        return; /* said by the others */
    AUTO_JSON *wrapped = json_incref(json_object_get(body, "body"));
    AUTO_JSON *alone = example(40, pairs);
    assert_true(json_equal(alone, wrapped));
    venture_change(&v, POLICY_DATASET, api_id_bytes(&v.output),
                   json_pack("{s:s}", "owner_user", v.alice.id));
    struct answer *a = user_ask(*state, &v.boss, HTTP_POST, body, REQUESTS);
    assert_answer(a, 201, NULL);
    assert_true(json_equal(wrapped, json_object_get(a->body, "body")));
    (void)snprintf(v.request, sizeof(v.request), "%s",
                   answer_text(a, "request_id"));
    assert_answer(user_ask(*state, &v.alice, HTTP_POST, example(49, NULL),
                           REQUESTS "/%s/approve", v.request),
                  200, NULL);
    assert_answer(deny(&v, &v.bob, example(50, NULL)), 200, NULL);
}

static void nobody_else_decides_and_nobody_twice(void **state)
{
    struct venture v;
    struct user other;
    venture_make(&v, *state);
    user_make_in(*state, &v.boss, "MANAGER", "other@example.com", &other);
    venture_submit(&v, venture_graph(&v), NULL);
    assert_event(venture_approve(&v, &other), 403, "FORBIDDEN");
    assert_newest_leaf(*state, API_LEAF_DENIAL, "code", "FORBIDDEN");
    assert_event(deny(&v, &other, NULL), 403, "FORBIDDEN");
    assert_answer(venture_approve(&v, &v.alice), 200, NULL);
    assert_event(venture_approve(&v, &v.alice), 400, "INVALID_STATE");
    assert_event(deny(&v, &v.alice, NULL), 400, "INVALID_STATE");
}

static void the_first_denial_is_final(void **state)
{
    struct venture v;
    venture_make(&v, *state);
    venture_submit(&v, venture_graph(&v), NULL);
    assert_answer(venture_approve(&v, &v.bob), 200, NULL);
    struct answer *a = deny(&v, &v.alice, json_pack("{s:s}", "reason", "no"));
    assert_answer(a, 200, NULL);
    assert_like_example(48, a->body);
    assert_string_equal("DENIED", answer_text(a, "status"));
    assert_string_equal("no", answer_text(a, "denial_reason"));
    assert_string_equal(v.alice.id,
                        json_string_value(json_object_get(
                            json_object_get(a->body, "denier"), "user")));
    assert_newest_leaf(*state, API_LEAF_CHANGE, "decision", "decline");
    assert_event(venture_approve(&v, &v.boss), 400, "INVALID_STATE");
    assert_event(result(&v), 400, "INVALID_STATE");
    a = user_ask(v.stage, &v.boss, HTTP_GET, NULL, FINALS);
    assert_int_equal(0, json_array_size(json_object_get(a->body, "items")));
}

static void after_thirty_days_it_counts_as_denied(void **state)
{
    struct venture v;
    venture_make(&v, *state);
    venture_submit(&v, venture_graph(&v), NULL);
    assert_answer(venture_approve(&v, &v.alice), 200, NULL);
    stage_pass(30 * STAGE_DAY + 1);
    user_log_in(*state, &v.boss);
    user_select(*state, &v.boss, v.boss.account);
    struct answer *a = get(&v, &v.boss);
    assert_string_equal("DENIED", answer_text(a, "status"));
    assert_string_equal("nobody denied it, but the time to approve it is over",
                        answer_text(a, "denial_reason"));
    assert_null(json_object_get(a->body, "denier"));
    assert_event(venture_approve(&v, &v.boss), 400, "INVALID_STATE");
    venture_submit(&v, venture_graph(&v), NULL); /* and again */
}

static void a_client_may_prove_who_it_is_and_what_it_means(void **state)
{
    struct venture v;
    venture_make(&v, *state);
    venture_submit(&v, venture_graph(&v), NULL);
    static const char path[] = REQUESTS "/%s/approve";
    assert_event(user_ask(*state, &v.alice, HTTP_POST,
                          json_pack("{s:s}", "password", "wrong password"),
                          path, v.request),
                 403, "FORBIDDEN");
    assert_event(user_ask(*state, &v.alice, HTTP_POST,
                          json_pack("{s:s}", "u2f", "x"), path, v.request),
                 501, "INVALID_BODY_PARAMETER");
    assert_event(user_ask(*state, &v.alice, HTTP_POST,
                          json_pack("{s:o}", "body", venture_small(&v)), path,
                          v.request),
                 400, "INVALID_VALUE");
    assert_answer(user_ask(*state, &v.alice, HTTP_POST,
                           json_pack("{s:s, s:n, s:o}", "password", PASSWORD,
                                     "u2f", "body", venture_graph(&v)),
                           path, v.request),
                  200, NULL);
    assert_answer(
        user_ask(*state, &v.bob, HTTP_POST, json_object(), path, v.request),
        200, NULL);
}

static void wrong_passwords_lock(void **state)
{
    struct venture v;
    struct answer *a = NULL;
    venture_make(&v, *state);
    venture_submit(&v, venture_graph(&v), NULL);
    for (int i = 0; i < 40 && (!a || a->status == 403); i++)
        a = user_ask(*state, &v.alice, HTTP_POST,
                     json_pack("{s:s}", "password", "wrong password"),
                     REQUESTS "/%s/approve", v.request);
    assert_event(a, 423, "LOCKED");
    assert_event(user_ask(*state, &v.alice, HTTP_POST,
                          json_pack("{s:s}", "password", PASSWORD),
                          REQUESTS "/%s/approve", v.request),
                 423, "LOCKED");
}

/* --- submitting ---------------------------------------------------------- */

static struct answer *submit(struct venture *v, const struct user *who,
                             const char *operation, json_t *body)
{
    return user_ask(
        v->stage, who, HTTP_POST,
        json_pack("{s:s, s:o}", "operation", operation, "body", body),
        REQUESTS);
}

static void operations_are_spelt_in_three_ways(void **state)
{
    struct venture v;
    venture_make(&v, *state);
    static const char *const good[] = {
        "/v1/workflows/final/graphs", "/workflows/final/graphs",
        "/api/v1/confidential_computing/workflows/final/graphs",
        "/v1/workflows/final/graphs/"
    };
    static const char *const bad[] = { "/v1/workflows/draft/graphs",
                                       "/v1/workflows/final/graphsx",
                                       "/v1/workflows/final/graphs/none",
                                       "/v2/workflows/final/graphs",
                                       "/v1/workflows/final/graphs?x=1" };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct answer *a = submit(&v, &v.boss, good[i], venture_graph(&v));
        assert_answer(a, 201, NULL);
        assert_string_equal(good[i], answer_text(a, "operation"));
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_event(submit(&v, &v.boss, bad[i], venture_graph(&v)), 400,
                     "INVALID_VALUE");
    assert_event(
        user_ask(v.stage, &v.boss, HTTP_POST,
                 json_pack("{s:s, s:s, s:o}", "operation", good[0], "method",
                           "DELETE", "body", venture_graph(&v)),
                 REQUESTS),
        400, "INVALID_VALUE");
    assert_event(user_ask(v.stage, &v.boss, HTTP_POST,
                          json_pack("{s:s}", "operation", good[0]), REQUESTS),
                 400, "BAD_REQUEST");
}

static void requests_are_found_by_who_has_a_part(void **state)
{
    struct venture v;
    venture_make(&v, *state);
    venture_submit(&v, venture_graph(&v), NULL);
    assert_answer(submit(&v, &v.bob, FINALS, venture_small(&v)), 201, NULL);
    const struct {
        const char *query, *value;
        size_t count;
    } asked[] = {
        { "requester", v.boss.id, 1 },  { "reviewer", v.bob.id, 2 },
        { "reviewer", v.alice.id, 1 },  { "subject", v.workflow, 1 },
        { "status", "PENDING", 2 },     { "status", "DENIED", 0 },
        { "requester", v.alice.id, 0 }, { "all_search", "please", 1 },
    };
    for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
        struct answer *a =
            user_ask(v.stage, &v.alice, HTTP_GET, NULL, REQUESTS "?%s=%s",
                     asked[i].query, asked[i].value);
        assert_answer(a, 200, NULL);
        assert_int_equal(asked[i].count,
                         json_array_size(json_object_get(a->body, "items")));
        assert_int_equal(
            2, json_integer_value(json_object_get(
                   json_object_get(a->body, "metadata"), "total_count")));
    }
}

static void who_submitted_it_or_a_manager_withdraws_it(void **state)
{
    struct venture v;
    venture_make(&v, *state);
    venture_submit(&v, venture_graph(&v), NULL);
    assert_event_says(user_ask(v.stage, &v.alice, HTTP_DELETE, NULL,
                               REQUESTS "/%s", v.request),
                      403, "FORBIDDEN",
                      "only who submitted it or a MANAGER withdraws an "
                      "approval request");
    assert_int_equal(204, user_ask(v.stage, &v.boss, HTTP_DELETE, NULL,
                                   REQUESTS "/%s", v.request)
                              ->status);
    assert_newest_leaf(*state, API_LEAF_CHANGE, "action", "request-withdraw");
    assert_event(get(&v, &v.boss), 404, "NOT_FOUND");
    assert_event(venture_approve(&v, &v.alice), 404, "NOT_FOUND");
    venture_submit(&v, venture_graph(&v), NULL);
    venture_agree(&v);
    assert_event(user_ask(v.stage, &v.boss, HTTP_DELETE, NULL, REQUESTS "/%s",
                          v.request),
                 400, "INVALID_STATE");
}

static void a_reader_approves_but_submits_nothing(void **state)
{
    struct venture v;
    struct user reader;
    venture_make(&v, *state);
    user_make_in(*state, &v.boss, "READER", "reader@example.com", &reader);
    assert_event(submit(&v, &reader, FINALS, venture_graph(&v)), 403,
                 "FORBIDDEN");
    venture_change(&v, POLICY_DATASET, api_id_bytes(&v.input),
                   json_pack("{s:s}", "owner_user", reader.id));
    json_t *graph = venture_graph(&v);
    json_t *input = json_object_get(
        json_object_get(json_object_get(graph, "contents"), "objects"),
        "input-1");
    assert_int_equal(
        0, json_object_set_new(input, "user_id", json_string(reader.id)));
    venture_submit(&v, graph, NULL);
    assert_answer(venture_approve(&v, &reader), 200, NULL);
    assert_event(venture_approve(&v, &v.alice), 403, "FORBIDDEN");
}

/* What was settled, or has waited its time, does not count. */
static void an_account_has_so_many_requests_waiting(void **state)
{
    struct venture v;
    venture_make(&v, *state);
    stage_configure(v.stage, "[limits]\nrequests = 1\n");
    struct user *const all[] = { &v.boss, &v.alice, &v.bob };
    for (size_t i = 0; i < 3; i++) {
        user_log_in(v.stage, all[i]);
        user_select(v.stage, all[i], v.boss.account);
    }
    venture_submit(&v, venture_graph(&v), NULL);
    assert_event_says(submit(&v, &v.boss, FINALS, venture_graph(&v)), 403,
                      "QUOTA_EXCEEDED",
                      "this account has 1 requests that wait for approval "
                      "already, as many as it may");
    assert_answer(deny(&v, &v.alice, NULL), 200, NULL);
    venture_submit(&v, venture_graph(&v), NULL);
    stage_pass(31 * STAGE_DAY);
    user_log_in(v.stage, &v.boss);
    user_select(v.stage, &v.boss, v.boss.account);
    venture_submit(&v, venture_graph(&v), NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        stage_test(everybody_is_asked_and_the_requester_too),
        stage_test(the_clients_own_requests_are_taken),
        stage_test(nobody_else_decides_and_nobody_twice),
        stage_test(the_first_denial_is_final),
        stage_test(after_thirty_days_it_counts_as_denied),
        stage_test(a_client_may_prove_who_it_is_and_what_it_means),
        stage_test(wrong_passwords_lock),
        stage_test(operations_are_spelt_in_three_ways),
        stage_test(requests_are_found_by_who_has_a_part),
        stage_test(who_submitted_it_or_a_manager_withdraws_it),
        stage_test(a_reader_approves_but_submits_nothing),
        stage_test(an_account_has_so_many_requests_waiting),
    };
    return cmocka_run_group_tests(tests, stage_group, NULL);
}
