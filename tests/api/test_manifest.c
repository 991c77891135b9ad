/* The manifest: the same bytes for the same facts, other bytes for others. */

#include "tests/api/faults.h"
#include "tests/support/check.h"

#include <stdlib.h>

#include "base/text.h"

/* The keys, ids and texts of the sample are fixed, so the digest is known. It
 * was computed from the description in api/manifest.h by other means. */
static void the_format_stays_as_it_is(void **state)
{
    struct hash digest;
    char hex[2 * HASH_LEN + 1];
    sample_digest(*state, &digest);
    hex_encode(hash_bytes(&digest), hex);
    assert_string_equal(hex, "58f642c96bed5e3a8ca9db11d221d12d"
                             "9c754c42179da58740c2b9798573aeab");
}

static json_t *reversed(const json_t *value)
{
    if (!json_is_object(value))
        return json_deep_copy(value);
    const char *names[64];
    size_t count = 0;
    const char *name;
    json_t *member;
    json_object_foreach((json_t *)(uintptr_t)value, name, member)
    {
        assert_true(count < 64);
        names[count++] = name;
    }
    json_t *made = json_object();
    while (count > 0) {
        count--;
        sample_set(made, names[count],
                   reversed(json_object_get(value, names[count])));
    }
    return made;
}

static void the_order_of_members_is_of_no_account(void **state)
{
    struct sample *s = *state;
    struct hash before, after;
    sample_digest(s, &before);
    json_t *straight = s->proposal;
    s->proposal = reversed(straight);
    assert_string_not_equal(
        json_object_iter_key(json_object_iter(straight)),
        json_object_iter_key(json_object_iter(s->proposal)));
    json_decref(straight);
    sample_digest(s, &after);
    assert_true(hash_equal(&before, &after));
}

static void null_and_absent_are_one_manifest(void **state)
{
    struct sample *s = *state;
    struct hash before, after;
    sample_digest(s, &before);
    sample_set(sample_at(s, "objects", "d1", NULL), "description", json_null());
    sample_set(sample_at(s, "edges", "e1", "source", NULL), "port",
               json_null());
    (void)json_object_del(s->proposal, "parent");
    (void)json_object_del(s->proposal, "description");
    sample_digest(s, &after);
    assert_true(hash_equal(&before, &after));
}

static void the_tcb_statuses_of_a_rule_have_one_order(void **state)
{
    struct sample *s = *state;
    struct hash before, after;
    json_t *rule = json_object_get(sample_record(s, "a1"), "rule");
    sample_set(rule, "tcb", sample_parse("[\"UpToDate\", \"unevaluated\"]"));
    sample_sign(s, "a1", s->keys[BOB]);
    sample_digest(s, &before);
    sample_set(rule, "tcb", sample_parse("[\"unevaluated\", \"UpToDate\"]"));
    sample_digest(s, &after);
    assert_true(hash_equal(&before, &after));
}

/* --- every input counts */

static void set_text(json_t *at, const char *name, const char *text)
{
    sample_set(at, name, json_string(text));
}

static void change_rule(struct sample *s, const char *name, const char *json)
{
    sample_set(json_object_get(sample_record(s, "a1"), "rule"), name,
               sample_parse(json));
    sample_sign(s, "a1", s->keys[BOB]);
}

#define OTHER_HASH                                                             \
    "\"000000000000000000000000000000000000000000000000000000000000ff00\""

