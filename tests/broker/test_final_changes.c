/* What may be changed of final workflows: names, and where they run. What was
 * agreed stays. */

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

static struct answer *drop(struct venture *v, const struct user *who,
                           const char *version)
{
    return user_ask(v->stage, who, HTTP_DELETE, NULL, FINALS "/%s/%s",
                    v->workflow, version);
}

static struct answer *patch(struct venture *v, const struct user *who,
                            const char *version, json_t *body)
{
    return user_ask(v->stage, who, HTTP_PATCH, body, FINALS "/%s%s%s",
                    v->workflow, version ? "/" : "", version ? version : "");
}

/* Example 41 as the product's client sends it, but for the ids. */
static void the_clients_own_version_is_taken(void **state)
{
    struct venture v;
    char operation[128];
    venture_make(&v, *state);
    const char *pairs[VENTURE_PAIRS];
    venture_pairs(&v, pairs);
    json_t *body = example(41, pairs);
    if (!body) {
        print_error("SKIPPED: no sample 41 in %s: the client's own version is "
                    "not sent\n",
                    EXAMPLES);
        skip();
    }
    AUTO_JSON *sent = json_incref(body);
    venture_submit(&v, venture_graph(&v), NULL);
    venture_agree(&v);
    venture_change(&v, POLICY_DATASET, api_id_bytes(&v.output),
                   json_pack("{s:s}", "owner_user", v.alice.id));
    (void)snprintf(operation, sizeof(operation), FINALS "/%s", v.workflow);
    venture_submit(&v, body, operation);
    venture_agree(&v);
    struct answer *a = get(&v, "2");
    assert_answer(a, 200, NULL);
    assert_like_example(44, a->body);
    const json_t *contents = json_object_get(a->body, "contents");
    static const char *const parts[] = { "objects", "edges", "metadata" };
    for (size_t i = 0; i < 3; i++)
        assert_true(json_equal(json_object_get(sent, parts[i]),
                               json_object_get(contents, parts[i])));
}

static void a_workflow_is_renamed_and_its_hashes_stay(void **state)
{
    struct venture v;
    struct hash before, after;
    venture_make(&v, *state);
    venture_submit(&v, venture_graph(&v), NULL);
    venture_agree(&v);
    venture_runtime(&v, "1", &before);
    stage_pass(60);
    struct answer *a = patch(&v, &v.bob, NULL,
                             json_pack("{s:s, s:s}", "name", "renamed",
                                       "description", "for more patients"));
    assert_answer(a, 200, NULL);
    assert_like_example(42, a->body);
    assert_string_equal("renamed", answer_text(a, "name"));
    assert_string_equal("for more patients", answer_text(a, "description"));
    assert_int_equal(
        60, json_integer_value(json_object_get(a->body, "updated_at")) -
                json_integer_value(json_object_get(a->body, "created_at")));
    assert_newest_leaf(*state, API_LEAF_CHANGE, "action", "workflow-change");
    venture_runtime(&v, "1", &after);
    assert_true(hash_equal(&before, &after));

    venture_extend(
        &v, venture_without_output(&v)); /* goes under the names of now */
    assert_answer(patch(&v, &v.bob, NULL, json_pack("{s:s}", "name", "again")),
                  200, NULL);
    venture_agree(&v);
    a = get(&v, "2");
    assert_string_equal("again", answer_text(a, "name"));
    assert_string_equal("for more patients", answer_text(a, "description"));
    a = user_ask(v.stage, &v.bob, HTTP_GET, NULL, FINALS "?name=again");
    assert_int_equal(1, json_array_size(json_object_get(a->body, "items")));

    assert_event(patch(&v, &v.bob, NULL, json_pack("{s:s}", "name", "")), 400,
                 "INVALID_NAME");
    assert_event(patch(&v, &v.bob, NULL, json_pack("{s:s}", "labels", "")), 400,
                 "INVALID_BODY_PARAMETER");
    assert_int_equal(204, drop(&v, &v.boss, "1")->status);
    assert_int_equal(204, drop(&v, &v.boss, "2")->status);
    assert_event(patch(&v, &v.bob, NULL, json_object()), 404, "NOT_FOUND");
}

#define CLUSTER "11111111-2222-4333-8444-555555555555"

static json_t *deployment_body(const char *hash)
{
    return json_pack("{s:{s:{s:s, s:s}}, s:{s:{s:{s:{s:{s:i}}}}}}",
                     "deployment", "kubernetes_single_job", "namespace",
                     "default", "cluster_id", CLUSTER, "runtime_configs", hash,
                     "deployment", "kubernetes", "job_spec", "parallelism", 1);
}

