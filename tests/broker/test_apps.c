/* The product's apps: made, shown, changed, deleted. */

#include <stdio.h>

#include "tests/broker/apps_cast.h"
#include "tests/support/examples.h"

/* --- apps ---------------------------------------------------------------- */

static void the_samples_go_round(void **state)
{
    struct stage *s = *state;
    struct user u;
    struct app app;
    user_make_managing(s, "owner@example.com", &u);
    json_t *request = example(15, NULL);
    struct answer *a = user_ask(
        s, &u, HTTP_POST, request ? request : app_body("testapp", "localhost"),
        "/v1/apps");
    assert_answer(a, 200, NULL);
    assert_like_example(16, a->body);
    assert_string_equal("ccm", answer_text(a, "class"));
    keep_id(app.id, a, "app_id");
    keep_id(app.task, a, "pending_task_id");
    assert_newest_leaf(s, API_LEAF_CHANGE, "class", "ccm");
    assert_newest_leaf(s, API_LEAF_CHANGE, "by", "password");
    assert_newest_leaf(s, API_LEAF_CHANGE, "task", app.task);
    a = user_ask(s, &u, HTTP_GET, NULL, "/v1/apps");
    assert_like_example(17, a->body);
    a = user_ask(s, &u, HTTP_GET, NULL, "/v1/tasks/%s", app.task);
    assert_answer(a, 200, NULL);
    assert_like_example(23, a->body);
    a = user_ask(s, &u, HTTP_GET, NULL, "/v1/tasks");
    assert_like_example(24, a->body);
    request = example(25, NULL);
    a = user_ask(s, &u, HTTP_PATCH,
                 request ? request : json_pack("{s:s}", "status", "APPROVED"),
                 "/v1/tasks/%s", app.task);
    assert_answer(a, 200, NULL);
    assert_like_example(26, a->body);
    a = user_ask(s, &u, HTTP_GET, NULL, "/v1/tasks/status/%s", app.task);
    assert_like_example(26, a->body);
    request = example(18, NULL);
    a = request
            ? user_ask(s, &u, HTTP_PATCH, request, "/v1/apps/%s", app.id)
            : app_want(s, &u, &app, json_pack("[s, s]", "localhost", "b.e"));
    assert_answer(a, 200, NULL);
    assert_like_example(16, a->body);
}

static void settings_are_kept_and_change(void **state)
{
    struct stage *s = *state;
    struct user u;
    struct app app;
    user_make_managing(s, "owner@example.com", &u);
    app_make(s, &u, "app", NULL, &app);
    assert_string_equal("", app.task); /* nothing to approve */
    struct answer *a = user_ask(
        s, &u, HTTP_PATCH,
        json_pack("{s:s, s:i, s:{s:[s], s:s}, s:[{s:s, s:s, s:s}, {s:s, s:s, "
                  "s:s}, {s:s, s:s}]}",
                  "description", "what it is", "mem_size", 2048,
                  "advanced_settings", "entrypoint", "/bin/app", "java_runtime",
                  "OPENJDK", "labels", "op", "add", "path", "/a", "value", "1",
                  "op", "add", "path", "/b~1~0", "value", "2", "op", "remove",
                  "path", "/a"),
        "/v1/apps/%s", app.id);
    assert_answer(a, 200, NULL);
    a = app_look(s, &u, &app);
    assert_string_equal("what it is", answer_text(a, "description"));
    assert_int_equal(2048,
                     json_integer_value(json_object_get(a->body, "mem_size")));
    assert_int_equal(128,
                     json_integer_value(json_object_get(a->body, "threads")));
    const json_t *labels = json_object_get(a->body, "labels");
    assert_int_equal(1, json_object_size(labels));
    assert_string_equal("2", json_string_value(json_object_get(labels, "b/~")));
    assert_non_null(json_object_get(
        json_object_get(a->body, "advanced_settings"), "entrypoint"));
    a = user_ask(s, &u, HTTP_GET, NULL, "/v1/apps/unique_labels/count");
    const json_t *item = json_array_get(json_object_get(a->body, "items"), 0);
    assert_string_equal("b/~", json_string_value(json_object_get(item, "key")));
    assert_int_equal(1, json_integer_value(json_object_get(item, "count")));
}

static struct answer *make_with(struct stage *s, const struct user *u,
                                const char *member, json_t *value)
{
    json_t *body = app_body("other", NULL);
    assert_int_equal(0, json_object_set_new(body, member, value));
    return user_ask(s, u, HTTP_POST, body, "/v1/apps");
}

static void apps_are_read_strictly(void **state)
{
    struct stage *s = *state;
    struct user u;
    struct app app;
    user_make_managing(s, "owner@example.com", &u);
    app_make(s, &u, "app", NULL, &app);
    assert_event(user_ask(s, &u, HTTP_POST, app_body("app", NULL), "/v1/apps"),
                 400, "UNIQUE_VIOLATION");
    assert_event(make_with(s, &u, "isvsvn", json_integer(65536)), 400,
                 "INVALID_VALUE");
    assert_event(make_with(s, &u, "signers", json_array()), 501,
                 "INVALID_BODY_PARAMETER");
    assert_event(make_with(s, &u, "colour", json_string("blue")), 400,
                 "INVALID_BODY_PARAMETER");
    assert_event(make_with(s, &u, "group_id", json_string(u.id)), 400,
                 "INVALID_VALUE");
    assert_event(make_with(s, &u, "advanced_settings",
                           json_pack("{s:i}", "entrypoint", 1)),
                 400, "INVALID_VALUE");
    assert_says(s->last, "advanced_settings.entrypoint: not of its type");
    assert_event(make_with(s, &u, "advanced_settings",
                           json_pack("{s:s}", "java_runtime", "GRAAL")),
                 400, "INVALID_VALUE");
    assert_event(make_with(s, &u, "allowed_domains", json_pack("[s]", "a b")),
                 400, "INVALID_VALUE");
    assert_event(make_with(s, &u, "allowed_domains",
                           json_pack("[s]", "x.id." SOFT_DOMAIN)),
                 400, "INVALID_VALUE"); /* a name of enclaves */
    assert_event(make_with(s, &u, "name", json_string("a\nb")), 400,
                 "INVALID_NAME");
    assert_event(user_ask(s, &u, HTTP_GET, NULL, "/v1/apps/%s", u.id), 404,
                 "NOT_FOUND");
}

