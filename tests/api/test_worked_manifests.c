/* test_worked_manifests.c - the two worked manifests of docs/manifests, which
 * worked_manifests.py derives independently.
 *
 *     test_worked_manifests DIR            checks them
 *     test_worked_manifests --make DIR     writes them anew, after a change of
 *                                          the format that was meant */

#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/text.h"
#include "tests/api/sample.h"
#include "tests/support/check.h"

#define NOT_BEFORE 1900000000u
#define NOT_AFTER  (NOT_BEFORE + 90u * 86400u)

static const char *directory;

/* Every owner's grants, in the order of the owners' hashes in "people". */
static json_t *grants_of(const json_t *manifest, const struct hash *digest)
{
    json_t *list = json_array();
    const char *id;
    json_t *person;
    json_object_foreach(json_object_get(manifest, "people"), id, person)
    {
        struct hash owner;
        struct api_grant *wanted = NULL;
        size_t count = 0;
        assert_ok(api_json_hash(person, "owner", &owner, NULL));
        assert_ok(api_grants_wanted(manifest, digest, &owner, NOT_BEFORE,
                                    NOT_AFTER, &wanted, &count));
        for (size_t i = 0; i < count; i++) {
            unsigned char grant[API_GRANT_LEN];
            char hex[2 * API_GRANT_LEN + 1];
            assert_ok(api_grant_encode(&wanted[i], grant));
            hex_encode(bytes_of(grant, sizeof(grant)), hex);
            assert_int_equal(json_array_append_new(list, json_string(hex)), 0);
        }
        free(wanted);
    }
    return list;
}

/* {"proposal", "manifest", "digest", "not_before", "not_after", "grants"} */
static json_t *derive(json_t *proposal)
{
    AUTO_CLEAR_BUFFER text = buffer_make(API_MANIFEST_MAX);
    AUTO_JSON *manifest = NULL;
    struct reason why = { "" };
    struct hash digest;
    struct status s = api_manifest_text(proposal, &text, &why);
    assert_string_equal(why.text, "");
    assert_ok(s);
    assert_ok(hash_of(&digest, buffer_bytes(&text)));
    assert_ok(api_json_read(buffer_bytes(&text), API_MANIFEST_MAX, false,
                            &manifest, NULL));
    json_t *worked = json_pack(
        "{s:O, s:s%, s:o, s:i, s:i, s:o}", "proposal", proposal, "manifest",
        (const char *)text.data, text.len, "digest", api_json_of_hash(&digest),
        "not_before", (int)NOT_BEFORE, "not_after", (int)NOT_AFTER, "grants",
        grants_of(manifest, &digest));
    assert_non_null(worked);
    return worked;
}

static void path_of(const char *name, char out[4096])
{
    (void)snprintf(out, 4096, "%s/%s.json", directory, name);
}

static void holds(const char *name)
{
    AUTO_CLEAR_BUFFER text = buffer_make(1024 * 1024);
    AUTO_JSON *stated = NULL;
    char path[4096];
    path_of(name, path);
    assert_ok(file_read(path, &text));
    assert_ok(
        api_json_read(buffer_bytes(&text), 1024 * 1024, false, &stated, NULL));
    AUTO_JSON *computed = derive(json_object_get(stated, "proposal"));
    assert_true(json_equal(stated, computed));
}

static void the_first_worked_manifest_holds(void **state)
{
    (void)state;
    holds("one");
}

static void the_second_worked_manifest_holds(void **state)
{
    (void)state;
    holds("two");
}

static void make(const char *name, json_t *proposal, struct hash *digest)
{
    AUTO_JSON *worked = derive(proposal);
    char *text = json_dumps(worked, JSON_INDENT(1) | JSON_SORT_KEYS);
    char path[4096];
    assert_non_null(text);
    path_of(name, path);
    assert_ok(file_write(path, bytes_of_string(text), 0644));
    assert_ok(api_json_hash(worked, "digest", digest, NULL));
    free(text);
}

/* The second is the first's next version, with one dataset more. */
static void make_both(void **state)
{
    struct sample s;
    struct hash digest;
    (void)state;
    sample_open(&s);
    make("one", s.proposal, &digest);
    json_int_t version =
        json_integer_value(json_object_get(s.proposal, "version"));
    sample_set(s.proposal, "parent",
               json_pack("{s:I, s:o}", "version", version, "digest",
                         api_json_of_hash(&digest)));
    sample_set(s.proposal, "version", json_integer(version + 1));
    sample_dataset(&s, "d3", "codes", CAROL);
    sample_connect(&s, "e3", "d3", "a1", "input");
    make("two", s.proposal, &digest);
    sample_close(&s);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest checks[] = {
        cmocka_unit_test(the_first_worked_manifest_holds),
        cmocka_unit_test(the_second_worked_manifest_holds),
    };
    const struct CMUnitTest makes[] = { cmocka_unit_test(make_both) };
    directory = argv[argc - 1];
    if (argc == 3)
        return cmocka_run_group_tests(makes, NULL, NULL);
    return argc == 2 ? cmocka_run_group_tests(checks, NULL, NULL) : 2;
}
