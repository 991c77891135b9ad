/* Final workflows of the CCM class: what their users agreed on is what a
 * program gets, for as long as the version stands. */

#include <stdio.h>

#include "base/text.h"
#include "tests/broker/venture.h"
#include "tests/support/examples.h"

#define FINALS "/v1/workflows/final/graphs"

static struct answer *get(struct venture *v, const char *version)
{
    return user_ask(v->stage, &v->alice, HTTP_GET, NULL, FINALS "/%s%s%s",
                    v->workflow, version ? "/" : "", version ? version : "");
}

static void enrol(struct venture *v, const char *version, size_t key,
                  struct enclave *out)
{
    struct play play = { .stage = v->stage };
    venture_runtime(v, version, &play.runtime);
    enclave_make(&play, soft_rsa_key(key), out);
}

static struct answer *runtime(struct venture *v, const struct enclave *e)
{
    return stage_ask(v->stage, as_enclave(e), HTTP_GET, NULL,
                     "/v1/runtime/app_configs");
}

static struct answer *drop(struct venture *v, const struct user *who,
                           const char *version)
{
    return user_ask(v->stage, who, HTTP_DELETE, NULL, FINALS "/%s/%s",
                    v->workflow, version);
}

static void what_was_agreed_is_what_a_program_gets(void **state)
{
    struct venture v;
    struct enclave program;
    venture_make(&v, *state);
    AUTO_JSON *posted = venture_contents(&v);
    venture_submit(&v, venture_graph(&v), NULL);
    venture_agree(&v);
    struct answer *a = get(&v, NULL);
    assert_answer(a, 200, NULL);
    assert_like_example(42, a->body);
    assert_string_equal("ccm", answer_text(a, "class"));
    a = get(&v, "1");
    assert_answer(a, 200, NULL);
    assert_like_example(44, a->body);
    const json_t *contents = json_object_get(a->body, "contents");
    static const char *const parts[] = { "objects", "edges", "metadata" };
    for (size_t i = 0; i < 3; i++)
        assert_true(json_equal(json_object_get(posted, parts[i]),
                               json_object_get(contents, parts[i])));
    a = user_ask(v.stage, &v.bob, HTTP_GET, NULL, FINALS "?name=wf");
    assert_like_example(43, a->body);

    enrol(&v, "1", 0, &program);
    a = runtime(&v, &program);
    assert_answer(a, 200, NULL);
    const json_t *config = json_object_get(a->body, "config");
    const json_t *workflow = json_object_get(config, "workflow");
    assert_string_equal(v.workflow, json_string_value(json_object_get(
                                        workflow, "workflow_id")));
    assert_string_equal(
        v.input_text,
        json_string_value(json_object_get(
            json_object_get(
                json_object_get(
                    json_object_get(json_object_get(workflow, "port_map"),
                                    "input"),
                    "input-1"),
                "dataset"),
            "id")));
    enclave_clear(&program);
}

static void a_draft_may_change_but_what_was_submitted_stays(void **state)
{
    struct venture v;
    venture_make(&v, *state);
    AUTO_JSON *contents = venture_contents(&v);
    AUTO_JSON *draft = json_pack("{s:s, s:s}", "name", "wf", "description", "");
    assert_int_equal(0, json_object_update(draft, contents));
    struct answer *a = user_ask(v.stage, &v.boss, HTTP_POST, json_incref(draft),
                                "/v1/workflows/draft/graphs");
    assert_answer(a, 200, NULL);
    char id[API_ID_TEXT];
    (void)snprintf(id, sizeof(id), "%s", answer_text(a, "graph_id"));
    venture_submit(&v, venture_graph(&v), NULL);
    AUTO_JSON *changed =
        json_pack("{s:s, s:s, s:i, s:{}, s:{}}", "name", "other", "description",
                  "", "version", 1, "objects", "edges");
    assert_answer(user_ask(v.stage, &v.boss, HTTP_PUT, json_incref(changed),
                           "/v1/workflows/draft/graphs/%s", id),
                  200, NULL);
    venture_agree(&v);
    a = get(&v, "1");
    assert_string_equal("wf", answer_text(a, "name"));
    assert_true(json_equal(
        json_object_get(contents, "objects"),
        json_object_get(json_object_get(a->body, "contents"), "objects")));
}

/* --- versions ------------------------------------------------------------ */

