/* A store that is refused memory says so, and loses nothing. */

#include "tests/policy/fixture.h"
#include "tests/support/torture.h"

static struct fixture *now;

static void nested_changes(struct policy_txn *txn)
{
    struct policy_key gone = named("gone");
    put(txn, "a", "2");
    put(txn, "b", "2");
    policy_delete(txn, &gone);
}

static struct status change_in_savepoint(struct policy_txn *txn)
{
    AUTO_FREE(policy_txn) nested = NULL;
    TRY(policy_nest(txn, &nested));
    nested_changes(nested);
    return policy_commit(nested);
}

static struct status change(void)
{
    AUTO_FREE(policy_txn) txn = NULL;
    TRY(policy_write(now->policy, &txn));
    put(txn, "a", "1");
    TRY(change_in_savepoint(txn));
    return policy_commit(txn);
}

static void a_change_survives_every_refusal(void **state)
{
    now = *state;
    put_committed(now, "a", "0");
    put_committed(now, "gone", "not yet");
    assert_in_range(torture(change), 5, 50);
    assert_stored(now, "a", "2");
    assert_stored(now, "b", "2");
    assert_stored(now, "gone", NULL);
    fixture_reopen(now);
    assert_stored(now, "a", "2");
}

/* The savepoint fails for want of memory, the rest stands. */
static struct status tolerate(void)
{
    AUTO_FREE(policy_txn) txn = NULL;
    TRY(policy_write(now->policy, &txn));
    put(txn, "kept", "1");
    struct status s = change_in_savepoint(txn);
    TRY(policy_commit(txn));
    return s;
}

static void a_savepoint_without_memory_is_undone_whole(void **state)
{
    now = *state;
    put_committed(now, "a", "0");
    assert_in_range(torture(tolerate), 5, 50);
    assert_stored(now, "a", "2");
    fixture_reopen(now);
    assert_stored(now, "kept", "1");
}

static struct status open_and_close(void)
{
    struct policy *policy = NULL;
    TRY(policy_open(now->dir.path, &now->id, now->key, &policy, NULL));
    policy_free(policy);
    return OK;
}

static void opening_survives_every_refusal(void **state)
{
    now = *state;
    fixture_close(now);
    assert_in_range(torture(open_and_close), 2, 200);
    fixture_open(now);
}

static struct status append(void)
{
    AUTO_FREE(policy_txn) txn = NULL;
    AUTO_JSON *detail = json_pack("{s:i}", "n", 1);
    struct policy_event event = { .kind = API_LEAF_CHANGE,
                                  .subject_text = "x",
                                  .detail = detail };
    struct policy_logged logged;
    TRY(policy_write(now->policy, &txn));
    TRY(policy_log_append(txn, 1, &event, &logged));
    TRY(policy_log_append(txn, 2, &event, &logged));
    return policy_commit(txn);
}

static void appending_survives_every_refusal(void **state)
{
    now = *state;
    AUTO_FREE(policy_txn) txn = NULL;
    uint64_t size, newest;
    assert_in_range(torture(append), 5, 200);
    assert_ok(policy_read(now->policy, &txn));
    assert_ok(policy_log_size(txn, &size, &newest));
    assert_int_equal(size, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        store_test(a_change_survives_every_refusal),
        store_test(a_savepoint_without_memory_is_undone_whole),
        store_test(opening_survives_every_refusal),
        store_test(appending_survives_every_refusal),
    };
    return cmocka_run_group_tests(tests, fixture_group, NULL);
}
