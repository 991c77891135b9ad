/* Drafts under /v1: edited by whoever writes, locked by their version, read
 * strictly, granting nothing. */

#include <stdio.h>

#include "tests/broker/venture.h"
#include "tests/support/examples.h"

#define DRAFTS "/v1/workflows/draft/graphs"

static json_t *node(void)
{
    return json_pack("{s:{s:i, s:i}}", "position", "x", -1, "y", 2);
}

static json_t *object(const struct user *u, const char *name, const char *ref)
{
    json_t *made =
        json_pack("{s:s, s:s, s:s, s:o}", "name", name, "description", "",
                  "user_id", u->id, "ref", json_loads(ref, 0, NULL));
    assert_non_null(made);
    return made;
}

#define DATASET                                                                \
    "{\"dataset\": {\"dataset_id\": "                                          \
    "\"7bd18e68-7847-45d9-9372-95e56746c0b3\"}}"
#define PROGRAM "{\"placeholder\": {\"kind\": \"app\"}}"

static json_t *draft_body(const struct user *u, const char *name)
{
    return json_pack(
        "{s:s, s:s, s:{s:o, s:o, s:o}, s:{s:{s:{s:s}, s:{s:s, s:s}}, "
        "s:{s:{s:s, "
        "s:s}, s:{s:s}}}, s:{s:{s:o, s:o, s:o}, s:{s:s, s:i}}}",
        "name", name, "description", "first", "objects", "app-1",
        object(u, "app 1", PROGRAM), "input-1", object(u, "input-1", DATASET),
        "output-1", object(u, "output-1", DATASET), "edges", "1", "source",
        "id", "input-1", "target", "id", "app-1", "port", "input", "2",
        "source", "id", "app-1", "port", "output", "target", "id", "output-1",
        "metadata", "nodes", "app-1", node(), "input-1", node(), "output-1",
        node(), "parent", "graph_id", "F7357F88AFEF49E1B9F888F5A0597E12",
        "source_version", 1);
}

static void make(struct stage *s, const struct user *u, const char *name,
                 char id[API_ID_TEXT])
{
    struct answer *a = user_ask(s, u, HTTP_POST, draft_body(u, name), DRAFTS);
    assert_answer(a, 200, NULL);
    (void)snprintf(id, API_ID_TEXT, "%s", answer_text(a, "graph_id"));
}

static void a_draft_is_what_was_posted(void **state)
{
    struct stage *s = *state;
    struct user u;
    char id[API_ID_TEXT];
    user_make_managing(s, "owner@example.com", &u);
    make(s, &u, "wf", id);
    assert_like_example(37, s->last->body);
    assert_newest_leaf(s, API_LEAF_CHANGE, "action", "draft-create");
    assert_newest_leaf(s, API_LEAF_CHANGE, "class", "ccm");
    struct answer *a = user_ask(s, &u, HTTP_GET, NULL, DRAFTS "/%s", id);
    assert_answer(a, 200, NULL);
    AUTO_JSON *posted = draft_body(&u, "wf");
    assert_true(json_equal(json_object_get(posted, "objects"),
                           json_object_get(a->body, "objects")));
    const json_t *metadata = json_object_get(a->body, "metadata");
    assert_true(json_equal(
        json_object_get(json_object_get(posted, "metadata"), "nodes"),
        json_object_get(metadata, "nodes")));
    assert_string_equal("f7357f88-afef-49e1-b9f8-88f5a0597e12",
                        json_string_value(json_object_get(
                            json_object_get(metadata, "parent"), "graph_id")));
    assert_string_equal(u.id, answer_text(a, "creator_id"));
    assert_string_equal(u.account, answer_text(a, "group_id"));
    assert_string_equal("ccm", answer_text(a, "class"));
    assert_int_equal(1,
                     json_integer_value(json_object_get(a->body, "version")));
    assert_event(user_ask(s, &u, HTTP_POST, draft_body(&u, "wf"), DRAFTS), 400,
                 "UNIQUE_VIOLATION");
}

