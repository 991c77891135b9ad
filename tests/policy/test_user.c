/* Users, their memberships, and accounts that are renamed or deleted. */

#include "policy/nouns.h"
#include "tests/policy/fixture.h"

static struct api_id id_of(unsigned char with)
{
    struct api_id id;
    memset(id.bytes, with, sizeof(id.bytes));
    return id;
}

static struct policy_user user_of(unsigned char id, const char *email)
{
    struct policy_user user = {
        .user = id_of(id),
        .first_name = "First",
        .password = { .set = true, .log_n = 15, .r = 8, .p = 1 },
        .email_verified = true,
        .created_at = 1000,
        .last_logged_in_at = 2000,
        .epoch = 3
    };
    memset(user.password.salt, 7, sizeof(user.password.salt));
    memset(user.password.verifier.bytes, 9, HASH_LEN);
    (void)snprintf(user.email, sizeof(user.email), "%s", email);
    return user;
}

static struct policy_member member_of(unsigned char account, unsigned char user,
                                      enum policy_role role,
                                      enum policy_membership state)
{
    return (struct policy_member){ .account = id_of(account),
                                   .user = id_of(user),
                                   .role = role,
                                   .state = state,
                                   .created_at = 1000 };
}

static void a_user_is_found_by_id_and_by_address(void **state)
{
    struct fixture *f = *state;
    AUTO_FREE(policy_txn) txn = NULL;
    struct policy_user put = user_of(1, "owner@example.com"), got;
    assert_ok(policy_write(f->policy, &txn));
    assert_ok(policy_user_put(txn, &put));
    assert_ok(policy_commit(txn));
    policy_txn_free(TAKE(txn));
    assert_ok(policy_read(f->policy, &txn));
    assert_ok(policy_user_find(txn, "owner@example.com", &got));
    assert_true(api_id_equal(&put.user, &got.user));
    assert_string_equal("First", got.first_name);
    assert_string_equal("", got.last_name);
    assert_true(got.password.set && got.password.log_n == 15);
    assert_memory_equal(put.password.salt, got.password.salt, 16);
    assert_true(hash_equal(&put.password.verifier, &got.password.verifier));
    assert_true(got.email_verified && !got.terms_accepted && !got.reset);
    assert_int_equal(3, got.epoch);
    assert_int_equal(2000, got.last_logged_in_at);
    assert_status(STATUS_NOT_FOUND,
                  policy_user_find(txn, "other@example.com", &got));
}

static void an_invited_user_has_no_password(void **state)
{
    struct fixture *f = *state;
    AUTO_FREE(policy_txn) txn = NULL;
    struct policy_user put = user_of(1, "a@b"), got;
    put.password = (struct policy_password){ .set = false };
    assert_ok(policy_write(f->policy, &txn));
    assert_ok(policy_user_put(txn, &put));
    assert_ok(policy_user_get(txn, &put.user, &got));
    assert_false(got.password.set);
}

static void whoever_is_reset_or_gone_suspends(void **state)
{
    struct fixture *f = *state;
    AUTO_FREE(policy_txn) txn = NULL;
    struct policy_user user = user_of(1, "a@b");
    bool suspends = true;
    assert_ok(policy_write(f->policy, &txn));
    assert_ok(policy_user_put(txn, &user));
    assert_ok(policy_user_suspends(txn, &user.user, &suspends));
    assert_false(suspends);
    user.reset = true;
    assert_ok(policy_user_put(txn, &user));
    assert_ok(policy_user_suspends(txn, &user.user, &suspends));
    assert_true(suspends);
    assert_ok(policy_user_delete(txn, &user));
    suspends = false;
    assert_ok(policy_user_suspends(txn, &user.user, &suspends));
    assert_true(suspends);
}

struct seen {
    size_t count;
    struct policy_member last;
};

static struct status see(void *context, const struct policy_member *member)
{
    struct seen *seen = context;
    seen->count++;
    seen->last = *member;
    return OK;
}

