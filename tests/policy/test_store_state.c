/* Records put back as they were, or taken away, are seen at the next open. */

#include "tests/policy/fixture.h"

#include "base/file.h"

static void assert_refused(struct fixture *f, const char *said)
{
    struct reason why = { "" };
    assert_null(f->policy);
    assert_status(STATUS_CORRUPT, open_status(f, &why));
    assert_null(f->policy);
    if (!strstr(why.text, said))
        fail_msg("\"%s\" does not say \"%s\"", why.text, said);
}

static void a_record_put_back_as_it_was_is_seen(void **state)
{
    struct fixture *f = *state;
    struct policy_key key = named("suspended");
    AUTO_CLEAR_BUFFER old = buffer_make(256), now = buffer_make(256);
    put_committed(f, "suspended", "no");
    fixture_close(f);
    raw_get(f, &key, &old);
    fixture_open(f);
    put_committed(f, "suspended", "yes");
    fixture_close(f);
    raw_get(f, &key, &now);
    raw_put(f, &key, buffer_bytes(&old));
    assert_refused(f, "were taken away, or put back as they were");
    raw_put(f, &key, buffer_bytes(&now));
    fixture_open(f);
    assert_stored(f, "suspended", "yes");
}

static void a_record_taken_away_is_seen(void **state)
{
    struct fixture *f = *state;
    struct policy_key key = named("revoked");
    AUTO_CLEAR_BUFFER raw = buffer_make(256);
    put_committed(f, "revoked", "yes");
    fixture_close(f);
    raw_get(f, &key, &raw);
    raw_put(f, &key, (struct bytes){ 0 });
    assert_refused(f, "were taken away");
    raw_put(f, &key, buffer_bytes(&raw));
    fixture_open(f);
}

static void a_deleted_record_that_comes_back_is_seen(void **state)
{
    struct fixture *f = *state;
    struct policy_key key = named("grant");
    AUTO_CLEAR_BUFFER raw = buffer_make(256);
    AUTO_FREE(policy_txn) txn = NULL;
    put_committed(f, "grant", "yes");
    fixture_close(f);
    raw_get(f, &key, &raw);
    fixture_open(f);
    assert_ok(policy_write(f->policy, &txn));
    policy_delete(txn, &key);
    assert_ok(policy_commit(txn));
    fixture_close(f);
    raw_put(f, &key, buffer_bytes(&raw));
    assert_refused(f, "put back as they were");
}

static void a_changed_record_is_named(void **state)
{
    struct fixture *f = *state;
    struct policy_key key = named("k");
    AUTO_CLEAR_BUFFER raw = buffer_make(256);
    put_committed(f, "k", "v");
    fixture_close(f);
    raw_get(f, &key, &raw);
    raw.data[raw.len - 1] ^= 1;
    raw_put(f, &key, buffer_bytes(&raw));
    assert_refused(f, "was changed: restore the store from a backup");
    assert_refused(f, "record 016b in"); /* META "k" */
}

static void swapped_values_are_seen(void **state)
{
    struct fixture *f = *state;
    struct policy_key a = named("a"), b = named("b");
    AUTO_CLEAR_BUFFER raw_a = buffer_make(256), raw_b = buffer_make(256);
    put_committed(f, "a", "1");
    put_committed(f, "b", "2");
    fixture_close(f);
    raw_get(f, &a, &raw_a);
    raw_get(f, &b, &raw_b);
    raw_put(f, &a, buffer_bytes(&raw_b));
    raw_put(f, &b, buffer_bytes(&raw_a));
    assert_refused(f, "record 0161 in");
}

static void the_sum_itself_cannot_be_changed_or_taken_away(void **state)
{
    struct fixture *f = *state;
    struct policy_key key = named("state");
    AUTO_CLEAR_BUFFER raw = buffer_make(256);
    fixture_close(f);
    raw_get(f, &key, &raw);
    raw_put(f, &key, (struct bytes){ 0 });
    assert_refused(f, "were taken away");
    raw.data[20] ^= 1;
    raw_put(f, &key, buffer_bytes(&raw));
    assert_refused(f, "record 017374617465 in");
}

/* --- the log ------------------------------------------------------------- */

static void log_one(struct fixture *f)
{
    AUTO_FREE(policy_txn) txn = NULL;
    AUTO_JSON *detail = json_object();
    struct policy_event event = { .kind = API_LEAF_CHANGE,
                                  .subject_text = "x",
                                  .detail = detail };
    struct policy_logged logged;
    assert_ok(policy_write(f->policy, &txn));
    assert_ok(policy_log_append(txn, 1, &event, &logged));
    assert_ok(policy_commit(txn));
}

struct snapshot {
    struct {
        struct policy_key key;
        struct buffer value;
    } records[16];
    size_t count;
};

static void keep_record(void *context, struct bytes key, unsigned char *value,
                        size_t len)
{
    struct snapshot *s = context;
    if (key.at[0] == POLICY_LEAF || key.at[0] == POLICY_NODE)
        return;
    assert_in_range(s->count, 0, 15);
    memcpy(s->records[s->count].key.bytes, key.at, key.len);
    s->records[s->count].key.len = key.len;
    s->records[s->count].value = buffer_make(1024);
    buffer_put(&s->records[s->count++].value, bytes_of(value, len));
}

