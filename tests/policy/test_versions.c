/* Agreed versions are parsed and verified once, and never answered from
 * memory when their record is another. */

#include "base/text.h"
#include "policy/versions.h"
#include "tests/policy/agreed.h"

static struct agreed a;

static int setup(void **state)
{
    AUTO_FREE(policy_txn) txn = NULL;
    (void)fixture_setup(state);
    struct fixture *f = *state;
    agreed_make(&a);
    assert_ok(policy_write(f->policy, &txn));
    agreed_put_version(txn, &a, 1, 1000, AGREED_NOW + 1000);
    assert_ok(policy_commit(txn));
    return 0;
}

static int teardown(void **state)
{
    agreed_clear(&a);
    return fixture_teardown(state);
}

static struct agreed_version *get(struct policy_txn *txn, uint32_t number)
{
    struct policy_key key = agreed_version_key(&a, number);
    struct agreed_version *version = NULL;
    assert_ok(versions_get(txn, &key, &version));
    return version;
}

static void the_same_record_is_read_once(void **state)
{
    struct fixture *f = *state;
    AUTO_FREE(policy_txn) one = NULL;
    assert_ok(policy_read(f->policy, &one));
    AUTO_FREE(agreed_version) first = get(one, 1);
    AUTO_FREE(agreed_version) second = get(one, 1);
    assert_ptr_equal(first, second);
    assert_true(first->active);
    assert_int_equal(1, first->approvals_count);
    assert_true(first->approvals[0].signature_holds);
    assert_int_equal(AGREED_NOW + 1000, first->end);
}

static void another_record_is_another_version(void **state)
{
    struct fixture *f = *state;
    AUTO_FREE(policy_txn) txn = NULL;
    assert_ok(policy_write(f->policy, &txn));
    AUTO_FREE(agreed_version) before = get(txn, 1);
    AUTO_JSON *record = NULL;
    struct policy_key key = agreed_version_key(&a, 1);
    assert_ok(policy_get_json(txn, &key, &record));
    json_object_set_new(record, "status", json_string("withdrawn"));
    policy_put_json(txn, &key, record);
    AUTO_FREE(agreed_version) after = get(txn, 1);
    assert_ptr_not_equal(before, after);
    assert_false(after->active);
    assert_true(before->active); /* what is held does not change */
}

/* The signature is of the record: a bent one is looked at again, not
 * remembered by the name of the good one. */
static void a_bent_approval_is_not_the_good_one(void **state)
{
    struct fixture *f = *state;
    AUTO_FREE(policy_txn) txn = NULL;
    assert_ok(policy_write(f->policy, &txn));
    AUTO_FREE(agreed_version) good = get(txn, 1);
    AUTO_JSON *record = NULL;
    struct policy_key key = agreed_version_key(&a, 1);
    assert_ok(policy_get_json(txn, &key, &record));
    json_t *approval = json_array_get(json_object_get(record, "approvals"), 0);
    AUTO_CLEAR_BUFFER text = buffer_make(256);
    static const unsigned char zero[64] = { 1 };
    base64_encode(bytes_of(zero, sizeof(zero)), &text);
    json_object_set_new(approval, "signature",
                        json_stringn((const char *)text.data, text.len));
    policy_put_json(txn, &key, record);
    AUTO_FREE(agreed_version) bent = get(txn, 1);
    assert_true(good->approvals[0].signature_holds);
    assert_false(bent->approvals[0].signature_holds);
}

static void more_versions_than_are_remembered_are_all_right(void **state)
{
    struct fixture *f = *state;
    AUTO_FREE(policy_txn) txn = NULL;
    assert_ok(policy_write(f->policy, &txn));
    for (uint32_t n = 2; n < 1500; n++) {
        agreed_put_version(txn, &a, n, 1000, AGREED_NOW + n);
        AUTO_FREE(agreed_version) version = get(txn, n);
        assert_int_equal(AGREED_NOW + n, version->end);
    }
    for (uint32_t n = 2; n < 1500; n++) {
        AUTO_FREE(agreed_version) version = get(txn, n);
        assert_int_equal(AGREED_NOW + n, version->end);
    }
}

/* The name of a seal is what is remembered by: every value has another, also
 * one that was sealed again with the same contents. */
static void every_value_has_a_name_of_its_own(void **state)
{
    struct fixture *f = *state;
    AUTO_FREE(policy_txn) txn = NULL;
    struct policy_key key = agreed_version_key(&a, 1);
    struct policy_key missing = agreed_version_key(&a, 9);
    struct hash first, same, again;
    AUTO_JSON *record = NULL;
    assert_ok(policy_write(f->policy, &txn));
    assert_ok(policy_seal_name(txn, &key, &first));
    assert_ok(policy_seal_name(txn, &key, &same));
    assert_true(hash_equal(&first, &same));
    assert_ok(policy_get_json(txn, &key, &record));
    policy_put_json(txn, &key, record);
    assert_ok(policy_seal_name(txn, &key, &again));
    assert_false(hash_equal(&first, &again));
    assert_status(STATUS_NOT_FOUND, policy_seal_name(txn, &missing, &same));
}

static void what_does_not_parse_is_corrupt(void **state)
{
    struct fixture *f = *state;
    AUTO_FREE(policy_txn) txn = NULL;
    struct agreed_version *none = NULL;
    struct policy_key key = agreed_version_key(&a, 1);
    struct policy_key missing = agreed_version_key(&a, 9);
    assert_ok(policy_write(f->policy, &txn));
    policy_put(txn, &key, bytes_of_string("{"));
    assert_status(STATUS_CORRUPT, versions_get(txn, &key, &none));
    assert_status(STATUS_NOT_FOUND, versions_get(txn, &missing, &none));
    assert_null(none);
}

int main(void)
{
#define versions_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        versions_test(the_same_record_is_read_once),
        versions_test(another_record_is_another_version),
        versions_test(a_bent_approval_is_not_the_good_one),
        versions_test(more_versions_than_are_remembered_are_all_right),
        versions_test(every_value_has_a_name_of_its_own),
        versions_test(what_does_not_parse_is_corrupt),
    };
    return cmocka_run_group_tests(tests, fixture_group, NULL);
}
