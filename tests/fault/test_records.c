/* Every record of a store is taken away in turn, and every one that an older
 * copy has otherwise is put back: the broker does not start, or (old heads, and
 * what is computed from the leaves) history is shown whole all the same. */

#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/broker/cast.h"

#define RECORDS_MAX 1024

struct record {
    struct buffer key, value;
};

struct records {
    struct record all[RECORDS_MAX];
    size_t count;
};

struct scene {
    struct play play;
    struct stage *stage;
    uint64_t leaves;
    struct records newest, older;
};

/* --- raw records --------------------------------------------------------- */

static void open_raw(const char *path, unsigned flags, MDB_env **env,
                     MDB_txn **txn, MDB_dbi *table)
{
    assert_int_equal(0, mdb_env_create(env));
    assert_int_equal(0, mdb_env_set_mapsize(*env, (size_t)1 << 30));
    assert_int_equal(0, mdb_env_open(*env, path, flags | MDB_NOSUBDIR, 0600));
    assert_int_equal(0, mdb_txn_begin(*env, NULL, flags & MDB_RDONLY, txn));
    assert_int_equal(0, mdb_dbi_open(*txn, NULL, 0, table));
}

static struct buffer copy_of(MDB_val v)
{
    struct buffer b = buffer_make(v.mv_size + 1);
    buffer_put(&b, bytes_of(v.mv_data, v.mv_size));
    assert_ok(buffer_status(&b));
    return b;
}

static void read_all(const char *path, struct records *out)
{
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi table;
    MDB_cursor *cursor;
    MDB_val key, value;
    open_raw(path, MDB_RDONLY | MDB_NOLOCK, &env, &txn, &table);
    assert_int_equal(0, mdb_cursor_open(txn, table, &cursor));
    while (mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == 0) {
        assert_in_range(out->count, 0, RECORDS_MAX - 1);
        out->all[out->count++] =
            (struct record){ copy_of(key), copy_of(value) };
    }
    mdb_cursor_close(cursor);
    mdb_txn_abort(txn);
    mdb_env_close(env);
}

static MDB_val val_of(const struct buffer *b)
{
    return (MDB_val){ b->len, b->data };
}

/* Of the store that nobody has open; `value` NULL takes it away. */
static void change(struct scene *scene, const struct buffer *key,
                   const struct buffer *value)
{
    char path[256];
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi table;
    MDB_val k = val_of(key), v = value ? val_of(value) : (MDB_val){ 0, NULL };
    (void)snprintf(path, sizeof(path), "%s/data.mdb",
                   stage_store(scene->stage));
    open_raw(path, MDB_NOLOCK, &env, &txn, &table);
    assert_int_equal(0, value ? mdb_put(txn, table, &k, &v, 0)
                              : mdb_del(txn, table, &k, NULL));
    assert_int_equal(0, mdb_txn_commit(txn));
    mdb_env_close(env);
}

static const struct record *find(const struct records *in,
                                 const struct buffer *key)
{
    for (size_t i = 0; i < in->count; i++)
        if (bytes_equal(buffer_bytes(&in->all[i].key), buffer_bytes(key)))
            return &in->all[i];
    return NULL;
}

static void clear(struct records *r)
{
    for (size_t i = 0; i < r->count; i++) {
        buffer_clear(&r->all[i].key);
        buffer_clear(&r->all[i].value);
    }
}

/* --- a store and an older one -------------------------------------------- */

static struct answer *input(struct scene *scene, const char *verb)
{
    return stage_ask(scene->stage, as(&scene->play.alice), HTTP_POST, NULL,
                     "/accord/v1/datasets/%s/%s", scene->play.input.text, verb);
}

static int scene_setup(void **state)
{
    struct scene *scene = calloc(1, sizeof(*scene));
    struct reason why = { "" };
    void *stage = NULL;
    char older[256], newest[256];
    assert_non_null(scene);
    assert_int_equal(0, stage_setup(&stage));
    scene->stage = stage;
    play_begin(&scene->play, stage);
    play_agree(&scene->play);
    stage_close(stage);
    stage_save(stage, "older");
    assert_ok(stage_open(stage, &why));
    assert_answer(input(scene, "suspend"), 200, NULL);
    assert_answer(input(scene, "erase"), 200, NULL);
    scene->leaves = stage_log_size(stage);
    stage_close(stage);
    stage_save(stage, "newest");
    (void)snprintf(older, sizeof(older), "%s.data.mdb",
                   temp_dir_path(&scene->stage->dir, "older"));
    (void)snprintf(newest, sizeof(newest), "%s.data.mdb",
                   temp_dir_path(&scene->stage->dir, "newest"));
    read_all(older, &scene->older);
    read_all(newest, &scene->newest);
    *state = scene;
    return 0;
}