static void older_versions_stay_until_they_are_deleted(void **state)
{
    struct venture v;
    struct enclave old, new;
    venture_make(&v, *state);
    venture_submit(&v, venture_graph(&v), NULL);
    venture_agree(&v);
    enrol(&v, "1", 0, &old);
    assert_event_says(
        user_ask(v.stage, &v.boss, HTTP_DELETE, NULL, "/v1/builds/%s",
                 v.build_text),
        409, "CONFLICT",
        "an approved workflow uses this image: delete that version first");
    venture_extend(&v, venture_without_output(&v));
    venture_agree(&v); /* boss is asked as the requester, too */
    struct answer *a = user_ask(v.stage, &v.bob, HTTP_POST, NULL,
                                "/v1/approval_requests/%s/result", v.request);
    const json_t *made = json_object_get(a->body, "body");
    assert_string_equal("2",
                        json_string_value(json_object_get(made, "version")));
    enrol(&v, "2", 1, &new);
    assert_false(hash_equal(&old.configuration, &new.configuration));
    assert_answer(runtime(&v, &old), 200, NULL);
    assert_answer(runtime(&v, &new), 200, NULL);
    a = get(&v, NULL);
    assert_int_equal(2, json_object_size(json_object_get(a->body, "versions")));

    assert_int_equal(204, drop(&v, &v.alice, "1")->status);
    assert_newest_leaf(*state, API_LEAF_CHANGE, "action", "workflow-withdraw");
    assert_newest_leaf(*state, API_LEAF_CHANGE, "class", "ccm");
    assert_int_equal(403, runtime(&v, &old)->status);
    assert_answer(runtime(&v, &new), 200, NULL);
    assert_event(get(&v, "1"), 404, "NOT_FOUND");
    assert_event(drop(&v, &v.alice, "1"), 404, "NOT_FOUND");
    assert_int_equal(204, drop(&v, &v.boss, "2")->status);
    assert_event(get(&v, NULL), 404, "NOT_FOUND");
    a = user_ask(v.stage, &v.bob, HTTP_GET, NULL, FINALS);
    assert_int_equal(0, json_array_size(json_object_get(a->body, "items")));
    assert_event(user_ask(v.stage, &v.bob, HTTP_POST,
                          venture_without_output(&v), FINALS "/%s", v.workflow),
                 404, "NOT_FOUND");
    enclave_clear(&old);
    enclave_clear(&new);
}

static void a_workflow_that_went_away_gets_no_version(void **state)
{
    struct venture v;
    venture_make(&v, *state);
    venture_submit(&v, venture_graph(&v), NULL);
    venture_agree(&v);
    venture_extend(&v, venture_without_output(&v));
    assert_int_equal(204, drop(&v, &v.boss, "1")->status);
    assert_answer(venture_approve(&v, &v.alice), 200, NULL);
    assert_answer(venture_approve(&v, &v.bob), 200, NULL);
    struct answer *a = venture_approve(&v, &v.boss);
    assert_answer(a, 200, NULL);
    assert_string_equal("FAILED", answer_text(a, "status"));
    assert_event(get(&v, NULL), 404, "NOT_FOUND");
}

static void one_version_waits_at_a_time(void **state)
{
    struct venture v;
    char operation[128];
    venture_make(&v, *state);
    venture_submit(&v, venture_graph(&v), NULL);
    venture_agree(&v);
    venture_extend(&v, venture_without_output(&v));
    (void)snprintf(operation, sizeof(operation), FINALS "/%s", v.workflow);
    assert_event_says(user_ask(v.stage, &v.boss, HTTP_POST,
                               json_pack("{s:s, s:o}", "operation", operation,
                                         "body", venture_contents(&v)),
                               "/v1/approval_requests"),
                      409, "CONFLICT",
                      "another version of this workflow is waiting for its "
                      "reviewers: decide or delete that request first");
}

static void who_has_no_part_deletes_nothing(void **state)
{
    struct venture v;
    struct user other;
    venture_make(&v, *state);
    user_make_in(*state, &v.boss, "WRITER", "other@example.com", &other);
    venture_submit(&v, venture_graph(&v), NULL);
    venture_agree(&v);
    assert_event_says(drop(&v, &other, "1"), 403, "FORBIDDEN",
                      "only a MANAGER and who has a part in it delete a "
                      "version");
    assert_event(drop(&v, &v.boss, "01"), 404, "NOT_FOUND");
    assert_event(drop(&v, &v.boss, "x"), 404, "NOT_FOUND");
    assert_answer(get(&v, "1"), 200, NULL);
}

/* --- without a request --------------------------------------------------- */