/* A copy of the disk as it is now, while the store is open. */
static struct fixture copy_disk(struct fixture *f)
{
    struct fixture copy = { .dir = temp_dir_make() };
    AUTO_CLEAR_BUFFER file = buffer_make(1 << 24);
    assert_ok(file_read(temp_dir_path(&f->dir, "data.mdb"), &file));
    assert_ok(file_write(temp_dir_path(&copy.dir, "data.mdb"),
                         buffer_bytes(&file), 0600));
    return copy;
}

static void everything_but_the_log_put_back_is_seen(void **state)
{
    struct fixture *f = *state;
    static struct snapshot before;
    before.count = 0;
    put_committed(f, "suspended", "no");
    log_one(f);
    struct fixture copy = copy_disk(f);
    raw_each(&copy, keep_record, &before);
    assert_in_range(before.count, 4, 16);
    temp_dir_remove(&copy.dir);
    put_committed(f, "suspended", "yes");
    log_one(f);
    fixture_close(f);
    for (size_t i = 0; i < before.count; i++) {
        raw_put(f, &before.records[i].key,
                buffer_bytes(&before.records[i].value));
        buffer_clear(&before.records[i].value);
    }
    assert_refused(f, "put back as they were");
}

static void a_leaf_taken_from_the_end_is_seen(void **state)
{
    struct fixture *f = *state;
    struct policy_key second =
        policy_key(POLICY_LEAF, bytes_of("\0\0\0\0\0\0\0\1", 8));
    AUTO_CLEAR_BUFFER raw = buffer_make(1024);
    log_one(f);
    log_one(f);
    fixture_close(f);
    raw_get(f, &second, &raw);
    raw_put(f, &second, (struct bytes){ 0 });
    assert_refused(f, "were taken away");
    raw_put(f, &second, buffer_bytes(&raw));
    fixture_open(f);
}

/* --- the sum keeps up ---------------------------------------------------- */

#define NAMES 12

struct model {
    uint32_t random;
    int value[NAMES]; /* 0: none */
};

static uint32_t next_random(struct model *m, uint32_t below)
{
    m->random = m->random * 1664525 + 1013904223;
    return (m->random >> 10) % below;
}

static void change_one(struct policy_txn *txn, struct model *m)
{
    uint32_t which = next_random(m, NAMES);
    char name[] = { 'm', (char)('a' + which), 0 }, value[16];
    struct policy_key key = named(name);
    m->value[which] = (int)next_random(m, 50);
    (void)snprintf(value, sizeof(value), "%d", m->value[which]);
    if (m->value[which] == 0)
        policy_delete(txn, &key);
    else
        put(txn, name, value);
}

/* Some changes, some of them in savepoints of their own; what is not
 * committed is forgotten by the model, too. */
static void change_some(struct policy_txn *txn, struct model *m, int depth)
{
    for (uint32_t i = next_random(m, 6); i > 0; i--) {
        AUTO_FREE(policy_txn) nested = NULL;
        change_one(txn, m);
        if (depth == 0 || next_random(m, 2) == 0)
            continue;
        struct model before = *m;
        assert_ok(policy_nest(txn, &nested));
        change_some(nested, m, depth - 1);
        if (next_random(m, 2) == 0)
            assert_ok(policy_commit(nested));
        else
            memcpy(m->value, before.value, sizeof(m->value));
    }
}

static void assert_model(struct fixture *f, const struct model *m)
{
    for (int i = 0; i < NAMES; i++) {
        char name[] = { 'm', (char)('a' + i), 0 }, value[16];
        (void)snprintf(value, sizeof(value), "%d", m->value[i]);
        assert_stored(f, name, m->value[i] ? value : NULL);
    }
}

static void no_lawful_change_is_mistaken_for_damage(void **state)
{
    struct fixture *f = *state;
    struct model model = { .random = 4711 };
    fixture_close(f);
    f->options.records_per_key = 7;
    fixture_open(f);
    for (int round = 0; round < 60; round++) {
        struct model before = model;
        AUTO_FREE(policy_txn) txn = NULL;
        assert_ok(policy_write(f->policy, &txn));
        change_some(txn, &model, 3);
        if (next_random(&model, 4) != 0)
            assert_ok(policy_commit(txn));
        else
            memcpy(model.value, before.value, sizeof(model.value));
        policy_txn_free(TAKE(txn));
        assert_model(f, &model);
        fixture_reopen(f);
    }
    assert_model(f, &model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        store_test(a_record_put_back_as_it_was_is_seen),
        store_test(a_record_taken_away_is_seen),
        store_test(a_deleted_record_that_comes_back_is_seen),
        store_test(a_changed_record_is_named),
        store_test(swapped_values_are_seen),
        store_test(the_sum_itself_cannot_be_changed_or_taken_away),
        store_test(everything_but_the_log_put_back_is_seen),
        store_test(a_leaf_taken_from_the_end_is_seen),
        store_test(no_lawful_change_is_mistaken_for_damage),
    };
    return cmocka_run_group_tests(tests, fixture_group, NULL);
}
