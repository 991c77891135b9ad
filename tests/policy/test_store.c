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
    f->options.map_size = 256 * 1024;
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
        assert_status(STATUS_UNAVAILABLE, policy_commit(txn));
    }
    assert_stored(f, "good", NULL);
    assert_stored(f, "before", "1");
    put_committed(f, "after", "2");
    assert_stored(f, "after", "2");
}

/* --- savepoints ---------------------------------------------------------- */

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

/* --- runs of records ----------------------------------------------------- */

struct seen {
    struct fixture *f;
    struct policy_txn *txn;
    char text[256];
    int stop_after;
    int changes;
};

static struct status see(void *context, struct bytes tail,
                         struct bytes contents)
{
    struct seen *s = context;
    size_t used = strlen(s->text);
    (void)snprintf(s->text + used, sizeof(s->text) - used, "%.*s=%.*s ",
                   (int)tail.len, (const char *)tail.at, (int)contents.len,
                   (const char *)contents.at);
    if (s->changes > 0) {
        char name[] = { 'r', '.', (char)('a' + s->changes--), 0 };
        struct policy_key gone = named("r.b");
        policy_delete(s->txn, &gone);
        put(s->txn, name, "added");
    }
    if (s->stop_after > 0 && --s->stop_after == 0)
        return failure(STATUS_BUSY, "see", 0);
    return OK;
}

static void put_run(struct fixture *f)
{
    put_committed(f, "q", "before");
    put_committed(f, "r.b", "2");
    put_committed(f, "r.a", "1");
    put_committed(f, "r.", "0");
    put_committed(f, "r.\xff\xff", "last");
    put_committed(f, "s0", "behind");
}

static void a_prefix_gives_its_records_in_order(void **state)
{
    struct fixture *f = *state;
    AUTO_FREE(policy_txn) txn = NULL;
    struct policy_key prefix = named("r."), none = named("t");
    struct seen s = { .f = f };
    put_run(f);
    assert_ok(policy_read(f->policy, &txn));
    assert_ok(policy_each(txn, &prefix, see, &s));
    assert_string_equal(s.text, "=0 a=1 b=2 \xff\xff=last ");
    assert_ok(policy_each(txn, &none, see, &s));
    struct policy_key whole = policy_key_parts(POLICY_REVOKED, NULL, 0);
    assert_ok(policy_each(txn, &whole, see, &s));
    assert_string_equal(s.text, "=0 a=1 b=2 \xff\xff=last ");
}

static void a_refusal_ends_the_run_and_is_passed_on(void **state)
{
    struct fixture *f = *state;
    AUTO_FREE(policy_txn) txn = NULL;
    struct policy_key prefix = named("r.");
    struct seen s = { .f = f, .stop_after = 2 };
    put_run(f);
    assert_ok(policy_read(f->policy, &txn));
    assert_status(STATUS_BUSY, policy_each(txn, &prefix, see, &s));
    assert_string_equal(s.text, "=0 a=1 ");
}

static void records_may_change_during_a_run(void **state)
{
    struct fixture *f = *state;
    AUTO_FREE(policy_txn) txn = NULL;
    struct policy_key prefix = named("r.");
    put_run(f);
    assert_ok(policy_write(f->policy, &txn));
    struct seen s = { .f = f, .txn = txn, .changes = 3 };
    assert_ok(policy_each(txn, &prefix, see, &s));
    assert_string_equal(s.text, "=0 a=1 c=added d=added \xff\xff=last ");
    assert_ok(policy_commit(txn));
    assert_stored(f, "r.b", "added");
}

