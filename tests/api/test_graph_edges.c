/* Edges of a graph: an app's port, and a dataset at its other end. */

#include "tests/api/faults.h"
#include "tests/support/check.h"

#include <stdio.h>

static void both_ends_of_an_edge_are_objects(void **state)
{
    struct sample *s = *state;
    sample_connect(s, "e3", "d9", "a9", "input");
    AUTO_JSON *faults = faults_of(s);
    assert_int_equal(json_array_size(faults), 2);
    assert_true(has_fault(faults, "edges.e3.source",
                          "this end is at no object of the graph"));
    assert_true(has_fault(faults, "edges.e3.target",
                          "this end is at no object of the graph"));
}

static void an_edge_has_two_ends(void **state)
{
    struct sample *s = *state;
    sample_set(sample_at(s, "edges", NULL), "e3", json_object());
    AUTO_JSON *faults = faults_of(s);
    assert_int_equal(json_array_size(faults), 2);
    sample_set(sample_at(s, "edges", NULL), "e3", json_string("a1"));
    AUTO_JSON *more = faults_of(s);
    assert_int_equal(json_array_size(more), 1);
}

static void an_edge_does_not_lead_to_itself(void **state)
{
    struct sample *s = *state;
    sample_connect(s, "e3", "a1", "a1", "input");
    assert_fault(s, "edges.e3",
                 "an edge connects two objects, not one with itself");
}

static void datasets_are_not_connected_with_each_other(void **state)
{
    struct sample *s = *state;
    sample_connect(s, "e3", "d1", "d2", "input");
    assert_fault(s, "edges.e3",
                 "an edge connects an app with a dataset, not two datasets");
}

static void the_app_s_side_names_a_port(void **state)
{
    struct sample *s = *state;
    (void)json_object_del(sample_at(s, "edges", "e1", "target", NULL), "port");
    assert_fault(s, "edges.e1.target",
                 "an edge ends at a port of its app: name it");
}

static void the_port_is_one_of_the_configuration(void **state)
{
    struct sample *s = *state;
    sample_set(sample_at(s, "edges", "e1", "target", NULL), "port",
               json_string("inputs"));
    assert_fault(s, "edges.e1.target",
                 "the app's configuration has no port \"inputs\", it has: "
                 "input, output");
    sample_set(sample_at(s, "configurations", s->config, NULL), "ports",
               json_array());
    AUTO_JSON *faults = faults_of(s);
    assert_true(has_fault(
        faults, "edges.e1.target",
        "the app's configuration has no port \"inputs\", it has: none"));
}

static void the_dataset_s_side_has_no_port(void **state)
{
    struct sample *s = *state;
    sample_set(sample_at(s, "edges", "e1", "source", NULL), "port",
               json_string("input"));
    assert_fault(s, "edges.e1.source",
                 "a dataset has no ports: leave the port out");
}

static void two_edges_do_not_connect_the_same(void **state)
{
    struct sample *s = *state;
    sample_connect(s, "e3", "d1", "a1", "input");
    assert_fault(s, "edges.e3", "edge e1 connects the same already");
    /* nor the other way round */
    json_t *edge = sample_at(s, "edges", "e3", NULL);
    json_t *source = json_incref(json_object_get(edge, "source"));
    (void)json_object_set(edge, "source", json_object_get(edge, "target"));
    sample_set(edge, "target", source);
    assert_fault(s, "edges.e3", "edge e1 connects the same already");
}

static void one_dataset_comes_to_an_app_through_one_object(void **state)
{
    struct sample *s = *state;
    json_t *twin = json_deep_copy(sample_at(s, "objects", "d1", NULL));
    sample_set(twin, "name", json_string("twin"));
    sample_set(sample_at(s, "objects", NULL), "d3", twin);
    sample_connect(s, "e3", "d3", "a1", "input");
    assert_fault(s, "edges.e3",
                 "app a1 has this dataset already, through object d1: connect "
                 "that one");
    sample_set(sample_at(s, "edges", "e3", "target", NULL), "port",
               json_string("output"));
    assert_fault(s, "edges.e3",
                 "app a1 has this dataset already, through object d1: connect "
                 "that one");
}

/* Equal names are one fault, the equal hashes that follow are another. */
static void two_apps_have_two_hashes(void **state)
{
    struct sample *s = *state;
    sample_app(s, "a2", "app-2", BOB);
    sample_app(s, "a3", "app-2", BOB);
    AUTO_JSON *faults = faults_of(s);
    assert_int_equal(json_array_size(faults), 2);
    assert_true(has_fault(faults, "objects.a3.name",
                          "object a2 is named \"app-2\" already"));
    assert_true(has_fault(faults, "objects.a3",
                          "app a2 has the same runtime configuration: give "
                          "this one another name"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_SAMPLE(both_ends_of_an_edge_are_objects),
        ON_SAMPLE(an_edge_has_two_ends),
        ON_SAMPLE(an_edge_does_not_lead_to_itself),
        ON_SAMPLE(datasets_are_not_connected_with_each_other),
        ON_SAMPLE(the_app_s_side_names_a_port),
        ON_SAMPLE(the_port_is_one_of_the_configuration),
        ON_SAMPLE(the_dataset_s_side_has_no_port),
        ON_SAMPLE(two_edges_do_not_connect_the_same),
        ON_SAMPLE(one_dataset_comes_to_an_app_through_one_object),
        ON_SAMPLE(two_apps_have_two_hashes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
