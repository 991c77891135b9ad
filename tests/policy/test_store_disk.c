/* What somebody sees, or can do, who has the disk but not the key. */

#include "tests/policy/fixture.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        damage_test(values_cannot_be_read_on_disk_but_keys_can),
        damage_test(swapped_records_are_corrupt),
        damage_test(a_record_moved_to_another_key_is_corrupt),
        damage_test(every_edited_byte_is_noticed),
        damage_test(a_record_of_any_other_length_is_corrupt),
    };
    return cmocka_run_group_tests(tests, fixture_group, NULL);
}