static void change_location(struct sample *s)
{
    set_text(sample_record(s, "d1"), "location", SAMPLE_LOCATION "x");
}
static void change_dataset_name(struct sample *s)
{
    set_text(sample_record(s, "d1"), "name", "others");
}
static void change_build_name(struct sample *s)
{
    set_text(sample_record(s, "a1"), "name", "other");
}
static void change_person_name(struct sample *s)
{
    set_text(sample_at(s, "people", s->people[CAROL], NULL), "name", "Carola");
}
static void change_object_name(struct sample *s)
{
    set_text(sample_at(s, "objects", "d2", NULL), "name", "results");
}
static void change_object_description(struct sample *s)
{
    set_text(sample_at(s, "objects", "d2", NULL), "description", "what for");
}
static void change_app_name(struct sample *s)
{
    set_text(sample_at(s, "objects", "a1", NULL), "name", "app-2");
}
static void change_measurement(struct sample *s)
{
    change_rule(s, "mrenclave", OTHER_HASH);
}
static void change_anchor(struct sample *s)
{
    change_rule(s, "anchor", OTHER_HASH);
}
static void change_debug(struct sample *s)
{
    change_rule(s, "debug", "true");
}
static void change_tcb(struct sample *s)
{
    change_rule(s, "tcb", "[\"UpToDate\"]");
}
static void change_kind(struct sample *s)
{
    change_rule(s, "kind", "\"sgx\"");
}
static void change_port(struct sample *s)
{
    set_text(sample_at(s, "edges", "e1", "target", NULL), "port", "output");
}
static void change_direction(struct sample *s)
{
    json_t *edge = sample_at(s, "edges", "e1", NULL);
    json_t *source = json_incref(json_object_get(edge, "source"));
    (void)json_object_set(edge, "source", json_object_get(edge, "target"));
    sample_set(edge, "target", source);
}
static void add_edge(struct sample *s)
{
    sample_connect(s, "e3", "d1", "a1", "output");
}
static void add_app(struct sample *s)
{
    sample_app(s, "a2", "app-2", BOB);
}
static void change_workflow_name(struct sample *s)
{
    set_text(s->proposal, "name", "Other statistics");
}
static void change_description(struct sample *s)
{
    set_text(s->proposal, "description", "for the annual report");
}
static void change_version(struct sample *s)
{
    sample_set(s->proposal, "version", json_integer(2));
}
static void change_parent(struct sample *s)
{
    sample_set(s->proposal, "version", json_integer(2));
    sample_set(s->proposal, "parent",
               sample_parse("{\"version\": 1, \"digest\": " OTHER_HASH "}"));
}
static void change_workflow(struct sample *s)
{
    set_text(s->proposal, "workflow", "c0000000-0000-4000-8000-000000000001");
}
static void change_zone_ca(struct sample *s)
{
    set_text(s->proposal, "zone_ca", "another");
    sample_rename_config(s);
}
static void change_file(struct sample *s)
{
    set_text(
        sample_at(s, "configurations", s->config, "app_config", "/f", NULL),
        "contents", "AAA=");
    sample_rename_config(s);
}
static void change_key(struct sample *s)
{
    struct api_signer new_key = api_key_signer(s->keys[BOB]);
    struct api_signer by = api_key_signer(s->keys[ALICE]);
    assert_ok(api_owner_change(&s->owners[ALICE], &new_key.key, &by, NULL));
    sample_tell_owner(s, ALICE);
}

static const struct {
    const char *what;
    void (*change)(struct sample *s);
} inputs[] = {
    { "location", change_location },
    { "dataset name", change_dataset_name },
    { "build name", change_build_name },
    { "person name", change_person_name },
    { "object name", change_object_name },
    { "object description", change_object_description },
    { "app name", change_app_name },
    { "measurement", change_measurement },
    { "anchor", change_anchor },
    { "debug", change_debug },
    { "tcb", change_tcb },
    { "kind", change_kind },
    { "port", change_port },
    { "direction", change_direction },
    { "one more edge", add_edge },
    { "one more app", add_app },
    { "workflow name", change_workflow_name },
    { "description", change_description },
    { "version", change_version },
    { "parent", change_parent },
    { "workflow", change_workflow },
    { "zone CA", change_zone_ca },
    { "file", change_file },
    { "key", change_key },
};

static void every_input_changes_the_digest(void **state)
{
    (void)state;
    enum { COUNT = sizeof(inputs) / sizeof(inputs[0]) };
    struct hash digests[COUNT + 1];
    struct sample s;
    sample_open(&s);
    sample_digest(&s, &digests[COUNT]);
    sample_close(&s);
    for (size_t i = 0; i < COUNT; i++) {
        sample_open(&s);
        inputs[i].change(&s);
        sample_digest(&s, &digests[i]);
        sample_close(&s);
        for (size_t j = 0; j <= COUNT; j++) {
            if (j >= i && j < COUNT)
                continue;
            if (hash_equal(&digests[i], &digests[j]))
                print_error("%s changes nothing\n", inputs[i].what);
            assert_false(hash_equal(&digests[i], &digests[j]));
        }
    }
}

/* --- what is in it */

