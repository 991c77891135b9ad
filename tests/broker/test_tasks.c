/* Domains of apps, and the tasks that decide about them. */

#include <stdio.h>

#include "tests/broker/apps_cast.h"

static void a_domain_is_whitelisted_by_its_task(void **state)
{
    struct stage *s = *state;
    struct user u;
    struct app app;
    user_make_managing(s, "owner@example.com", &u);
    struct answer *a = app_make(s, &u, "app", "a.example", &app);
    assert_domains(a, "allowed_domains", "a.example");
    assert_domains(a, "whitelisted_domains", "");
    assert_domains(a, "domains_added", "a.example");
    /* one change at a time */
    assert_event(app_want(s, &u, &app, json_pack("[s]", "b.example")), 400,
                 "INVALID_STATE");
    assert_says(s->last, "allowed_domains: the last change of this app's "
                         "domains waits for its task");
    assert_answer(task_decide(s, &u, app.task, "APPROVED"), 200, NULL);
    assert_newest_leaf(s, API_LEAF_CHANGE, "action", "task-approve");
    assert_newest_leaf(s, API_LEAF_CHANGE, "class", "ccm");
    a = app_look(s, &u, &app);
    assert_domains(a, "whitelisted_domains", "a.example");
    assert_domains(a, "domains_added", "");
    assert_null(json_object_get(a->body, "pending_task_id"));
    /* adding and removing go the same way */
    a = app_want(s, &u, &app, json_pack("[s]", "b.example"));
    assert_answer(a, 200, NULL);
    assert_domains(a, "whitelisted_domains", "a.example");
    assert_domains(a, "domains_added", "b.example");
    assert_domains(a, "domains_removed", "a.example");
    keep_id(app.task, a, "pending_task_id");
    a = task_decide(s, &u, app.task, "APPROVED");
    assert_answer(a, 200, NULL);
    assert_string_equal(
        "SUCCESS", json_string_value(json_object_get(
                       json_object_get(a->body, "task_status"), "status")));
    assert_domains(app_look(s, &u, &app), "whitelisted_domains", "b.example");
    assert_answer(app_want(s, &u, &app, json_pack("[s]", "B.example")), 200,
                  NULL);
    assert_string_equal("", answer_text(s->last, "pending_task_id"));
}

static void a_denied_change_is_dropped(void **state)
{
    struct stage *s = *state;
    struct user u, writer, reader;
    struct app app;
    user_make_managing(s, "owner@example.com", &u);
    user_make_in(s, &u, "WRITER", "writer@example.com", &writer);
    user_make_in(s, &u, "READER", "reader@example.com", &reader);
    app_make(s, &u, "app", "a.example", &app);
    assert_event(task_decide(s, &reader, app.task, "DENIED"), 403, "FORBIDDEN");
    assert_event(task_decide(s, &writer, app.task, "PERHAPS"), 400,
                 "INVALID_VALUE");
    assert_event_says(
        user_ask(s, &u, HTTP_DELETE, NULL, "/v1/tasks/%s", app.task), 400,
        "INVALID_STATE", "this task still waits: deny it first");
    assert_answer(task_decide(s, &writer, app.task, "DENIED"), 200, NULL);
    assert_newest_leaf(s, API_LEAF_CHANGE, "action", "task-deny");
    struct answer *a = app_look(s, &u, &app);
    assert_domains(a, "allowed_domains", "");
    assert_domains(a, "whitelisted_domains", "");
    assert_event(task_decide(s, &u, app.task, "APPROVED"), 400,
                 "INVALID_STATE");
    assert_says(s->last, "this task is closed already: DENIED");
    assert_domains(app_look(s, &u, &app), "whitelisted_domains", "");
    a = user_ask(s, &u, HTTP_GET, NULL, "/v1/tasks/%s", app.task);
    const json_t *word =
        json_array_get(json_object_get(a->body, "approvals"), 0);
    assert_string_equal(writer.id,
                        json_string_value(json_object_get(word, "user_id")));
    assert_string_equal("DENIED",
                        json_string_value(json_object_get(word, "status")));
    assert_int_equal(
        204,
        user_ask(s, &u, HTTP_DELETE, NULL, "/v1/tasks/%s", app.task)->status);
    assert_newest_leaf(s, API_LEAF_CHANGE, "action", "task-delete");
}

static size_t listed(struct stage *s, const struct user *u, const char *query)
{
    struct answer *a = user_ask(s, u, HTTP_GET, NULL, "/v1/tasks?%s", query);
    assert_answer(a, 200, NULL);
    assert_int_equal(2,
                     json_integer_value(json_object_get(
                         json_object_get(a->body, "metadata"), "total_count")));
    return json_array_size(json_object_get(a->body, "items"));
}

