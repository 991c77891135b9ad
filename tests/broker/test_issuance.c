/* Certificates under /v1: issued on a program's evidence alone, shown to its
 * account. */

#include <stdio.h>

#include "base/text.h"
#include "tests/broker/apps_cast.h"
#include "tests/broker/venture.h"
#include "tests/support/examples.h"

#define CERTIFICATES "/v1/certificates"

static void enclave_of(struct venture *v, struct enclave *e)
{
    *e = (struct enclave){ .key = soft_rsa_key(0),
                           .measured = VENTURE_MEASURED };
    venture_runtime(v, "1", &e->configuration);
}

static json_t *request_body(struct venture *v, const struct enclave *e,
                            const char *node)
{
    AUTO_CLEAR_BUFFER quote = { 0 };
    quote_make(v->stage, e, &quote);
    json_t *body = attest_body(e, &quote);
    if (node)
        assert_int_equal(
            0, json_object_set_new(body, "node_id", json_string(node)));
    return body;
}

static struct answer *issue(struct venture *v, json_t *body)
{
    return stage_ask(v->stage, AS_NOBODY, HTTP_POST, body, CERTIFICATES);
}

static void begin(struct venture *v, struct stage *s, struct enclave *e)
{
    venture_make(v, s);
    venture_submit(v, venture_graph(v), NULL);
    venture_agree(v);
    enclave_of(v, e);
}

static void evidence_gives_a_certificate_and_a_task(void **state)
{
    struct venture v;
    struct enclave e;
    char certificate[API_ID_TEXT];
    begin(&v, *state, &e);
    json_t *body = request_body(&v, &e, NULL);
    AUTO_JSON *csr = json_incref(json_object_get(body, "csr"));
    struct answer *a = issue(&v, body);
    assert_answer(a, 200, NULL);
    assert_newest_leaf(*state, API_LEAF_CERTIFICATE, "action", "certify");
    assert_string_equal("CERTIFICATE_ISSUANCE", answer_text(a, "task_type"));
    assert_string_equal(
        "SUCCESS", json_string_value(json_object_get(
                       json_object_get(a->body, "task_status"), "status")));
    (void)snprintf(certificate, sizeof(certificate), "%s",
                   answer_text(a, "certificate_id"));
    AUTO_JSON *told = json_incref(a->body);
    a = user_ask(*state, &v.bob, HTTP_GET, NULL, "/v1/tasks/status/%s",
                 json_string_value(json_object_get(told, "task_id")));
    assert_answer(a, 200, NULL);
    assert_true(json_equal(told, a->body));
    a = user_ask(*state, &v.bob, HTTP_GET, NULL,
                 "/v1/tasks?task_type=CERTIFICATE_ISSUANCE");
    assert_answer(a, 200, NULL);
    const json_t *task = json_array_get(json_object_get(a->body, "items"), 0);
    const json_t *requester = json_object_get(task, "requester_info");
    assert_string_equal(certificate,
                        json_string_value(json_object_get(task, "entity_id")));
    assert_string_equal(
        "APP", json_string_value(json_object_get(requester, "requester_type")));
    assert_string_equal(
        "an app", json_string_value(json_object_get(requester, "app_name")));

    a = user_ask(*state, &v.bob, HTTP_GET, NULL, CERTIFICATES "/%s",
                 certificate);
    assert_answer(a, 200, NULL);
    assert_string_equal("ISSUED", answer_text(a, "status"));
    assert_string_equal(v.build_text, answer_text(a, "build_id"));
    assert_true(json_equal(csr, json_object_get(a->body, "csr")));
    AUTO_CLEAR_BUFFER der = buffer_make(CA_CERTIFICATE_MAX);
    take_certificate(a, &der);
    assert_answer(stage_ask(*state, buffer_bytes(&der), HTTP_GET, NULL,
                            "/v1/runtime/app_configs"),
                  200, NULL);
    stage_pass(3 * STAGE_DAY);
    user_log_in(*state, &v.bob);
    user_select(*state, &v.bob, v.bob.account);
    a = user_ask(*state, &v.bob, HTTP_GET, NULL, CERTIFICATES "/%s",
                 certificate);
    assert_string_equal("EXPIRED", answer_text(a, "status"));
}

