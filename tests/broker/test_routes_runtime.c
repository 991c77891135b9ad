/* What a certified program is told: its configuration, byte for byte what
 * was hashed, and where its data lies. */

#include "tests/broker/cast.h"

struct scene {
    struct play play;
    struct enclave enclave;
    struct ca_key *key;
};

static int setup(void **state)
{
    static struct scene scene;
    void *stage = NULL;
    assert_int_equal(0, stage_setup(&stage));
    play_begin(&scene.play, stage);
    play_agree(&scene.play);
    assert_ok(ca_key_generate(CA_KEY_P256, &scene.key));
    enclave_make(&scene.play, scene.key, &scene.enclave);
    *state = &scene;
    return 0;
}

static int teardown(void **state)
{
    struct scene *scene = *state;
    void *stage = scene->play.stage;
    enclave_clear(&scene->enclave);
    ca_key_free(scene->key);
    play_end(&scene->play);
    return stage_teardown(&stage);
}

static struct answer *fetch(struct scene *scene, struct bytes peer)
{
    return stage_ask(scene->play.stage, peer, HTTP_GET, NULL,
                     "/v1/runtime/app_configs");
}

static void the_configuration_has_the_hash_of_the_certificate(void **state)
{
    struct scene *scene = *state;
    struct hash hash;
    struct answer *a = fetch(scene, as_enclave(&scene->enclave));
    assert_answer(a, 200, NULL);
    assert_ok(api_configuration_hash(json_object_get(a->body, "config"), &hash,
                                     NULL));
    assert_true(hash_equal(&hash, &scene->play.runtime));
    AUTO_JSON *first = json_incref(a->body);
    a = stage_ask(scene->play.stage, as_enclave(&scene->enclave), HTTP_GET,
                  NULL, "/api/v1/confidential_computing/runtime/app_configs");
    assert_answer(a, 200, NULL);
    assert_true(json_equal(first, a->body));
}

static const char *text_below(const json_t *value, const char *a, const char *b,
                              const char *c)
{
    value = json_object_get(value, a);
    value = b ? json_object_get(value, b) : value;
    value = c ? json_object_get(value, c) : value;
    const char *text = json_string_value(value);
    return text ? text : "(none)";
}

static void each_port_is_told_what_is_connected(void **state)
{
    struct scene *scene = *state;
    struct answer *a = fetch(scene, as_enclave(&scene->enclave));
    const json_t *connections =
        json_object_get(json_object_get(a->body, "extra"), "connections");
    assert_int_equal(2, json_object_size(connections));
    const json_t *input = json_object_get(
        json_object_get(json_object_get(connections, "input"), "patients"),
        "dataset");
    assert_string_equal(scene->play.input.location,
                        text_below(input, "location", NULL, NULL));
    /* Sealed: there is nothing to be had in clear. */
    assert_int_equal(0,
                     json_object_size(json_object_get(input, "credentials")));
    assert_true(json_is_object(json_object_get(input, "credentials")));
    const json_t *output = json_object_get(
        json_object_get(json_object_get(connections, "output"), "counts"),
        "dataset");
    assert_string_equal(scene->play.output.location,
                        text_below(output, "location", NULL, NULL));
}

static void what_all_signed_is_told_whatever_records_say(void **state)
{
    struct scene *scene = *state;
    struct play *play = &scene->play;
    char name[64];
    assert_answer(stage_ask(play->stage, as(&play->bob), HTTP_PATCH,
                            json_pack("{s:s, s:[s]}", "name", "other", "ports",
                                      "elsewhere"),
                            "/accord/v1/configurations/%s",
                            play->configuration),
                  200, NULL);
    assert_answer(stage_ask(play->stage, as(&play->bob), HTTP_DELETE, NULL,
                            "/accord/v1/configurations/%s",
                            play->configuration),
                  204, NULL);
    (void)snprintf(name, sizeof(name), "renamed");
    assert_answer(stage_ask(play->stage, as(&play->alice), HTTP_PATCH,
                            json_pack("{s:s}", "name", name),
                            "/accord/v1/datasets/%s", play->input.text),
                  200, NULL);
    the_configuration_has_the_hash_of_the_certificate(state);
    each_port_is_told_what_is_connected(state);
}

/* The product's clients read its Event errors. */
static void assert_event(const struct answer *a, int status, const char *code,
                         const char *message)
{
    assert_int_equal(status, a->status);
    assert_string_equal("application/json", a->type);
    assert_string_equal(code, answer_text(a, "code"));
    assert_string_equal("ERROR", answer_text(a, "severity"));
    assert_non_null(strstr(answer_text(a, "message"), message));
}

static void others_are_refused_with_an_event(void **state)
{
    struct scene *scene = *state;
    assert_event(fetch(scene, AS_NOBODY), 401, "AUTH_FAILED", "certificate");
    assert_event(fetch(scene, as(&scene->play.alice)), 403, "FORBIDDEN",
                 "certificate");
}

static void after_withdrawal_nothing_is_told(void **state)
{
    struct scene *scene = *state;
    assert_answer(
        stage_ask(scene->play.stage, as(&scene->play.alice), HTTP_POST, NULL,
                  "/accord/v1/workflows/%s/1/withdraw", scene->play.workflow),
        200, NULL);
    assert_event(fetch(scene, as_enclave(&scene->enclave)), 403, "FORBIDDEN",
                 "configuration");
    assert_newest_leaf(scene->play.stage, API_LEAF_DENIAL, "code",
                       "configuration");
}

#define scene_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        scene_test(the_configuration_has_the_hash_of_the_certificate),
        scene_test(each_port_is_told_what_is_connected),
        scene_test(what_all_signed_is_told_whatever_records_say),
        scene_test(others_are_refused_with_an_event),
        scene_test(after_withdrawal_nothing_is_told),
    };
    return cmocka_run_group_tests(tests, stage_group, NULL);
}
