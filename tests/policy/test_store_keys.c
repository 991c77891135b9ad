/* Data keys and counters: no nonce twice, no record unreadable. */

#include "tests/policy/fixture.h"

#include <pthread.h>
#include <stdlib.h>

struct nonces {
    unsigned char seen[4096][12];
    size_t count;
};

static bool is_new(const struct nonces *n, const unsigned char *nonce)
{
    for (size_t i = 0; i < n->count; i++)
        if (memcmp(n->seen[i], nonce, 12) == 0)
            return false;
    return true;
}

static void note_nonce(void *context, struct bytes key, unsigned char *value,
                       size_t len)
{
    struct nonces *n = context;
    if (key.at[0] == POLICY_DATA_KEY || len < 13)
        return;
    if (is_new(n, value + 1)) {
        assert_in_range(n->count, 0, 4095);
        memcpy(n->seen[n->count++], value + 1, 12);
    }
}

/* Each round writes to the same record: a nonce that comes again would not
 * be new. Returns how many were. */
static size_t new_nonces(struct fixture *f, struct nonces *n)
{
    size_t before = n->count;
    fixture_close(f);
    raw_each(f, note_nonce, n);
    fixture_open(f);
    return n->count - before;
}

static void no_nonce_is_used_twice_across_restarts_and_aborts(void **state)
{
    struct fixture *f = *state;
    struct nonces *n = calloc(1, sizeof(*n));
    assert_non_null(n);
    (void)new_nonces(f, n);
    for (int i = 0; i < 20; i++) {
        {
            AUTO_FREE(policy_txn) aborted = NULL;
            assert_ok(policy_write(f->policy, &aborted));
            put(aborted, "k", "never committed");
        }
        put_committed(f, "k", "committed");
        assert_int_equal(new_nonces(f, n), 2); /* and the sum's */
    }
    free(n);
}

/* The sealed bytes an aborted savepoint used are in memory only; its
 * counters must be skipped all the same. */
static void an_aborted_change_spends_its_counter(void **state)
{
    struct fixture *f = *state;
    struct policy_key key = named("k");
    AUTO_CLEAR_BUFFER first = buffer_make(256), second = buffer_make(256);
    struct bytes sealed;
    for (int i = 0; i < 2; i++) {
        AUTO_FREE(policy_txn) txn = NULL;
        assert_ok(policy_write(f->policy, &txn));
        put(txn, "k", "v");
        assert_ok(store_find(txn, store_key_bytes(&key), &sealed));
        buffer_put(i ? &second : &first, sealed);
    }
    assert_int_equal(first.len, second.len);
    assert_memory_equal(first.data, second.data, 5); /* the same data key */
    assert_memory_not_equal(first.data + 5, second.data + 5, 8);
}

static void count_data_keys(void *context, struct bytes key,
                            unsigned char *value, size_t len)
{
    (void)value;
    (void)len;
    *(size_t *)context += key.at[0] == POLICY_DATA_KEY;
}

static size_t data_keys(struct fixture *f)
{
    size_t count = 0;
    fixture_close(f);
    raw_each(f, count_data_keys, &count);
    fixture_open(f);
    return count;
}

static void every_start_that_writes_makes_one_data_key(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(data_keys(f), 1);
    assert_int_equal(data_keys(f), 1); /* nothing was written */
    put_committed(f, "a", "1");
    put_committed(f, "b", "2");
    assert_int_equal(data_keys(f), 2);
}

static void a_data_key_is_renewed_when_it_is_used_up(void **state)
{
    struct fixture *f = *state;
    fixture_close(f);
    f->options.records_per_key = 4;
    fixture_open(f);
    for (int i = 0; i < 12; i++) { /* two records each: the sum's, too */
        char name[] = { 'n', (char)('a' + i), 0 };
        put_committed(f, name, "v");
    }
    assert_int_equal(data_keys(f), 1 + 6);
    for (int i = 0; i < 12; i++) {
        char name[] = { 'n', (char)('a' + i), 0 };
        assert_stored(f, name, "v");
    }
}

