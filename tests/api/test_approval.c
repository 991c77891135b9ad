/* An approval is one text; grants follow from the manifest alone. */

#include "tests/api/faults.h"
#include "tests/support/check.h"

#include <stdio.h>
#include <stdlib.h>

static const struct api_approval example = {
    .request = { { 0x01, [6] = 0x40, [8] = 0x80, [15] = 0x02 } },
    .digest = { { 0xd1, [31] = 0x1d } },
    .approve = true,
    .head_size = 17,
    .head_root = { { 0xe2, [31] = 0x2e } },
    .sign_by = 1700000000,
    .valid_until = 1707776000,
};

#define ZEROS_30 "000000000000000000000000000000000000000000000000000000000000"

static const char example_text[] =
    "{\"accord\":\"approval/"
    "v1\",\"decision\":\"approve\",\"digest\":\"d1" ZEROS_30
    "1d\",\"head\":{\"root\":\"e2" ZEROS_30
    "2e\",\"size\":17},\"request\":\"01000000-0000-4000-8000-000000000002\","
    "\"sign_by\":1700000000,\"valid_until\":1707776000}";

static void the_text_is_canonical(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER text = buffer_make(1024);
    assert_ok(api_approval_text(&example, &text));
    assert_true(
        bytes_equal(buffer_bytes(&text), bytes_of_string(example_text)));
}

static void what_was_written_is_read(void **state)
{
    (void)state;
    struct api_approval read;
    assert_ok(api_approval_read(bytes_of_string(example_text), &read, NULL));
    assert_true(api_id_equal(&read.request, &example.request));
    assert_true(hash_equal(&read.digest, &example.digest));
    assert_true(hash_equal(&read.head_root, &example.head_root));
    assert_true(read.approve);
    assert_int_equal(read.head_size, 17);
    assert_int_equal(read.sign_by, 1700000000);
    assert_int_equal(read.valid_until, 1707776000);
}

static void to_decline_is_not_to_approve(void **state)
{
    (void)state;
    struct api_approval decline = example, read;
    AUTO_CLEAR_BUFFER text = buffer_make(1024);
    decline.approve = false;
    assert_ok(api_approval_text(&decline, &text));
    assert_ok(api_approval_read(buffer_bytes(&text), &read, NULL));
    assert_false(read.approve);
}

static void assert_refused(const char *text, const char *part)
{
    struct api_approval read = { .head_size = 0x5a };
    struct reason why = { "" };
    assert_status(STATUS_INVALID,
                  api_approval_read(bytes_of_string(text), &read, &why));
    if (!strstr(why.text, part))
        print_error("%s: %s\n", text, why.text);
    assert_non_null(strstr(why.text, part));
    assert_int_equal(read.head_size, 0x5a);
}

/* The example with `from` replaced by `to`. */
static char *edited(const char *from, const char *to)
{
    static char text[1024];
    const char *at = strstr(example_text, from);
    assert_non_null(at);
    (void)snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - example_text),
                   example_text, to, at + strlen(from));
    return text;
}

static void another_text_of_the_same_meaning_is_refused(void **state)
{
    (void)state;
    static const char wanted[] = "the approval is not in its canonical form";
    assert_refused(edited("{", "{ "), wanted);
    assert_refused(edited("\"d1", "\"D1"), wanted);
    assert_refused(edited("approve", "\\u0061pprove"), wanted);
    assert_refused(edited("\"01000000-", "\"01000000"), "");
    assert_refused(edited("\"sign_by\":1700000000,\"valid_until\":1707776000",
                          "\"valid_until\":1707776000,\"sign_by\":1700000000"),
                   wanted);
}

static void every_member_is_there_and_no_other(void **state)
{
    (void)state;
    assert_refused(edited("approval/v1", "approval/v2"), "accord");
    assert_refused(edited("\"approve\"", "\"yes\""), "decision");
    assert_refused(edited("\"decision\":\"approve\",", ""), "decision");
    assert_refused(edited("17", "-1"), "size");
    assert_refused(edited("17", "17,\"x\":1"), "x");
    assert_refused(edited("17", "17.0"), "");
    assert_refused(edited(",\"sign_by\":1700000000", ""), "sign_by");
    assert_refused(edited("1707776000", "1707776000,\"x\":1"), "x");
    assert_refused(edited("1707776000}", "1707776000}}"), "");
    assert_refused("", "");
    assert_refused("[]", "");
}

static void no_byte_of_the_text_is_without_meaning(void **state)
{
    (void)state;
    char text[sizeof(example_text)];
    for (size_t i = 0; i < sizeof(example_text) - 1; i++) {
        struct api_approval read;
        AUTO_CLEAR_BUFFER again = buffer_make(1024);
        memcpy(text, example_text, sizeof(text));
        text[i] ^= 1;
        if (failed(api_approval_read(bytes_of_string(text), &read, NULL)))
            continue;
        assert_ok(api_approval_text(&read, &again));
        assert_true(bytes_equal(buffer_bytes(&again), bytes_of_string(text)));
        assert_false(memcmp(&read, &example, sizeof(read)) == 0);
    }
}

static void a_number_json_cannot_hold_is_refused(void **state)
{
    (void)state;
    struct api_approval big = example;
    AUTO_CLEAR_BUFFER text = buffer_make(1024);
    big.valid_until = (uint64_t)INT64_MAX + 1;
    assert_status(STATUS_INVALID, api_approval_text(&big, &text));
    assert_int_equal(text.len, 0);
    big.valid_until = INT64_MAX;
    assert_ok(api_approval_text(&big, &text));
}

/* --- grants */

struct asked {
    struct api_grant *grants;
    size_t count;
};