static int scene_teardown(void **state)
{
    struct scene *scene = *state;
    void *stage = scene->stage;
    clear(&scene->older);
    clear(&scene->newest);
    play_end(&scene->play);
    free(scene);
    return stage_teardown(&stage);
}

/* --- what becomes of a start --------------------------------------------- */

static bool shows_all_leaves(struct scene *scene)
{
    struct answer *a =
        stage_ask(scene->stage, as(&scene->play.alice), HTTP_GET, NULL,
                  "/accord/v1/log/leaves?from=0&count=1000");
    return a->status == 200 &&
           json_array_size(json_object_get(a->body, "leaves")) == scene->leaves;
}

static bool starts(struct scene *scene)
{
    struct reason why = { "" };
    struct status s = stage_open(scene->stage, &why);
    if (failed(s) && why.text[0] == '\0')
        fail_msg("%s without a word", status_name(s.code));
    return !failed(s);
}

static void after(struct scene *scene)
{
    stage_close(scene->stage);
    stage_put_back(scene->stage, "newest");
}

/* --- the tests ----------------------------------------------------------- */

static void a_whole_store_starts_and_shows_its_history(void **state)
{
    struct scene *scene = *state;
    assert_true(starts(scene));
    assert_true(shows_all_leaves(scene));
}

static void no_record_can_be_taken_away_unseen(void **state)
{
    struct scene *scene = *state;
    size_t refused = 0;
    for (size_t i = 0; i < scene->newest.count; i++) {
        const struct buffer *key = &scene->newest.all[i].key;
        unsigned char kind = key->data[0];
        change(scene, key, NULL);
        bool started = starts(scene);
        /* Heads and what is computed from the leaves can be had again. */
        if (started && ((kind != POLICY_NODE && kind != POLICY_HEAD) ||
                        !shows_all_leaves(scene)))
            fail_msg("record %zu of kind %u is not missed", i, kind);
        refused += !started;
        after(scene);
    }
    assert_true(refused > scene->newest.count / 3);
}

/* While it runs nobody counts: then the one who reads the log is told. */
static void a_leaf_that_goes_meanwhile_is_named(void **state)
{
    struct scene *scene = *state;
    AUTO_FREE(policy_txn) txn = NULL;
    static const unsigned char third[8] = { 0, 0, 0, 0, 0, 0, 0, 3 };
    struct policy_key key =
        policy_key(POLICY_LEAF, bytes_of(third, sizeof(third)));
    assert_true(starts(scene));
    assert_ok(policy_write(scene->stage->broker.store, &txn));
    policy_delete(txn, &key);
    assert_ok(policy_commit(txn));
    struct answer *a =
        stage_ask(scene->stage, as(&scene->play.alice), HTTP_GET, NULL,
                  "/accord/v1/log/leaves?from=0&count=1000");
    assert_int_equal(500, a->status);
    assert_says(a, "leaf 3 is missing");
}

static void no_record_can_be_put_back_as_it_was(void **state)
{
    struct scene *scene = *state;
    size_t changed = 0;
    for (size_t i = 0; i < scene->older.count; i++) {
        const struct record *was = &scene->older.all[i];
        const struct record *is = find(&scene->newest, &was->key);
        if (is &&
            bytes_equal(buffer_bytes(&is->value), buffer_bytes(&was->value)))
            continue;
        changed++;
        change(scene, &was->key, &was->value);
        if (starts(scene))
            fail_msg("record %zu of kind %u was put back unseen", i,
                     was->key.data[0]);
        after(scene);
    }
    assert_true(changed >= 3); /* dataset, version, sum */
}

#define scene_test(f)                                                          \
    cmocka_unit_test_setup_teardown(f, scene_setup, scene_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        scene_test(a_whole_store_starts_and_shows_its_history),
        scene_test(no_record_can_be_taken_away_unseen),
        scene_test(a_leaf_that_goes_meanwhile_is_named),
        scene_test(no_record_can_be_put_back_as_it_was),
    };
    return cmocka_run_group_tests(tests, stage_group, NULL);
}
