/* A new version is told by what it changes, and nothing that changes is left
 * out. */

#include "tests/api/faults.h"
#include "tests/support/check.h"

#include <stdio.h>
#include <stdlib.h>

/* The state: a sample, and the manifest it gave before the test changed it. */
struct versions {
    struct sample now;
    json_t *before;
};

static int open_versions(void **state)
{
    static struct versions v;
    sample_open(&v.now);
    v.before = sample_manifest(&v.now);
    *state = &v;
    return 0;
}

static int close_versions(void **state)
{
    struct versions *v = *state;
    json_decref(v->before);
    sample_close(&v->now);
    return 0;
}

static char *difference(const json_t *now, const json_t *before)
{
    AUTO_CLEAR_BUFFER text = buffer_make(1024 * 1024);
    assert_ok(api_difference(now, before, &text));
    char *copy = buffer_string(&text);
    assert_non_null(copy);
    return copy;
}

static void assert_difference(const struct versions *v, const char *expected)
{
    AUTO_JSON *now = sample_manifest(&v->now);
    char *text = difference(now, v->before);
    assert_string_equal(text, expected);
    free(text);
}

static const char nothing[] = "  Nothing is different.\n";

static void the_version_alone_is_no_difference(void **state)
{
    struct versions *v = *state;
    assert_difference(v, nothing);
    sample_set(v->now.proposal, "version", json_integer(2));
    sample_set(v->now.proposal, "parent",
               json_pack("{s:i, s:o}", "version", 1, "digest",
                         api_json_of_hash(&(struct hash){ { 1 } })));
    assert_difference(v, nothing);
}

static void a_key_of_the_graph_is_hardly_one(void **state)
{
    struct versions *v = *state;
    json_t *edges = sample_at(&v->now, "edges", NULL);
    sample_set(edges, "e9", json_incref(json_object_get(edges, "e1")));
    (void)json_object_del(edges, "e1");
    assert_difference(v, "  Keys of the graph or the direction of edges are "
                         "different, nothing else.\n");
}

static void a_moved_dataset_is_told(void **state)
{
    struct versions *v = *state;
    sample_set(sample_record(&v->now, "d1"), "location",
               json_string("https://elsewhere.example/x"));
    assert_difference(v, "  Dataset \"patients\" is somewhere else: now "
                         "\"https://elsewhere.example/x\", before "
                         "\"https://store.example/patients.bin\".\n");
}

static void a_new_dataset_is_told_with_its_port(void **state)
{
    struct versions *v = *state;
    sample_dataset(&v->now, "d3", "codes", CAROL);
    sample_connect(&v->now, "e3", "d3", "a1", "input");
    AUTO_JSON *now = sample_manifest(&v->now);
    char *text = difference(now, v->before);
    assert_non_null(strstr(
        text, "  Program \"app-1\" has a new hash, certificates for the old "
              "one do not count for it: now \""));
    assert_non_null(
        strstr(text, "  Dataset \"codes\" (dataset \"codes\" of \"Carol\", at "
                     "https://store.example/codes.bin) is new.\n"
                     "  Program \"app-1\" now reads \"codes\" through port "
                     "\"input\".\n"));
    free(text);

    AUTO_JSON *swapped = json_incref(v->before);
    text = difference(swapped, now);
    assert_non_null(strstr(text, "  Dataset \"codes\" is gone.\n"
                                 "  Program \"app-1\" no longer reads "
                                 "\"codes\" through port \"input\".\n"));
    free(text);
}

static void another_port_is_told(void **state)
{
    struct versions *v = *state;
    sample_set(sample_at(&v->now, "edges", "e1", "target", NULL), "port",
               json_string("output"));
    AUTO_JSON *now = sample_manifest(&v->now);
    char *text = difference(now, v->before);
    assert_non_null(
        strstr(text, "  Program \"app-1\" now writes \"patients\" through "
                     "port \"output\".\n"
                     "  Program \"app-1\" no longer reads \"patients\" "
                     "through port \"input\".\n"));
    free(text);
}

static void a_new_app_is_told_and_a_missing_one(void **state)
{
    struct versions *v = *state;
    sample_app(&v->now, "a2", "app-2", BOB);
    assert_difference(v, "  Program \"app-2\" is new.\n");
    AUTO_JSON *now = sample_manifest(&v->now);
    char *text = difference(v->before, now);
    assert_string_equal(text, "  Program \"app-2\" is gone.\n");
    free(text);
}

