/* Two classes, never mixed: what sessions made, signatures cannot change. */

#include <stdio.h>

#include "base/text.h"
#include "broker/plain.h"
#include "tests/broker/users_cast.h"

#define ID  "0a000000-0000-4000-8000-000000000001"
#define HEX "0a0000000000400080000000000000010a000000000040008000000000000001"

/* Every row of /accord/v1 that changes one of these. */
/* clang-format off */
static const struct changing {
    enum http_method method;
    const char *path;  /* of the row */
    const char *ask;   /* below /accord/v1 */
    const char *body;
} changing[] = {
    { HTTP_POST,   "/accord/v1/builds/{}/approve",  "builds/" ID "/approve", NULL },
    { HTTP_POST,   "/accord/v1/builds/{}/deny",     "builds/" ID "/deny", NULL },
    { HTTP_POST,   "/accord/v1/builds/{}/withdraw", "builds/" ID "/withdraw", NULL },
    { HTTP_PATCH,  "/accord/v1/datasets/{}",        "datasets/" ID, "{\"name\": \"mine\"}" },
    { HTTP_POST,   "/accord/v1/datasets/{}/versions", "datasets/" ID "/versions", "{}" },
    { HTTP_POST,   "/accord/v1/datasets/{}/suspend", "datasets/" ID "/suspend", NULL },
    { HTTP_POST,   "/accord/v1/datasets/{}/resume", "datasets/" ID "/resume", "{}" },
    { HTTP_POST,   "/accord/v1/datasets/{}/erase",  "datasets/" ID "/erase", NULL },
    { HTTP_DELETE, "/accord/v1/datasets/{}",        "datasets/" ID, NULL },
    { HTTP_PATCH,  "/accord/v1/configurations/{}",  "configurations/" HEX, "{\"name\": \"mine\"}" },
    { HTTP_DELETE, "/accord/v1/configurations/{}",  "configurations/" HEX, NULL },
    { HTTP_PATCH,  "/accord/v1/apps/{}",            "apps/" ID, "{\"name\": \"mine\"}" },
    { HTTP_DELETE, "/accord/v1/apps/{}",            "apps/" ID, NULL },
    { HTTP_PUT,    "/accord/v1/drafts/{}",          "drafts/" ID, "{\"name\": \"mine\", \"objects\": {}, \"edges\": {}, \"version\": 1}" },
    { HTTP_DELETE, "/accord/v1/drafts/{}",          "drafts/" ID, NULL },
    { HTTP_DELETE, "/accord/v1/requests/{}",        "requests/" ID, NULL },
    { HTTP_POST,   "/accord/v1/requests/{}/decision", "requests/" ID "/decision", "" },
    { HTTP_POST,   "/accord/v1/workflows/{}/{}/withdraw", "workflows/" ID "/1/withdraw", NULL },
};
/* clang-format on */

static const enum policy_kind kinds[] = { POLICY_APP,     POLICY_BUILD,
                                          POLICY_DATASET, POLICY_CONFIGURATION,
                                          POLICY_DRAFT,   POLICY_REQUEST,
                                          POLICY_WORKFLOW };

static struct policy_key key_of(const struct person *p, enum policy_kind kind,
                                unsigned char id[HASH_LEN])
{
    assert_ok(hex_decode(bytes_of_string(HEX), id, HASH_LEN));
    size_t len = kind == POLICY_CONFIGURATION ? HASH_LEN : API_ID_LEN;
    return policy_key(kind, api_id_bytes(&p->account), bytes_of(id, len));
}

/* One object of every kind, all under the same id. */
static void put_all(struct stage *s, const struct person *p)
{
    static const unsigned char one[4] = { 0, 0, 0, 1 };
    unsigned char id[HASH_LEN];
    AUTO_FREE(policy_txn) txn = NULL;
    AUTO_JSON *record =
        json_pack("{s:s, s:s, s:s, s:i, s:[], s:{}, s:s}", "class", "ccm",
                  "name", "theirs", "status", "pending", "newest", 1, "ports",
                  "app_config", "manifest", "{}");
    assert_ok(policy_write(s->broker.store, &txn));
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct policy_key key = key_of(p, kinds[i], id);
        policy_put_json(txn, &key, record);
    }
    struct policy_key version =
        policy_key(POLICY_WORKFLOW_VERSION, api_id_bytes(&p->account),
                   bytes_of(id, API_ID_LEN), bytes_of(one, sizeof(one)));
    policy_put_json(txn, &version, record);
    assert_ok(policy_commit(txn));
}