static void memberships_are_seen_from_both_sides(void **state)
{
    struct fixture *f = *state;
    AUTO_FREE(policy_txn) txn = NULL;
    struct policy_member rows[] = {
        member_of(1, 10, POLICY_MANAGER, POLICY_MEMBER_ACTIVE),
        member_of(1, 11, POLICY_MANAGER, POLICY_MEMBER_DISABLED),
        member_of(1, 12, POLICY_MANAGER, POLICY_MEMBER_PENDING),
        member_of(1, 13, POLICY_WRITER, POLICY_MEMBER_ACTIVE),
        member_of(2, 10, POLICY_READER, POLICY_MEMBER_PENDING),
    };
    struct api_id account = id_of(1), user = id_of(10), nobody = id_of(9);
    struct seen in_account = { 0 }, of_user = { 0 };
    size_t managers = 99;
    struct policy_member got;
    assert_ok(policy_write(f->policy, &txn));
    for (size_t i = 0; i < 5; i++)
        assert_ok(policy_member_put(txn, &rows[i]));
    assert_ok(policy_members_each(txn, &account, see, &in_account));
    assert_int_equal(4, in_account.count);
    assert_ok(policy_memberships_each(txn, &user, see, &of_user));
    assert_int_equal(2, of_user.count);
    assert_int_equal(POLICY_READER, of_user.last.role);
    assert_int_equal(POLICY_MEMBER_PENDING, of_user.last.state);
    assert_ok(policy_members_managing(txn, &account, &managers));
    assert_int_equal(1, managers);
    assert_status(STATUS_NOT_FOUND,
                  policy_member_get(txn, &account, &nobody, &got));
    policy_member_delete(txn, &rows[0]);
    of_user.count = 0;
    assert_ok(policy_memberships_each(txn, &user, see, &of_user));
    assert_int_equal(1, of_user.count);
}

static void a_deleted_user_is_in_no_account(void **state)
{
    struct fixture *f = *state;
    AUTO_FREE(policy_txn) txn = NULL;
    struct policy_user user = user_of(10, "a@b");
    struct policy_member member =
        member_of(1, 10, POLICY_READER, POLICY_MEMBER_ACTIVE);
    struct seen in_account = { 0 };
    assert_ok(policy_write(f->policy, &txn));
    assert_ok(policy_user_put(txn, &user));
    assert_ok(policy_member_put(txn, &member));
    assert_ok(policy_user_delete(txn, &user));
    assert_ok(policy_members_each(txn, &member.account, see, &in_account));
    assert_int_equal(0, in_account.count);
    assert_status(STATUS_NOT_FOUND, policy_user_find(txn, "a@b", &user));
}

static void an_account_is_renamed_to_a_free_name(void **state)
{
    struct fixture *f = *state;
    AUTO_FREE(policy_txn) txn = NULL;
    struct api_id one = id_of(1), other = id_of(2);
    struct policy_account got;
    struct reason why = { "" };
    assert_ok(policy_write(f->policy, &txn));
    assert_ok(policy_account_add(txn, &one, "one", 1000, &why));
    assert_ok(policy_account_add(txn, &other, "other", 1001, &why));
    assert_status(STATUS_CONFLICT,
                  policy_account_rename(txn, &one, "other", &why));
    assert_ok(policy_account_rename(txn, &one, "one", &why)); /* its own */
    assert_ok(policy_account_rename(txn, &one, "renamed", &why));
    assert_ok(policy_account_get(txn, &one, &got));
    assert_string_equal("renamed", got.name);
    assert_int_equal(1000, got.created_at);
}

/* What bars the deletion, and what it becomes when it does so no more; NULL:
 * only by going. */
static const struct {
    enum policy_kind kind;
    const char *lives, *history, *says;
} contents[] = {
    { POLICY_PERSON, "{}", NULL, "it has people with keys" },
    { POLICY_APP, "{}", NULL, "it has apps" },
    { POLICY_BUILD, "{}", NULL, "it has images" },
    { POLICY_DATASET, "{}", NULL, "it has datasets" },
    { POLICY_CONFIGURATION, "{}", NULL, "it has application configurations" },
    { POLICY_DRAFT, "{\"name\": \"d\"}", NULL, "it has drafts" },
    { POLICY_REQUEST, "{\"status\": \"pending\", \"sign_by\": 3000}",
      "{\"status\": \"pending\", \"sign_by\": 1000}",
      "it has requests that wait for approval" },
    { POLICY_WORKFLOW, "{\"versions\": {\"1\": {\"status\": \"active\"}}}",
      "{\"versions\": {\"1\": {\"status\": \"withdrawn\"}}}",
      "it has workflows" },
    { POLICY_COMPUTE_NODE, "{\"status\": {\"status\": \"RUNNING\"}}",
      "{\"status\": {\"status\": \"DEACTIVATED\"}}",
      "it has nodes that are not deactivated" },
};

