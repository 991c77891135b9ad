/* A proposal comes from a broker that may lie: whatever was put in by
 * somebody else than its owner is refused, and the reason says what. */

#include "tests/api/faults.h"
#include "tests/support/check.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"

static void assert_refused(const struct sample *s, enum status_code code,
                           const char *sentence)
{
    AUTO_CLEAR_BUFFER text = buffer_make(API_MANIFEST_MAX);
    struct reason why = { "" };
    buffer_put_string(&text, "before");
    assert_status(code, api_manifest_text(s->proposal, &text, &why));
    assert_string_equal(why.text, sentence);
    assert_int_equal(text.len, 6); /* nothing was added */
}

static void a_graph_with_a_fault_has_no_manifest(void **state)
{
    struct sample *s = *state;
    (void)json_object_del(sample_at(s, "edges", NULL), "e2");
    assert_refused(s, STATUS_INVALID,
                   "objects.d2: no edge connects this dataset with an app");
}

static const char not_derived[] =
    "%s: its id does not follow from account, owner and random: somebody has "
    "put in another owner";

static void assert_not_derived(const struct sample *s, const char *key)
{
    char sentence[160];
    (void)snprintf(sentence, sizeof(sentence), not_derived, key);
    assert_refused(s, STATUS_DENIED, sentence);
}

/* The broker makes Carol the owner of Alice's dataset, in every place. */
static void a_dataset_given_to_another_owner_is_seen(void **state)
{
    struct sample *s = *state;
    sample_set(sample_record(s, "d1"), "owner",
               json_incref(json_object_get(
                   sample_at(s, "people", s->people[CAROL], NULL), "owner")));
    sample_set(sample_at(s, "objects", "d1", NULL), "user_id",
               json_string(s->people[CAROL]));
    (void)json_object_del(sample_at(s, "people", NULL), s->people[ALICE]);
    assert_not_derived(s, "d1");
}

static void a_build_given_to_another_owner_is_seen(void **state)
{
    struct sample *s = *state;
    sample_set(sample_record(s, "a1"), "owner",
               json_incref(json_object_get(
                   sample_at(s, "people", s->people[CAROL], NULL), "owner")));
    sample_set(sample_at(s, "objects", "a1", NULL), "user_id",
               json_string(s->people[CAROL]));
    (void)json_object_del(sample_at(s, "people", NULL), s->people[BOB]);
    sample_sign(s, "a1", s->keys[CAROL]);
    assert_not_derived(s, "a1");
}

static void another_random_is_another_id(void **state)
{
    struct sample *s = *state;
    sample_set(sample_record(s, "d2"), "random",
               json_string("AAAAAAAAAAAAAAAAAAAAAA=="));
    assert_not_derived(s, "d2");
}

static void an_object_of_another_account_is_seen(void **state)
{
    struct sample *s = *state;
    sample_set(s->proposal, "account",
               json_string("b0000000-0000-4000-8000-000000000001"));
    assert_not_derived(s, "a1");
}

static const char not_signed[] =
    "a1: its rule is not signed by the key that spoke for its owner when it "
    "was made";

static void a_loosened_rule_is_seen(void **state)
{
    struct sample *s = *state;
    sample_set(json_object_get(sample_record(s, "a1"), "rule"), "debug",
               json_true());
    assert_refused(s, STATUS_DENIED, not_signed);
}

static void a_signature_by_somebody_else_is_seen(void **state)
{
    struct sample *s = *state;
    sample_sign(s, "a1", s->keys[ALICE]);
    assert_refused(s, STATUS_DENIED, not_signed);
    sample_sign(s, "a1", s->recovery[BOB]); /* may only change the key */
    assert_refused(s, STATUS_DENIED, not_signed);
}

static void a_signature_for_another_build_is_seen(void **state)
{
    struct sample *s = *state;
    sample_app(s, "a2", "app-2", BOB);
    sample_set(
        sample_record(s, "a2"), "signature",
        json_incref(json_object_get(sample_record(s, "a1"), "signature")));
    assert_refused(s, STATUS_DENIED,
                   "a2: its rule is not signed by the key that spoke for its "
                   "owner when it was made");
}

/* --- key changes */

static void change_key(struct sample *s, enum sample_person person,
                       struct api_key *by, const struct api_key *to)
{
    struct api_signer signer = api_key_signer(by);
    struct api_signer now = api_key_signer((struct api_key *)(uintptr_t)to);
    assert_ok(api_owner_change(&s->owners[person], &now.key, &signer, NULL));
}

static struct api_key *new_key(void)
{
    struct api_key *key = NULL;
    assert_ok(api_key_generate(&key));
    return key;
}

/* The record was made after the changes that its owner has made so far. */
static void tell_record(struct sample *s, enum sample_person person)
{
    sample_set(sample_record(s, "a1"), "owner",
               json_incref(json_object_get(
                   sample_at(s, "people", s->people[person], NULL), "owner")));
}

static void assert_signed_by(const struct sample *s, const struct api_key *key)
{
    AUTO_JSON *manifest = sample_manifest(s);
    const json_t *app =
        json_object_get(json_object_get(manifest, "apps"), "a1");
    struct hash expected, named;
    if (!key) {
        assert_null(json_object_get(app, "signed_by"));
        return;
    }
    struct api_spki spki = api_key_signer((struct api_key *)(uintptr_t)key).key;
    assert_ok(api_spki_hash(&spki, &expected));
    assert_ok(api_json_hash(app, "signed_by", &named, NULL));
    assert_true(hash_equal(&expected, &named));
}