static void tasks_are_listed_by_what_is_asked(void **state)
{
    struct stage *s = *state;
    struct user u;
    struct app one, two;
    user_make_managing(s, "owner@example.com", &u);
    app_make(s, &u, "one", "a.example", &one);
    app_make(s, &u, "two", "b.example", &two);
    assert_answer(task_decide(s, &u, one.task, "APPROVED"), 200, NULL);
    assert_int_equal(2, listed(s, &u, "task_type=DOMAIN_WHITELIST"));
    assert_int_equal(0, listed(s, &u, "task_type=BUILD_WHITELIST"));
    assert_int_equal(1, listed(s, &u, "status=PENDING"));
    assert_int_equal(1, listed(s, &u, "status=CLOSED"));
    assert_int_equal(2, listed(s, &u, "requester=owner%40example.com"));
    assert_int_equal(0, listed(s, &u, "requester=nobody"));
    assert_int_equal(2, listed(s, &u, "approver=owner%40example.com"));
    assert_int_equal(0, listed(s, &u, "approver=nobody"));
    assert_event(user_ask(s, &u, HTTP_GET, NULL, "/v1/tasks?status=OPEN"), 400,
                 "INVALID_QUERY_PARAMETER");
    struct answer *sorted =
        user_ask(s, &u, HTTP_GET, NULL, "/v1/tasks?sort_by=status%%3ADESC");
    assert_answer(sorted, 200, NULL);
    const json_t *first =
        json_array_get(json_object_get(sorted->body, "items"), 0);
    assert_string_equal(one.task,
                        json_string_value(json_object_get(first, "task_id")));
    /* an app that goes takes no task with it */
    assert_int_equal(
        204, user_ask(s, &u, HTTP_DELETE, NULL, "/v1/apps/%s", two.id)->status);
    struct answer *a =
        user_ask(s, &u, HTTP_GET, NULL, "/v1/tasks/%s", two.task);
    assert_string_equal("FAILED",
                        json_string_value(json_object_get(
                            json_object_get(a->body, "status"), "status")));
}

/* Whoever writes in the account decides, the leaf says by what. */
static void a_person_decides_too(void **state)
{
    struct stage *s = *state;
    struct person root, reader;
    struct user writer;
    struct app app;
    person_first(s, &root, "root");
    person_join_as(s, &root, "reader", "reader", &reader);
    user_make(s, "writer@example.com", &writer);
    user_put_in(s, &root, &writer);
    app_make(s, &writer, "app", "a.example", &app);
    struct answer *a =
        stage_ask(s, as(&reader), HTTP_GET, NULL, "/accord/v1/tasks");
    assert_answer(a, 200, NULL);
    assert_int_equal(1, json_array_size(json_object_get(a->body, "items")));
    a = stage_ask(s, as(&reader), HTTP_GET, NULL, "/accord/v1/domains");
    assert_answer(a, 200, NULL);
    const json_t *item = json_array_get(json_object_get(a->body, "items"), 0);
    assert_string_equal("a.example",
                        json_string_value(json_object_get(item, "domain")));
    assert_string_equal("to be added",
                        json_string_value(json_object_get(item, "status")));
    assert_answer(stage_ask(s, as(&reader), HTTP_POST, NULL,
                            "/accord/v1/tasks/%s/approve", app.task),
                  403, "role");
    a = stage_ask(s, as(&root), HTTP_POST, NULL, "/accord/v1/tasks/%s/approve",
                  app.task);
    assert_answer(a, 200, NULL);
    assert_receipt(s, a);
    AUTO_JSON *detail = NULL;
    (void)stage_leaf(s, stage_log_size(s) - 1, &detail);
    assert_string_equal(root.text,
                        json_string_value(json_object_get(detail, "actor")));
    assert_null(json_object_get(detail, "by"));
    assert_domains(app_look(s, &writer, &app), "whitelisted_domains",
                   "a.example");
    a = stage_ask(s, as(&root), HTTP_POST, NULL, "/accord/v1/tasks/%s/deny",
                  app.task);
    assert_answer(a, 400, NULL);
    person_clear(&root);
    person_clear(&reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        stage_test(a_domain_is_whitelisted_by_its_task),
        stage_test(a_denied_change_is_dropped),
        stage_test(tasks_are_listed_by_what_is_asked),
        stage_test(a_person_decides_too),
    };
    return cmocka_run_group_tests(tests, stage_group, NULL);
}
