#include "tests/support/check.h"

#include <stdio.h>
#include <string.h>

#include "cli/verify.h"
#include "tests/cli/log_sample.h"

static struct log_sample sample;
static const struct api_head none;

static json_t *leaf(json_t *log, size_t index)
{
    return json_array_get(json_object_get(log, "leaves"), index);
}

static void expect(const json_t *log, const struct api_head *seen,
                   enum status_code code, const char *says)
{
    struct verifier v = { .anchors_count = 0 };
    struct reason why = { "" };
    assert_status(code, verifier_run(&v, log, &sample.log_key, seen, &why));
    if (!strstr(why.text, says))
        fail_msg("\"%s\" does not say \"%s\"", why.text, says);
}

static void a_sound_log_is_believed(void **state)
{
    (void)state;
    AUTO_JSON *log = log_sample_export(&sample);
    struct verifier v = { .anchors_count = 0 };
    assert_ok(verifier_run(&v, log, &sample.log_key, &none, NULL));
    assert_int_equal(v.leaves, 5);
    assert_int_equal(v.details, 5);
    assert_int_equal(v.evidence, 0);
}

static void details_may_be_withheld(void **state)
{
    (void)state;
    AUTO_JSON *log = log_sample_export(&sample);
    struct verifier v = { .anchors_count = 0 };
    assert_int_equal(json_object_del(leaf(log, 2), "detail"), 0);
    assert_ok(verifier_run(&v, log, &sample.log_key, &none, NULL));
    assert_int_equal(v.details, 4);
}

static void an_altered_detail_is_found(void **state)
{
    (void)state;
    AUTO_JSON *log = log_sample_export(&sample);
    (void)json_object_set_new(leaf(log, 2), "detail", json_string("{\"n\":9}"));
    expect(log, &none, STATUS_CORRUPT, "leaf 2: its detail was altered");
}

static void an_altered_leaf_is_found(void **state)
{
    (void)state;
    for (size_t at = 0; at < API_LEAF_LEN; at++) {
        AUTO_JSON *log = log_sample_export(&sample);
        AUTO_CLEAR_BUFFER raw = buffer_make(API_LEAF_LEN);
        struct verifier v = { .anchors_count = 0 };
        assert_ok(api_json_base64(leaf(log, 3), "leaf", &raw, NULL));
        raw.data[at] ^= 1;
        (void)json_object_set_new(leaf(log, 3), "leaf",
                                  api_json_of_base64(buffer_bytes(&raw)));
        assert_true(
            failed(verifier_run(&v, log, &sample.log_key, &none, NULL)));
    }
}

static void another_order_is_found(void **state)
{
    (void)state;
    AUTO_JSON *log = log_sample_export(&sample);
    json_t *leaves = json_object_get(log, "leaves");
    AUTO_JSON *first = json_incref(leaf(log, 1));
    (void)json_array_set(leaves, 1, leaf(log, 2));
    (void)json_array_set(leaves, 2, first);
    expect(log, &none, STATUS_CORRUPT, "leaf 1: index or time out of order");
}

static void time_that_goes_back_is_found(void **state)
{
    (void)state;
    struct log_sample other;
    log_sample_init(&other);
    log_sample_add(&other, API_LEAF_STORE, 20, "{}");
    log_sample_add(&other, API_LEAF_CHANGE, 19, "{}");
    AUTO_JSON *log = log_sample_export(&other);
    struct verifier v = { .anchors_count = 0 };
    assert_status(STATUS_CORRUPT,
                  verifier_run(&v, log, &other.log_key, &none, NULL));
    log_sample_clear(&other);
}

static void a_leaf_left_out_is_found(void **state)
{
    (void)state;
    AUTO_JSON *log = log_sample_export(&sample);
    (void)json_array_remove(json_object_get(log, "leaves"), 4);
    expect(log, &none, STATUS_CORRUPT, "do not give the signed root");
}

static void a_head_by_another_key_is_found(void **state)
{
    (void)state;
    AUTO_JSON *log = log_sample_export(&sample);
    struct log_sample other;
    struct verifier v = { .anchors_count = 0 };
    log_sample_init(&other);
    assert_status(STATUS_CORRUPT,
                  verifier_run(&v, log, &other.log_key, &none, NULL));
    log_sample_clear(&other);
}

static void a_log_shorter_than_what_was_seen_is_found(void **state)
{
    (void)state;
    AUTO_JSON *log = log_sample_export(&sample);
    struct api_head seen = log_sample_head(&sample);
    seen.size++;
    expect(log, &seen, STATUS_CORRUPT,
           "this history is shorter than what you have seen, or");
}

/* The same store and key, both heads signed: but another history. */
static void a_forked_history_is_found(void **state)
{
    (void)state;
    struct log_sample fork = { .leaves = json_array(),
                               .key = sample.key,
                               .store = sample.store };
    log_sample_add(&fork, API_LEAF_STORE, 10, "{\"n\":0}");
    log_sample_add(&fork, API_LEAF_CHANGE, 11, "{\"n\":7}");
    struct api_head seen = log_sample_head(&fork);
    json_decref(fork.leaves);
    AUTO_JSON *log = log_sample_export(&sample);
    expect(log, &seen, STATUS_CORRUPT,
           "THE HISTORY WAS REWRITTEN before leaf 2: it does");
}