static void who_is_alone_makes_it_at_once(void **state)
{
    struct venture v;
    venture_make(&v, *state);
    struct answer *a =
        user_ask(v.stage, &v.bob, HTTP_POST, venture_small(&v), FINALS);
    assert_answer(a, 200, NULL);
    assert_newest_leaf(*state, API_LEAF_CHANGE, "status", "approved");
    (void)snprintf(v.workflow, sizeof(v.workflow), "%s",
                   answer_text(a, "graph_id"));
    AUTO_JSON *small = venture_small(&v);
    json_t *contents = json_object_get(small, "contents");
    json_t *app =
        json_object_get(json_object_get(contents, "objects"), "app-1");
    assert_int_equal(0,
                     json_object_set_new(app, "name", json_string("another")));
    a = user_ask(v.stage, &v.bob, HTTP_POST, json_incref(contents),
                 FINALS "/%s", v.workflow);
    assert_answer(a, 200, NULL);
    assert_string_equal("2", answer_text(a, "version"));
    assert_string_equal("small", answer_text(a, "name"));
    assert_string_equal("alone", answer_text(a, "description"));
}

static void who_is_not_alone_has_to_ask(void **state)
{
    struct venture v;
    venture_make(&v, *state);
    assert_event(
        user_ask(v.stage, &v.alice, HTTP_POST, venture_small(&v), FINALS), 403,
        "FORBIDDEN");
    assert_newest_leaf(*state, API_LEAF_DENIAL, "code", "FORBIDDEN");
    assert_event(
        user_ask(v.stage, &v.boss, HTTP_POST, venture_graph(&v), FINALS), 403,
        "FORBIDDEN");
    assert_says(v.stage->last,
                "others have a part in this workflow: submit it with POST "
                "/v1/approval_requests, for their approval");
    struct answer *a = user_ask(v.stage, &v.boss, HTTP_GET, NULL, FINALS);
    assert_int_equal(0, json_array_size(json_object_get(a->body, "items")));
}

/* --- the signed class ---------------------------------------------------- */

/* Seen, in the product's shape, and not touched. */
static void signed_workflows_are_shown_and_stay(void **state)
{
    struct stage *s = *state;
    struct venture v;
    struct play play;
    venture_make(&v, s);
    play_begin(&play, s);
    play_agree(&play);
    /* the session looks into the account of the play */
    struct policy_member member;
    struct api_id boss;
    AUTO_FREE(policy_txn) txn = NULL;
    assert_ok(api_id_parse(bytes_of_string(v.boss.id), &boss));
    assert_ok(policy_write(s->broker.store, &txn));
    assert_ok(policy_member_get(txn, &v.account, &boss, &member));
    member.account = play.root.account;
    assert_ok(policy_member_put(txn, &member));
    assert_ok(policy_commit(txn));
    policy_txn_free(TAKE(txn));
    char account[API_ID_TEXT];
    api_id_text(&play.root.account, account);
    user_select(s, &v.boss, account);

    struct answer *a =
        user_ask(s, &v.boss, HTTP_GET, NULL, FINALS "/%s", play.workflow);
    assert_answer(a, 200, NULL);
    assert_string_equal("signed", answer_text(a, "class"));
    a = user_ask(s, &v.boss, HTTP_GET, NULL, FINALS);
    assert_int_equal(1, json_array_size(json_object_get(a->body, "items")));
    assert_event(
        user_ask(s, &v.boss, HTTP_DELETE, NULL, FINALS "/%s/1", play.workflow),
        403, "FORBIDDEN");
    assert_event(user_ask(s, &v.boss, HTTP_PATCH,
                          json_pack("{s:s}", "name", "x"), FINALS "/%s",
                          play.workflow),
                 403, "FORBIDDEN");
    assert_event(user_ask(s, &v.boss, HTTP_PATCH,
                          json_pack("{s:{s:{s:s}}, s:{}}", "deployment",
                                    "aci_single_job", "cluster_id", account,
                                    "runtime_configs"),
                          FINALS "/%s/1", play.workflow),
                 403, "FORBIDDEN");
    assert_event(user_ask(s, &v.boss, HTTP_POST, venture_contents(&v),
                          FINALS "/%s", play.workflow),
                 403, "FORBIDDEN");
    a = user_ask(s, &v.boss, HTTP_GET, NULL, "/v1/approval_requests");
    assert_int_equal(0, json_array_size(json_object_get(a->body, "items")));
    assert_event(user_ask(s, &v.boss, HTTP_POST, NULL,
                          "/v1/approval_requests/%s/approve", play.request_id),
                 404, "NOT_FOUND");
    play_end(&play);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        stage_test(what_was_agreed_is_what_a_program_gets),
        stage_test(a_draft_may_change_but_what_was_submitted_stays),
        stage_test(older_versions_stay_until_they_are_deleted),
        stage_test(a_workflow_that_went_away_gets_no_version),
        stage_test(one_version_waits_at_a_time),
        stage_test(who_has_no_part_deletes_nothing),
        stage_test(who_is_alone_makes_it_at_once),
        stage_test(who_is_not_alone_has_to_ask),
        stage_test(signed_workflows_are_shown_and_stay),
    };
    return cmocka_run_group_tests(tests, stage_group, NULL);
}