static void a_data_key_of_an_aborted_transaction_is_recorded_later(void **state)
{
    struct fixture *f = *state;
    fixture_close(f);
    f->options.records_per_key = 4;
    fixture_open(f);
    {
        AUTO_FREE(policy_txn) txn = NULL;
        assert_ok(policy_write(f->policy, &txn));
        for (int i = 0; i < 6; i++)
            put(txn, "gone", "v");
    }
    put_committed(f, "k", "v");
    fixture_reopen(f);
    assert_stored(f, "k", "v");
}

static void a_data_key_made_inside_an_undone_savepoint_stays(void **state)
{
    struct fixture *f = *state;
    {
        AUTO_FREE(policy_txn) txn = NULL;
        fixture_reopen(f);
        assert_ok(policy_write(f->policy, &txn));
        {
            AUTO_FREE(policy_txn) nested = NULL;
            assert_ok(policy_nest(txn, &nested));
            put(nested, "gone", "v");
        }
        put(txn, "k", "v");
        assert_ok(policy_commit(txn));
    }
    fixture_reopen(f);
    assert_stored(f, "k", "v");
}

#define STARTS 150 /* more than data keys are kept in memory */

struct reading {
    struct fixture *f;
    size_t from;
    bool all_read;
};

static bool reads(struct policy_txn *txn, size_t i)
{
    char name[16];
    AUTO_CLEAR_BUFFER contents = buffer_make(64);
    (void)snprintf(name, sizeof(name), "start %zu", i);
    struct policy_key key = named(name);
    return !failed(policy_get(txn, &key, &contents)) &&
           bytes_equal(buffer_bytes(&contents), bytes_of_string(name));
}

static void *read_all(void *context)
{
    struct reading *r = context;
    AUTO_FREE(policy_txn) txn = NULL;
    r->all_read = !failed(policy_read(r->f->policy, &txn));
    for (size_t i = 0; r->all_read && i < (size_t)4 * STARTS; i++)
        r->all_read = reads(txn, (r->from + 7 * i) % STARTS);
    return NULL;
}

static void records_of_many_starts_are_read_by_several_threads(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < STARTS; i++) {
        char name[16];
        (void)snprintf(name, sizeof(name), "start %d", i);
        fixture_reopen(f);
        put_committed(f, name, name);
    }
    fixture_reopen(f);
    pthread_t threads[4];
    struct reading readings[4];
    for (size_t i = 0; i < 4; i++) {
        readings[i] = (struct reading){ f, 31 * i, false };
        assert_int_equal(
            pthread_create(&threads[i], NULL, read_all, &readings[i]), 0);
    }
    put_committed(f, "k", "while they read");
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_true(readings[i].all_read);
    }
}

static void a_record_whose_data_key_is_gone_is_corrupt(void **state)
{
    struct fixture *f = *state;
    struct policy_key second =
        policy_key(POLICY_DATA_KEY, bytes_of("\0\0\0\2", 4));
    fixture_reopen(f);
    put_committed(f, "k", "v");
    fixture_close(f);
    raw_put(f, &second, (struct bytes){ 0 });
    fixture_open(f);
    assert_status(STATUS_CORRUPT, read_status(f, "k"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        store_test(no_nonce_is_used_twice_across_restarts_and_aborts),
        store_test(an_aborted_change_spends_its_counter),
        store_test(every_start_that_writes_makes_one_data_key),
        store_test(a_data_key_is_renewed_when_it_is_used_up),
        store_test(a_data_key_of_an_aborted_transaction_is_recorded_later),
        store_test(a_data_key_made_inside_an_undone_savepoint_stays),
        store_test(records_of_many_starts_are_read_by_several_threads),
        damage_test(a_record_whose_data_key_is_gone_is_corrupt),
    };
    return cmocka_run_group_tests(tests, fixture_group, NULL);
}