static void put_text(struct policy_txn *txn, enum policy_kind kind,
                     const struct api_id *account, const char *text)
{
    AUTO_JSON *record = NULL;
    struct api_id object = id_of(5);
    assert_ok(api_json_read(bytes_of_string(text), 1024, false, &record, NULL));
    policy_object_put(txn, kind, account, api_id_bytes(&object), record);
}

static void only_an_empty_account_is_deleted(void **state)
{
    struct fixture *f = *state;
    AUTO_FREE(policy_txn) txn = NULL;
    struct api_id account = id_of(1), object = id_of(5);
    struct policy_member member =
        member_of(1, 10, POLICY_MANAGER, POLICY_MEMBER_ACTIVE);
    struct policy_account got;
    assert_ok(policy_write(f->policy, &txn));
    assert_ok(policy_account_add(txn, &account, "one", 1000, NULL));
    assert_ok(policy_member_put(txn, &member));
    put_text(txn, POLICY_TASK, &account, "{\"status\": \"SUCCESS\"}");
    for (size_t i = 0; i < sizeof(contents) / sizeof(contents[0]); i++) {
        struct reason why = { "" };
        put_text(txn, contents[i].kind, &account, contents[i].lives);
        assert_status(STATUS_CONFLICT,
                      policy_account_delete(txn, &account, 2000, &why));
        assert_non_null(strstr(why.text, "this account is not empty"));
        assert_non_null(strstr(why.text, contents[i].says));
        if (contents[i].history)
            put_text(txn, contents[i].kind, &account, contents[i].history);
        else
            policy_object_delete(txn, contents[i].kind, &account,
                                 api_id_bytes(&object));
    }
    assert_ok(policy_account_delete(txn, &account, 2000, NULL));
    assert_status(STATUS_NOT_FOUND, policy_account_get(txn, &account, &got));
    assert_status(STATUS_NOT_FOUND,
                  policy_member_get(txn, &account, &member.user, &member));
    static const enum policy_kind gone[] = { POLICY_TASK, POLICY_REQUEST,
                                             POLICY_WORKFLOW,
                                             POLICY_COMPUTE_NODE };
    for (size_t i = 0; i < 4; i++) {
        struct policy_key key =
            policy_key(gone[i], api_id_bytes(&account), api_id_bytes(&object));
        assert_false(policy_has(txn, &key));
    }
}

static void a_mac_is_its_label_s(void **state)
{
    struct fixture *f = *state;
    struct bytes parts[] = { bytes_of_string("a"), bytes_of_string("b") };
    struct hash one, other, again;
    assert_ok(policy_mac(f->policy, "one", parts, 2, &one));
    assert_ok(policy_mac(f->policy, "other", parts, 2, &other));
    assert_false(hash_equal(&one, &other));
    fixture_reopen(f); /* it outlives a restart */
    assert_ok(policy_mac(f->policy, "one", parts, 2, &again));
    assert_true(hash_equal(&one, &again));
    assert_ok(policy_mac(f->policy, "one", parts, 1, &again));
    assert_false(hash_equal(&one, &again));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        store_test(a_user_is_found_by_id_and_by_address),
        store_test(an_invited_user_has_no_password),
        store_test(whoever_is_reset_or_gone_suspends),
        store_test(memberships_are_seen_from_both_sides),
        store_test(a_deleted_user_is_in_no_account),
        store_test(an_account_is_renamed_to_a_free_name),
        store_test(only_an_empty_account_is_deleted),
        store_test(a_mac_is_its_label_s),
    };
    return cmocka_run_group_tests(tests, fixture_group, NULL);
}
