/* What transactions and savepoints promise. */

#include "tests/policy/fixture.h"

#include "policy/txn.h"

static void what_is_committed_can_be_read_after_reopening(void **state)
{
    struct fixture *f = *state;
    put_committed(f, "k", "v");
    put_committed(f, "empty", "");
    assert_stored(f, "k", "v");
    fixture_reopen(f);
    assert_stored(f, "k", "v");
    assert_stored(f, "empty", "");
    assert_stored(f, "other", NULL);
}

static void what_is_not_committed_is_gone(void **state)
{
    struct fixture *f = *state;
    {
        AUTO_FREE(policy_txn) txn = NULL;
        assert_ok(policy_write(f->policy, &txn));
        put(txn, "k", "v");
        assert_holds(txn, "k", "v");
    }
    assert_stored(f, "k", NULL);
}

static void a_record_can_be_replaced_and_deleted(void **state)
{
    struct fixture *f = *state;
    AUTO_FREE(policy_txn) txn = NULL;
    struct policy_key key = named("k"), other = named("other");
    put_committed(f, "k", "old");
    assert_ok(policy_write(f->policy, &txn));
    put(txn, "k", "new");
    assert_holds(txn, "k", "new");
    policy_delete(txn, &key);
    assert_holds(txn, "k", NULL);
    policy_delete(txn, &other); /* was never there */
    assert_ok(policy_commit(txn));
    assert_stored(f, "k", NULL);
}

static void one_bad_put_spoils_the_whole_transaction(void **state)
{
    struct fixture *f = *state;
    {
        AUTO_FREE(policy_txn) txn = NULL;
        unsigned char longer[POLICY_KEY_MAX] = { 0 };
        struct policy_key bad =
            policy_key(POLICY_META, bytes_of(longer, sizeof(longer)));
        assert_int_equal(bad.len, 0);
        assert_ok(policy_write(f->policy, &txn));
        put(txn, "before", "1");
        policy_put(txn, &bad, bytes_of_string("2"));
        put(txn, "after", "3");
        struct policy_key key = named("before");
        AUTO_CLEAR_BUFFER unused = buffer_make(16);
        assert_status(STATUS_INVALID, policy_get(txn, &key, &unused));
        struct status s = policy_commit(txn);
        assert_status(STATUS_INVALID, s);
        assert_string_equal(s.origin, "policy_key");
    }
    assert_stored(f, "before", NULL);
    assert_stored(f, "after", NULL);
}

static void the_first_failure_is_the_one_reported(void **state)
{
    struct fixture *f = *state;
    AUTO_FREE(policy_txn) txn = NULL;
    struct policy_key key = named("k"), bad = { .len = 0 };
    assert_ok(policy_write(f->policy, &txn));
    policy_put_json(txn, &key, NULL); /* as json_pack() answers */
    policy_put(txn, &bad, bytes_of_string("2"));
    assert_status(STATUS_NO_MEMORY, policy_commit(txn));
}

static void a_record_beyond_eight_mebibytes_is_refused(void **state)
{
    struct fixture *f = *state;
    AUTO_FREE(policy_txn) txn = NULL;
    struct policy_key key = named("k");
    static unsigned char large[SEAL_CONTENTS_MAX + 1];
    assert_ok(policy_write(f->policy, &txn));
    policy_put(txn, &key, bytes_of(large, SEAL_CONTENTS_MAX));
    assert_true(policy_has(txn, &key));
    policy_put(txn, &key, bytes_of(large, sizeof(large)));
    assert_status(STATUS_INVALID, policy_commit(txn));
}

static void the_longest_key_works(void **state)
{
    struct fixture *f = *state;
    AUTO_FREE(policy_txn) txn = NULL;
    char name[POLICY_KEY_MAX];
    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = 0;
    put_committed(f, name, "v");
    assert_stored(f, name, "v");
    size_t seen = 0;
    struct policy_key key = named(name);
    assert_int_equal(key.len, POLICY_KEY_MAX);
    assert_ok(policy_read(f->policy, &txn));
    AUTO_CLEAR_BUFFER contents = buffer_make(16);
    assert_ok(policy_last(txn, &key, &key, &contents));
    seen += contents.len;
    assert_int_equal(seen, 1);
}

