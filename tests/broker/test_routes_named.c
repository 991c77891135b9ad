/* Things with a name and no secret: configurations, apps, drafts. */

#include "tests/broker/cast.h"

struct scene {
    struct stage *stage;
    struct person root, reader;
};

static int setup(void **state)
{
    static struct scene scene;
    void *stage = NULL;
    assert_int_equal(0, stage_setup(&stage));
    scene = (struct scene){ .stage = stage };
    person_first(scene.stage, &scene.root, "root");
    person_join_as(scene.stage, &scene.root, "reader", "reader", &scene.reader);
    *state = &scene;
    return 0;
}

static int teardown(void **state)
{
    struct scene *scene = *state;
    void *stage = scene->stage;
    person_clear(&scene->root);
    person_clear(&scene->reader);
    return stage_teardown(&stage);
}

/* As the manager; the path is below /accord/v1. */
static struct answer *ask(struct scene *scene, enum http_method method,
                          json_t *body, const char *what, const char *id)
{
    return stage_ask(scene->stage, as(&scene->root), method, body,
                     "/accord/v1/%s%s%s", what, id ? "/" : "", id ? id : "");
}

static void keep_text(const struct answer *a, const char *member, char *out,
                      size_t size)
{
    (void)snprintf(out, size, "%s", answer_text(a, member));
}

/* --- configurations ------------------------------------------------------ */

static void a_configuration_is_its_hash(void **state)
{
    struct scene *scene = *state;
    struct hash hash, told;
    struct answer *a = ask(scene, HTTP_POST, configuration_body("c", "l"),
                           "configurations", NULL);
    assert_answer(a, 201, NULL);
    assert_receipt(scene->stage, a);
    AUTO_JSON *base =
        json_pack("{s:O, s:O, s:[s%]}", "app_config",
                  json_object_get(a->body, "app_config"), "labels",
                  json_object_get(a->body, "labels"), "zone_ca",
                  (const char *)scene->stage->broker.ca_pem.data,
                  scene->stage->broker.ca_pem.len);
    assert_ok(api_configuration_hash(base, &hash, NULL));
    assert_ok(api_json_hash(a->body, "configuration", &told, NULL));
    assert_true(hash_equal(&hash, &told));
    /* The same content under another name is the same configuration. */
    assert_answer(ask(scene, HTTP_POST, configuration_body("d", "l"),
                      "configurations", NULL),
                  409, "conflict");
    assert_answer(ask(scene, HTTP_POST, configuration_body("d", "m"),
                      "configurations", NULL),
                  201, NULL);
}

static void ports_are_a_sorted_set_of_names(void **state)
{
    struct scene *scene = *state;
    json_t *body = configuration_body("c", "l");
    json_object_set_new(body, "ports", json_pack("[s,s,s]", "b", "a", "b"));
    struct answer *a = ask(scene, HTTP_POST, body, "configurations", NULL);
    assert_answer(a, 201, NULL);
    AUTO_JSON *ports = json_pack("[s,s]", "a", "b");
    assert_true(json_equal(ports, json_object_get(a->body, "ports")));
    static const char *const bad[] = { "", ".", "..", "a b", "-/-" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        body = configuration_body("d", "m");
        json_object_set_new(body, "ports", json_pack("[s]", bad[i]));
        a = ask(scene, HTTP_POST, body, "configurations", NULL);
        assert_answer(a, 400, "invalid");
        assert_says(a, "ports[0]");
    }
}

static void ports_are_bounded(void **state)
{
    struct scene *scene = *state;
    json_t *body = configuration_body("c", "l");
    json_t *ports = json_array();
    for (int i = 0; i < 257; i++)
        json_array_append_new(ports, json_sprintf("p%d", i));
    json_object_set_new(body, "ports", ports);
    struct answer *a = ask(scene, HTTP_POST, body, "configurations", NULL);
    assert_answer(a, 400, "invalid");
    assert_says(a, "256");
}

static void what_is_under_the_hash_never_changes(void **state)
{
    struct scene *scene = *state;
    char id[65];
    configuration_make(scene->stage, &scene->root, "c", id);
    struct answer *a = ask(scene, HTTP_PATCH,
                           json_pack("{s:s, s:s, s:[s]}", "name", "d",
                                     "description", "x", "ports", "p"),
                           "configurations", id);
    assert_answer(a, 200, NULL);
    assert_string_equal("d", answer_text(a, "name"));
    a = ask(scene, HTTP_PATCH, json_pack("{s:{}}", "labels"), "configurations",
            id);
    assert_answer(a, 400, "invalid");
    assert_says(a, "labels");
    assert_answer(ask(scene, HTTP_DELETE, NULL, "configurations", id), 204,
                  NULL);
    assert_answer(ask(scene, HTTP_GET, NULL, "configurations", id), 404,
                  "not-found");
    a = ask(scene, HTTP_GET, NULL, "configurations", "zz");
    assert_answer(a, 400, "invalid");
    assert_says(a, "\"zz\" in the path is not a hash");
}

/* --- apps ---------------------------------------------------------------- */

static void a_body_of_another_type_is_not_read(void **state)
{
    struct scene *scene = *state;
    scene->stage->bare = true;
    struct answer *a =
        ask(scene, HTTP_POST, json_pack("{s:s}", "name", "a"), "apps", NULL);
    scene->stage->bare = false;
    assert_answer(a, 400, "invalid");
    assert_says(a, "the body must be application/json");
}

