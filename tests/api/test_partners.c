/* Apps that find each other: what may be submitted, what each is told, what
 * people read of it. */

#include "tests/api/faults.h"
#include "tests/support/check.h"

#include <stdlib.h>

/* a1's port output leads to a2's port input. */
static void connect_apps(struct sample *s)
{
    sample_app(s, "a2", "app-2", BOB);
    sample_set(sample_at(s, "edges", NULL), "e3",
               json_pack("{s:{s:s, s:s}, s:{s:s, s:s}}", "source", "id", "a1",
                         "port", "output", "target", "id", "a2", "port",
                         "input"));
}

static void apps_are_connected_at_a_port_of_each(void **state)
{
    struct sample *s = *state;
    connect_apps(s);
    a_workflow_in_order_has_no_fault(state);
    (void)json_object_del(sample_at(s, "edges", "e3", "target", NULL), "port");
    assert_fault(s, "edges.e3.target",
                 "an edge ends at a port of its app: name it");
    sample_set(sample_at(s, "edges", "e3", "target", NULL), "port",
               json_string("inputs"));
    assert_fault(s, "edges.e3.target",
                 "the app's configuration has no port \"inputs\", it has: "
                 "input, output");
}

static void apps_are_not_connected_twice(void **state)
{
    struct sample *s = *state;
    connect_apps(s);
    json_t *edges = sample_at(s, "edges", NULL);
    sample_set(edges, "e4", json_deep_copy(sample_at(s, "edges", "e3", NULL)));
    assert_fault(s, "edges.e4", "edge e3 connects the same already");
    /* nor the other way round */
    json_t *edge = sample_at(s, "edges", "e4", NULL);
    json_t *source = json_incref(json_object_get(edge, "source"));
    (void)json_object_set(edge, "source", json_object_get(edge, "target"));
    sample_set(edge, "target", source);
    assert_fault(s, "edges.e4", "edge e3 connects the same already");
}

static void a_partner_s_name_can_stand_in_a_host_name(void **state)
{
    static const char *const bad[] = { "App", "a_2", "a.2", "-a", "a-" };
    struct sample *s = *state;
    connect_apps(s);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        sample_set(sample_at(s, "objects", "a2", NULL), "name",
                   json_string(bad[i]));
        assert_fault(s, "edges.e3.target",
                     "an app that another one is to find has a name of 1 to "
                     "63 of a-z, 0-9 and inner '-'");
    }
}

static void each_is_told_of_the_other(void **state)
{
    struct sample *s = *state;
    AUTO_JSON *first = NULL, *second = NULL;
    connect_apps(s);
    assert_ok(api_runtime_configuration(s->proposal, "a1", &first, NULL));
    assert_ok(api_runtime_configuration(s->proposal, "a2", &second, NULL));
    AUTO_JSON *application = json_pack("{s:{}}", "application");
    const json_t *port_map =
        json_object_get(json_object_get(first, "workflow"), "port_map");
    assert_true(json_equal(
        application,
        json_object_get(json_object_get(port_map, "output"), "app-2")));
    port_map = json_object_get(json_object_get(second, "workflow"), "port_map");
    assert_true(json_equal(
        application,
        json_object_get(json_object_get(port_map, "input"), "app-1")));
}

static char *told(const json_t *manifest, const json_t *parent)
{
    AUTO_CLEAR_BUFFER text = buffer_make(1024 * 1024);
    assert_ok(parent ? api_difference(manifest, parent, &text)
                     : api_sentences(manifest, NULL, NULL, &text));
    char *copy = buffer_string(&text);
    assert_non_null(copy);
    return copy;
}

static void assert_in(char *text, const char *sentence)
{
    if (!strstr(text, sentence))
        print_error("%s\nis not in:\n%s\n", sentence, text);
    assert_non_null(strstr(text, sentence));
}

static void people_read_who_talks_with_whom(void **state)
{
    struct sample *s = *state;
    connect_apps(s);
    AUTO_JSON *manifest = sample_manifest(s);
    char *text = told(manifest, NULL);
    assert_in(text,
              "  talks with the program \"app-2\" through port \"output\"\n");
    assert_in(text,
              "  talks with the program \"app-1\" through port \"input\"\n");
    free(text);
}

static void a_new_connection_is_a_difference(void **state)
{
    struct sample *s = *state;
    connect_apps(s);
    AUTO_JSON *with = sample_manifest(s);
    (void)json_object_del(sample_at(s, "edges", NULL), "e3");
    AUTO_JSON *without = sample_manifest(s);
    char *text = told(with, without);
    assert_in(text, "  Program \"app-1\" talks with the program \"app-2\" "
                    "through port \"output\".\n");
    assert_in(text, "  Program \"app-2\" talks with the program \"app-1\" "
                    "through port \"input\".\n");
    free(text);
    text = told(without, with);
    assert_in(text, "  Program \"app-1\" does not talk any more with the "
                    "program \"app-2\" through port \"output\".\n");
    free(text);
}

static void the_drawing_shows_both(void **state)
{
    struct sample *s = *state;
    AUTO_CLEAR_BUFFER text = buffer_make(64 * 1024);
    connect_apps(s);
    assert_ok(api_graph_draw(s->proposal, true, &text));
    buffer_put_u8(&text, 0);
    assert_in((char *)text.data, "|- output -->| app-2  |");
    assert_in((char *)text.data, "| app-1 |- input -->| app-2 ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_SAMPLE(apps_are_connected_at_a_port_of_each),
        ON_SAMPLE(apps_are_not_connected_twice),
        ON_SAMPLE(a_partner_s_name_can_stand_in_a_host_name),
        ON_SAMPLE(each_is_told_of_the_other),
        ON_SAMPLE(people_read_who_talks_with_whom),
        ON_SAMPLE(a_new_connection_is_a_difference),
        ON_SAMPLE(the_drawing_shows_both),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
