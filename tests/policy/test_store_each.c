/* Runs of records, and records that are JSON. */

#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "tests/policy/fixture.h"

#include "policy/txn.h"

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

static void a_key_that_is_another_and_a_zero_is_not_passed_over(void **state)
{
    struct fixture *f = *state;
    AUTO_FREE(policy_txn) txn = NULL;
    struct policy_key prefix = named("z");
    struct policy_key zero =
        policy_key(POLICY_META, bytes_of_string("z"), bytes_of("\0", 1));
    struct seen s = { .f = f };
    assert_ok(policy_write(f->policy, &txn));
    put(txn, "z", "1");
    policy_put(txn, &zero, bytes_of_string("2"));
    assert_ok(policy_each(txn, &prefix, see, &s));
    assert_string_equal(s.text, "=1 =2 "); /* the zero ends "%.*s" */
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
    assert_last(txn, "q\1", NULL, NULL); /* a value follows its key */
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

/* LMDB: page = 8 number, 2, flags, lower, upper, offsets of nodes; node = 6,
 * key length, key. */
static uint16_t number_at(const struct buffer *file, size_t at)
{
    uint16_t value;
    assert_true(at + sizeof(value) <= file->len);
    memcpy(&value, file->data + at, sizeof(value));
    return value;
}

static size_t spoil_branch(struct buffer *file, size_t page)
{
    size_t nodes = (number_at(file, page + 12) - 16u) / 2;
    for (size_t i = 1; i < nodes; i++) { /* the first one has no key */
        size_t node = page + number_at(file, page + 16 + 2 * i);
        if (number_at(file, node + 6) > 0)
            file->data[node + 8] = 0xff;
    }
    return 1;
}

/* Every separator says that all keys are on the first page: from there the
 * walk went to the second one again and again. */
static void a_walk_over_spoiled_pages_ends(void **state)
{
    struct fixture *f = *state;
    struct reason why = { "" };
    AUTO_CLEAR_BUFFER file = buffer_make((size_t)64 << 20);
    AUTO_FREE(policy_txn) txn = NULL;
    size_t branches = 0;
    assert_ok(policy_write(f->policy, &txn));
    for (int i = 0; i < 300; i++) { /* behind all that opening reads */
        char name[101];
        (void)snprintf(name, sizeof(name), "%0100d", i);
        struct policy_key key =
            policy_key(POLICY_REVOKED, bytes_of_string(name));
        policy_put(txn, &key, bytes_of("v", 1));
    }
    assert_ok(policy_commit(txn));
    policy_txn_free(TAKE(txn));
    fixture_close(f);
    assert_ok(file_read(temp_dir_path(&f->dir, "data.mdb"), &file));
    for (size_t page = 8192; page + 4096 <= file.len; page += 4096)
        if (number_at(&file, page + 10) == 1)
            branches += spoil_branch(&file, page);
    assert_true(branches > 0);
    assert_ok(file_write(temp_dir_path(&f->dir, "data.mdb"),
                         buffer_bytes(&file), 0600));
    (void)alarm(20);
    assert_status(STATUS_CORRUPT, open_status(f, &why));
    (void)alarm(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        store_test(a_prefix_gives_its_records_in_order),
        store_test(a_key_that_is_another_and_a_zero_is_not_passed_over),
        store_test(a_refusal_ends_the_run_and_is_passed_on),
        store_test(records_may_change_during_a_run),
        store_test(the_last_record_of_a_prefix_is_found),
        store_test(json_goes_in_and_out),
        store_test(a_contents_larger_than_the_buffer_is_refused),
        store_test(a_walk_over_spoiled_pages_ends),
    };
    return cmocka_run_group_tests(tests, fixture_group, NULL);
}