static void a_reading_transaction_may_not_write(void **state)
{
    struct fixture *f = *state;
    AUTO_FREE(policy_txn) txn = NULL;
    AUTO_FREE(policy_txn) nested = NULL;
    assert_ok(policy_read(f->policy, &txn));
    assert_status(STATUS_INVALID, policy_nest(txn, &nested));
    assert_null(nested);
    put(txn, "k", "v");
    assert_status(STATUS_INVALID, policy_commit(txn));
}

static void nothing_is_done_in_a_transaction_that_has_ended(void **state)
{
    struct fixture *f = *state;
    AUTO_FREE(policy_txn) txn = NULL;
    AUTO_CLEAR_BUFFER unused = buffer_make(16);
    struct policy_key key = named("k");
    assert_ok(policy_write(f->policy, &txn));
    assert_ok(policy_commit(txn));
    put(txn, "k", "v");
    assert_status(STATUS_INVALID, policy_get(txn, &key, &unused));
    assert_false(policy_has(txn, &key));
    assert_status(STATUS_INVALID, policy_commit(txn));
    assert_stored(f, "k", NULL);
}

static void a_reader_sees_the_moment_it_began(void **state)
{
    struct fixture *f = *state;
    AUTO_FREE(policy_txn) old = NULL;
    AUTO_FREE(policy_txn) older = NULL;
    put_committed(f, "k", "1");
    assert_ok(policy_read(f->policy, &older));
    put_committed(f, "k", "2");
    assert_ok(policy_read(f->policy, &old)); /* a second in this thread */
    put_committed(f, "k", "3");
    put_committed(f, "new", "here");
    assert_holds(older, "k", "1");
    assert_holds(older, "new", NULL);
    assert_holds(old, "k", "2");
    assert_stored(f, "k", "3");
}

static void a_full_map_spoils_the_transaction_not_the_store(void **state)
{
    struct fixture *f = *state;
    char value[4096];
    memset(value, 'x', sizeof(value) - 1);
    value[sizeof(value) - 1] = 0;
    fixture_close(f);
    f->options.map_size = (size_t)256 * 1024;
    fixture_open(f);
    put_committed(f, "before", "1");
    {
        AUTO_FREE(policy_txn) txn = NULL;
        AUTO_FREE(policy_txn) nested = NULL;
        assert_ok(policy_write(f->policy, &txn));
        put(txn, "good", "1");
        assert_ok(policy_nest(txn, &nested));
        for (int i = 0; i < 100; i++) {
            char name[] = { 'n', (char)('0' + i / 10), (char)('0' + i % 10),
                            0 };
            put(nested, name, value);
        }
        struct status s = policy_commit(nested);
        assert_status(STATUS_UNAVAILABLE, s);
        assert_string_equal(s.origin, "mdb_put");
        assert_int_equal(s.detail, (uint32_t)MDB_MAP_FULL);
        struct status whole = policy_commit(txn);
        assert_status(STATUS_UNAVAILABLE, whole);
        assert_int_equal(whole.detail, (uint32_t)MDB_MAP_FULL);
    }
    assert_stored(f, "good", NULL);
    assert_stored(f, "before", "1");
    put_committed(f, "after", "2");
    assert_stored(f, "after", "2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        store_test(what_is_committed_can_be_read_after_reopening),
        store_test(what_is_not_committed_is_gone),
        store_test(a_record_can_be_replaced_and_deleted),
        store_test(one_bad_put_spoils_the_whole_transaction),
        store_test(the_first_failure_is_the_one_reported),
        store_test(a_record_beyond_eight_mebibytes_is_refused),
        store_test(the_longest_key_works),
        store_test(a_reading_transaction_may_not_write),
        store_test(nothing_is_done_in_a_transaction_that_has_ended),
        store_test(a_reader_sees_the_moment_it_began),
        store_test(a_full_map_spoils_the_transaction_not_the_store),
    };
    return cmocka_run_group_tests(tests, fixture_group, NULL);
}