/* As the product's clients send it, and back: examples 36 to 39. */
static void the_clients_own_drafts_come_and_go(void **state)
{
    struct stage *s = *state;
    struct user u;
    user_make_managing(s, "owner@example.com", &u);
    json_t *body = example(36, NULL);
    if (!body)
        return; /* said by the others */
    AUTO_JSON *kept = json_incref(json_object_get(body, "objects"));
    struct answer *a = user_ask(s, &u, HTTP_POST, body, DRAFTS);
    assert_answer(a, 200, NULL);
    assert_true(json_equal(kept, json_object_get(a->body, "objects")));
    body = example(39, NULL);
    AUTO_JSON *next = json_incref(json_object_get(body, "objects"));
    a = user_ask(s, &u, HTTP_PUT, body, DRAFTS "/%s",
                 answer_text(a, "graph_id"));
    assert_answer(a, 200, NULL);
    assert_true(json_equal(next, json_object_get(a->body, "objects")));
    assert_int_equal(2,
                     json_integer_value(json_object_get(a->body, "version")));
}

static void a_draft_is_found_by_its_parent(void **state)
{
    struct stage *s = *state;
    struct user u;
    char id[API_ID_TEXT];
    user_make_managing(s, "owner@example.com", &u);
    make(s, &u, "one", id);
    json_t *other = draft_body(&u, "two");
    assert_int_equal(
        0, json_object_del(json_object_get(other, "metadata"), "parent"));
    assert_answer(user_ask(s, &u, HTTP_POST, other, DRAFTS), 200, NULL);
    struct answer *a = user_ask(
        s, &u, HTTP_GET, NULL,
        DRAFTS "?parent_graph_id=f7357f88-afef-49e1-b9f8-88f5a0597e12");
    assert_answer(a, 200, NULL);
    assert_like_example(38, a->body);
    assert_int_equal(1, json_array_size(json_object_get(a->body, "items")));
    a = user_ask(s, &u, HTTP_GET, NULL, DRAFTS "?sort_by=name:DESC");
    const json_t *first = json_array_get(json_object_get(a->body, "items"), 0);
    assert_string_equal("two",
                        json_string_value(json_object_get(first, "name")));
}

static json_t *later(const struct user *u, int version)
{
    json_t *body = draft_body(u, "renamed");
    assert_int_equal(
        0, json_object_set_new(body, "version", json_integer(version)));
    assert_int_equal(0, json_object_del(body, "metadata"));
    return body;
}

static void what_somebody_changed_meanwhile_is_not_overwritten(void **state)
{
    struct stage *s = *state;
    struct user u;
    char id[API_ID_TEXT];
    user_make_managing(s, "owner@example.com", &u);
    make(s, &u, "wf", id);
    struct answer *a =
        user_ask(s, &u, HTTP_PUT, later(&u, 1), DRAFTS "/%s", id);
    assert_answer(a, 200, NULL);
    assert_int_equal(2,
                     json_integer_value(json_object_get(a->body, "version")));
    assert_string_equal("renamed", answer_text(a, "name"));
    assert_null(json_object_get(a->body, "metadata"));
    a = user_ask(s, &u, HTTP_PUT, later(&u, 1), DRAFTS "/%s", id);
    assert_event(a, 409, "CONFLICT");
    assert_says(a, "version: the draft is at 2 by now: look at it again");
}

static void deleting_needs_a_writer_and_no_approval(void **state)
{
    struct stage *s = *state;
    struct user u, reader;
    char id[API_ID_TEXT];
    user_make_managing(s, "owner@example.com", &u);
    user_make_in(s, &u, "READER", "reader@example.com", &reader);
    make(s, &u, "wf", id);
    assert_event(user_ask(s, &reader, HTTP_DELETE, NULL, DRAFTS "/%s", id), 403,
                 "FORBIDDEN");
    assert_event(user_ask(s, &reader, HTTP_POST, draft_body(&u, "x"), DRAFTS),
                 403, "FORBIDDEN");
    assert_int_equal(
        204, user_ask(s, &u, HTTP_DELETE, NULL, DRAFTS "/%s", id)->status);
    assert_newest_leaf(s, API_LEAF_CHANGE, "action", "draft-delete");
    assert_event(user_ask(s, &u, HTTP_GET, NULL, DRAFTS "/%s", id), 404,
                 "NOT_FOUND");
}