static void people_are_named_with_the_key_that_speaks_now(void **state)
{
    struct sample *s = *state;
    struct hash key, owner, named;
    struct api_signer now = api_key_signer(s->recovery[BOB]);
    struct api_signer by = api_key_signer(s->recovery[ALICE]);
    assert_ok(api_owner_hash(&s->owners[ALICE], &owner));
    assert_ok(api_owner_change(&s->owners[ALICE], &now.key, &by, NULL));
    sample_tell_owner(s, ALICE);
    AUTO_JSON *manifest = sample_manifest(s);
    const json_t *people = json_object_get(manifest, "people");
    assert_int_equal(json_object_size(people), 3);
    const json_t *alice = json_object_get(people, s->people[ALICE]);
    assert_ok(api_spki_hash(&now.key, &key));
    assert_ok(api_json_hash(alice, "key", &named, NULL));
    assert_true(hash_equal(&named, &key));
    assert_ok(api_json_hash(alice, "owner", &named, NULL));
    assert_true(hash_equal(&named, &owner)); /* as before the change */
}

static void a_dataset_lists_its_ports_in_order(void **state)
{
    struct sample *s = *state;
    sample_app(s, "a0", "app-0", BOB);
    sample_connect(s, "e3", "d1", "a1", "output");
    sample_connect(s, "e0", "d1", "a0", "output");
    AUTO_JSON *manifest = sample_manifest(s);
    AUTO_JSON *expected =
        sample_parse("[{\"app\": \"a0\", \"port\": \"output\"},"
                     " {\"app\": \"a1\", \"port\": \"input\"},"
                     " {\"app\": \"a1\", \"port\": \"output\"}]");
    assert_true(json_equal(
        json_object_get(
            json_object_get(json_object_get(manifest, "datasets"), "d1"),
            "ports"),
        expected));
}

static void an_app_is_found_by_its_runtime_hash(void **state)
{
    struct sample *s = *state;
    struct hash runtime, other = { { 1 } };
    struct api_manifest_app app;
    AUTO_JSON *configuration = NULL;
    AUTO_JSON *manifest = sample_manifest(s);
    assert_ok(
        api_runtime_configuration(s->proposal, "a1", &configuration, NULL));
    assert_ok(api_configuration_hash(configuration, &runtime, NULL));
    assert_ok(api_manifest_app(manifest, &runtime, &app));
    assert_string_equal(app.key, "a1");
    assert_int_equal(app.rule.sgx.mrenclave[31], 0x12);
    assert_int_equal(app.rule.tcb_mask, API_TCB_UNEVALUATED);
    assert_true(hash_equal(&app.runtime, &runtime));
    assert_status(STATUS_NOT_FOUND, api_manifest_app(manifest, &other, &app));

    json_t *entry = json_object_get(json_object_get(manifest, "apps"), "a1");
    sample_set(json_object_get(entry, "rule"), "debug", json_true());
    assert_status(STATUS_CORRUPT, api_manifest_app(manifest, &runtime, &app));
}

static void a_dataset_is_found_on_a_port_of_its_app_only(void **state)
{
    struct sample *s = *state;
    struct api_id patients, other = { { 1 } };
    const json_t *entry = NULL;
    sample_app(s, "a2", "app-2", BOB);
    AUTO_JSON *manifest = sample_manifest(s);
    assert_ok(api_json_id(sample_at(s, "objects", "d1", "ref", "dataset", NULL),
                          "dataset_id", &patients, NULL));
    assert_status(STATUS_NOT_FOUND,
                  api_manifest_dataset(manifest, "a2", &patients, &entry));
    assert_status(STATUS_NOT_FOUND,
                  api_manifest_dataset(manifest, "a1", &other, &entry));
    assert_null(entry);
    assert_ok(api_manifest_dataset(manifest, "a1", &patients, &entry));
    assert_string_equal(json_string_value(json_object_get(entry, "location")),
                        SAMPLE_LOCATION);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_SAMPLE(the_format_stays_as_it_is),
        ON_SAMPLE(the_order_of_members_is_of_no_account),
        ON_SAMPLE(null_and_absent_are_one_manifest),
        ON_SAMPLE(the_tcb_statuses_of_a_rule_have_one_order),
        cmocka_unit_test(every_input_changes_the_digest),
        ON_SAMPLE(people_are_named_with_the_key_that_speaks_now),
        ON_SAMPLE(a_dataset_lists_its_ports_in_order),
        ON_SAMPLE(an_app_is_found_by_its_runtime_hash),
        ON_SAMPLE(a_dataset_is_found_on_a_port_of_its_app_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
