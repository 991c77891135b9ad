/* From a graph to the runtime configuration of one of its apps. */

#include "tests/api/faults.h"
#include "tests/support/check.h"

static void a_runtime_configuration_is_what_touches_the_app(void **state)
{
    struct sample *s = *state;
    AUTO_JSON *configuration = NULL;
    sample_app(s, "a2", "app-2", BOB);
    sample_connect(s, "e3", "d2", "a2", "input");
    assert_ok(
        api_runtime_configuration(s->proposal, "a1", &configuration, NULL));
    AUTO_JSON *expected = json_pack(
        "{s:{s:{s:s}}, s:{s:s}, s:[s], s:{s:s, s:s, s:{s:{s:{s:{s:O}}},"
        " s:{s:{s:{s:O}}}}}}",
        "app_config", "/f", "contents", "AA==", "labels", "a", "b", "zone_ca",
        SAMPLE_ZONE_CA, "workflow", "workflow_id",
        "c0000000-0000-4000-8000-000000000000", "app_name", "app-1", "port_map",
        "input", "patients", "dataset", "id",
        json_object_get(sample_at(s, "objects", "d1", "ref", "dataset", NULL),
                        "dataset_id"),
        "output", "result", "dataset", "id",
        json_object_get(sample_at(s, "objects", "d2", "ref", "dataset", NULL),
                        "dataset_id"));
    assert_non_null(expected);
    assert_true(json_equal(configuration, expected));
}

static void only_an_app_has_a_runtime_configuration(void **state)
{
    struct sample *s = *state;
    AUTO_JSON *out = NULL;
    struct reason why = { "" };
    assert_status(STATUS_NOT_FOUND,
                  api_runtime_configuration(s->proposal, "d1", &out, &why));
    assert_string_equal(why.text, "d1 is not an app");
    assert_status(STATUS_NOT_FOUND,
                  api_runtime_configuration(s->proposal, "zz", &out, NULL));
    assert_null(out);
}

static json_t *port_map(const struct sample *s, const char *app)
{
    AUTO_JSON *configuration = NULL;
    assert_ok(
        api_runtime_configuration(s->proposal, app, &configuration, NULL));
    return json_incref(json_object_get(
        json_object_get(configuration, "workflow"), "port_map"));
}

static void direction_does_not_enter(void **state)
{
    struct sample *s = *state;
    AUTO_JSON *before = port_map(s, "a1");
    json_t *edge = sample_at(s, "edges", "e1", NULL);
    json_t *source = json_incref(json_object_get(edge, "source"));
    (void)json_object_set(edge, "source", json_object_get(edge, "target"));
    sample_set(edge, "target", source);
    AUTO_JSON *after = port_map(s, "a1");
    assert_true(json_equal(before, after));
}

/* Not to be submitted yet, but the rule is there. */
static void another_app_is_an_application_on_both_sides(void **state)
{
    struct sample *s = *state;
    sample_app(s, "a2", "app-2", BOB);
    sample_set(sample_at(s, "edges", NULL), "e3",
               sample_parse("{\"source\": {\"id\": \"a1\", \"port\": "
                            "\"out\"}, \"target\": {\"id\": \"a2\", "
                            "\"port\": \"in\"}}"));
    AUTO_JSON *first = port_map(s, "a1"), *second = port_map(s, "a2");
    AUTO_JSON *expected = sample_parse("{\"app-2\": {\"application\": {}}}");
    AUTO_JSON *opposite =
        sample_parse("{\"in\": {\"app-1\": {\"application\": {}}}}");
    assert_true(json_equal(json_object_get(first, "out"), expected));
    assert_int_equal(json_object_size(first), 3);
    assert_true(json_equal(second, opposite));
}

static void an_app_without_edges_has_no_ports(void **state)
{
    struct sample *s = *state;
    sample_app(s, "a2", "app-2", BOB);
    AUTO_JSON *ports = port_map(s, "a2");
    assert_true(json_is_object(ports));
    assert_int_equal(json_object_size(ports), 0);
}

static void assert_refused(const struct sample *s, enum status_code code,
                           const char *sentence)
{
    AUTO_JSON *out = NULL;
    struct reason why = { "" };
    assert_status(code,
                  api_runtime_configuration(s->proposal, "a1", &out, &why));
    assert_string_equal(why.text, sentence);
    assert_null(out);
}

static void a_broken_graph_has_no_configuration(void **state)
{
    struct sample *s = *state;
    json_t *d2 = sample_at(s, "objects", "d2", NULL);
    sample_set(d2, "name", json_string("patients"));
    sample_set(sample_at(s, "edges", "e2", "source", NULL), "port",
               json_string("input"));
    assert_refused(s, STATUS_INVALID,
                   "port input is connected to \"patients\" twice");
    json_object_clear(json_object_get(d2, "ref"));
    assert_refused(s, STATUS_INVALID,
                   "an object that the app is connected to is neither app nor "
                   "dataset");
    json_object_clear(sample_at(s, "configurations", NULL));
    assert_refused(s, STATUS_NOT_FOUND,
                   "the configuration of app a1 is not there");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_SAMPLE(a_runtime_configuration_is_what_touches_the_app),
        ON_SAMPLE(only_an_app_has_a_runtime_configuration),
        ON_SAMPLE(direction_does_not_enter),
        ON_SAMPLE(another_app_is_an_application_on_both_sides),
        ON_SAMPLE(an_app_without_edges_has_no_ports),
        ON_SAMPLE(a_broken_graph_has_no_configuration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
