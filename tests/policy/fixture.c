#include "tests/policy/fixture.h"

#include <stdlib.h>

int fixture_group(void **state)
{
    (void)state;
    api_json_memory_open();
    return failed(secret_heap_open(1 << 16)) ? -1 : 0;
}

int fixture_setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    f->dir = temp_dir_make();
    memset(f->id.bytes, 0x5a, sizeof(f->id.bytes));
    assert_ok(secret_new(32, &f->key));
    memset(secret_fill(f->key), 7, 32);
    fixture_open(f);
    *state = f;
    return 0;
}

int fixture_setup_damaged(void **state)
{
    (void)fixture_setup(state);
    struct fixture *f = *state;
    f->options.any_state = true;
    return 0;
}

int fixture_teardown(void **state)
{
    struct fixture *f = *state;
    policy_free(f->policy);
    secret_free(f->key);
    temp_dir_remove(&f->dir);
    free(f);
    return 0;
}

struct status open_status(struct fixture *f, struct reason *why)
{
    return store_open(f->dir.path, &f->id, f->key, &f->options, &f->policy,
                      why);
}

void fixture_open(struct fixture *f)
{
    struct reason why = { "" };
    struct status s = open_status(f, &why);
    if (failed(s))
        print_error("%s\n", why.text);
    assert_ok(s);
}

void fixture_close(struct fixture *f)
{
    policy_free(TAKE(f->policy));
}

void fixture_reopen(struct fixture *f)
{
    fixture_close(f);
    fixture_open(f);
}

struct policy_key named(const char *name)
{
    return policy_key(POLICY_META, bytes_of_string(name));
}

void put(struct policy_txn *txn, const char *name, const char *value)
{
    struct policy_key key = named(name);
    policy_put(txn, &key, bytes_of_string(value));
}

void put_committed(struct fixture *f, const char *name, const char *value)
{
    AUTO_FREE(policy_txn) txn = NULL;
    assert_ok(policy_write(f->policy, &txn));
    put(txn, name, value);
    assert_ok(policy_commit(txn));
}

void assert_holds(struct policy_txn *txn, const char *name, const char *value)
{
    AUTO_CLEAR_BUFFER contents = buffer_make(1 << 20);
    struct policy_key key = named(name);
    struct status s = policy_get(txn, &key, &contents);
    assert_int_equal(policy_has(txn, &key), value != NULL);
    if (!value) {
        assert_status(STATUS_NOT_FOUND, s);
        return;
    }
    assert_ok(s);
    assert_true(bytes_equal(buffer_bytes(&contents), bytes_of_string(value)));
}

void assert_stored(struct fixture *f, const char *name, const char *value)
{
    AUTO_FREE(policy_txn) txn = NULL;
    assert_ok(policy_read(f->policy, &txn));
    assert_holds(txn, name, value);
}

struct status read_status(struct fixture *f, const char *name)
{
    AUTO_FREE(policy_txn) txn = NULL;
    AUTO_CLEAR_BUFFER contents = buffer_make(1 << 20);
    struct policy_key key = named(name);
    assert_ok(policy_read(f->policy, &txn));
    buffer_put_string(&contents, "before");
    struct status s = policy_get(txn, &key, &contents);
    if (failed(s))
        assert_true(
            bytes_equal(buffer_bytes(&contents), bytes_of_string("before")));
    return s;
}

/* --- raw ----------------------------------------------------------------- */

struct raw {
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi table;
};

static struct raw raw_begin(struct fixture *f)
{
    struct raw raw;
    assert_null(f->policy);
    assert_int_equal(mdb_env_create(&raw.env), 0);
    assert_int_equal(mdb_env_open(raw.env, f->dir.path, 0, 0600), 0);
    assert_int_equal(mdb_txn_begin(raw.env, NULL, 0, &raw.txn), 0);
    assert_int_equal(mdb_dbi_open(raw.txn, NULL, 0, &raw.table), 0);
    return raw;
}

static void raw_end(struct raw *raw)
{
    assert_int_equal(mdb_txn_commit(raw->txn), 0);
    mdb_env_close(raw->env);
}

void raw_each(struct fixture *f, raw_fn change, void *context)
{
    struct raw raw = raw_begin(f);
    MDB_cursor *cursor;
    MDB_val k, v;
    assert_int_equal(mdb_cursor_open(raw.txn, raw.table, &cursor), 0);
    while (mdb_cursor_get(cursor, &k, &v, MDB_NEXT) == 0) {
        unsigned char *value = malloc(v.mv_size + 1);
        assert_non_null(value);
        memcpy(value, v.mv_data, v.mv_size);
        change(context, bytes_of(k.mv_data, k.mv_size), value, v.mv_size);
        MDB_val changed = { v.mv_size, value };
        assert_int_equal(mdb_cursor_put(cursor, &k, &changed, MDB_CURRENT), 0);
        free(value);
    }
    mdb_cursor_close(cursor);
    raw_end(&raw);
}

void raw_get(struct fixture *f, const struct policy_key *key,
             struct buffer *out)
{
    struct raw raw = raw_begin(f);
    MDB_val k = store_val(store_key_bytes(key)), v;
    assert_int_equal(mdb_get(raw.txn, raw.table, &k, &v), 0);
    buffer_put(out, bytes_of(v.mv_data, v.mv_size));
    raw_end(&raw);
}

void raw_put(struct fixture *f, const struct policy_key *key,
             struct bytes value)
{
    struct raw raw = raw_begin(f);
    MDB_val k = store_val(store_key_bytes(key)), v = store_val(value);
    if (value.len > 0)
        assert_int_equal(mdb_put(raw.txn, raw.table, &k, &v, 0), 0);
    else
        assert_int_equal(mdb_del(raw.txn, raw.table, &k, NULL), 0);
    raw_end(&raw);
}
