/* Joining an account without memory: nobody is half a member. */

#include "policy/nouns.h"
#include "tests/policy/fixture.h"
#include "tests/support/torture.h"

#define NOW ((uint64_t)2000000000)

static struct fixture *now;
static struct policy_invitation invitation = { .role = POLICY_WRITER,
                                               .name = "Ada",
                                               .expires = NOW + 60 };
static struct policy_person person = { .name = "Ada",
                                       .role = POLICY_WRITER,
                                       .created_at = NOW };

static void name_everyone(void)
{
    struct api_key *first = NULL, *recovery = NULL;
    assert_ok(api_key_generate(&first));
    assert_ok(api_key_generate(&recovery));
    person.owner.first = api_key_signer(first).key;
    person.owner.recovery = api_key_signer(recovery).key;
    api_key_free(first);
    api_key_free(recovery);
    assert_ok(api_owner_hash(&person.owner, &person.owner_hash));
    assert_ok(hash_of(&person.key, api_spki_bytes(&person.owner.first)));
    assert_ok(api_id_random(&invitation.account));
    assert_ok(api_id_random(&person.person));
    person.account = invitation.account;
    memset(invitation.id.bytes, 0x11, HASH_LEN);
}

static struct status invite(struct policy_txn *txn)
{
    TRY(policy_account_add(txn, &invitation.account, "Harbour", NOW, NULL));
    return policy_invitation_put(txn, &invitation);
}

static struct status accept_it(struct policy_txn *txn)
{
    struct policy_invitation found;
    TRY(policy_invitation_find(txn, &invitation.id, &person.key, NOW, &found,
                               NULL));
    found.used_by = person.key;
    found.person = person.person;
    TRY(policy_invitation_put(txn, &found));
    return policy_person_put(txn, &person);
}

/* Puts say nothing: a refused one is the commit's to report. */
static struct status join(void)
{
    AUTO_FREE(policy_txn) txn = NULL;
    TRY(policy_write(now->policy, &txn));
    TRY(invite(txn));
    TRY(accept_it(txn));
    return policy_commit(txn);
}

static void assert_member(enum status_code expected)
{
    AUTO_FREE(policy_txn) txn = NULL;
    struct policy_person met;
    assert_ok(policy_read(now->policy, &txn));
    assert_status(expected, policy_person_get(txn, &person.account,
                                              &person.person, &met));
    assert_status(expected, policy_person_find(txn, &person.key, &met));
}

static void joining_survives_every_refusal(void **state)
{
    now = *state;
    name_everyone();
    assert_member(STATUS_NOT_FOUND);
    /* The account's name is taken only when somebody got it: the last turn
     * would find it taken had one before been committed by half. */
    assert_in_range(torture(join), 10, 1000);
    assert_member(STATUS_OK);
    fixture_reopen(now);
    assert_member(STATUS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        store_test(joining_survives_every_refusal),
    };
    return cmocka_run_group_tests(tests, fixture_group, NULL);
}
