/* What somebody sees, or can do, who has the disk but not the key. */

#include "tests/policy/fixture.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"

static bool disk_holds(struct fixture *f, const char *text)
{
    AUTO_CLEAR_BUFFER file = buffer_make(1 << 24);
    assert_ok(file_read(temp_dir_path(&f->dir, "data.mdb"), &file));
    return memmem(file.data, file.len, text, strlen(text)) != NULL;
}

static void values_cannot_be_read_on_disk_but_keys_can(void **state)
{
    struct fixture *f = *state;
    put_committed(f, "a-key-in-clear", "a-value-that-is-sealed");
    fixture_close(f);
    assert_true(disk_holds(f, "a-key-in-clear"));
    assert_false(disk_holds(f, "a-value-that-is-sealed"));
    assert_false(disk_holds(f, (const char[]){ 7, 7, 7, 7, 7, 7, 7, 7, 0 }));
}

static void swapped_records_are_corrupt(void **state)
{
    struct fixture *f = *state;
    struct policy_key a = named("a"), b = named("b");
    AUTO_CLEAR_BUFFER raw_a = buffer_make(256);
    AUTO_CLEAR_BUFFER raw_b = buffer_make(256);
    put_committed(f, "a", "1");
    put_committed(f, "b", "2");
    fixture_close(f);
    raw_get(f, &a, &raw_a);
    raw_get(f, &b, &raw_b);
    raw_put(f, &a, buffer_bytes(&raw_b));
    raw_put(f, &b, buffer_bytes(&raw_a));
    fixture_open(f);
    assert_status(STATUS_CORRUPT, read_status(f, "a"));
    assert_status(STATUS_CORRUPT, read_status(f, "b"));
}

static void a_record_moved_to_another_key_is_corrupt(void **state)
{
    struct fixture *f = *state;
    struct policy_key a = named("a"), moved = named("moved");
    struct policy_key kind = policy_key(POLICY_APP, bytes_of_string("a"));
    AUTO_CLEAR_BUFFER raw = buffer_make(256), unused = buffer_make(256);
    put_committed(f, "a", "1");
    fixture_close(f);
    raw_get(f, &a, &raw);
    raw_put(f, &moved, buffer_bytes(&raw));
    raw_put(f, &kind, buffer_bytes(&raw));
    fixture_open(f);
    assert_status(STATUS_CORRUPT, read_status(f, "moved"));
    AUTO_FREE(policy_txn) txn = NULL;
    assert_ok(policy_read(f->policy, &txn));
    assert_status(STATUS_CORRUPT, policy_get(txn, &kind, &unused));
    assert_stored(f, "a", "1");
}

static struct status ignore_record(void *context, struct bytes tail,
                                   struct bytes contents)
{
    (void)context;
    (void)tail;
    (void)contents;
    return OK;
}

static void every_edited_byte_is_noticed(void **state)
{
    struct fixture *f = *state;
    struct policy_key key = named("k");
    AUTO_CLEAR_BUFFER raw = buffer_make(256);
    put_committed(f, "k", "value");
    fixture_close(f);
    raw_get(f, &key, &raw);
    for (size_t i = 0; i < raw.len; i++) {
        raw.data[i] ^= (unsigned char)(1U << (i % 8));
        raw_put(f, &key, buffer_bytes(&raw));
        fixture_open(f);
        assert_status(STATUS_CORRUPT, read_status(f, "k"));
        AUTO_FREE(policy_txn) txn = NULL;
        assert_ok(policy_read(f->policy, &txn));
        assert_status(STATUS_CORRUPT,
                      policy_each(txn, &key, ignore_record, NULL));
        policy_txn_free(TAKE(txn));
        fixture_close(f);
        raw.data[i] ^= (unsigned char)(1U << (i % 8));
    }
    raw_put(f, &key, buffer_bytes(&raw));
    fixture_open(f);
    assert_stored(f, "k", "value");
}

