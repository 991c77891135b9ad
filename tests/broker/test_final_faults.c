/* Graphs of the CCM class that are not to be approved: everything that is
 * wrong is named, at once. */

#include "base/text.h"
#include "tests/broker/venture.h"

#define FINALS "/v1/workflows/final/graphs"

static json_t *object_of(json_t *graph, const char *key)
{
    return json_object_get(
        json_object_get(json_object_get(graph, "contents"), "objects"), key);
}

static void assert_fault(struct venture *v, json_t *graph, const char *fault)
{
    struct answer *a =
        user_ask(v->stage, &v->boss, HTTP_POST,
                 json_pack("{s:s, s:o}", "operation", FINALS, "body", graph),
                 "/v1/approval_requests");
    assert_event(a, 400, "INVALID_VALUE");
    const char *message = answer_text(a, "message");
    if (!strstr(message, fault))
        fail_msg("%s: lacks %s", message, fault);
}

static void graphs_are_refused_with_all_their_faults(void **state)
{
    struct venture v;
    venture_make(&v, *state);
    json_t *graph = venture_graph(&v);
    json_t *app = object_of(graph, "app-1");
    assert_int_equal(0,
                     json_object_set_new(app, "name", json_string("../etc")));
    assert_int_equal(0, json_object_set_new(object_of(graph, "input-1"),
                                            "user_id", json_string(v.bob.id)));
    json_t *edge = json_object_get(
        json_object_get(json_object_get(graph, "contents"), "edges"), "1");
    assert_int_equal(0, json_object_set_new(json_object_get(edge, "target"),
                                            "port", json_string("no")));
    struct answer *a =
        user_ask(v.stage, &v.boss, HTTP_POST,
                 json_pack("{s:s, s:o}", "operation", FINALS, "body", graph),
                 "/v1/approval_requests");
    assert_event(a, 400, "INVALID_VALUE");
    assert_int_equal(3, json_array_size(json_object_get(a->body, "faults")));
    const char *message = answer_text(a, "message");
    assert_non_null(strstr(message, "the graph has 3 faults: objects."));
    assert_non_null(strstr(message, "objects.app-1.name: an object needs a"));
    assert_non_null(strstr(message, "; objects.input-1.user_id: this dataset "
                                    "belongs to "));
    assert_non_null(strstr(message, "edges.1.target: the app's configuration "
                                    "has no port \"no\", it has: input, "
                                    "output"));
}

static void set_ref(json_t *object, const char *variant, const char *member,
                    const char *value)
{
    json_t *ref = json_object_get(json_object_get(object, "ref"), variant);
    assert_int_equal(0, json_object_set_new(ref, member, json_string(value)));
}

static void nothing_of_the_signed_class_comes_in(void **state)
{
    static const char signed_id[] = "0a000000-0000-8000-8000-000000000001";
    struct venture v;
    venture_make(&v, *state);
    json_t *graph = venture_graph(&v);
    set_ref(object_of(graph, "input-1"), "dataset", "dataset_id", signed_id);
    assert_fault(&v, graph,
                 "objects.input-1.dataset_id: this dataset is of the signed "
                 "class: only its owner's signature puts it into a workflow, "
                 "no password");
    graph = venture_graph(&v);
    set_ref(object_of(graph, "app-1"), "app", "image_id", signed_id);
    assert_fault(&v, graph,
                 "objects.app-1.image_id: this build is of the signed class");
    struct hash id;
    assert_ok(hex_decode(bytes_of_string(v.configuration), id.bytes, HASH_LEN));
    venture_change(&v, POLICY_CONFIGURATION, hash_bytes(&id),
                   json_pack("{s:s}", "class", "signed"));
    assert_fault(&v, venture_graph(&v),
                 "objects.app-1: the configuration is of the signed class: a "
                 "password cannot put it into a workflow");
}

static void records_that_do_not_serve_are_named(void **state)
{
    struct venture v;
    struct api_id alice;
    AUTO_FREE(policy_txn) txn = NULL;
    struct policy_user user;
    venture_make(&v, *state);
    json_t *graph = venture_graph(&v);
    set_ref(object_of(graph, "input-1"), "dataset", "dataset_id",
            v.build_text); /* nobody's */
    assert_fault(&v, graph,
                 "objects.input-1.dataset_id: there is no such dataset in "
                 "this account");
    graph = venture_graph(&v);
    assert_int_equal(0,
                     json_object_set_new(
                         object_of(graph, "app-1"), "ref",
                         json_pack("{s:{s:s}}", "placeholder", "kind", "app")));
    assert_fault(&v, graph,
                 "objects.app-1.ref: this is still a placeholder: put an app "
                 "in its place");
    venture_change(&v, POLICY_BUILD, api_id_bytes(&v.build),
                   json_pack("{s:{}, s:s}", "configs", "status", "pending"));
    assert_fault(&v, venture_graph(&v),
                 "objects.app-1: the image's configs do not have this "
                 "configuration: PATCH the build first");
    assert_fault(&v, venture_graph(&v),
                 "objects.app-1: the image is not WHITELISTED");
    venture_change(&v, POLICY_DATASET, api_id_bytes(&v.output),
                   json_pack("{s:{s:s}}", "suspended", "by", "owner"));
    assert_fault(&v, venture_graph(&v),
                 "objects.output-1: the dataset is suspended");
    venture_change(&v, POLICY_DATASET, api_id_bytes(&v.output),
                   json_pack("{s:n, s:b}", "suspended", "erased", 1));
    assert_fault(&v, venture_graph(&v),
                 "objects.output-1: the dataset's credentials were erased");
    assert_ok(api_id_parse(bytes_of_string(v.alice.id), &alice));
    assert_ok(policy_write(v.stage->broker.store, &txn));
    assert_ok(policy_user_get(txn, &alice, &user));
    user.reset = true;
    assert_ok(policy_user_put(txn, &user));
    assert_ok(policy_commit(txn));
    policy_txn_free(TAKE(txn));
    assert_fault(&v, venture_graph(&v),
                 "objects.input-1: the dataset rests: its owner's password "
                 "was reset, and the owner has not resumed since");
}

static void who_left_the_account_contributes_nothing(void **state)
{
    struct venture v;
    struct api_id alice;
    AUTO_FREE(policy_txn) txn = NULL;
    struct policy_member member;
    venture_make(&v, *state);
    assert_ok(api_id_parse(bytes_of_string(v.alice.id), &alice));
    assert_ok(policy_write(v.stage->broker.store, &txn));
    assert_ok(policy_member_get(txn, &v.account, &alice, &member));
    member.state = POLICY_MEMBER_DISABLED;
    assert_ok(policy_member_put(txn, &member));
    assert_ok(policy_commit(txn));
    policy_txn_free(TAKE(txn));
    assert_fault(&v, venture_graph(&v), "is nobody in this account");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        stage_test(graphs_are_refused_with_all_their_faults),
        stage_test(nothing_of_the_signed_class_comes_in),
        stage_test(records_that_do_not_serve_are_named),
        stage_test(who_left_the_account_contributes_nothing),
    };
    return cmocka_run_group_tests(tests, stage_group, NULL);
}
