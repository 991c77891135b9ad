/* The examination of a proposal: every fault is named, where it is, in a
 * sentence. Each test breaks one thing in a workflow that is in order. */

#include "tests/api/faults.h"
#include "tests/support/check.h"

#include <stdio.h>

static void an_app_without_edges_is_in_order(void **state)
{
    struct sample *s = *state;
    sample_app(s, "a2", "alone", BOB);
    a_workflow_in_order_has_no_fault(state);
}

static void one_dataset_may_serve_two_apps_and_two_ports(void **state)
{
    struct sample *s = *state;
    sample_app(s, "a2", "app-2", BOB);
    sample_connect(s, "e3", "d1", "a2", "input");
    sample_connect(s, "e4", "d1", "a1", "output");
    a_workflow_in_order_has_no_fault(state);
}

static void two_people_may_bring_the_same_name(void **state)
{
    struct sample *s = *state;
    sample_set(sample_record(s, "d2"), "name", json_string("patients"));
    a_workflow_in_order_has_no_fault(state);
}

static void null_is_as_good_as_absent(void **state)
{
    struct sample *s = *state;
    sample_set(sample_at(s, "edges", "e1", "source", NULL), "port",
               json_null());
    sample_set(sample_at(s, "objects", "d1", NULL), "description", json_null());
    sample_set(sample_at(s, "objects", "d1", "ref", NULL), "app", json_null());
    a_workflow_in_order_has_no_fault(state);
}

static void a_proposal_is_an_object(void **state)
{
    (void)state;
    AUTO_JSON *faults = NULL;
    AUTO_JSON *nothing = json_array();
    assert_ok(api_proposal_check(nothing, &faults));
    assert_true(has_fault(faults, "proposal", "expected an object"));
}

static void every_missing_member_is_named(void **state)
{
    struct sample *s = *state;
    static const char *const needed[] = {
        "account", "workflow", "version",        "name",
        "zone_ca", "objects",  "edges",          "builds",
        "people",  "datasets", "configurations",
    };
    for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
        json_t *taken = json_incref(sample_at(s, needed[i], NULL));
        (void)json_object_del(s->proposal, needed[i]);
        AUTO_JSON *faults = faults_of(s);
        bool named = false;
        for (size_t j = 0; j < json_array_size(faults); j++)
            named |= strcmp(fault_member(json_array_get(faults, j), "where"),
                            needed[i]) == 0;
        if (!named)
            print_error("%s is not named\n", needed[i]);
        assert_true(named);
        sample_set(s->proposal, needed[i], taken);
    }
    a_workflow_in_order_has_no_fault(state);
}

static void a_workflow_has_an_app(void **state)
{
    (void)state;
    struct sample s;
    sample_open_empty(&s);
    json_object_clear(sample_at(&s, "people", NULL));
    assert_fault(&s, "objects", "a workflow needs at least one app");
    sample_close(&s);
}

static void a_workflow_has_a_name_to_show(void **state)
{
    struct sample *s = *state;
    static const char wanted[] = "a workflow needs a name of 1 to 256 bytes "
                                 "without control characters";
    sample_set(s->proposal, "name", json_string(""));
    assert_fault(s, "name", wanted);
    sample_set(s->proposal, "name", json_string("a\x1b[31m"));
    assert_fault(s, "name", wanted);
}

static void ids_are_written_in_one_form(void **state)
{
    struct sample *s = *state;
    sample_set(s->proposal, "account",
               json_string("B0000000-0000-4000-8000-000000000000"));
    assert_fault(s, "account",
                 "a UUID is written in lower case with hyphens: "
                 "b0000000-0000-4000-8000-000000000000");
}

static void a_parent_is_an_earlier_version(void **state)
{
    struct sample *s = *state;
    AUTO_JSON *hash = api_json_of_hash(&(struct hash){ { 1 } });
    sample_set(s->proposal, "version", json_integer(3));
    sample_set(s->proposal, "parent",
               json_pack("{s:i, s:O}", "version", 2, "digest", hash));
    a_workflow_in_order_has_no_fault(state);
    sample_set(s->proposal, "parent",
               json_pack("{s:i, s:O}", "version", 3, "digest", hash));
    assert_fault(s, "parent", "the parent is an earlier version than this one");
}