static void put_node(struct venture *v, char text[API_ID_TEXT])
{
    struct api_id node;
    AUTO_FREE(policy_txn) txn = NULL;
    assert_ok(api_id_random(&node));
    api_id_text(&node, text);
    AUTO_JSON *record = json_pack("{s:s, s:s, s:{s:s}}", "name", "node-1",
                                  "node_id", text, "sgx_info", "version", "2");
    assert_ok(policy_write(v->stage->broker.store, &txn));
    policy_object_put(txn, POLICY_COMPUTE_NODE, &v->account,
                      api_id_bytes(&node), record);
    assert_ok(policy_commit(txn));
}

static void a_node_that_passes_it_on_is_named(void **state)
{
    struct venture v;
    struct enclave e;
    char text[API_ID_TEXT];
    begin(&v, *state, &e);
    assert_event_says(issue(&v, request_body(&v, &e, v.build_text)), 400,
                      "INVALID_VALUE",
                      "node_id: there is no such node in this account");
    put_node(&v, text);
    json_t *body = request_body(&v, &e, text);
    assert_like_example(57, body);
    struct answer *a = issue(&v, body);
    assert_answer(a, 200, NULL);
    assert_like_example(27, a->body);
    assert_string_equal(text, answer_text(a, "node_id"));
    a = user_ask(*state, &v.alice, HTTP_GET, NULL, CERTIFICATES "/%s",
                 answer_text(a, "certificate_id"));
    assert_answer(a, 200, NULL);
    assert_like_example(58, a->body);
}

/* em-client's get_app_certificate, get_app_node_certificate_details. */
static void an_app_s_newest_certificate_is_found_by_node(void **state)
{
    struct venture v;
    struct enclave e;
    char at[2][API_ID_TEXT], app[API_ID_TEXT], newest[API_ID_TEXT];
    struct user other;
    begin(&v, *state, &e);
    api_id_text(&v.app, app);
    for (size_t i = 0; i < 2; i++) {
        put_node(&v, at[i]);
    }
    for (size_t i = 0; i < 2; i++) {
        stage_pass(60);
        e.key = soft_rsa_key(i);
        struct answer *a = issue(&v, request_body(&v, &e, at[0]));
        assert_answer(a, 200, NULL);
        keep_id(newest, a, "certificate_id");
    }
    struct answer *a = user_ask(*state, &v.bob, HTTP_GET, NULL,
                                "/v1/apps/%s/node/%s/certificate", app, at[0]);
    assert_answer(a, 200, NULL);
    assert_like_example(58, a->body);
    assert_string_equal(newest, answer_text(a, "certificate_id"));
    a = user_ask(*state, &v.bob, HTTP_GET, NULL,
                 "/v1/apps/%s/node/%s/certificate-details", app, at[0]);
    assert_answer(a, 200, NULL);
    assert_like_example(59, a->body);
    assert_string_equal("UNEVALUATED", answer_text(a, "ias_quote_status"));
    assert_int_equal(
        stage_seconds() + 48 * 3600 - 60,
        json_integer_value(json_object_get(a->body, "valid_until")));
    static const char *const rows[] = { "certificate", "certificate-details" };
    user_make_managing(*state, "other@example.com", &other);
    for (size_t i = 0; i < 2; i++) {
        assert_event_says(
            user_ask(*state, &v.bob, HTTP_GET, NULL, "/v1/apps/%s/node/%s/%s",
                     app, at[1], rows[i]),
            404, "NOT_FOUND",
            "no program of this app got a certificate through that "
            "node");
        assert_event(user_ask(*state, &v.bob, HTTP_GET, NULL,
                              "/v1/apps/%s/node/%s/%s", app, app, rows[i]),
                     404, "NOT_FOUND");
        assert_event(user_ask(*state, &v.bob, HTTP_GET, NULL,
                              "/v1/apps/%s/node/%s/%s", at[0], at[0], rows[i]),
                     404, "NOT_FOUND");
        assert_event(user_ask(*state, &other, HTTP_GET, NULL,
                              "/v1/apps/%s/node/%s/%s", app, at[0], rows[i]),
                     404, "NOT_FOUND");
    }
}

static struct answer *see(struct venture *v, const char *path)
{
    return user_ask(v->stage, &v->alice, HTTP_GET, NULL, "%s", path);
}

static const json_t *only_item(const struct answer *a, const char *member)
{
    const json_t *list = json_object_get(a->body, member);
    assert_int_equal(1, json_array_size(list));
    return json_array_get(list, 0);
}

