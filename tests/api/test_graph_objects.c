/* Apps and datasets of a graph: named, known, and brought by their owner. */

#include "tests/api/faults.h"
#include "tests/support/check.h"

#include <stdio.h>

static void a_placeholder_is_not_a_thing(void **state)
{
    struct sample *s = *state;
    sample_set(sample_at(s, "objects", NULL), "p",
               json_pack("{s:s, s:s, s:{s:{s:s}}}", "name", "later", "user_id",
                         s->people[ALICE], "ref", "placeholder", "kind",
                         "dataset"));
    assert_fault(s, "objects.p.ref",
                 "this is still a placeholder: put a dataset in its place");
    sample_set(sample_at(s, "objects", "p", "ref", "placeholder", NULL), "kind",
               json_string("app"));
    assert_fault(s, "objects.p.ref",
                 "this is still a placeholder: put an app in its place");
    sample_set(sample_at(s, "objects", "p", "ref", "placeholder", NULL), "kind",
               json_string("script"));
    assert_fault(
        s, "objects.p.ref",
        "this is still a placeholder: put an app or a dataset in its place");
}

static void an_object_is_exactly_one_thing(void **state)
{
    struct sample *s = *state;
    static const char wanted[] =
        "an object is exactly one of app, dataset and placeholder";
    sample_app(s, "a2", "app-2", BOB);
    json_t *ref = sample_at(s, "objects", "a2", "ref", NULL);
    json_t *dataset =
        json_object_get(sample_at(s, "objects", "d1", "ref", NULL), "dataset");
    (void)json_object_set(ref, "dataset", dataset);
    assert_fault(s, "objects.a2.ref", wanted);
    json_object_clear(ref);
    assert_fault(s, "objects.a2.ref", wanted);
}

static void an_object_has_no_members_of_its_own_invention(void **state)
{
    struct sample *s = *state;
    static const struct {
        const char *path[4], *where;
    } places[] = {
        { { "objects", "a1" }, "objects.a1" },
        { { "objects", "a1", "ref" }, "objects.a1.ref" },
        { { "objects", "a1", "ref", "app" }, "objects.a1.ref" },
        { { "objects", "d1", "ref", "dataset" }, "objects.d1.ref" },
        { { "edges", "e1" }, "edges.e1" },
        { { "edges", "e1", "source" }, "edges.e1.source" },
    };
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        const char *const *path = places[i].path;
        json_t *at = sample_at(s, path[0], path[1], path[2], path[3], NULL);
        sample_set(at, "excess", json_true());
        AUTO_JSON *faults = faults_of(s);
        assert_true(json_array_size(faults) > 0);
        bool named = false;
        for (size_t j = 0; j < json_array_size(faults); j++) {
            const json_t *fault = json_array_get(faults, j);
            named |=
                strcmp(fault_member(fault, "where"), places[i].where) == 0 &&
                strstr(fault_member(fault, "fault"), "excess");
        }
        assert_true(named);
        (void)json_object_del(at, "excess");
    }
    a_workflow_in_order_has_no_fault(state);
}

static void a_name_must_do_for_a_path(void **state)
{
    struct sample *s = *state;
    static const char *const bad[] = { "", "..", "a/b", ".hidden", "a b" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        sample_set(sample_at(s, "objects", "d1", NULL), "name",
                   json_string(bad[i]));
        assert_fault(s, "objects.d1.name",
                     "an object needs a name of 1 to 63 letters, digits, - _ "
                     "and inner dots: it becomes a path and a host name");
    }
}

static void a_name_is_given_once(void **state)
{
    struct sample *s = *state;
    sample_set(sample_at(s, "objects", "d2", NULL), "name",
               json_string("patients"));
    assert_fault(s, "objects.d2.name",
                 "object d1 is named \"patients\" already");
}

static void a_key_can_be_shown(void **state)
{
    struct sample *s = *state;
    static const char wanted[] =
        "a key has 1 to 64 bytes without control characters";
    sample_set(sample_at(s, "edges", NULL), "a\nb",
               json_incref(sample_at(s, "edges", "e1", NULL)));
    assert_fault(s, "edges", wanted);
    (void)json_object_del(sample_at(s, "edges", NULL), "a\nb");
    sample_set(sample_at(s, "objects", NULL), "", json_object());
    assert_fault(s, "objects", wanted);
}

static void what_is_referred_to_is_there(void **state)
{
    struct sample *s = *state;
    sample_set(sample_at(s, "objects", "d1", "ref", "dataset", NULL),
               "dataset_id",
               json_string("00000000-0000-8000-8000-000000000000"));
    sample_set(sample_at(s, "objects", "a1", "ref", "app", NULL), "image_id",
               json_string("00000000-0000-8000-8000-000000000000"));
    sample_set(sample_at(s, "objects", "a1", "ref", "app", NULL), "config_id",
               json_string("00000000000000000000000000000000"
                           "00000000000000000000000000000000"));
    AUTO_JSON *faults = faults_of(s);
    assert_true(has_fault(faults, "objects.d1.dataset_id",
                          "there is no such dataset in this account"));
    assert_true(has_fault(faults, "objects.a1.image_id",
                          "there is no such build in this account"));
    assert_true(has_fault(faults, "objects.a1.config_id",
                          "there is no such configuration in this account"));
    /* Alice and Bob contribute nothing that is there */
    assert_int_equal(json_array_size(faults), 5);
}