static void a_graph_has_an_end(void **state)
{
    struct sample *s = *state;
    for (int i = 0; i < 1025; i++) {
        char key[16];
        (void)snprintf(key, sizeof(key), "x%d", i);
        sample_set(sample_at(s, "edges", NULL), key, json_object());
    }
    assert_fault(s, "edges", "a graph has at most 1024 edges");
    json_object_clear(sample_at(s, "edges", NULL));
    for (int i = 0; i < 513; i++) {
        char key[16];
        (void)snprintf(key, sizeof(key), "x%d", i);
        sample_set(sample_at(s, "objects", NULL), key, json_object());
    }
    assert_fault(s, "objects", "a graph has at most 512 objects");
}

static void no_fault_hides_another(void **state)
{
    struct sample *s = *state;
    sample_app(s, "a2", "app-2", BOB);
    sample_set(sample_at(s, "objects", "a2", NULL), "name", json_string(".."));
    sample_dataset(s, "d3", "lonely", ALICE);
    sample_connect(s, "e3", "d1", "d2", "input");
    sample_connect(s, "e4", "a2", "a1", "input");
    sample_connect(s, "e5", "d1", "a1", "input");
    sample_connect(s, "e6", "d1", "a2", "nowhere");
    sample_connect(s, "e7", "d1", "a7", "input");
    sample_set(s->proposal, "name", json_string(""));
    AUTO_JSON *faults = faults_of(s);
    static const char *const wheres[] = {
        "name",
        "objects.a2.name",
        "objects.d3",
        "edges.e3",
        "edges.e4.source",
        "edges.e5",
        "edges.e6.target",
        "edges.e7.target",
    };
    for (size_t i = 0; i < sizeof(wheres) / sizeof(wheres[0]); i++) {
        bool named = false;
        for (size_t j = 0; j < json_array_size(faults); j++)
            named |= strcmp(fault_member(json_array_get(faults, j), "where"),
                            wheres[i]) == 0;
        if (!named)
            print_error("%s is not named\n", wheres[i]);
        assert_true(named);
    }
    assert_int_equal(json_array_size(faults), 9);
}

static void a_reason_cut_inside_a_character_is_still_text(void **state)
{
    struct sample *s = *state;
    json_t *files =
        sample_at(s, "configurations", s->config, "app_config", NULL);
    char name[400];
    for (size_t i = 0; i + 1 < sizeof(name); i++)
        name[i] = i % 2 ? '\xa9' : '\xc3';
    name[sizeof(name) - 2] = '\0'; /* whole characters only */
    for (size_t from = 0; from < 2; from++) {
        char shifted[402];
        (void)snprintf(shifted, sizeof(shifted), "%s%s", from ? "x" : "", name);
        sample_set(files, shifted, json_true());
        AUTO_JSON *faults = faults_of(s);
        assert_int_equal(json_array_size(faults), 1);
        (void)json_object_del(files, shifted);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_SAMPLE(a_workflow_in_order_has_no_fault),
        ON_SAMPLE(an_app_without_edges_is_in_order),
        ON_SAMPLE(one_dataset_may_serve_two_apps_and_two_ports),
        ON_SAMPLE(two_people_may_bring_the_same_name),
        ON_SAMPLE(null_is_as_good_as_absent),
        cmocka_unit_test(a_proposal_is_an_object),
        ON_SAMPLE(every_missing_member_is_named),
        cmocka_unit_test(a_workflow_has_an_app),
        ON_SAMPLE(a_workflow_has_a_name_to_show),
        ON_SAMPLE(ids_are_written_in_one_form),
        ON_SAMPLE(a_parent_is_an_earlier_version),
        ON_SAMPLE(a_graph_has_an_end),
        ON_SAMPLE(no_fault_hides_another),
        ON_SAMPLE(a_reason_cut_inside_a_character_is_still_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
