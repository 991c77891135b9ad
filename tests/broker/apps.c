#include "tests/broker/apps_cast.h"

#include <stdio.h>

json_t *app_body(const char *name, const char *domain)
{
    json_t *body = json_pack("{s:s, s:s, s:s, s:i, s:i, s:i, s:i}", "name",
                             name, "input_image_name", "in",
                             "output_image_name", "out", "isvprodid", 0,
                             "isvsvn", 0, "mem_size", 1024, "threads", 128);
    if (domain)
        assert_int_equal(0, json_object_set_new(body, "allowed_domains",
                                                json_pack("[s]", domain)));
    return body;
}

void keep_id(char out[API_ID_TEXT], const struct answer *a, const char *member)
{
    (void)snprintf(out, API_ID_TEXT, "%s", answer_text(a, member));
}

struct answer *app_make(struct stage *s, const struct user *u, const char *name,
                        const char *domain, struct app *out)
{
    struct answer *a =
        user_ask(s, u, HTTP_POST, app_body(name, domain), "/v1/apps");
    assert_answer(a, 200, NULL);
    keep_id(out->id, a, "app_id");
    keep_id(out->task, a, "pending_task_id");
    return a;
}

struct answer *app_look(struct stage *s, const struct user *u,
                        const struct app *app)
{
    struct answer *a = user_ask(s, u, HTTP_GET, NULL, "/v1/apps/%s", app->id);
    assert_answer(a, 200, NULL);
    return a;
}

struct answer *task_decide(struct stage *s, const struct user *u,
                           const char *task, const char *word)
{
    return user_ask(s, u, HTTP_PATCH, json_pack("{s:s}", "status", word),
                    "/v1/tasks/%s", task);
}

struct answer *app_want(struct stage *s, const struct user *u,
                        const struct app *app, json_t *domains)
{
    return user_ask(s, u, HTTP_PATCH,
                    json_pack("{s:o}", "allowed_domains", domains),
                    "/v1/apps/%s", app->id);
}

void assert_domains(const struct answer *a, const char *member,
                    const char *wanted)
{
    char text[256] = "";
    const json_t *names = json_object_get(a->body, member);
    assert_true(json_is_array(names));
    for (size_t i = 0; i < json_array_size(names); i++) {
        size_t len = strlen(text);
        (void)snprintf(text + len, sizeof(text) - len, "%s%s", i ? "," : "",
                       json_string_value(json_array_get(names, i)));
    }
    assert_string_equal(wanted, text);
}