/* The app's own row, the app, the node, the image: all tell of the same. */
static void where_a_program_got_its_certificate_is_shown(void **state)
{
    struct venture v;
    struct enclave e;
    char node[API_ID_TEXT], app[API_ID_TEXT], at[128], path[192];
    begin(&v, *state, &e);
    put_node(&v, node);
    api_id_text(&v.app, app);
    (void)snprintf(at, sizeof(at), "/v1/apps/%s/node/%s", app, node);
    (void)snprintf(path, sizeof(path), "%s/certificate", at);
    assert_event(see(&v, path), 404, "NOT_FOUND");
    struct answer *a = issue(&v, request_body(&v, &e, node));
    assert_answer(a, 200, NULL);
    char id[API_ID_TEXT];
    (void)snprintf(id, sizeof(id), "%s", answer_text(a, "certificate_id"));

    a = see(&v, path);
    assert_answer(a, 200, NULL);
    assert_like_example(58, a->body);
    assert_string_equal(id, answer_text(a, "certificate_id"));
    AUTO_JSON *certificate = json_incref(a->body);
    (void)snprintf(path, sizeof(path), "%s/certificate-details", at);
    a = see(&v, path);
    assert_answer(a, 200, NULL);
    assert_like_example(59, a->body);
    assert_string_equal("UNEVALUATED", answer_text(a, "ias_quote_status"));
    assert_int_equal(32, strlen(answer_text(a, "cpusvn")));
    const json_t *info = json_object_get(a->body, "enclave_info");
    char measured[8];
    (void)snprintf(measured, sizeof(measured), "%02x%02x", VENTURE_MEASURED,
                   VENTURE_MEASURED);
    assert_memory_equal(
        measured, json_string_value(json_object_get(info, "mrenclave")), 4);

    (void)snprintf(path, sizeof(path), "/v1/apps/%s", app);
    a = see(&v, path);
    AUTO_JSON *placed = json_incref((json_t *)(uintptr_t)only_item(a, "nodes"));
    assert_true(
        json_equal(certificate, json_object_get(placed, "certificate")));
    (void)snprintf(path, sizeof(path), "/v1/nodes/%s", node);
    a = see(&v, path);
    assert_true(json_equal(placed, only_item(a, "apps")));
    a = see(&v, "/v1/nodes");
    const json_t *apps = json_object_get(only_item(a, "items"), "apps");
    assert_true(json_equal(placed, json_array_get(apps, 0)));
    (void)snprintf(path, sizeof(path), "/v1/builds/deployments/%s",
                   v.build_text);
    a = see(&v, path);
    assert_true(json_equal(placed, only_item(a, "items")));
    a = see(&v, "/v1/builds?deployed_status=DEPLOYED");
    (void)only_item(a, "items");

    stage_pass(3 * STAGE_DAY);
    user_log_in(*state, &v.alice);
    user_select(*state, &v.alice, v.alice.account);
    a = see(&v, "/v1/builds?deployed_status=UNDEPLOYED");
    (void)only_item(a, "items");
}

/* Who asks at /accord/v1 may serve any account: a foreign node is no fault,
 * and is not remembered. */
static void an_agent_names_its_node(void **state)
{
    struct venture v;
    struct enclave e;
    char node[API_ID_TEXT], path[192], app[API_ID_TEXT];
    begin(&v, *state, &e);
    put_node(&v, node);
    api_id_text(&v.app, app);
    (void)snprintf(path, sizeof(path), "/v1/apps/%s", app);
    json_t *body = request_body(&v, &e, "99999999-0000-4000-8000-000000000001");
    assert_answer(stage_ask(*state, AS_NOBODY, HTTP_POST, body,
                            "/accord/v1/certificates"),
                  200, NULL);
    struct answer *a = see(&v, path);
    assert_int_equal(0, json_array_size(json_object_get(a->body, "nodes")));
    e.key = soft_rsa_key(1);
    body = request_body(&v, &e, node);
    assert_answer(stage_ask(*state, AS_NOBODY, HTTP_POST, body,
                            "/accord/v1/certificates"),
                  200, NULL);
    a = see(&v, path);
    const json_t *placed = only_item(a, "nodes");
    assert_string_equal(node,
                        json_string_value(json_object_get(placed, "node_id")));
    assert_string_equal(
        "node-1", json_string_value(json_object_get(placed, "node_name")));
    (void)snprintf(path, sizeof(path),
                   "/v1/apps/%s/node/%s/certificate-details", app, node);
    a = see(&v, path);
    assert_answer(a, 200, NULL);
    assert_like_example(59, a->body);
}