static void what_was_seen_before_is_a_prefix(void **state)
{
    (void)state;
    struct log_sample before = { .leaves = json_array(),
                                 .key = sample.key,
                                 .store = sample.store };
    log_sample_add(&before, API_LEAF_STORE, 10, "{\"n\":0}");
    log_sample_add(&before, API_LEAF_CHANGE, 11, "{\"n\":1}");
    struct api_head seen = log_sample_head(&before);
    json_decref(before.leaves);
    AUTO_JSON *log = log_sample_export(&sample);
    expect(log, &seen, STATUS_OK, "");
    assert_ok(api_id_random(&seen.store));
    expect(log, &seen, STATUS_CORRUPT, "another store");
}

static void an_enclaves_certificate_without_evidence_is_found(void **state)
{
    (void)state;
    struct log_sample other;
    struct verifier v = { .anchors_count = 0 };
    struct reason why = { "" };
    log_sample_init(&other);
    log_sample_add(&other, API_LEAF_STORE, 10, "{}");
    log_sample_add(&other, API_LEAF_CERTIFICATE, 11, "{\"kind\":\"person\"}");
    AUTO_JSON *persons = log_sample_export(&other);
    assert_ok(verifier_run(&v, persons, &other.log_key, &none, NULL));
    log_sample_add(&other, API_LEAF_CERTIFICATE, 12, "{\"kind\":\"enclave\"}");
    AUTO_JSON *log = log_sample_export(&other);
    struct status s = verifier_run(&v, log, &other.log_key, &none, &why);
    assert_status(STATUS_CORRUPT, s);
    assert_string_equal(s.origin, "evidence");
    assert_non_null(
        strstr(why.text, "leaf 2: a certificate without good evidence:"));
    log_sample_clear(&other);
}

static void what_is_no_log_is_refused(void **state)
{
    (void)state;
    static const char *const members[] = { "leaf", "salt" };
    for (size_t i = 0; i < 2; i++) {
        AUTO_JSON *log = log_sample_export(&sample);
        (void)json_object_set_new(leaf(log, 0), members[i],
                                  json_string("AAAA"));
        expect(log, &none, STATUS_CORRUPT, "has another length");
        expect(log, &none, STATUS_CORRUPT, "leaf 0: ");
        (void)json_object_del(leaf(log, 0), members[i]);
        expect(log, &none, STATUS_INVALID, members[i]);
    }
    AUTO_JSON *odd = log_sample_export(&sample);
    char text[2 * API_LEAF_LEN] = "w"; /* no leaf is of such a kind */
    const char *good = json_string_value(json_object_get(leaf(odd, 1), "leaf"));
    (void)snprintf(text + 1, sizeof(text) - 1, "%s", good + 1);
    (void)json_object_set_new(leaf(odd, 1), "leaf", json_string(text));
    expect(odd, &none, STATUS_INVALID, "leaf 1: it is malformed");
    AUTO_JSON *log = log_sample_export(&sample);
    (void)json_object_del(log, "head");
    struct verifier v = { .anchors_count = 0 };
    assert_true(failed(verifier_run(&v, log, &sample.log_key, &none, NULL)));
}

static int make_sample(void **state)
{
    (void)state;
    if (failed(secret_heap_open(256 * 1024)))
        return -1;
    log_sample_init(&sample);
    log_sample_add(&sample, API_LEAF_STORE, 10, "{\"n\":0}");
    log_sample_add(&sample, API_LEAF_CHANGE, 11, "{\"n\":1}");
    log_sample_add(&sample, API_LEAF_APPROVAL, 11, "{\"n\":2}");
    log_sample_add(&sample, API_LEAF_RELEASE, 12, "{\"n\":3}");
    log_sample_add(&sample, API_LEAF_DENIAL, 13, "{\"n\":4}");
    return 0;
}

static int free_sample(void **state)
{
    (void)state;
    log_sample_clear(&sample);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sound_log_is_believed),
        cmocka_unit_test(details_may_be_withheld),
        cmocka_unit_test(an_altered_detail_is_found),
        cmocka_unit_test(an_altered_leaf_is_found),
        cmocka_unit_test(another_order_is_found),
        cmocka_unit_test(time_that_goes_back_is_found),
        cmocka_unit_test(a_leaf_left_out_is_found),
        cmocka_unit_test(a_head_by_another_key_is_found),
        cmocka_unit_test(a_log_shorter_than_what_was_seen_is_found),
        cmocka_unit_test(a_forked_history_is_found),
        cmocka_unit_test(what_was_seen_before_is_a_prefix),
        cmocka_unit_test(an_enclaves_certificate_without_evidence_is_found),
        cmocka_unit_test(what_is_no_log_is_refused),
    };
    return cmocka_run_group_tests(tests, make_sample, free_sample);
}