static void an_app_needs_a_configuration(void **state)
{
    struct sample *s = *state;
    json_t *app = sample_at(s, "objects", "a1", "ref", "app", NULL);
    (void)json_object_del(app, "config_id");
    assert_fault(s, "objects.a1.config_id",
                 "an app needs a configuration: 64 hexadecimal digits");
}

static void the_ccm_class_has_no_owner_to_sign(void **state)
{
    struct sample *s = *state;
    static const char random_id[] = "11111111-1111-4111-8111-111111111111";
    json_t *ref = sample_at(s, "objects", "d2", "ref", "dataset", NULL);
    sample_set(sample_at(s, "datasets", NULL), random_id,
               json_incref(sample_record(s, "d2")));
    sample_set(ref, "dataset_id", json_string(random_id));
    AUTO_JSON *faults = faults_of(s);
    assert_true(has_fault(
        faults, "objects.d2.dataset_id",
        "this dataset is of the CCM class, its id names no owner: a workflow "
        "that owners sign takes only datasets of the signed class"));

    sample_set(sample_at(s, "objects", "a1", "ref", "app", NULL), "image_id",
               json_string(random_id));
    AUTO_JSON *more = faults_of(s);
    assert_true(has_fault(
        more, "objects.a1.image_id",
        "this build is of the CCM class, its id names no owner: a workflow "
        "that owners sign takes only builds of the signed class"));

    sample_set(ref, "dataset_id",
               json_string("11111111-1111-7111-8111-111111111111"));
    AUTO_JSON *other = faults_of(s);
    assert_true(has_fault(other, "objects.d2.dataset_id",
                          "this is not the id of a dataset"));
}

static void the_user_of_an_object_is_its_owner(void **state)
{
    struct sample *s = *state;
    char wanted[160];
    sample_set(sample_at(s, "objects", "d1", NULL), "user_id",
               json_string(s->people[CAROL]));
    (void)snprintf(wanted, sizeof(wanted),
                   "this dataset belongs to %s, not to %s", s->people[ALICE],
                   s->people[CAROL]);
    assert_fault(s, "objects.d1.user_id", wanted);

    sample_set(sample_at(s, "objects", "d1", NULL), "user_id",
               json_string("22222222-2222-4222-8222-222222222222"));
    assert_fault(s, "objects.d1.user_id",
                 "22222222-2222-4222-8222-222222222222 is nobody in this "
                 "account");

    (void)json_object_del(sample_at(s, "objects", "d1", NULL), "user_id");
    assert_fault(s, "objects.d1.user_id", "user_id is missing");
}

static void an_owner_who_is_not_among_the_people_is_missed(void **state)
{
    struct sample *s = *state;
    sample_set(sample_at(s, "objects", "d1", NULL), "user_id",
               json_string(s->people[CAROL]));
    (void)json_object_del(sample_at(s, "people", NULL), s->people[ALICE]);
    assert_fault(s, "objects.d1.user_id",
                 "the owner of this dataset is nobody in this proposal");
}

static void people_are_exactly_the_owners(void **state)
{
    struct sample *s = *state;
    char where[64], wanted[128];
    static const char other[] = "33333333-3333-4333-8333-333333333333";
    sample_set(sample_at(s, "people", NULL), other,
               json_deep_copy(sample_at(s, "people", s->people[BOB], NULL)));
    AUTO_JSON *faults = faults_of(s);
    (void)snprintf(where, sizeof(where), "people.%s", s->people[BOB]);
    (void)snprintf(wanted, sizeof(wanted),
                   "this is the same owner as person %s", other);
    assert_true(has_fault(faults, where, wanted));

    (void)json_object_del(sample_at(s, "people", NULL), other);
    (void)json_object_del(sample_at(s, "edges", NULL), "e2");
    (void)json_object_del(sample_at(s, "objects", NULL), "d2");
    (void)snprintf(where, sizeof(where), "people.%s", s->people[CAROL]);
    assert_fault(s, where, "this person owns nothing in the workflow");
}

static void a_dataset_is_connected_with_something(void **state)
{
    struct sample *s = *state;
    (void)json_object_del(sample_at(s, "edges", NULL), "e2");
    assert_fault(s, "objects.d2", "no edge connects this dataset with an app");
}

static void an_object_is_an_object(void **state)
{
    struct sample *s = *state;
    sample_set(sample_at(s, "objects", NULL), "x", json_string("d1"));
    assert_fault(s, "objects.x", "expected an object");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_SAMPLE(a_placeholder_is_not_a_thing),
        ON_SAMPLE(an_object_is_exactly_one_thing),
        ON_SAMPLE(an_object_has_no_members_of_its_own_invention),
        ON_SAMPLE(a_name_must_do_for_a_path),
        ON_SAMPLE(a_name_is_given_once),
        ON_SAMPLE(a_key_can_be_shown),
        ON_SAMPLE(what_is_referred_to_is_there),
        ON_SAMPLE(an_app_needs_a_configuration),
        ON_SAMPLE(the_ccm_class_has_no_owner_to_sign),
        ON_SAMPLE(the_user_of_an_object_is_its_owner),
        ON_SAMPLE(an_owner_who_is_not_among_the_people_is_missed),
        ON_SAMPLE(people_are_exactly_the_owners),
        ON_SAMPLE(a_dataset_is_connected_with_something),
        ON_SAMPLE(an_object_is_an_object),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