static struct asked ask(const struct sample *s, enum sample_person person)
{
    struct asked asked = { NULL, 99 };
    struct hash owner, digest = { { 0xdd } };
    AUTO_JSON *manifest = sample_manifest(s);
    assert_ok(api_owner_hash(&s->owners[person], &owner));
    assert_ok(api_grants_wanted(manifest, &digest, &owner, 100, 200,
                                &asked.grants, &asked.count));
    return asked;
}

static void a_grant_names_dataset_program_and_digest(void **state)
{
    struct sample *s = *state;
    struct asked asked = ask(s, ALICE);
    assert_int_equal(asked.count, 1);
    const struct api_grant *grant = asked.grants;

    struct api_id dataset;
    struct hash owner, runtime, identity, digest = { { 0xdd } };
    AUTO_JSON *configuration = NULL;
    struct api_identity_rule rule;
    assert_ok(api_json_id(sample_at(s, "objects", "d1", "ref", "dataset", NULL),
                          "dataset_id", &dataset, NULL));
    assert_ok(api_owner_hash(&s->owners[ALICE], &owner));
    assert_ok(
        api_runtime_configuration(s->proposal, "a1", &configuration, NULL));
    assert_ok(api_configuration_hash(configuration, &runtime, NULL));
    assert_ok(api_rule_from_json(
        json_object_get(sample_record(s, "a1"), "rule"), &rule, NULL));
    assert_ok(api_identity_hash(&rule, &identity, NULL));

    assert_true(api_id_equal(&grant->account, &s->account));
    assert_true(api_id_equal(&grant->dataset, &dataset));
    assert_true(hash_equal(&grant->owner, &owner));
    assert_true(hash_equal(&grant->configuration, &runtime));
    assert_true(hash_equal(&grant->identity, &identity));
    assert_true(hash_equal(&grant->digest, &digest));
    assert_int_equal(grant->flags, 0);
    assert_int_equal(grant->budget, 0);
    assert_int_equal(grant->not_before, 100);
    assert_int_equal(grant->not_after, 200);
    unsigned char encoded[API_GRANT_LEN];
    assert_ok(api_grant_encode(grant, encoded));
    free(asked.grants);
}

static void who_owns_no_dataset_grants_nothing(void **state)
{
    struct asked asked = ask(*state, BOB);
    assert_int_equal(asked.count, 0);
    free(asked.grants);
}

static void each_app_of_a_dataset_needs_one_grant(void **state)
{
    struct sample *s = *state;
    sample_app(s, "a2", "app-2", BOB);
    sample_connect(s, "e3", "d1", "a2", "input");
    sample_connect(s, "e4", "d1", "a2", "output"); /* two ports, one grant */
    sample_dataset(s, "d0", "more", ALICE);
    sample_connect(s, "e5", "d0", "a1", "input");
    struct asked asked = ask(s, ALICE);
    assert_int_equal(asked.count, 3);

    /* in the manifest's order: d0, then d1 at a1, then d1 at a2 */
    struct api_id d0;
    assert_ok(api_json_id(sample_at(s, "objects", "d0", "ref", "dataset", NULL),
                          "dataset_id", &d0, NULL));
    assert_true(api_id_equal(&asked.grants[0].dataset, &d0));
    assert_true(
        api_id_equal(&asked.grants[1].dataset, &asked.grants[2].dataset));
    assert_true(hash_equal(&asked.grants[0].configuration,
                           &asked.grants[1].configuration));
    assert_false(hash_equal(&asked.grants[1].configuration,
                            &asked.grants[2].configuration));
    free(asked.grants);
}

static void many_datasets_need_many_grants(void **state)
{
    struct sample *s = *state;
    for (int i = 0; i < 40; i++) {
        char key[16], edge[16], name[16];
        (void)snprintf(key, sizeof(key), "m%d", i);
        (void)snprintf(edge, sizeof(edge), "n%d", i);
        (void)snprintf(name, sizeof(name), "part-%d", i);
        sample_dataset(s, key, name, CAROL);
        sample_connect(s, edge, key, "a1", "input");
    }
    struct asked asked = ask(s, CAROL);
    assert_int_equal(asked.count, 41);
    free(asked.grants);
}

static void a_broken_manifest_yields_no_grants(void **state)
{
    struct hash any = { { 1 } };
    struct api_grant *grants = NULL;
    size_t count = 99;
    struct sample *s = *state;
    struct hash owner;
    AUTO_JSON *manifest = sample_manifest(s);
    assert_ok(api_owner_hash(&s->owners[CAROL], &owner));
    json_object_clear(json_object_get(manifest, "apps"));
    assert_status(STATUS_INVALID, api_grants_wanted(manifest, &any, &owner, 1,
                                                    2, &grants, &count));
    assert_null(grants);
    assert_int_equal(count, 99);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_text_is_canonical),
        cmocka_unit_test(what_was_written_is_read),
        cmocka_unit_test(to_decline_is_not_to_approve),
        cmocka_unit_test(another_text_of_the_same_meaning_is_refused),
        cmocka_unit_test(every_member_is_there_and_no_other),
        cmocka_unit_test(no_byte_of_the_text_is_without_meaning),
        cmocka_unit_test(a_number_json_cannot_hold_is_refused),
        ON_SAMPLE(a_grant_names_dataset_program_and_digest),
        ON_SAMPLE(who_owns_no_dataset_grants_nothing),
        ON_SAMPLE(each_app_of_a_dataset_needs_one_grant),
        ON_SAMPLE(many_datasets_need_many_grants),
        ON_SAMPLE(a_broken_manifest_yields_no_grants),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