static void a_record_of_any_other_length_is_corrupt(void **state)
{
    struct fixture *f = *state;
    struct policy_key key = named("k");
    AUTO_CLEAR_BUFFER raw = buffer_make(256);
    put_committed(f, "k", "value");
    fixture_close(f);
    raw_get(f, &key, &raw);
    for (size_t len = 1; len < raw.len; len += 3) {
        raw_put(f, &key, bytes_of(raw.data, len));
        fixture_open(f);
        assert_status(STATUS_CORRUPT, read_status(f, "k"));
        fixture_close(f);
    }
    buffer_put_u8(&raw, 0);
    raw_put(f, &key, buffer_bytes(&raw));
    fixture_open(f);
    assert_status(STATUS_CORRUPT, read_status(f, "k"));
}

/* --- counters ------------------------------------------------------------ */

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
        assert_int_equal(new_nonces(f, n), 1);
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
    for (int i = 0; i < 12; i++) {
        char name[] = { 'n', (char)('a' + i), 0 };
        put_committed(f, name, "v");
    }
    assert_int_equal(data_keys(f), 1 + 3);
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
    for (size_t i = 0; r->all_read && i < 4 * STARTS; i++)
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

/* --- kills --------------------------------------------------------------- */

/* Commits numbers for ever and says each one once it stands. */
static _Noreturn void commit_until_killed(struct fixture *f, int say)
{
    uint32_t i = 0;
    for (;;) {
        AUTO_FREE(policy_txn) txn = NULL;
        char name[24];
        (void)snprintf(name, sizeof(name), "n%u", ++i);
        if (failed(policy_write(f->policy, &txn)))
            _exit(1);
        put(txn, name, name);
        put(txn, "newest", name);
        if (failed(policy_commit(txn)) || write(say, &i, sizeof(i)) < 0)
            _exit(1);
    }
}

static _Noreturn void child_runs(struct fixture *f, int say)
{
    struct policy *policy = NULL;
    if (failed(policy_open(f->dir.path, &f->id, f->key, &policy, NULL)))
        _exit(2);
    f->policy = policy;
    commit_until_killed(f, say);
}

/* Kills after `after` commits were said; returns the last one said. */
static uint32_t run_and_kill(struct fixture *f, uint32_t after)
{
    int pipes[2], how;
    uint32_t said = 0, last = 0;
    assert_int_equal(pipe(pipes), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        child_runs(f, pipes[1]);
    (void)close(pipes[1]);
    while (last < after &&
           read(pipes[0], &said, sizeof(said)) == (ssize_t)sizeof(said))
        last = said;
    assert_int_equal(kill(child, SIGKILL), 0);
    while (read(pipes[0], &said, sizeof(said)) == (ssize_t)sizeof(said))
        last = said;
    (void)close(pipes[0]);
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFSIGNALED(how));
    assert_int_equal(WTERMSIG(how), SIGKILL);
    return last;
}

static void a_killed_writer_loses_nothing_it_acknowledged(void **state)
{
    struct fixture *f = *state;
    fixture_close(f);
    for (uint32_t round = 1; round <= 20; round++) {
        uint32_t last = run_and_kill(f, round * 3);
        assert_in_range(last, round * 3, UINT32_MAX);
        fixture_open(f);
        for (uint32_t i = 1; i <= last; i++) {
            char name[24];
            (void)snprintf(name, sizeof(name), "n%u", i);
            assert_stored(f, name, name);
        }
        assert_ok(read_status(f, "newest"));
        fixture_close(f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        store_test(values_cannot_be_read_on_disk_but_keys_can),
        store_test(swapped_records_are_corrupt),
        store_test(a_record_moved_to_another_key_is_corrupt),
        store_test(every_edited_byte_is_noticed),
        store_test(a_record_of_any_other_length_is_corrupt),
        store_test(no_nonce_is_used_twice_across_restarts_and_aborts),
        store_test(an_aborted_change_spends_its_counter),
        store_test(every_start_that_writes_makes_one_data_key),
        store_test(a_data_key_is_renewed_when_it_is_used_up),
        store_test(a_data_key_of_an_aborted_transaction_is_recorded_later),
        store_test(a_data_key_made_inside_an_undone_savepoint_stays),
        store_test(records_of_many_starts_are_read_by_several_threads),
        store_test(a_record_whose_data_key_is_gone_is_corrupt),
        store_test(a_killed_writer_loses_nothing_it_acknowledged),
    };
    return cmocka_run_group_tests(tests, fixture_group, NULL);
}