static void set_rule(struct versions *v, const char *name, const char *json)
{
    sample_set(json_object_get(sample_record(&v->now, "a1"), "rule"), name,
               sample_parse(json));
    sample_sign(&v->now, "a1", v->now.keys[BOB]);
}

#define TWELVES                                                                \
    "1212121212121212121212121212121212121212121212121212121212121212"
#define THREES                                                                 \
    "3333333333333333333333333333333333333333333333333333333333333333"

static void a_loosened_rule_is_told(void **state)
{
    struct versions *v = *state;
    set_rule(v, "debug", "true");
    assert_difference(v, "  Program \"app-1\" may run in DEBUG mode now: who "
                         "runs it can read it.\n");
    set_rule(v, "debug", "false");
    set_rule(v, "tcb", "[\"unevaluated\", \"OutOfDate\"]");
    assert_difference(v, "  Program \"app-1\" accepts other states of the "
                         "platform: now UNEVALUATED, OutOfDate, before "
                         "UNEVALUATED.\n");
    set_rule(v, "tcb", "[\"unevaluated\"]");
    set_rule(v, "anchor", "\"" THREES "\"");
    assert_difference(
        v, "  Program \"app-1\" is vouched for by another root key.\n");
}

static void another_measurement_is_told(void **state)
{
    struct versions *v = *state;
    set_rule(v, "mrenclave", "\"" THREES "\"");
    assert_difference(
        v, "  Program \"app-1\" runs as another program: now "
           "SIMULATED SGX enclave with mrenclave " THREES
           ", before SIMULATED SGX enclave with mrenclave " TWELVES ".\n");
}

static void a_changed_key_is_told_by_its_words(void **state)
{
    struct versions *v = *state;
    struct api_signer now = api_key_signer(v->now.recovery[CAROL]);
    struct api_signer by = api_key_signer(v->now.keys[ALICE]);
    assert_ok(api_owner_change(&v->now.owners[ALICE], &now.key, &by, NULL));
    sample_tell_owner(&v->now, ALICE);
    assert_difference(
        v, "  \"Alice\" signs with another key: now hozip-hirol-zator-nobag, "
           "before rapog-dipos-zuhij-zidon.\n");
}

static void new_and_missing_people_are_told(void **state)
{
    struct versions *v = *state;
    struct sample *s = &v->now;
    (void)json_object_del(sample_at(s, "edges", NULL), "e2");
    (void)json_object_del(sample_at(s, "objects", NULL), "d2");
    (void)json_object_del(sample_at(s, "people", NULL), s->people[CAROL]);
    AUTO_JSON *now = sample_manifest(s);
    char *text = difference(now, v->before);
    assert_non_null(strstr(text, "  \"Carol\" is not asked any more.\n"));
    free(text);
    text = difference(v->before, now);
    assert_non_null(strstr(text, "  \"Carol\" must agree from now on, with the "
                                 "key nohum-tolal-mupof-rasuz.\n"));
    free(text);
}

static void sentences_end_with_the_difference(void **state)
{
    struct versions *v = *state;
    AUTO_CLEAR_BUFFER text = buffer_make(100000);
    AUTO_JSON *now = sample_manifest(&v->now);
    assert_ok(api_sentences(now, v->before, NULL, &text));
    static const char end[] = "\nCompared with version 1:\n"
                              "  Nothing is different.\n";
    assert_true(text.len > sizeof(end));
    assert_memory_equal(text.data + text.len - (sizeof(end) - 1), end,
                        sizeof(end) - 1);
}

static void another_id_of_a_person_is_told(void **state)
{
    struct versions *v = *state;
    AUTO_JSON *now = json_deep_copy(v->before);
    json_t *people = json_object_get(now, "people");
    sample_set(people, "a0000000-0000-4000-8000-00000000000f",
               json_incref(json_object_get(people, v->now.people[BOB])));
    (void)json_object_del(people, v->now.people[BOB]);
    char *text = difference(now, v->before);
    assert_string_equal(text, "  \"Bob\" has another id in the account.\n");
    free(text);
}