static void assert_untouched(struct stage *s, const struct person *p)
{
    unsigned char id[HASH_LEN];
    AUTO_FREE(policy_txn) txn = NULL;
    assert_ok(policy_read(s->broker.store, &txn));
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct policy_key key = key_of(p, kinds[i], id);
        AUTO_JSON *record = NULL;
        assert_ok(policy_get_json(txn, &key, &record));
        assert_string_equal("theirs",
                            json_string_value(json_object_get(record, "name")));
        assert_string_equal(
            "pending", json_string_value(json_object_get(record, "status")));
    }
}

static json_t *body_of(const struct person *p, const char *text)
{
    if (text && text[0])
        return json_loads(text, 0, NULL);
    if (!text)
        return NULL;
    return json_pack("{s:s, s:o, s:[]}", "approval", "accord", "signature",
                     signature_json(p->key, bytes_of_string("accord")),
                     "grants");
}

static void a_signature_changes_nothing_of_the_ccm_class(void **state)
{
    struct stage *s = *state;
    struct person root;
    person_first(s, &root, "root");
    put_all(s, &root);
    for (size_t i = 0; i < sizeof(changing) / sizeof(changing[0]); i++) {
        stage_pass(60); /* a minute has ten leaves of denials */
        struct answer *a = stage_ask(s, as(&root), changing[i].method,
                                     body_of(&root, changing[i].body),
                                     "/accord/v1/%s", changing[i].ask);
        assert_answer(a, 403, "class");
        assert_says(a, "this is of the CCM class: it changes under /v1 only");
        assert_newest_leaf(s, API_LEAF_DENIAL, "code", "class");
    }
    assert_untouched(s, &root);
    person_clear(&root);
}

static bool is_listed(const struct route *r)
{
    for (size_t i = 0; i < sizeof(changing) / sizeof(changing[0]); i++)
        if (changing[i].method == r->method &&
            strcmp(changing[i].path, r->path) == 0)
            return true;
    return false;
}

static bool is_of_a_class(const char *path)
{
    static const char *const nouns[] = { "builds",         "datasets",
                                         "configurations", "apps",
                                         "drafts",         "requests",
                                         "workflows" };
    char start[64];
    for (size_t i = 0; i < sizeof(nouns) / sizeof(nouns[0]); i++) {
        (void)snprintf(start, sizeof(start), "/accord/v1/%s/{}", nouns[i]);
        if (strncmp(path, start, strlen(start)) == 0)
            return true;
    }
    return false;
}

/* A new row has to be in the table above. */
static void no_row_is_forgotten(void **state)
{
    (void)state;
    size_t rows = 0;
    for (size_t g = 0; route_groups[g]; g++)
        for (const struct route *r = route_groups[g]; r->path; r++)
            if (r->change && is_of_a_class(r->path)) {
                rows++;
                if (!is_listed(r))
                    fail_msg("%s is not in the table", r->path);
            }
    assert_int_equal(sizeof(changing) / sizeof(changing[0]), rows);
}

static void everybody_sees_the_class(void **state)
{
    struct stage *s = *state;
    struct person root;
    static const char *const lists[] = { "builds",         "datasets",
                                         "configurations", "apps",
                                         "drafts",         "requests",
                                         "workflows" };
    person_first(s, &root, "root");
    put_all(s, &root);
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        struct answer *a =
            stage_ask(s, as(&root), HTTP_GET, NULL, "/accord/v1/%s", lists[i]);
        assert_answer(a, 200, NULL);
        const json_t *item =
            json_array_get(json_object_get(a->body, "items"), 0);
        assert_string_equal("ccm",
                            json_string_value(json_object_get(item, "class")));
    }
    struct answer *a =
        stage_ask(s, as(&root), HTTP_POST, json_pack("{s:s}", "name", "mine"),
                  "/accord/v1/apps");
    assert_string_equal("signed", answer_text(a, "class"));
    a = stage_ask(s, as(&root), HTTP_GET, NULL, "/accord/v1/workflows/" ID);
    assert_string_equal("ccm", answer_text(a, "class"));
    person_clear(&root);
}

/* Nor does a signed object come to hold one. */
static void nothing_signed_names_the_ccm_class(void **state)
{
    struct stage *s = *state;
    struct play play;
    struct program program;
    play_begin(&play, s);
    put_all(s, &play.root);
    program_rule(s, 9, &program.rule);
    json_t *build = build_body(&play.bob, "in their app", &program);
    assert_int_equal(0, json_object_set_new(build, "app", json_string(ID)));
    assert_answer(
        stage_ask(s, as(&play.bob), HTTP_POST, build, "/accord/v1/builds"), 403,
        "class");

    AUTO_JSON *graph = play_graph(&play);
    assert_int_equal(0,
                     json_object_set_new(graph, "workflow", json_string(ID)));
    assert_answer(stage_ask(s, as(&play.bob), HTTP_POST, json_incref(graph),
                            "/accord/v1/requests"),
                  403, "class");
    play_end(&play);
}