/* Made before the change; the manifest says that the key is another now. */
static void a_build_of_a_replaced_key_names_the_key(void **state)
{
    struct sample *s = *state;
    AUTO_FREE(api_key) key = new_key();
    AUTO_FREE(api_key) third = new_key();
    assert_signed_by(s, NULL);
    change_key(s, BOB, s->keys[BOB], key);
    sample_tell_owner(s, BOB);
    assert_signed_by(s, s->keys[BOB]);
    change_key(s, BOB, s->recovery[BOB], third);
    sample_tell_owner(s, BOB);
    assert_signed_by(s, s->keys[BOB]);
    sample_sign(s, "a1", key); /* not the key of that day */
    assert_refused(s, STATUS_DENIED, not_signed);
}

static void a_build_made_after_a_key_change_needs_the_new_key(void **state)
{
    struct sample *s = *state;
    AUTO_FREE(api_key) key = new_key();
    change_key(s, BOB, s->keys[BOB], key);
    sample_tell_owner(s, BOB);
    tell_record(s, BOB);
    assert_refused(s, STATUS_DENIED, not_signed);
    sample_sign(s, "a1", key);
    assert_signed_by(s, NULL);
}

static void a_key_change_that_nobody_may_sign_is_seen(void **state)
{
    struct sample *s = *state;
    AUTO_FREE(api_key) key = new_key();
    change_key(s, BOB, s->keys[BOB], key);
    s->owners[BOB].chain[0].signature.bytes[40] ^= 1;
    sample_tell_owner(s, BOB);
    tell_record(s, BOB);
    sample_sign(s, "a1", key);
    AUTO_CLEAR_BUFFER text = buffer_make(API_MANIFEST_MAX);
    struct reason why = { "" };
    assert_status(STATUS_DENIED, api_manifest_text(s->proposal, &text, &why));
    assert_non_null(strstr(why.text, "a1: "));
    assert_non_null(strstr(why.text, "1")); /* the link's number */
}

/* The record knows a key change that `people` does not: one of both hides
 * something. */
static void a_hidden_key_change_is_seen(void **state)
{
    struct sample *s = *state;
    AUTO_FREE(api_key) key = new_key();
    AUTO_CLEAR_BUFFER encoded = buffer_make(4096);
    change_key(s, ALICE, s->keys[ALICE], key);
    assert_ok(api_owner_encode(&s->owners[ALICE], &encoded));
    sample_set(sample_record(s, "d1"), "owner",
               api_json_of_base64(buffer_bytes(&encoded)));
    assert_refused(s, STATUS_DENIED,
                   "d1: its key changes are not among its owner's");
    sample_tell_owner(s, ALICE);
    AUTO_JSON *manifest = sample_manifest(s);
    assert_non_null(manifest);
}

/* Two different first changes: the recovery key was used behind somebody's
 * back. */
static void a_forked_chain_of_keys_is_seen(void **state)
{
    struct sample *s = *state;
    AUTO_FREE(api_key) key = new_key();
    AUTO_CLEAR_BUFFER encoded = buffer_make(4096);
    struct api_owner before = s->owners[ALICE];
    change_key(s, ALICE, s->keys[ALICE], key);
    assert_ok(api_owner_encode(&s->owners[ALICE], &encoded));
    sample_set(sample_record(s, "d1"), "owner",
               api_json_of_base64(buffer_bytes(&encoded)));
    s->owners[ALICE] = before;
    change_key(s, ALICE, s->recovery[ALICE], s->keys[CAROL]);
    sample_tell_owner(s, ALICE);
    assert_refused(s, STATUS_DENIED,
                   "d1: its key changes are not among its owner's");
}

static void a_manifest_has_an_end(void **state)
{
    struct sample *s = *state;
    static const char *const keys[] = { "d1", "a1", "d2" };
    enum { LONG = 400000 };
    char *text = malloc(LONG + 1);
    assert_non_null(text);
    memset(text, 'x', LONG);
    text[LONG] = '\0';
    for (size_t i = 0; i < 3; i++)
        sample_set(sample_at(s, "objects", keys[i], NULL), "description",
                   json_string(text));
    free(text);
    assert_refused(s, STATUS_INVALID, "a manifest has at most 1048576 bytes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_SAMPLE(a_graph_with_a_fault_has_no_manifest),
        ON_SAMPLE(a_dataset_given_to_another_owner_is_seen),
        ON_SAMPLE(a_build_given_to_another_owner_is_seen),
        ON_SAMPLE(another_random_is_another_id),
        ON_SAMPLE(an_object_of_another_account_is_seen),
        ON_SAMPLE(a_loosened_rule_is_seen),
        ON_SAMPLE(a_signature_by_somebody_else_is_seen),
        ON_SAMPLE(a_signature_for_another_build_is_seen),
        ON_SAMPLE(a_build_of_a_replaced_key_names_the_key),
        ON_SAMPLE(a_build_made_after_a_key_change_needs_the_new_key),
        ON_SAMPLE(a_key_change_that_nobody_may_sign_is_seen),
        ON_SAMPLE(a_hidden_key_change_is_seen),
        ON_SAMPLE(a_forked_chain_of_keys_is_seen),
        ON_SAMPLE(a_manifest_has_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
