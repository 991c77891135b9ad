/* Ending agreed versions, and who uses what. */

#include "tests/policy/agreed.h"

static struct agreed a;

static int setup(void **state)
{
    AUTO_FREE(policy_txn) txn = NULL;
    (void)fixture_setup(state);
    struct fixture *f = *state;
    agreed_make(&a);
    assert_ok(policy_write(f->policy, &txn));
    agreed_put_records(txn, &a);
    agreed_put_version(txn, &a, 1, 1000, AGREED_NOW + 1000);
    agreed_put_version(txn, &a, 2, 2000, AGREED_NOW + 1000);
    AUTO_JSON *workflow =
        json_pack("{s:{s:{s:s}, s:{s:s}}, s:i}", "versions", "1", "status",
                  "active", "2", "status", "active", "newest", 2);
    policy_object_put(txn, POLICY_WORKFLOW, &a.account,
                      api_id_bytes(&a.workflow), workflow);
    assert_ok(policy_commit(txn));
    return 0;
}

static int teardown(void **state)
{
    agreed_clear(&a);
    return fixture_teardown(state);
}

static struct policy_txn *writing(void **state)
{
    struct fixture *f = *state;
    struct policy_txn *txn = NULL;
    assert_ok(policy_write(f->policy, &txn));
    return txn;
}

static struct status finish(struct policy_txn *txn, uint32_t version,
                            const char *status, struct reason *why)
{
    return policy_workflow_end(txn, &a.account, &a.workflow, version, status,
                               why);
}

static size_t count_kind(struct policy_txn *txn, enum policy_kind kind);

static struct status count_one(void *context, struct bytes tail,
                               struct bytes contents)
{
    (void)tail;
    (void)contents;
    ++*(size_t *)context;
    return OK;
}

static size_t count_kind(struct policy_txn *txn, enum policy_kind kind)
{
    size_t count = 0;
    struct policy_key all = policy_key_parts(kind, NULL, 0);
    assert_ok(policy_each(txn, &all, count_one, &count));
    return count;
}

static void an_ended_version_holds_no_hash_and_no_grant(void **state)
{
    AUTO_FREE(policy_txn) txn = writing(state);
    assert_int_equal(2, count_kind(txn, POLICY_RUNTIME));
    assert_int_equal(2, count_kind(txn, POLICY_GRANT));
    assert_ok(finish(txn, 1, "retired", NULL));
    assert_int_equal(1, count_kind(txn, POLICY_RUNTIME));
    assert_int_equal(1, count_kind(txn, POLICY_GRANT));
    assert_int_equal(2, count_kind(txn, POLICY_WORKFLOW_VERSION)); /* history */
    assert_ok(finish(txn, 2, "withdrawn", NULL));
    assert_int_equal(0, count_kind(txn, POLICY_RUNTIME));
    assert_int_equal(0, count_kind(txn, POLICY_GRANT));
}

static const char *state_of(struct policy_txn *txn, const char *version,
                            json_t **record)
{
    assert_ok(policy_object_get(txn, POLICY_WORKFLOW, &a.account,
                                api_id_bytes(&a.workflow), record, NULL));
    return json_string_value(json_object_get(
        json_object_get(json_object_get(*record, "versions"), version),
        "status"));
}

static void the_workflow_says_what_became_of_its_versions(void **state)
{
    AUTO_FREE(policy_txn) txn = writing(state);
    AUTO_JSON *record = NULL, *again = NULL, *version = NULL;
    struct policy_key key = agreed_version_key(&a, 1);
    assert_ok(finish(txn, 1, "withdrawn", NULL));
    assert_string_equal("withdrawn", state_of(txn, "1", &record));
    assert_string_equal("active", state_of(txn, "2", &again));
    assert_ok(policy_get_json(txn, &key, &version));
    assert_string_equal("withdrawn",
                        json_string_value(json_object_get(version, "status")));
}

static void a_version_ends_once(void **state)
{
    AUTO_FREE(policy_txn) txn = writing(state);
    struct reason why = { "" };
    assert_ok(finish(txn, 1, "retired", NULL));
    assert_status(STATUS_CONFLICT, finish(txn, 1, "withdrawn", &why));
    assert_non_null(strstr(why.text, "retired already"));
    assert_status(STATUS_NOT_FOUND, finish(txn, 3, "withdrawn", &why));
}

static bool uses(struct policy_txn *txn, const struct api_id *account,
                 const struct api_id *object)
{
    bool used = false;
    assert_ok(policy_workflow_uses(txn, account, object, &used));
    return used;
}

static void what_an_active_version_uses_is_known(void **state)
{
    AUTO_FREE(policy_txn) txn = writing(state);
    struct api_id other = a.dataset, elsewhere = a.account;
    other.bytes[0] ^= 1;
    elsewhere.bytes[0] ^= 1;
    assert_true(uses(txn, &a.account, &a.dataset));
    assert_true(uses(txn, &a.account, &a.build));
    assert_false(uses(txn, &a.account, &other));
    assert_false(uses(txn, &elsewhere, &a.dataset));
    assert_ok(finish(txn, 1, "withdrawn", NULL));
    assert_true(uses(txn, &a.account, &a.dataset));
    assert_ok(finish(txn, 2, "withdrawn", NULL));
    assert_false(uses(txn, &a.account, &a.dataset));
}

#define workflow_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        workflow_test(an_ended_version_holds_no_hash_and_no_grant),
        workflow_test(the_workflow_says_what_became_of_its_versions),
        workflow_test(a_version_ends_once),
        workflow_test(what_an_active_version_uses_is_known),
    };
    return cmocka_run_group_tests(tests, fixture_group, NULL);
}