static void another_workflow_is_told(void **state)
{
    struct versions *v = *state;
    AUTO_JSON *now = json_deep_copy(v->before);
    sample_set(now, "workflow", json_string("x"));
    sample_set(now, "account", json_string("y"));
    sample_set(now, "zone_ca", json_string("z"));
    sample_set(now, "name", json_string("Other"));
    sample_set(now, "description", json_string("more"));
    char *text = difference(now, v->before);
    assert_string_equal(
        text, "  This is another account.\n"
              "  This is another workflow.\n"
              "  The certificate authority is another one: every hash is new.\n"
              "  Workflow \"Other\" has a new name: now \"Other\", before "
              "\"Patient statistics\".\n"
              "  Workflow \"Other\" is described anew: now \"more\", before "
              "\"\".\n");
    free(text);
}

/* --- nothing is left out */

/* Every text, number and flag of a manifest in turn is made another one. */
struct leaves {
    size_t wanted, seen;
    char path[200];
};

static json_t *other_value(const char *name, const json_t *value)
{
    const char *text = json_string_value(value);
    if (!text) /* a number, a flag or nothing */
        return json_is_integer(value)
                   ? json_integer(json_integer_value(value) + 1)
                   : json_boolean(!json_is_true(value));
    if (strcmp(name, "kind") == 0)
        return json_string("sgx");
    AUTO_CLEAR_BUFFER other = buffer_make(4096);
    buffer_put_string(&other, text);
    if (other.len > 0) {
        unsigned char *last = &other.data[other.len - 1];
        *last = *last == '1' ? '2' : '1';
    } else {
        buffer_put_string(&other, "1");
    }
    return json_stringn((const char *)other.data, other.len);
}

static bool change_leaf(json_t *value, const char *path, struct leaves *l)
{
    const char *name;
    json_t *member;
    void *next;
    json_object_foreach_safe(value, next, name, member)
    {
        char inner[200];
        (void)snprintf(inner, sizeof(inner), "%s.%s", path, name);
        if (json_is_object(member)) {
            if (change_leaf(member, inner, l))
                return true;
        } else if (!json_is_array(member) && l->seen++ == l->wanted) {
            (void)snprintf(l->path, sizeof(l->path), "%s", inner);
            sample_set(value, name, other_value(name, member));
            return true;
        }
    }
    return false;
}

/* What the difference does not read: the format's own name, the two that
 * always differ, hashes that follow from what is told beside them. */
static bool is_told_elsewhere(const char *path)
{
    static const char *const parts[] = { ".accord",   ".version", ".parent",
                                         ".identity", ".edges.",  ".ref." };
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        if (strstr(path, parts[i]))
            return true;
    return false;
}

static void no_member_changes_unseen(void **state)
{
    struct versions *v = *state;
    struct leaves l = { .wanted = 0 };
    size_t told = 0;
    for (;; l.wanted++) {
        AUTO_JSON *now = json_deep_copy(v->before);
        AUTO_CLEAR_BUFFER text = buffer_make(100000);
        l.seen = 0;
        if (!change_leaf(now, "", &l))
            break;
        struct status s = api_difference(now, v->before, &text);
        if (is_told_elsewhere(l.path) || failed(s))
            continue; /* a manifest that contradicts itself is refused */
        told++;
        buffer_put_u8(&text, 0);
        if (strstr((char *)text.data, "Nothing is") ||
            strstr((char *)text.data, "Keys of"))
            print_error("%s changes unseen\n", l.path);
        assert_null(strstr((char *)text.data, "Nothing is"));
        assert_null(strstr((char *)text.data, "Keys of"));
    }
    assert_true(told > 40);
}

#define ON_VERSIONS(test)                                                      \
    cmocka_unit_test_setup_teardown(test, open_versions, close_versions)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_VERSIONS(the_version_alone_is_no_difference),
        ON_VERSIONS(a_key_of_the_graph_is_hardly_one),
        ON_VERSIONS(a_moved_dataset_is_told),
        ON_VERSIONS(a_new_dataset_is_told_with_its_port),
        ON_VERSIONS(another_port_is_told),
        ON_VERSIONS(a_new_app_is_told_and_a_missing_one),
        ON_VERSIONS(a_loosened_rule_is_told),
        ON_VERSIONS(another_measurement_is_told),
        ON_VERSIONS(a_changed_key_is_told_by_its_words),
        ON_VERSIONS(new_and_missing_people_are_told),
        ON_VERSIONS(sentences_end_with_the_difference),
        ON_VERSIONS(no_member_changes_unseen),
        ON_VERSIONS(another_id_of_a_person_is_told),
        ON_VERSIONS(another_workflow_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