/* Members of the body replaced, and what is said to that. */
/* clang-format off */
static const struct malformed {
    const char *member, *text, *says;
} malformed[] = {
    { "objects", "[]", "objects: expected an object of at most 256 members" },
    { "objects", "{\"\": {}}", "objects: expected keys of 1 to 64 bytes" },
    { "objects", "{\"a\": 1}", "objects.a: expected an object" },
    { "objects", "{\"a\": {\"color\": 1}}", "objects.a: unknown member \"color\"" },
    { "objects", "{\"a\": {\"name\": 1}}", "objects.a.name: expected text of at most 4096 bytes" },
    { "objects", "{\"a\": {\"name\": \"n\", \"user_id\": \"me\"}}", "objects.a.user_id: expected a UUID" },
    { "objects", "{\"a\": {\"name\": \"n\", \"user_id\": \"22222222222242228222222222222222\", \"ref\": {}}}",
      "objects.a.ref: expected exactly one of placeholder, dataset and app" },
    { "objects", "{\"a\": {\"name\": \"n\", \"user_id\": \"22222222222242228222222222222222\", \"ref\": "
      "{\"placeholder\": {\"kind\": \"app\"}, \"dataset\": {\"dataset_id\": \"22222222222242228222222222222222\"}}}}",
      "objects.a.ref: expected exactly one of placeholder, dataset and app" },
    { "objects", "{\"a\": {\"name\": \"n\", \"user_id\": \"22222222222242228222222222222222\", \"ref\": "
      "{\"placeholder\": {\"kind\": \"node\"}}}}",
      "objects.a.ref.placeholder.kind: expected app, dataset or script" },
    { "objects", "{\"a\": {\"name\": \"n\", \"user_id\": \"22222222222242228222222222222222\", \"ref\": "
      "{\"dataset\": {\"dataset_id\": \"22222222222242228222222222222222\", \"acct_id\": \"22222222222242228222222222222222\"}}}}",
      "objects.a.ref.dataset.acct_id: an account has one group, of its own id, and sees no other account" },
    { "edges", "{\"e\": {\"source\": {\"id\": \"app-1\"}, \"target\": {\"id\": \"nowhere\"}}}",
      "edges.e.target: expected the key of an object of this graph" },
    { "metadata", "{}", "metadata.nodes: expected an object of at most 256 members" },
    { "metadata", "{\"nodes\": {\"a\": {\"position\": {\"x\": \"1\", \"y\": 2}}}}", "metadata.nodes.a.position.x: expected an integer" },
    { "metadata", "{\"nodes\": {}, \"parent\": {\"graph_id\": \"22222222222242228222222222222222\"}}",
      "metadata.parent.source_version: expected an integer" },
    { "labels", "{\"a\": 1}", "labels.a: expected text of at most 4096 bytes" },
    { "labels", "[]", "labels: expected an object of at most 64 texts" },
    { "group_id", "\"22222222222242228222222222222222\"", "group_id: an account has one group, of its own id, and sees no other account" },
};
/* clang-format on */

static void every_part_is_read_strictly(void **state)
{
    struct stage *s = *state;
    struct user u;
    user_make_managing(s, "owner@example.com", &u);
    for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
        json_t *body = draft_body(&u, "wf");
        json_t *value = json_loads(malformed[i].text, JSON_DECODE_ANY, NULL);
        assert_int_equal(0,
                         json_object_set_new(body, malformed[i].member, value));
        struct answer *a = user_ask(s, &u, HTTP_POST, body, DRAFTS);
        assert_int_equal(400, a->status);
        assert_says(a, malformed[i].says);
    }
}

/* What is null counts as absent, and the account's own ids go without
 * saying. */
static void nulls_and_own_ids_are_left_out(void **state)
{
    struct stage *s = *state;
    struct user u;
    user_make_managing(s, "owner@example.com", &u);
    json_t *body = json_pack(
        "{s:s, s:{s:{s:s, s:s, s:n, s:{s:n, s:{s:s, s:s, s:s}}}}, s:{}, s:n, "
        "s:n, s:s}",
        "name", "wf", "objects", "d", "name", "d", "user_id", u.id,
        "description", "ref", "app", "dataset", "dataset_id", u.id, "acct_id",
        u.account, "group_id", u.account, "edges", "metadata", "labels",
        "group_id", u.account);
    struct answer *a = user_ask(s, &u, HTTP_POST, body, DRAFTS);
    assert_answer(a, 200, NULL);
    AUTO_JSON *wanted =
        json_pack("{s:{s:s, s:s, s:{s:{s:s}}}}", "d", "name", "d", "user_id",
                  u.id, "ref", "dataset", "dataset_id", u.id);
    assert_true(json_equal(wanted, json_object_get(a->body, "objects")));
    assert_null(json_object_get(a->body, "metadata"));
    assert_string_equal("", answer_text(a, "description"));
}

