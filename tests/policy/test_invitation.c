/* An invitation serves one key, until it ends; every refusal is one text. */

#include "policy/nouns.h"
#include "tests/policy/fixture.h"

static struct hash hash_filled(unsigned char with)
{
    struct hash hash;
    memset(hash.bytes, with, sizeof(hash.bytes));
    return hash;
}

static struct policy_invitation invitation(void)
{
    struct policy_invitation i = { .id = hash_filled(1),
                                   .role = POLICY_WRITER,
                                   .name = "alice",
                                   .expires = 1000 };
    memset(i.account.bytes, 7, sizeof(i.account.bytes));
    return i;
}

static void keep(struct fixture *f, const struct policy_invitation *i)
{
    AUTO_FREE(policy_txn) txn = NULL;
    assert_ok(policy_write(f->policy, &txn));
    assert_ok(policy_invitation_put(txn, i));
    assert_ok(policy_commit(txn));
}

static struct status find(struct fixture *f, unsigned char id,
                          unsigned char key, uint64_t now,
                          struct policy_invitation *out, struct reason *why)
{
    AUTO_FREE(policy_txn) txn = NULL;
    struct hash wanted = hash_filled(id), by = hash_filled(key);
    assert_ok(policy_read(f->policy, &txn));
    return policy_invitation_find(txn, &wanted, &by, now, out, why);
}

static void an_unused_one_serves_any_key(void **state)
{
    struct fixture *f = *state;
    struct policy_invitation i = invitation(), found;
    keep(f, &i);
    assert_ok(find(f, 1, 9, 999, &found, NULL));
    assert_true(api_id_equal(&i.account, &found.account));
    assert_int_equal(POLICY_WRITER, found.role);
    assert_string_equal("alice", found.name);
    assert_true(hash_equal(&i.id, &found.id));
    assert_true(hash_is_zero(&found.used_by));
}

static void a_used_one_serves_its_own_key_only(void **state)
{
    struct fixture *f = *state;
    struct policy_invitation i = invitation(), found;
    i.used_by = hash_filled(9);
    memset(i.person.bytes, 3, sizeof(i.person.bytes));
    keep(f, &i);
    assert_ok(find(f, 1, 9, 999, &found, NULL));
    assert_true(api_id_equal(&i.person, &found.person));
    assert_status(STATUS_DENIED, find(f, 1, 8, 999, &found, NULL));
}

static void unknown_used_and_expired_sound_alike(void **state)
{
    struct fixture *f = *state;
    struct policy_invitation i = invitation(), found = { .expires = 5 };
    struct reason unknown = { "" }, used = { "" }, expired = { "" };
    i.used_by = hash_filled(9);
    keep(f, &i);
    assert_status(STATUS_DENIED, find(f, 2, 9, 999, &found, &unknown));
    assert_status(STATUS_DENIED, find(f, 1, 8, 999, &found, &used));
    assert_status(STATUS_DENIED, find(f, 1, 9, 1000, &found, &expired));
    assert_string_equal(unknown.text, used.text);
    assert_string_equal(unknown.text, expired.text);
    assert_int_equal(5, found.expires); /* untouched */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        store_test(an_unused_one_serves_any_key),
        store_test(a_used_one_serves_its_own_key_only),
        store_test(unknown_used_and_expired_sound_alike),
    };
    return cmocka_run_group_tests(tests, fixture_group, NULL);
}
