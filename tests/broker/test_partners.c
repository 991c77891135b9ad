/* Two programs of one workflow that find each other: submitted and signed,
 * certified under the name that the other one is told. */

#include "tests/broker/cast.h"

struct scene {
    struct play play;
    struct program second;
    struct enclave reader, teller;
};

/* Beside the play's graph: app "teller", connected with "counter". */
static json_t *connected(const struct scene *scene)
{
    const struct play *play = &scene->play;
    AUTO_JSON *graph = play_graph(play);
    json_t *objects = json_object_get(graph, "objects");
    json_t *edges = json_object_get(graph, "edges");
    assert_int_equal(
        0,
        json_object_set_new(
            objects, "app2",
            json_pack("{s:s, s:s, s:{s:{s:s, s:s}}}", "name", "teller",
                      "user_id", play->bob.text, "ref", "app", "image_id",
                      scene->second.text, "config_id", play->configuration)));
    assert_int_equal(0, json_object_set_new(
                            edges, "e3",
                            json_pack("{s:{s:s, s:s}, s:{s:s, s:s}}", "source",
                                      "id", "app", "port", "output", "target",
                                      "id", "app2", "port", "input")));
    return json_pack("{s:O, s:O}", "objects", objects, "edges", edges);
}

static void certify(struct scene *scene, const char *name,
                    unsigned char measured, size_t key, struct enclave *out)
{
    struct play *play = &scene->play;
    AUTO_CLEAR_BUFFER quote = { 0 };
    *out = (struct enclave){ .key = soft_rsa_key(key),
                             .measured = measured,
                             .certificate = buffer_make(CA_CERTIFICATE_MAX) };
    assert_ok(api_json_hash(json_object_get(play->request, "hashes"), name,
                            &out->configuration, NULL));
    quote_make(play->stage, out, &quote);
    struct answer *a =
        stage_ask(play->stage, AS_NOBODY, HTTP_POST, attest_body(out, &quote),
                  "/accord/v1/certificates");
    assert_answer(a, 200, NULL);
    take_certificate(a, &out->certificate);
}

static int setup(void **state)
{
    static struct scene scene;
    void *stage = NULL;
    assert_int_equal(0, stage_setup(&stage));
    play_begin(&scene.play, stage);
    program_make(stage, &scene.play.bob, "second", 0xc2, &scene.second);
    play_submit(&scene.play, connected(&scene));
    play_decide(&scene.play, &scene.play.alice, true);
    play_decide(&scene.play, &scene.play.bob, true);
    certify(&scene, "counter", 0xc1, 0, &scene.reader);
    certify(&scene, "teller", 0xc2, 1, &scene.teller);
    *state = &scene;
    return 0;
}

static int teardown(void **state)
{
    struct scene *scene = *state;
    void *stage = scene->play.stage;
    enclave_clear(&scene->reader);
    enclave_clear(&scene->teller);
    play_end(&scene->play);
    return stage_teardown(&stage);
}

static const char *told(struct scene *scene, const struct enclave *who,
                        const char *port, const char *object)
{
    struct answer *a = stage_ask(scene->play.stage, as_enclave(who), HTTP_GET,
                                 NULL, "/v1/runtime/app_configs");
    assert_answer(a, 200, NULL);
    const json_t *at =
        json_object_get(json_object_get(a->body, "extra"), "connections");
    at = json_object_get(json_object_get(at, port), object);
    assert_int_equal(1, json_object_size(at));
    at = json_object_get(at, "application");
    const char *name =
        json_string_value(json_object_get(at, "workflow_domain"));
    assert_non_null(name);
    return name;
}

static void assert_has_name(const struct enclave *who, const char *name)
{
    struct ca_facts facts;
    bool has = false;
    assert_ok(ca_certificate_read(as_enclave(who), &facts, NULL));
    for (size_t i = 0; i < facts.names.count; i++)
        has |= strcmp(ca_name_at(&facts.names, i), name) == 0;
    assert_true(has);
}

static void each_is_told_the_name_in_the_others_certificate(void **state)
{
    struct scene *scene = *state;
    char expected[CA_NAME_MAX + 1];
    (void)snprintf(expected, sizeof(expected), "teller.%s.workflow.%s",
                   scene->play.workflow, SOFT_DOMAIN);
    assert_string_equal(expected,
                        told(scene, &scene->reader, "output", "teller"));
    assert_has_name(&scene->teller, expected);
    (void)snprintf(expected, sizeof(expected), "counter.%s.workflow.%s",
                   scene->play.workflow, SOFT_DOMAIN);
    assert_string_equal(expected,
                        told(scene, &scene->teller, "input", "counter"));
    assert_has_name(&scene->reader, expected);
}

static void the_name_is_in_the_log(void **state)
{
    struct scene *scene = *state;
    struct stage *s = scene->play.stage;
    json_t *detail = NULL;
    char expected[CA_NAME_MAX + 1];
    struct api_leaf leaf = stage_leaf(s, stage_log_size(s) - 1, &detail);
    assert_int_equal(API_LEAF_CERTIFICATE, leaf.kind);
    (void)snprintf(expected, sizeof(expected), "teller.%s.workflow.%s",
                   scene->play.workflow, SOFT_DOMAIN);
    assert_string_equal(expected, json_string_value(json_array_get(
                                      json_object_get(detail, "names"), 0)));
    json_decref(detail);
}

static void a_program_cannot_ask_for_such_a_name(void **state)
{
    struct scene *scene = *state;
    struct enclave other = scene->reader;
    AUTO_CLEAR_BUFFER quote = { 0 }, pem = buffer_make(CA_CSR_MAX);
    AUTO_FREE(ca_key) key = NULL;
    char name[CA_NAME_MAX + 1];
    const char *const names[] = { name };
    (void)snprintf(name, sizeof(name), "teller.%s.workflow.%s",
                   scene->play.workflow, SOFT_DOMAIN);
    assert_ok(ca_key_generate(CA_KEY_P256, &key));
    other.key = key;
    quote_make(scene->play.stage, &other, &quote);
    struct ca_csr_fields fields = { .common_name = "program",
                                    .names = names,
                                    .names_count = 1,
                                    .quote = buffer_bytes(&quote) };
    assert_ok(ca_csr_make(&fields, key, &pem, NULL));
    assert_answer(
        stage_ask(scene->play.stage, AS_NOBODY, HTTP_POST,
                  json_pack("{s:s%}", "csr", (const char *)pem.data, pem.len),
                  "/accord/v1/certificates"),
        403, "identity");
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(each_is_told_the_name_in_the_others_certificate),
        CASE(the_name_is_in_the_log),
        CASE(a_program_cannot_ask_for_such_a_name),
    };
    return cmocka_run_group_tests(tests, stage_group, NULL);
}