static void drafts_of_the_signed_class_are_none_here(void **state)
{
    struct stage *s = *state;
    struct venture v;
    struct api_id id;
    char text[API_ID_TEXT];
    AUTO_FREE(policy_txn) txn = NULL;
    AUTO_JSON *record = json_pack("{s:s}", "name", "theirs");
    venture_make(&v, s);
    assert_ok(api_id_random(&id));
    api_id_text(&id, text);
    assert_ok(policy_write(s->broker.store, &txn));
    policy_object_put(txn, POLICY_DRAFT, &v.account, api_id_bytes(&id), record);
    assert_ok(policy_commit(txn));
    policy_txn_free(TAKE(txn));
    struct answer *a = user_ask(s, &v.boss, HTTP_GET, NULL, DRAFTS);
    assert_int_equal(0, json_array_size(json_object_get(a->body, "items")));
    assert_event(user_ask(s, &v.boss, HTTP_GET, NULL, DRAFTS "/%s", text), 404,
                 "NOT_FOUND");
    assert_event(user_ask(s, &v.boss, HTTP_DELETE, NULL, DRAFTS "/%s", text),
                 404, "NOT_FOUND");
}

static void an_account_has_so_many_drafts(void **state)
{
    struct stage *s = *state;
    struct user u;
    char id[API_ID_TEXT];
    user_make_managing(s, "owner@example.com", &u);
    stage_configure(s, "[limits]\ndrafts = 2\n");
    user_log_in(s, &u);
    user_select(s, &u, u.account);
    make(s, &u, "one", id);
    make(s, &u, "two", id);
    assert_event_says(
        user_ask(s, &u, HTTP_POST, draft_body(&u, "three"), DRAFTS), 403,
        "QUOTA_EXCEEDED",
        "this account has 2 drafts already, as many as it may");
    assert_int_equal(
        204, user_ask(s, &u, HTTP_DELETE, NULL, DRAFTS "/%s", id)->status);
    make(s, &u, "three", id);
}

static size_t found(struct stage *s, const struct user *u, const char *query)
{
    struct answer *a = user_ask(s, u, HTTP_GET, NULL, DRAFTS "?%s", query);
    assert_answer(a, 200, NULL);
    return json_array_size(json_object_get(a->body, "items"));
}

static void a_draft_is_found_by_project_and_labels(void **state)
{
    struct stage *s = *state;
    struct user u;
    user_make_managing(s, "owner@example.com", &u);
    json_t *body = json_pack("{s:s, s:{}, s:{}, s:{s:{}, s:s}, s:{s:s}}",
                             "name", "wf", "objects", "edges", "metadata",
                             "nodes", "project", "p1", "labels", "a", "b");
    assert_answer(user_ask(s, &u, HTTP_POST, body, DRAFTS), 200, NULL);
    assert_int_equal(1, found(s, &u, "project=p1"));
    assert_int_equal(0, found(s, &u, "project=p2"));
    assert_int_equal(
        1, found(s, &u, "filter=%7B%22labels%22%3A%7B%22a%22%3A%22b%22%7D%7D"));
    assert_int_equal(
        0, found(s, &u, "filter=%7B%22labels%22%3A%7B%22a%22%3A%22c%22%7D%7D"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        stage_test(a_draft_is_what_was_posted),
        stage_test(the_clients_own_drafts_come_and_go),
        stage_test(a_draft_is_found_by_its_parent),
        stage_test(what_somebody_changed_meanwhile_is_not_overwritten),
        stage_test(deleting_needs_a_writer_and_no_approval),
        stage_test(every_part_is_read_strictly),
        stage_test(nulls_and_own_ids_are_left_out),
        stage_test(drafts_of_the_signed_class_are_none_here),
        stage_test(an_account_has_so_many_drafts),
        stage_test(a_draft_is_found_by_project_and_labels),
    };
    return cmocka_run_group_tests(tests, stage_group, NULL);
}
