/* test_routes_configurations.c - content under its hash, and the rest. */

#include <stdlib.h>

#include "tests/broker/cast.h"

struct scene {
    struct stage *stage;
    struct play play;
};

static int setup(void **state)
{
    struct scene *scene = calloc(1, sizeof(*scene));
    void *stage = NULL;
    if (!scene || stage_setup(&stage) != 0)
        return -1;
    scene->stage = stage;
    play_begin(&scene->play, scene->stage);
    *state = scene;
    return 0;
}

static int teardown(void **state)
{
    struct scene *scene = *state;
    void *stage = scene->stage;
    play_end(&scene->play);
    free(scene);
    return stage_teardown(&stage);
}

#define PATH "/accord/v1/configurations"

static struct answer *ask(struct scene *scene, enum http_method method,
                          json_t *body, const char *path)
{
    return stage_ask(scene->stage, as(&scene->play.bob), method, body, "%s",
                     path);
}

static void the_same_content_has_one_id_only(void **state)
{
    struct scene *scene = *state;
    assert_answer(ask(scene, HTTP_POST, configuration_body("one", "x"), PATH),
                  201, NULL);
    struct answer *answer =
        ask(scene, HTTP_POST, configuration_body("two", "x"), PATH);
    assert_answer(answer, 409, "conflict");
    answer = ask(scene, HTTP_POST, configuration_body("one", "y"), PATH);
    assert_answer(answer, 409, "conflict");
    assert_says(answer, "one");
}

static void a_bad_port_is_named(void **state)
{
    static const char *const bad[] = { "", ".", "..", "a/b", ".a", "a b" };
    struct scene *scene = *state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        json_t *body = configuration_body("ports", "p");
        json_object_set_new(body, "ports",
                            json_pack("[s, s]", "input", bad[i]));
        struct answer *answer = ask(scene, HTTP_POST, body, PATH);
        assert_answer(answer, 400, "invalid");
        assert_says(answer, "ports[1]: a port is 1 to 63 of A-Z a-z 0-9 _ -");
    }
}

static void name_and_ports_may_change_and_content_may_not(void **state)
{
    struct scene *scene = *state;
    char path[128];
    (void)snprintf(path, sizeof(path), PATH "/%s", scene->play.configuration);
    struct answer *answer = ask(scene, HTTP_PATCH,
                                json_pack("{s:s, s:[s, s]}", "name", "renamed",
                                          "ports", "output", "input"),
                                path);
    assert_answer(answer, 200, NULL);
    assert_string_equal(answer_text(answer, "name"), "renamed");
    assert_string_equal(answer_text(answer, "configuration"),
                        scene->play.configuration);
    answer = ask(scene, HTTP_PATCH, json_pack("{s:{}}", "labels"), path);
    assert_answer(answer, 400, "invalid");
    assert_says(answer, "labels");
}

static void a_deleted_configuration_is_gone(void **state)
{
    struct scene *scene = *state;
    char path[128];
    (void)snprintf(path, sizeof(path), PATH "/%s", scene->play.configuration);
    assert_answer(ask(scene, HTTP_DELETE, NULL, path), 204, NULL);
    assert_answer(ask(scene, HTTP_GET, NULL, path), 404, "not-found");
}

/* The graph's faults, as one text. */
static void assert_fault(struct scene *scene, const char *text)
{
    struct answer *answer =
        ask(scene, HTTP_POST, play_graph(&scene->play), "/accord/v1/check");
    AUTO_CLEAR_BUFFER all = buffer_make(65536);
    assert_answer(answer, 200, NULL);
    assert_ok(
        api_json_canonical(json_object_get(answer->body, "faults"), &all));
    buffer_put_u8(&all, 0);
    if (text)
        assert_non_null(strstr((const char *)all.data, text));
    else
        assert_string_equal((const char *)all.data, "[]");
}

static void one_that_names_an_image_goes_with_no_other(void **state)
{
    struct scene *scene = *state;
    struct program other;
    char path[128];
    (void)snprintf(path, sizeof(path), PATH "/%s", scene->play.configuration);
    assert_fault(scene, NULL);

    program_make(scene->stage, &scene->play.bob, "another", 0x77, &other);
    assert_answer(
        ask(scene, HTTP_PATCH, json_pack("{s:s}", "image", other.text), path),
        200, NULL);
    assert_fault(scene, "made for another image");

    assert_answer(ask(scene, HTTP_PATCH,
                      json_pack("{s:s}", "image", scene->play.program.text),
                      path),
                  200, NULL);
    assert_fault(scene, NULL);
}

#define scene_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        scene_test(the_same_content_has_one_id_only),
        scene_test(a_bad_port_is_named),
        scene_test(name_and_ports_may_change_and_content_may_not),
        scene_test(a_deleted_configuration_is_gone),
        scene_test(one_that_names_an_image_goes_with_no_other),
    };
    return cmocka_run_group_tests(tests, stage_group, NULL);
}
