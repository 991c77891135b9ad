/* The records a proposal brings are read strictly, each fault at its place. */

#include "tests/api/faults.h"
#include "tests/support/check.h"

#include <stdio.h>

static void a_configuration_is_what_its_id_says(void **state)
{
    struct sample *s = *state;
    char where[128];
    (void)snprintf(where, sizeof(where), "configurations.%s", s->config);
    sample_set(sample_at(s, "configurations", s->config, "labels", NULL), "a",
               json_string("c"));
    assert_fault(s, where,
                 "the content of this configuration has another id (was it "
                 "made for another zone CA?): make it again");
    sample_rename_config(s);
    a_workflow_in_order_has_no_fault(state);
    sample_set(s->proposal, "zone_ca", json_string("another"));
    (void)snprintf(where, sizeof(where), "configurations.%s", s->config);
    assert_fault(s, where,
                 "the content of this configuration has another id (was it "
                 "made for another zone CA?): make it again");
}

static void assert_record_fault(struct sample *s, json_t *record,
                                const char *name, const char *bad,
                                const char *part)
{
    json_t *before = json_incref(json_object_get(record, name));
    sample_set(record, name, sample_parse(bad));
    AUTO_JSON *faults = faults_of(s);
    bool named = false;
    for (size_t i = 0; i < json_array_size(faults); i++) {
        const json_t *fault = json_array_get(faults, i);
        named |= strstr(fault_member(fault, "where"), name) &&
                 strstr(fault_member(fault, "fault"), part);
    }
    if (!named) {
        print_error("%s = %s:\n", name, bad);
        faults_print(faults);
    }
    assert_true(named);
    if (before)
        sample_set(record, name, before);
    else
        (void)json_object_del(record, name);
}

static void every_record_is_read_strictly(void **state)
{
    struct sample *s = *state;
    json_t *dataset = sample_record(s, "d1"), *build = sample_record(s, "a1");
    json_t *configuration = sample_at(s, "configurations", s->config, NULL);
    json_t *person = sample_at(s, "people", s->people[ALICE], NULL);
    static const char *const bad_owner = "\"AAAA\"";
    assert_record_fault(s, dataset, "name", "1", "name");
    assert_record_fault(s, dataset, "name", "\"\"", "name is empty");
    assert_record_fault(s, dataset, "owner", bad_owner, "owner");
    assert_record_fault(s, dataset, "random", "\"AAAA\"", "16 bytes");
    assert_record_fault(s, dataset, "location", "\"\"", "empty");
    assert_record_fault(s, dataset, "location", "\"https://a/ b\"", "spaces");
    assert_record_fault(s, dataset, "flags", "1", "flags");
    assert_record_fault(s, dataset, "limits", "{\"budget\": 3}", "budget");
    assert_record_fault(s, dataset, "limits", "[]", "limits");
    assert_record_fault(s, build, "owner", bad_owner, "owner");
    assert_record_fault(s, build, "random", "\"\"", "16 bytes");
    assert_record_fault(s, build, "rule", "{}", "kind");
    assert_record_fault(s, build, "signature", "\"AAAA\"", "signature");
    assert_record_fault(s, configuration, "ports", "[\"..\"]", "port name");
    assert_record_fault(s, configuration, "app_config", "[]", "app_config");
    assert_record_fault(s, configuration, "labels", "1", "labels");
    assert_record_fault(s, person, "name", "[]", "name");
    assert_record_fault(s, person, "owner", bad_owner, "owner");
    a_workflow_in_order_has_no_fault(state);
}

static void a_record_has_no_members_too_many(void **state)
{
    struct sample *s = *state;
    sample_set(sample_record(s, "d1"), "excess", json_true());
    AUTO_JSON *faults = faults_of(s);
    assert_int_equal(json_array_size(faults), 1);
    assert_non_null(
        strstr(fault_member(json_array_get(faults, 0), "fault"), "excess"));
}

static void a_location_ends_somewhere(void **state)
{
    struct sample *s = *state;
    char location[API_LOCATION_MAX + 2];
    memset(location, 'x', sizeof(location));
    location[API_LOCATION_MAX] = '\0';
    sample_set(sample_record(s, "d1"), "location", json_string(location));
    a_workflow_in_order_has_no_fault(state);
    location[API_LOCATION_MAX] = 'x';
    location[API_LOCATION_MAX + 1] = '\0';
    sample_set(sample_record(s, "d1"), "location", json_string(location));
    AUTO_JSON *faults = faults_of(s);
    assert_int_equal(json_array_size(faults), 1);
    assert_string_equal(fault_member(json_array_get(faults, 0), "fault"),
                        "location: a location has at most 2048 bytes");
}

static void a_record_is_an_object(void **state)
{
    struct sample *s = *state;
    AUTO_JSON *faults = NULL;
    char where[96];
    (void)snprintf(where, sizeof(where), "people.%s", s->people[CAROL]);
    sample_set(sample_at(s, "people", NULL), s->people[CAROL], json_array());
    faults = faults_of(s);
    assert_true(has_fault(faults, where, "expected an object"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_SAMPLE(a_configuration_is_what_its_id_says),
        ON_SAMPLE(every_record_is_read_strictly),
        ON_SAMPLE(a_record_has_no_members_too_many),
        ON_SAMPLE(a_location_ends_somewhere),
        ON_SAMPLE(a_record_is_an_object),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