static void where_it_runs_is_kept_and_shown(void **state)
{
    struct venture v;
    struct hash runtime_hash;
    char hash[65];
    venture_make(&v, *state);
    venture_submit(&v, venture_graph(&v), NULL);
    venture_agree(&v);
    venture_runtime(&v, "1", &runtime_hash);
    hex_encode(hash_bytes(&runtime_hash), hash);
    assert_null(json_object_get(json_object_get(get(&v, "1")->body, "contents"),
                                "deployment"));
    AUTO_JSON *body = deployment_body(hash);
    struct answer *a = patch(&v, &v.bob, "1", json_incref(body));
    assert_answer(a, 200, NULL);
    assert_like_example(44, a->body);
    assert_newest_leaf(*state, API_LEAF_CHANGE, "action", "workflow-deploy");
    for (int i = 0; i < 2; i++) {
        const json_t *contents = json_object_get(a->body, "contents");
        assert_true(json_equal(json_object_get(body, "deployment"),
                               json_object_get(contents, "deployment")));
        const json_t *one =
            json_object_get(json_object_get(contents, "runtime_configs"), hash);
        assert_true(json_equal(
            json_object_get(
                json_object_get(json_object_get(body, "runtime_configs"), hash),
                "deployment"),
            json_object_get(one, "deployment")));
        assert_string_equal(v.configuration, json_string_value(json_object_get(
                                                 one, "config_id")));
        a = get(&v, "1");
    }
    a = get(&v, NULL);
    assert_non_null(json_object_get(
        json_object_get(json_object_get(a->body, "versions"), "1"),
        "deployment"));
    venture_runtime(&v, "1", &runtime_hash); /* the same programs */

    /* what is said again stands in its place; what is gone takes it along */
    body = (json_decref(body),
            json_pack("{s:{s:{s:s}}, s:{s:{}}}", "deployment", "aci_single_job",
                      "cluster_id", CLUSTER, "runtime_configs", hash));
    a = patch(&v, &v.alice, "1", json_incref(body));
    assert_answer(a, 200, NULL);
    const json_t *contents = json_object_get(a->body, "contents");
    assert_null(json_object_get(
        json_object_get(json_object_get(contents, "runtime_configs"), hash),
        "deployment"));
    assert_non_null(json_object_get(json_object_get(contents, "deployment"),
                                    "aci_single_job"));
    assert_int_equal(204, drop(&v, &v.boss, "1")->status);
    assert_event(patch(&v, &v.bob, "1", json_incref(body)), 404, "NOT_FOUND");
}

#define JOB                                                                    \
    "{\"deployment\":{\"aci_single_job\":{\"cluster_id\":\"" CLUSTER "\"}}"
#define PROGRAM ",\"runtime_configs\":{\"ab\":{\"deployment\":"

static void a_bad_deployment_is_refused_by_its_place(void **state)
{
    /* clang-format off */
    static const struct { const char *body, *says; } bad[] = {
        { "{}", "deployment: expected an object" },
        { "{\"deployment\":{},\"runtime_configs\":{}}", "deployment: expected exactly one of kubernetes_single_job and aci_single_job" },
        { "{\"deployment\":{\"aci_single_job\":{\"cluster_id\":\"x\"}},\"runtime_configs\":{}}", "deployment.aci_single_job.cluster_id: expected a UUID" },
        { "{\"deployment\":{\"kubernetes_single_job\":{\"cluster_id\":\"" CLUSTER "\"}},\"runtime_configs\":{}}", "deployment.kubernetes_single_job.namespace: expected text of at most 1024 bytes" },
        { JOB "}", "runtime_configs: expected an object" },
        { "{\"deployment\":{\"aci_single_job\":{\"cluster_id\":\"" CLUSTER "\",\"x\":1}},\"runtime_configs\":{}}", "deployment.aci_single_job: " },
        { JOB ",\"runtime_configs\":{\"ab\":{}}}", "runtime_configs.ab: no program of this version" },
        { JOB PROGRAM "{\"kubernetes\":{}}}}}", "runtime_configs.ab.deployment.kubernetes.job_spec: expected an object" },
        { JOB PROGRAM "{\"aci\":{\"exposed_ports\":[{\"port\":0,\"protocol\":\"Tcp\"}],\"env_vars\":{}}}}}}", "exposed_ports: expected a port from 1 to 65535 and Tcp or Udp" },
        { JOB PROGRAM "{\"aci\":{\"exposed_ports\":{},\"env_vars\":{}}}}}}", "exposed_ports: expected a list of at most 256 ports" },
        { JOB PROGRAM "{\"aci\":{\"exposed_ports\":[],\"env_vars\":[]}}}}}", "env_vars: expected an object of at most 256 texts" },
    };
    /* clang-format on */
    struct venture v;
    venture_make(&v, *state);
    venture_submit(&v, venture_graph(&v), NULL);
    venture_agree(&v);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        json_t *body = NULL;
        assert_ok(api_json_read(bytes_of_string(bad[i].body), 4096, false,
                                &body, NULL));
        struct answer *a = patch(&v, &v.bob, "1", body);
        assert_int_equal(400, a->status);
        assert_says(a, bad[i].says);
    }
    static char long_text[66000];
    memset(long_text, 'x', sizeof(long_text) - 1);
    assert_event_says(patch(&v, &v.bob, "1",
                            json_pack("{s:{s:s}, s:{}}", "deployment", "x",
                                      long_text, "runtime_configs")),
                      400, "INVALID_VALUE",
                      "deployment: more than 65536 bytes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        stage_test(the_clients_own_version_is_taken),
        stage_test(a_workflow_is_renamed_and_its_hashes_stay),
        stage_test(where_it_runs_is_kept_and_shown),
        stage_test(a_bad_deployment_is_refused_by_its_place),
    };
    return cmocka_run_group_tests(tests, stage_group, NULL);
}
