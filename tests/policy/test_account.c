/* Accounts and the names people give. */

#include "policy/nouns.h"
#include "tests/policy/fixture.h"

static struct api_id id_of(unsigned char with)
{
    struct api_id id;
    memset(id.bytes, with, sizeof(id.bytes));
    return id;
}

static struct status add(struct fixture *f, unsigned char id, const char *name,
                         struct reason *why)
{
    AUTO_FREE(policy_txn) txn = NULL;
    struct api_id account = id_of(id);
    assert_ok(policy_write(f->policy, &txn));
    TRY(policy_account_add(txn, &account, name, 1000, why));
    return policy_commit(txn);
}

static void an_account_has_a_name(void **state)
{
    struct fixture *f = *state;
    AUTO_FREE(policy_txn) txn = NULL;
    struct api_id account = id_of(1), none = id_of(2);
    char name[65] = "untouched";
    assert_ok(add(f, 1, "default", NULL));
    assert_ok(policy_read(f->policy, &txn));
    assert_status(STATUS_NOT_FOUND, policy_account_name(txn, &none, name));
    assert_string_equal("untouched", name);
    assert_ok(policy_account_name(txn, &account, name));
    assert_string_equal("default", name);
}

static void no_two_accounts_have_one_name(void **state)
{
    struct fixture *f = *state;
    struct reason why = { "" };
    assert_ok(add(f, 1, "default", NULL));
    assert_status(STATUS_CONFLICT, add(f, 2, "default", &why));
    assert_non_null(strstr(why.text, "default"));
    assert_ok(add(f, 2, "Default", NULL));
}

static void names_have_1_to_64_bytes_without_controls(void **state)
{
    (void)state;
    char name[POLICY_NAME_MAX + 2];
    struct reason why = { "" };
    memset(name, 'a', sizeof(name));
    name[POLICY_NAME_MAX + 1] = '\0';
    assert_status(STATUS_INVALID, policy_name_check(name, &why));
    assert_non_null(strstr(why.text, "65"));
    name[POLICY_NAME_MAX] = '\0';
    assert_ok(policy_name_check(name, NULL));
    assert_ok(policy_name_check("x", NULL));
    assert_ok(policy_name_check("Z\xc3\xbcrich 1 \"quoted\"", NULL));
    static const char *const bad[] = { "", "a\tb", "a\nb", "\x7f", "\x1f" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_status(STATUS_INVALID, policy_name_check(bad[i], NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        store_test(an_account_has_a_name),
        store_test(no_two_accounts_have_one_name),
        cmocka_unit_test(names_have_1_to_64_bytes_without_controls),
    };
    return cmocka_run_group_tests(tests, fixture_group, NULL);
}