static void an_account_has_so_many_apps(void **state)
{
    struct stage *s = *state;
    struct user u;
    struct app app;
    user_make_managing(s, "owner@example.com", &u);
    stage_configure(s, "[limits]\napps = 2\n");
    user_log_in(s, &u);
    user_select(s, &u, u.account);
    app_make(s, &u, "one", NULL, &app);
    app_make(s, &u, "two", NULL, &app);
    assert_event_says(
        user_ask(s, &u, HTTP_POST, app_body("x", NULL), "/v1/apps"), 403,
        "QUOTA_EXCEEDED", "this account has 2 apps already, as many as it may");
}

/* An account goes with what is only history in it. */
static void a_closed_task_does_not_keep_its_account(void **state)
{
    struct stage *s = *state;
    struct user u;
    struct app app;
    user_make_managing(s, "owner@example.com", &u);
    app_make(s, &u, "one", "a.example", &app);
    assert_event(
        user_ask(s, &u, HTTP_DELETE, NULL, "/v1/accounts/%s", u.account), 409,
        "CONFLICT");
    assert_says(s->last, "this account is not empty: it has apps");
    assert_int_equal(
        204, user_ask(s, &u, HTTP_DELETE, NULL, "/v1/apps/%s", app.id)->status);
    struct answer *a =
        user_ask(s, &u, HTTP_GET, NULL, "/v1/tasks?status=CLOSED");
    assert_int_equal(1, json_array_size(json_object_get(a->body, "items")));
    assert_int_equal(
        204, user_ask(s, &u, HTTP_DELETE, NULL, "/v1/accounts/%s", u.account)
                 ->status);
}

static void lists_are_filtered_and_deleted(void **state)
{
    struct stage *s = *state;
    struct user u, reader;
    struct app app, other;
    user_make_managing(s, "owner@example.com", &u);
    user_make_in(s, &u, "READER", "reader@example.com", &reader);
    app_make(s, &u, "app", NULL, &app);
    app_make(s, &u, "apple", NULL, &other);
    struct answer *a =
        user_ask(s, &reader, HTTP_GET, NULL, "/v1/apps?name=app");
    const json_t *meta = json_object_get(a->body, "metadata");
    assert_int_equal(2,
                     json_integer_value(json_object_get(meta, "total_count")));
    assert_int_equal(
        1, json_integer_value(json_object_get(meta, "filtered_count")));
    a = user_ask(s, &reader, HTTP_GET, NULL,
                 "/v1/apps?all_search=APPL&sort_by=name:DESC");
    assert_int_equal(1, json_array_size(json_object_get(a->body, "items")));
    assert_event(user_ask(s, &reader, HTTP_DELETE, NULL, "/v1/apps/%s", app.id),
                 403, "FORBIDDEN");
    assert_int_equal(
        204, user_ask(s, &u, HTTP_DELETE, NULL, "/v1/apps/%s", app.id)->status);
    assert_newest_leaf(s, API_LEAF_CHANGE, "action", "app-delete");
    assert_event(user_ask(s, &u, HTTP_GET, NULL, "/v1/apps/%s", app.id), 404,
                 "NOT_FOUND");
}

/* What a person made is shown, and no session changes it. */
static void a_signed_app_is_read_only(void **state)
{
    struct stage *s = *state;
    struct person root;
    struct user u;
    struct app app;
    person_first(s, &root, "root");
    user_make(s, "owner@example.com", &u);
    user_put_in(s, &root, &u);
    struct answer *a =
        stage_ask(s, as(&root), HTTP_POST, json_pack("{s:s}", "name", "theirs"),
                  "/accord/v1/apps");
    assert_answer(a, 201, NULL);
    keep_id(app.id, a, "app");
    a = app_look(s, &u, &app);
    assert_string_equal("signed", answer_text(a, "class"));
    assert_event(app_want(s, &u, &app, json_pack("[s]", "a.example")), 403,
                 "FORBIDDEN");
    assert_says(s->last, "this app is of the signed class: only its owner's "
                         "signature changes it");
    assert_event(user_ask(s, &u, HTTP_DELETE, NULL, "/v1/apps/%s", app.id), 403,
                 "FORBIDDEN");
    person_clear(&root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        stage_test(the_samples_go_round),
        stage_test(settings_are_kept_and_change),
        stage_test(apps_are_read_strictly),
        stage_test(an_account_has_so_many_apps),
        stage_test(a_closed_task_does_not_keep_its_account),
        stage_test(lists_are_filtered_and_deleted),
        stage_test(a_signed_app_is_read_only),
    };
    return cmocka_run_group_tests(tests, stage_group, NULL);
}