/* With the image goes what is remembered of it. */
static void a_deleted_image_is_nowhere(void **state)
{
    struct venture v;
    struct enclave e;
    char node[API_ID_TEXT], path[192], app[API_ID_TEXT];
    begin(&v, *state, &e);
    put_node(&v, node);
    api_id_text(&v.app, app);
    assert_answer(issue(&v, request_body(&v, &e, node)), 200, NULL);
    assert_int_equal(204,
                     user_ask(*state, &v.bob, HTTP_DELETE, NULL,
                              "/v1/workflows/final/graphs/%s/1", v.workflow)
                         ->status);
    assert_int_equal(204, user_ask(*state, &v.bob, HTTP_DELETE, NULL,
                                   "/v1/builds/%s", v.build_text)
                              ->status);
    (void)snprintf(path, sizeof(path), "/v1/nodes/%s", node);
    struct answer *a = see(&v, path);
    assert_int_equal(0, json_array_size(json_object_get(a->body, "apps")));
    (void)snprintf(path, sizeof(path), "/v1/apps/%s/node/%s/certificate", app,
                   node);
    assert_event(see(&v, path), 404, "NOT_FOUND");
    assert_says(v.stage->last, "no program of this app got a certificate "
                               "through that node");
}

static void without_the_domain_there_is_none(void **state)
{
    struct venture v;
    struct enclave e;
    begin(&v, *state, &e);
    venture_change(&v, POLICY_APP, api_id_bytes(&v.app),
                   json_pack("{s:[]}", "whitelisted_domains"));
    assert_event(issue(&v, request_body(&v, &e, NULL)), 403, "FORBIDDEN");
    assert_newest_leaf(*state, API_LEAF_DENIAL, "code", "domain");
}

static void without_agreement_there_is_none(void **state)
{
    struct venture v;
    struct enclave e;
    begin(&v, *state, &e);
    assert_int_equal(204,
                     user_ask(*state, &v.bob, HTTP_DELETE, NULL,
                              "/v1/workflows/final/graphs/%s/1", v.workflow)
                         ->status);
    assert_event(issue(&v, request_body(&v, &e, NULL)), 403, "FORBIDDEN");
    assert_event(issue(&v, json_pack("{s:s}", "csr", "none")), 400,
                 "BAD_REQUEST");
    assert_event(issue(&v, json_object()), 400, "MISSING_REQUIRED_PARAMETER");
}

/* Whose owners sign is served where signatures are. */
static void programs_of_the_signed_class_ask_elsewhere(void **state)
{
    struct play play;
    struct enclave e;
    AUTO_CLEAR_BUFFER quote = { 0 };
    play_begin(&play, *state);
    play_agree(&play);
    e = (struct enclave){ .key = soft_rsa_key(0),
                          .configuration = play.runtime,
                          .measured = VENTURE_MEASURED };
    quote_make(*state, &e, &quote);
    assert_event_says(stage_ask(*state, AS_NOBODY, HTTP_POST,
                                attest_body(&e, &quote), CERTIFICATES),
                      403, "FORBIDDEN",
                      "this program's workflow is of the signed class: "
                      "POST /accord/v1/certificates");
    play_end(&play);
}

static void others_see_nothing_of_it(void **state)
{
    struct venture v;
    struct enclave e;
    struct user other;
    begin(&v, *state, &e);
    struct answer *a = issue(&v, request_body(&v, &e, NULL));
    assert_answer(a, 200, NULL);
    char id[API_ID_TEXT];
    (void)snprintf(id, sizeof(id), "%s", answer_text(a, "certificate_id"));
    user_make_managing(*state, "other@example.com", &other);
    assert_event_says(
        user_ask(*state, &other, HTTP_GET, NULL, CERTIFICATES "/%s", id), 404,
        "NOT_FOUND", "there is no such certificate in this account");
    assert_event(user_ask(*state, &v.bob, HTTP_GET, NULL, CERTIFICATES "/none"),
                 404, "NOT_FOUND");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        stage_test(evidence_gives_a_certificate_and_a_task),
        stage_test(a_node_that_passes_it_on_is_named),
        stage_test(an_app_s_newest_certificate_is_found_by_node),
        stage_test(where_a_program_got_its_certificate_is_shown),
        stage_test(an_agent_names_its_node),
        stage_test(a_deleted_image_is_nowhere),
        stage_test(without_the_domain_there_is_none),
        stage_test(without_agreement_there_is_none),
        stage_test(programs_of_the_signed_class_ask_elsewhere),
        stage_test(others_see_nothing_of_it),
    };
    return cmocka_run_group_tests(tests, stage_group, NULL);
}
