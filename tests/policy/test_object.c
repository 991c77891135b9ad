/* Named things of an account. */

#include "policy/nouns.h"
#include "tests/policy/fixture.h"

static struct api_id id_of(unsigned char with)
{
    struct api_id id;
    memset(id.bytes, with, sizeof(id.bytes));
    return id;
}

static struct policy_txn *writing(struct fixture *f)
{
    struct policy_txn *txn = NULL;
    assert_ok(policy_write(f->policy, &txn));
    return txn;
}

static struct status add(struct policy_txn *txn, unsigned char account,
                         unsigned char id, const char *name, struct reason *why)
{
    struct api_id whose = id_of(account), its = id_of(id);
    AUTO_JSON *value = json_pack("{s:s, s:s}", "name", name, "_inner", "x");
    return policy_object_new(txn, POLICY_APP, &whose, api_id_bytes(&its), value,
                             why);
}

static struct status get(struct policy_txn *txn, unsigned char account,
                         unsigned char id, json_t **out, struct reason *why)
{
    struct api_id whose = id_of(account), its = id_of(id);
    return policy_object_get(txn, POLICY_APP, &whose, api_id_bytes(&its), out,
                             why);
}

static void an_object_belongs_to_its_account(void **state)
{
    AUTO_FREE(policy_txn) txn = writing(*state);
    AUTO_JSON *found = NULL;
    AUTO_JSON *other = NULL;
    struct reason why = { "" };
    assert_ok(add(txn, 1, 5, "a", NULL));
    assert_ok(get(txn, 1, 5, &found, NULL));
    assert_string_equal("a", json_string_value(json_object_get(found, "name")));
    assert_status(STATUS_NOT_FOUND, get(txn, 2, 5, &other, &why));
    assert_non_null(strstr(why.text, "app"));
    assert_null(other);
}

static void ids_and_names_are_taken_once_per_account(void **state)
{
    AUTO_FREE(policy_txn) txn = writing(*state);
    struct reason why = { "" };
    assert_ok(add(txn, 1, 5, "a", NULL));
    assert_status(STATUS_CONFLICT, add(txn, 1, 5, "b", &why));
    assert_non_null(strstr(why.text, "id"));
    assert_status(STATUS_CONFLICT, add(txn, 1, 6, "a", &why));
    assert_non_null(strstr(why.text, "named \"a\""));
    assert_ok(add(txn, 2, 5, "a", NULL)); /* another account's business */
    assert_ok(add(txn, 1, 6, "b", NULL));
}

static void renaming_looks_at_the_others(void **state)
{
    AUTO_FREE(policy_txn) txn = writing(*state);
    AUTO_JSON *value = NULL;
    struct api_id account = id_of(1);
    assert_ok(add(txn, 1, 5, "a", NULL));
    assert_ok(add(txn, 1, 6, "b", NULL));
    assert_ok(get(txn, 1, 5, &value, NULL));
    assert_status(
        STATUS_CONFLICT,
        policy_object_rename(txn, POLICY_APP, &account, value, "b", NULL));
    assert_string_equal("a", json_string_value(json_object_get(value, "name")));
    assert_ok(policy_object_rename(txn, POLICY_APP, &account, value, "a",
                                   NULL)); /* its own name */
    assert_ok(
        policy_object_rename(txn, POLICY_APP, &account, value, "c", NULL));
    assert_string_equal("c", json_string_value(json_object_get(value, "name")));
}

static void a_deleted_object_is_gone_and_its_name_free(void **state)
{
    AUTO_FREE(policy_txn) txn = writing(*state);
    AUTO_JSON *found = NULL;
    struct api_id account = id_of(1), id = id_of(5);
    assert_ok(add(txn, 1, 5, "a", NULL));
    policy_object_delete(txn, POLICY_APP, &account, api_id_bytes(&id));
    assert_status(STATUS_NOT_FOUND, get(txn, 1, 5, &found, NULL));
    assert_ok(add(txn, 1, 6, "a", NULL));
}

static void what_is_inside_is_not_shown(void **state)
{
    AUTO_FREE(policy_txn) txn = writing(*state);
    AUTO_JSON *list = NULL;
    struct api_id account = id_of(1);
    assert_ok(add(txn, 1, 5, "a", NULL));
    assert_ok(add(txn, 1, 6, "b", NULL));
    assert_ok(add(txn, 2, 7, "c", NULL));
    assert_ok(policy_object_list(txn, POLICY_APP, &account, &list));
    assert_int_equal(2, json_array_size(list));
    for (size_t i = 0; i < 2; i++) {
        const json_t *item = json_array_get(list, i);
        assert_null(json_object_get(item, "_inner"));
        assert_non_null(json_object_get(item, "name"));
    }
}

static void an_owner_is_known_by_its_hash(void **state)
{
    (void)state;
    struct hash owner, other;
    memset(owner.bytes, 1, sizeof(owner.bytes));
    memset(other.bytes, 2, sizeof(other.bytes));
    AUTO_JSON *value =
        json_pack("{s:o}", "owner_hash", api_json_of_hash(&owner));
    AUTO_JSON *none = json_object();
    assert_true(policy_object_owned(value, &owner));
    assert_false(policy_object_owned(value, &other));
    assert_false(policy_object_owned(none, &owner));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        store_test(an_object_belongs_to_its_account),
        store_test(ids_and_names_are_taken_once_per_account),
        store_test(renaming_looks_at_the_others),
        store_test(a_deleted_object_is_gone_and_its_name_free),
        store_test(what_is_inside_is_not_shown),
        cmocka_unit_test(an_owner_is_known_by_its_hash),
    };
    return cmocka_run_group_tests(tests, fixture_group, NULL);
}