static void apps_have_names_of_their_own(void **state)
{
    struct scene *scene = *state;
    char id[API_ID_TEXT];
    struct answer *a =
        ask(scene, HTTP_POST, json_pack("{s:s}", "name", "a"), "apps", NULL);
    assert_answer(a, 201, NULL);
    keep_text(a, "app", id, sizeof(id));
    assert_answer(
        ask(scene, HTTP_POST, json_pack("{s:s}", "name", "a"), "apps", NULL),
        409, "conflict");
    assert_answer(
        ask(scene, HTTP_POST, json_pack("{s:s}", "name", "b"), "apps", NULL),
        201, NULL);
    assert_answer(
        ask(scene, HTTP_PATCH, json_pack("{s:s}", "name", "b"), "apps", id),
        409, "conflict");
    assert_answer(
        ask(scene, HTTP_PATCH, json_pack("{s:s}", "name", "c"), "apps", id),
        200, NULL);
    assert_string_equal(
        "c", answer_text(ask(scene, HTTP_GET, NULL, "apps", id), "name"));
    assert_answer(ask(scene, HTTP_DELETE, NULL, "apps", id), 204, NULL);
    assert_answer(ask(scene, HTTP_DELETE, NULL, "apps", id), 404, "not-found");
}

static void names_are_checked(void **state)
{
    struct scene *scene = *state;
    char long_one[66];
    memset(long_one, 'a', 65);
    long_one[65] = '\0';
    const char *const bad[] = { "", "a\nb", "\x7f", long_one };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct answer *a = ask(
            scene, HTTP_POST, json_pack("{s:s}", "name", bad[i]), "apps", NULL);
        assert_answer(a, 400, "invalid");
        assert_says(a, "name");
    }
    long_one[64] = '\0';
    assert_answer(ask(scene, HTTP_POST, json_pack("{s:s}", "name", long_one),
                      "apps", NULL),
                  201, NULL);
    assert_answer(ask(scene, HTTP_POST, json_object(), "apps", NULL), 400,
                  "invalid");
}

/* --- drafts -------------------------------------------------------------- */

static json_t *draft_body(const char *name, int version)
{
    json_t *body =
        json_pack("{s:s, s:{}, s:{}}", "name", name, "objects", "edges");
    if (version > 0)
        json_object_set_new(body, "version", json_integer(version));
    return body;
}

static void a_draft_is_replaced_only_as_it_was_seen(void **state)
{
    struct scene *scene = *state;
    char id[API_ID_TEXT];
    struct answer *a =
        ask(scene, HTTP_POST, draft_body("d", 0), "drafts", NULL);
    assert_answer(a, 201, NULL);
    assert_int_equal(1,
                     json_integer_value(json_object_get(a->body, "version")));
    keep_text(a, "draft", id, sizeof(id));
    a = ask(scene, HTTP_PUT, draft_body("e", 1), "drafts", id);
    assert_answer(a, 200, NULL);
    assert_int_equal(2,
                     json_integer_value(json_object_get(a->body, "version")));
    a = ask(scene, HTTP_PUT, draft_body("f", 1), "drafts", id);
    assert_answer(a, 409, "conflict");
    assert_says(a, "version: the draft is at 2 by now");
    assert_answer(ask(scene, HTTP_PUT, draft_body("f", 0), "drafts", id), 400,
                  "invalid");
    assert_string_equal(
        "e", answer_text(ask(scene, HTTP_GET, NULL, "drafts", id), "name"));
    assert_answer(ask(scene, HTTP_DELETE, NULL, "drafts", id), 204, NULL);
}

static void an_account_has_so_many_drafts(void **state)
{
    struct scene *scene = *state;
    stage_configure(scene->stage, "[limits]\ndrafts = 1\n");
    assert_answer(ask(scene, HTTP_POST, draft_body("d", 0), "drafts", NULL),
                  201, NULL);
    struct answer *a =
        ask(scene, HTTP_POST, draft_body("e", 0), "drafts", NULL);
    assert_answer(a, 409, "conflict");
    assert_says(a, "this account has 1 drafts already, as many as it may");
}

/* --- lists, readers, paths ----------------------------------------------- */

static void lists_show_what_is_there(void **state)
{
    struct scene *scene = *state;
    static const char *const lists[] = { "apps",          "drafts",
                                         "builds",        "datasets",
                                         "requests",      "workflows",
                                         "configurations" };
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        struct answer *a = ask(scene, HTTP_GET, NULL, lists[i], NULL);
        assert_answer(a, 200, NULL);
        assert_int_equal(0, json_array_size(json_object_get(a->body, "items")));
        assert_true(json_is_array(json_object_get(a->body, "items")));
    }
}

static void readers_change_nothing(void **state)
{
    struct scene *scene = *state;
    struct stage *s = scene->stage;
    static const char *const changes[] = { "apps",     "drafts",
                                           "builds",   "datasets",
                                           "requests", "configurations" };
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        struct answer *a =
            stage_ask(s, as(&scene->reader), HTTP_POST, json_object(),
                      "/accord/v1/%s", changes[i]);
        assert_answer(a, 403, "role");
    }
}

#define scene_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        scene_test(a_body_of_another_type_is_not_read),
        scene_test(a_configuration_is_its_hash),
        scene_test(ports_are_a_sorted_set_of_names),
        scene_test(ports_are_bounded),
        scene_test(what_is_under_the_hash_never_changes),
        scene_test(apps_have_names_of_their_own),
        scene_test(names_are_checked),
        scene_test(a_draft_is_replaced_only_as_it_was_seen),
        scene_test(an_account_has_so_many_drafts),
        scene_test(lists_show_what_is_there),
        scene_test(readers_change_nothing),
    };
    return cmocka_run_group_tests(tests, stage_group, NULL);
}