static void assert_last(struct policy_txn *txn, const char *prefix,
                        const char *name, const char *value)
{
    AUTO_CLEAR_BUFFER contents = buffer_make(64);
    struct policy_key all = named(prefix), found = { .len = 0 };
    struct status s = policy_last(txn, &all, &found, &contents);
    if (!name) {
        assert_status(STATUS_NOT_FOUND, s);
        assert_int_equal(found.len, 0);
        return;
    }
    struct policy_key wanted = named(name);
    assert_ok(s);
    assert_true(bytes_equal(store_key_bytes(&found), store_key_bytes(&wanted)));
    assert_true(bytes_equal(buffer_bytes(&contents), bytes_of_string(value)));
}

static void the_last_record_of_a_prefix_is_found(void **state)
{
    struct fixture *f = *state;
    AUTO_FREE(policy_txn) txn = NULL;
    put_run(f);
    assert_ok(policy_read(f->policy, &txn));
    assert_last(txn, "r.", "r.\xff\xff", "last");
    assert_last(txn, "r.\xff", "r.\xff\xff", "last");
    assert_last(txn, "r.a", "r.a", "1");
    assert_last(txn, "s0", "s0", "behind");
    assert_last(txn, "q", "q", "before");
    assert_last(txn, "r.c", NULL, NULL);
    assert_last(txn, "zzz", NULL, NULL);
}

/* --- JSON ---------------------------------------------------------------- */

static struct status count_json(void *context, struct bytes tail,
                                const json_t *value)
{
    int *sum = context;
    (void)tail;
    *sum += (int)json_integer_value(json_object_get(value, "n"));
    return OK;
}

static void json_goes_in_and_out(void **state)
{
    struct fixture *f = *state;
    AUTO_FREE(policy_txn) txn = NULL;
    AUTO_JSON *one = json_pack("{s:i, s:s}", "n", 1, "a", "x");
    AUTO_JSON *two = json_pack("{s:i}", "n", 2);
    AUTO_JSON *back = NULL;
    struct policy_key k1 = named("j1"), k2 = named("j2"), j = named("j");
    int sum = 0;
    assert_ok(policy_write(f->policy, &txn));
    policy_put_json(txn, &k1, one);
    policy_put_json(txn, &k2, two);
    assert_ok(policy_get_json(txn, &k1, &back));
    assert_true(json_equal(back, one));
    assert_ok(policy_each_json(txn, &j, count_json, &sum));
    assert_int_equal(sum, 3);
    assert_holds(txn, "j1", "{\"a\":\"x\",\"n\":1}");

    put(txn, "j3", "{\"n\":");
    AUTO_JSON *none = NULL;
    struct policy_key k3 = named("j3"), k4 = named("j4");
    assert_status(STATUS_CORRUPT, policy_get_json(txn, &k3, &none));
    assert_status(STATUS_CORRUPT, policy_each_json(txn, &j, count_json, &sum));
    assert_status(STATUS_NOT_FOUND, policy_get_json(txn, &k4, &none));
    assert_null(none);
}

static void a_contents_larger_than_the_buffer_is_refused(void **state)
{
    struct fixture *f = *state;
    AUTO_FREE(policy_txn) txn = NULL;
    AUTO_CLEAR_BUFFER small = buffer_make(3);
    struct policy_key key = named("k");
    put_committed(f, "k", "four");
    assert_ok(policy_read(f->policy, &txn));
    assert_status(STATUS_INVALID, policy_get(txn, &key, &small));
    assert_int_equal(small.len, 0);
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
        store_test(an_undone_savepoint_leaves_what_was_before_it),
        store_test(a_failed_savepoint_undoes_itself_and_nothing_else),
        store_test(savepoints_nest),
        store_test(a_parent_waits_for_its_savepoint),
        store_test(a_prefix_gives_its_records_in_order),
        store_test(a_refusal_ends_the_run_and_is_passed_on),
        store_test(records_may_change_during_a_run),
        store_test(the_last_record_of_a_prefix_is_found),
        store_test(json_goes_in_and_out),
        store_test(a_contents_larger_than_the_buffer_is_refused),
    };
    return cmocka_run_group_tests(tests, fixture_group, NULL);
}