static void a_signed_graph_with_their_objects_has_faults(void **state)
{
    struct stage *s = *state;
    struct play play;
    play_begin(&play, s);
    put_all(s, &play.root);
    char user[API_ID_TEXT];
    api_id_text(&play.bob.id, user);
    json_t *graph =
        json_pack("{s:s, s:s, s:{s:{s:s, s:s, s:{s:{s:s, s:s}}}, s:{s:s, s:s, "
                  "s:{s:{s:s}}}}, s:{}}",
                  "name", "mixed", "description", "", "objects", "a", "name",
                  "app", "user_id", user, "ref", "app", "image_id", ID,
                  "config_id", HEX, "d", "name", "data", "user_id", user, "ref",
                  "dataset", "dataset_id", ID, "edges");
    struct answer *a =
        stage_ask(s, as(&play.bob), HTTP_POST, graph, "/accord/v1/check");
    assert_answer(a, 200, NULL);
    size_t i, mixed = 0,
              configurations = 0; /* both objects and the configuration */
    json_t *fault;
    json_array_foreach(json_object_get(a->body, "faults"), i, fault)
    {
        const char *text = json_string_value(json_object_get(fault, "fault"));
        mixed += strstr(text, "of the CCM class") != NULL;
        configurations +=
            strcmp(text, "the configuration is of the CCM class: a signed "
                         "workflow cannot use it") == 0;
    }
    assert_int_equal(3, mixed);
    assert_int_equal(1, configurations);
    play_end(&play);
}

/* --- the other side ------------------------------------------------------ */

static void a_session_uses_only_its_own_class(void **state)
{
    struct stage *s = *state;
    struct person root;
    struct api_id id;
    AUTO_FREE(policy_txn) txn = NULL;
    AUTO_JSON *own = NULL, *record = json_pack("{s:s}", "name", "theirs");
    person_first(s, &root, "root");
    struct exchange *x = exchange_new(&s->broker);
    x->peer.account = root.account;
    assert_ok(api_id_random(&id));
    assert_ok(policy_write(s->broker.store, &txn));
    assert_status(STATUS_NOT_FOUND, plain_own(x, txn, POLICY_APP,
                                              api_id_bytes(&id), "app", &own));
    assert_int_equal(404, x->http_status);
    policy_object_put(txn, POLICY_APP, &root.account, api_id_bytes(&id),
                      record);
    assert_ok(plain_find(x, txn, POLICY_APP, api_id_bytes(&id), "app", &own));
    assert_string_equal("signed", plain_class_name(own));
    json_decref(TAKE(own));
    assert_status(STATUS_DENIED, plain_own(x, txn, POLICY_APP,
                                           api_id_bytes(&id), "app", &own));
    assert_int_equal(403, x->http_status);
    assert_string_equal("FORBIDDEN", x->code);
    assert_string_equal("this app is of the signed class: only its owner's "
                        "signature changes it",
                        x->why.text);
    assert_null(own);

    struct api_id other;
    assert_ok(api_id_random(&other));
    assert_status(
        STATUS_CONFLICT,
        plain_new(x, txn, POLICY_APP, api_id_bytes(&other), record, "app"));
    assert_int_equal(400, x->http_status);
    assert_string_equal("UNIQUE_VIOLATION", x->code);
    assert_int_equal(0, json_object_set_new(record, "name", json_string("n")));
    assert_ok(
        plain_new(x, txn, POLICY_APP, api_id_bytes(&other), record, "app"));
    assert_ok(plain_own(x, txn, POLICY_APP, api_id_bytes(&other), "app", &own));
    assert_string_equal("ccm", plain_class_name(own));
    policy_txn_free(TAKE(txn));
    exchange_free(x);
    person_clear(&root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        stage_test(a_signature_changes_nothing_of_the_ccm_class),
        cmocka_unit_test(no_row_is_forgotten),
        stage_test(everybody_sees_the_class),
        stage_test(nothing_signed_names_the_ccm_class),
        stage_test(a_signed_graph_with_their_objects_has_faults),
        stage_test(a_session_uses_only_its_own_class),
    };
    return cmocka_run_group_tests(tests, stage_group, NULL);
}
