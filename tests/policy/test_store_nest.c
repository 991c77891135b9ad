/* What savepoints promise. */

#include "tests/policy/fixture.h"

static void an_undone_savepoint_leaves_what_was_before_it(void **state)
{
    struct fixture *f = *state;
    AUTO_FREE(policy_txn) txn = NULL;
    struct policy_key deleted = named("deleted");
    put_committed(f, "replaced", "old");
    put_committed(f, "deleted", "there");
    assert_ok(policy_write(f->policy, &txn));
    put(txn, "mine", "parent");
    {
        AUTO_FREE(policy_txn) nested = NULL;
        assert_ok(policy_nest(txn, &nested));
        put(nested, "replaced", "new");
        put(nested, "replaced", "newer");
        put(nested, "added", "x");
        put(nested, "mine", "child");
        policy_delete(nested, &deleted);
        assert_holds(nested, "replaced", "newer");
        assert_holds(nested, "deleted", NULL);
    }
    assert_holds(txn, "replaced", "old");
    assert_holds(txn, "added", NULL);
    assert_holds(txn, "mine", "parent");
    assert_ok(policy_commit(txn));
    assert_stored(f, "replaced", "old");
    assert_stored(f, "deleted", "there");
    assert_stored(f, "added", NULL);
    assert_stored(f, "mine", "parent");
}

static void a_failed_savepoint_undoes_itself_and_nothing_else(void **state)
{
    struct fixture *f = *state;
    AUTO_FREE(policy_txn) txn = NULL;
    struct policy_key key = named("k");
    assert_ok(policy_write(f->policy, &txn));
    for (int i = 0; i < 3; i++) {
        AUTO_FREE(policy_txn) nested = NULL;
        char name[] = { 'n', (char)('0' + i), 0 };
        assert_ok(policy_nest(txn, &nested));
        put(nested, name, "v");
        if (i == 1)
            policy_put_json(nested, &key, NULL);
        assert_status(i == 1 ? STATUS_NO_MEMORY : STATUS_OK,
                      policy_commit(nested));
    }
    assert_ok(policy_commit(txn));
    assert_stored(f, "n0", "v");
    assert_stored(f, "n1", NULL);
    assert_stored(f, "n2", "v");
}

static void savepoints_nest(void **state)
{
    struct fixture *f = *state;
    AUTO_FREE(policy_txn) txn = NULL;
    assert_ok(policy_write(f->policy, &txn));
    put(txn, "k", "0");
    {
        AUTO_FREE(policy_txn) outer = NULL;
        assert_ok(policy_nest(txn, &outer));
        put(outer, "k", "1");
        {
            AUTO_FREE(policy_txn) inner = NULL;
            assert_ok(policy_nest(outer, &inner));
            put(inner, "k", "2");
        }
        assert_holds(outer, "k", "1");
        {
            AUTO_FREE(policy_txn) inner = NULL;
            assert_ok(policy_nest(outer, &inner));
            put(inner, "k", "3");
            assert_ok(policy_commit(inner));
        }
        assert_holds(outer, "k", "3");
    }
    assert_holds(txn, "k", "0");
    assert_ok(policy_commit(txn));
}

static void a_parent_waits_for_its_savepoint(void **state)
{
    struct fixture *f = *state;
    AUTO_FREE(policy_txn) txn = NULL;
    {
        AUTO_FREE(policy_txn) nested = NULL;
        AUTO_FREE(policy_txn) second = NULL;
        assert_ok(policy_write(f->policy, &txn));
        assert_ok(policy_nest(txn, &nested));
        assert_status(STATUS_INVALID, policy_nest(txn, &second));
        assert_null(second);
        put(txn, "k", "v");
        put(nested, "n", "v");
        assert_status(STATUS_INVALID, policy_commit(nested));
    }
    assert_status(STATUS_INVALID, policy_commit(txn));
    assert_stored(f, "k", NULL);
    assert_stored(f, "n", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        store_test(an_undone_savepoint_leaves_what_was_before_it),
        store_test(a_failed_savepoint_undoes_itself_and_nothing_else),
        store_test(savepoints_nest),
        store_test(a_parent_waits_for_its_savepoint),
    };
    return cmocka_run_group_tests(tests, fixture_group, NULL);
}
