/* What users agreed on by password, and that it never mixes with what owners
 * signed. */

#include "tests/policy/agreed.h"

static struct agreed a;
static struct api_id user;

static int setup(void **state)
{
    AUTO_FREE(policy_txn) txn = NULL;
    (void)fixture_setup(state);
    struct fixture *f = *state;
    agreed_make(&a);
    assert_ok(api_id_random(&user));
    assert_ok(policy_user_owner(&user, &a.owner));
    assert_ok(policy_write(f->policy, &txn));
    agreed_put_records(txn, &a);
    agreed_put_plain(txn, &a, &user, true);
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

static enum policy_code ask(struct policy_txn *txn, bool plain, bool *class)
{
    struct policy_question question = { .certificate = a.certificate,
                                        .certificate_chains = true,
                                        .dataset = &a.dataset,
                                        .plain = plain,
                                        .now = AGREED_NOW,
                                        .clock_trusted = true };
    struct policy_answer answer;
    assert_ok(policy_ask(txn, &question, &answer));
    enum policy_code code = answer.code;
    if (class)
        *class = answer.plain_class;
    policy_answer_clear(&answer);
    return code;
}

static void what_users_agreed_on_is_given_in_clear(void **state)
{
    AUTO_FREE(policy_txn) txn = writing(state);
    bool plain = false;
    assert_int_equal(POLICY_ALLOW, ask(txn, true, &plain));
    assert_true(plain);
    assert_int_equal(POLICY_NO_FORM, ask(txn, false, NULL));
}

static void every_users_approval_is_needed(void **state)
{
    AUTO_FREE(policy_txn) txn = writing(state);
    struct api_id other;
    agreed_put_plain(txn, &a, &user, false);
    assert_int_equal(POLICY_NO_APPROVALS, ask(txn, true, NULL));
    assert_ok(api_id_random(&other));
    agreed_put_plain(txn, &a, &other, true);
    assert_int_equal(POLICY_NO_APPROVALS, ask(txn, true, NULL));
}

static void a_password_approves_nothing_of_the_signed_class(void **state)
{
    AUTO_FREE(policy_txn) txn = writing(state);
    AUTO_JSON *record = NULL;
    struct policy_key key = agreed_version_key(&a, 1);
    assert_ok(policy_get_json(txn, &key, &record));
    assert_int_equal(0, json_object_del(record, "class"));
    policy_put_json(txn, &key, record);
    struct policy_question question = { .certificate = a.certificate,
                                        .certificate_chains = true,
                                        .dataset = &a.dataset,
                                        .now = AGREED_NOW };
    struct policy_answer answer;
    assert_true(failed(policy_ask(txn, &question, &answer)));
}

static void a_sealed_dataset_is_not_given_by_passwords(void **state)
{
    AUTO_FREE(policy_txn) txn = writing(state);
    AUTO_JSON *dataset =
        json_pack("{s:n, s:s}", "suspended", "class", "signed");
    policy_object_put(txn, POLICY_DATASET, &a.account, api_id_bytes(&a.dataset),
                      dataset);
    assert_int_equal(POLICY_NO_FORM, ask(txn, true, NULL));
    assert_int_equal(POLICY_NO_FORM, ask(txn, false, NULL));
}

static void a_plain_dataset_is_not_given_by_signatures(void **state)
{
    AUTO_FREE(policy_txn) txn = writing(state);
    agreed_put_version(txn, &a, 1, 1000, AGREED_NOW + 1000);
    assert_int_equal(POLICY_NO_FORM, ask(txn, true, NULL));
    assert_int_equal(POLICY_NO_FORM, ask(txn, false, NULL));
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(what_users_agreed_on_is_given_in_clear),
        CASE(every_users_approval_is_needed),
        CASE(a_password_approves_nothing_of_the_signed_class),
        CASE(a_sealed_dataset_is_not_given_by_passwords),
        CASE(a_plain_dataset_is_not_given_by_signatures),
    };
    return cmocka_run_group_tests(tests, fixture_group, NULL);
}
