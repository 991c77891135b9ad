/* Compute nodes as em-client asks for many of them. */

#include "tests/broker/nodes_cast.h"

static void label(struct stage *s, const struct user *u, const struct node *n,
                  const char *path, const char *value)
{
    assert_answer(user_ask(s, u, HTTP_PATCH,
                           json_pack("{s:[{s:s, s:s, s:s}]}", "patch", "op",
                                     "add", "path", path, "value", value),
                           "/v1/nodes/%s", n->id),
                  200, NULL);
}

static void assert_count(const json_t *items, size_t i, const char *key,
                         const char *value, json_int_t count)
{
    const json_t *item = json_array_get(items, i);
    assert_string_equal(key, json_string_value(json_object_get(item, "key")));
    assert_string_equal(value,
                        json_string_value(json_object_get(item, "value")));
    assert_int_equal(count, json_integer_value(json_object_get(item, "count")));
}

static void labels_are_counted(void **state)
{
    struct stage *s = *state;
    struct user u, other;
    struct node n[2];
    user_make_managing(s, "owner@example.com", &u);
    user_make_managing(s, "other@example.com", &other);
    node_enrol(s, &u, "node-1", &n[0]);
    node_enrol(s, &u, "node-2", &n[1]);
    label(s, &u, &n[0], "/labels/rack", "7");
    label(s, &u, &n[1], "/labels/rack", "7");
    label(s, &u, &n[1], "/labels/room~1floor~01", "2");
    assert_event(user_ask(s, &u, HTTP_PATCH,
                          json_pack("{s:[{s:s, s:s, s:s}]}", "patch", "op",
                                    "add", "path", "/labels/a~2", "value", "1"),
                          "/v1/nodes/%s", n[0].id),
                 400, "INVALID_VALUE");
    struct answer *a =
        user_ask(s, &u, HTTP_GET, NULL, "/v1/nodes/unique_labels/count");
    assert_answer(a, 200, NULL);
    const json_t *items = json_object_get(a->body, "items");
    assert_int_equal(2, json_array_size(items));
    assert_count(items, 0, "rack", "7", 2);
    assert_count(items, 1, "room/floor~1", "2", 1);
    a = user_ask(s, &other, HTTP_GET, NULL, "/v1/nodes/unique_labels/count");
    assert_int_equal(0, json_array_size(json_object_get(a->body, "items")));
    node_clear(&n[0]);
    node_clear(&n[1]);
}

static void assert_first(struct stage *s, const struct user *u,
                         const char *query, size_t many, const char *name)
{
    struct answer *a = user_ask(s, u, HTTP_GET, NULL, "/v1/nodes?%s", query);
    assert_answer(a, 200, NULL);
    const json_t *items = json_object_get(a->body, "items");
    assert_int_equal(many, json_array_size(items));
    assert_string_equal(name, json_string_value(json_object_get(
                                  json_array_get(items, 0), "name")));
}

/* What orders and selects is inside "status" and "sgx_info". */
static void nodes_are_sorted_by_their_state(void **state)
{
    struct stage *s = *state;
    struct user u;
    struct node n[2];
    user_make_managing(s, "owner@example.com", &u);
    node_enrol(s, &u, "node-1", &n[0]);
    stage_pass(10);
    node_enrol(s, &u, "node-2", &n[1]);
    assert_first(s, &u, "sort_by=created_at%3ADESC", 2, "node-2");
    assert_first(s, &u, "sort_by=last_seen_at%3AASC%2Cname%3ADESC", 2,
                 "node-1");
    assert_answer(
        user_ask(s, &u, HTTP_POST, NULL, "/v1/nodes/%s/deactivate", n[1].id),
        204, NULL);
    assert_first(s, &u, "sort_by=status%3AASC", 2, "node-2");
    assert_first(s, &u, "sort_by=status%3ADESC&sgx_version=2", 2, "node-1");
    assert_event(user_ask(s, &u, HTTP_GET, NULL,
                          "/v1/nodes?sort_by=status=status%%3AASC"),
                 400, "INVALID_QUERY_PARAMETER");
    struct answer *a =
        user_ask(s, &u, HTTP_GET, NULL, "/v1/nodes?sgx_version=1");
    assert_int_equal(0, json_array_size(json_object_get(a->body, "items")));
    node_clear(&n[0]);
    node_clear(&n[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        stage_test(labels_are_counted),
        stage_test(nodes_are_sorted_by_their_state),
    };
    return cmocka_run_group_tests(tests, stage_group, NULL);
}
