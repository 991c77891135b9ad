/* store_open.c - opening the environment, and proving that it is ours. */

#include <stdlib.h>
#include <unistd.h>

#include "policy/store_directory.h"
#include "policy/store_private.h"
#include "policy/store_state.h"
#include "policy/txn.h"
#include "policy/versions.h"

#define STORE_FORMAT  1
#define STORE_READERS 512

/* Address space, not disk: the file grows as it is used. Sanitizers keep
 * shadows of it. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define STORE_MAP ((size_t)4 << 30)
#else
#define STORE_MAP ((size_t)64 << 30)
#endif

static struct status open_table(struct policy *policy)
{
    MDB_txn *txn = NULL;
    TRY(CALL(mdb_txn_begin, policy->env, NULL, 0, &txn));
    struct status s = CALL(mdb_dbi_open, txn, NULL, 0, &policy->table);
    if (failed(s)) {
        mdb_txn_abort(txn);
        return s;
    }
    return CALL(mdb_txn_commit, txn);
}

/* Durable flags only. Readers are not tied to threads, so that one thread
 * may read twice. */
static struct status open_environment(struct policy *policy,
                                      const char *directory, size_t map_size)
{
    int dead;
    TRY(CALL(mdb_env_create, &policy->env));
    TRY(CALL(mdb_env_set_mapsize, policy->env, map_size));
    TRY(CALL(mdb_env_set_maxreaders, policy->env, STORE_READERS));
    TRY(CALL(mdb_env_open, policy->env, directory, MDB_NOTLS, 0600));
    TRY(CALL(mdb_reader_check, policy->env, &dead));
    return open_table(policy);
}

/* --- data keys ----------------------------------------------------------- */

struct data_keys {
    struct seal *seal;
    size_t opened, refused;
};

static struct status try_data_key(struct data_keys *keys,
                                  const struct store_place *place,
                                  struct bytes sealed)
{
    struct bytes key = bytes_of(place->bytes, place->len);
    struct cursor tail = cursor_of(bytes_of(key.at + 1, key.len - 1));
    uint32_t number = cursor_u32(&tail);
    struct status s = cursor_finish(&tail, "data key");
    if (!failed(s))
        s = seal_learn(keys->seal, number, key, sealed);
    if (failed(s) && s.code != STATUS_CORRUPT && s.code != STATUS_INVALID)
        return s;
    *(failed(s) ? &keys->refused : &keys->opened) += 1;
    return OK;
}

static struct status try_data_keys(struct policy_txn *txn,
                                   struct data_keys *keys)
{
    struct store_place place = { .bytes = { POLICY_DATA_KEY }, .len = 1 };
    for (;;) {
        struct bytes sealed;
        struct status s = store_seek(txn, &place, &sealed);
        if (s.code == STATUS_NOT_FOUND || place.bytes[0] != POLICY_DATA_KEY)
            return OK;
        TRY(s);
        TRY(try_data_key(keys, &place, sealed));
        place.bytes[place.len++] = 0;
    }
}

/* One that does not open was changed; none that opens is another key. */
static struct status open_data_keys(struct policy_txn *txn,
                                    const char *directory, struct reason *why)
{
    struct data_keys keys = { .seal = txn->policy->seal };
    TRY(try_data_keys(txn, &keys));
    if (keys.refused > 0 && keys.opened == 0)
        return refuse(why, STATUS_CONFLICT, "data keys",
                      "the store in %s is sealed under another key: another "
                      "HSM's, or the file salt was changed",
                      directory);
    if (keys.refused > 0)
        return refuse(why, STATUS_CORRUPT, "data keys",
                      "%zu of %zu data keys in %s were changed", keys.refused,
                      keys.refused + keys.opened, directory);
    return OK;
}

/* --- whose store --------------------------------------------------------- */

static struct policy_key meta_key(void)
{
    return policy_key(POLICY_META, bytes_of_string("store"));
}

static struct status check_meta(const json_t *meta, const struct api_id *store,
                                const char *directory, struct reason *why)
{
    struct api_id found;
    char text[API_ID_TEXT];
    int64_t format;
    TRY(api_json_integer(meta, "format", 0, INT64_MAX, &format, why));
    if (format != STORE_FORMAT)
        return refuse(why, STATUS_INVALID, "store",
                      "the store in %s has format %lld; this program reads %d",
                      directory, (long long)format, STORE_FORMAT);
    TRY(api_json_id(meta, "store", &found, why));
    if (api_id_equal(&found, store))
        return OK;
    api_id_text(&found, text);
    return refuse(why, STATUS_CONFLICT, "store",
                  "the store in %s belongs to installation %s", directory,
                  text);
}

static struct status make_meta(struct policy *policy,
                               const struct api_id *store)
{
    AUTO_FREE(policy_txn) txn = NULL;
    AUTO_JSON *meta = json_pack("{s:i, s:o}", "format", STORE_FORMAT, "store",
                                api_json_of_id(store));
    struct policy_key key = meta_key();
    TRY(policy_write(policy, &txn));
    policy_put_json(txn, &key, meta);
    return policy_commit(txn);
}

/* Reads what there is; *empty when there is nothing yet. */
static struct status check_contents(struct policy *policy,
                                    const char *directory,
                                    const struct api_id *store, bool *empty,
                                    struct reason *why)
{
    AUTO_FREE(policy_txn) txn = NULL;
    AUTO_JSON *meta = NULL;
    struct store_place first = { .bytes = { 0 }, .len = 1 };
    struct bytes unused;
    struct policy_key key = meta_key();
    TRY(policy_read(policy, &txn));
    struct status s = store_seek(txn, &first, &unused);
    *empty = s.code == STATUS_NOT_FOUND;
    if (*empty)
        return OK;
    TRY(s);
    TRY(open_data_keys(txn, directory, why));
    s = policy_get_json(txn, &key, &meta);
    if (s.code == STATUS_NOT_FOUND || s.code == STATUS_CORRUPT)
        return refuse(why, STATUS_CORRUPT, "store",
                      "the record that says whose store is in %s is %s",
                      directory,
                      s.code == STATUS_NOT_FOUND ? "missing" : "changed");
    TRY(s);
    return check_meta(meta, store, directory, why);
}

static struct status prove_ours(struct policy *policy, const char *directory,
                                const struct api_id *store, struct reason *why)
{
    bool empty;
    TRY(check_contents(policy, directory, store, &empty, why));
    return empty ? make_meta(policy, store) : OK;
}

static struct status check_state(struct policy *policy, const char *directory,
                                 struct reason *why)
{
    AUTO_FREE(policy_txn) txn = NULL;
    TRY(policy_read(policy, &txn));
    return state_check(txn, directory, why);
}

struct status store_open(const char *directory, const struct api_id *store,
                         const struct secret *store_key,
                         const struct store_options *options,
                         struct policy **out, struct reason *why)
{
    AUTO_FREE(policy) policy = calloc(1, sizeof(*policy));
    if (!policy)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    policy->directory = -1;
    uint64_t records_max =
        options->records_per_key ? options->records_per_key : SEAL_RECORDS_MAX;
    TRY(store_directory_open(directory, &policy->directory, why));
    TRY(seal_new(store_key, records_max, &policy->seal));
    TRY(versions_new(&policy->versions));
    struct status s = open_environment(
        policy, directory, options->map_size ? options->map_size : STORE_MAP);
    if (failed(s))
        return refuse(why, s.code, s.origin, "cannot open the store in %s: %s",
                      directory, mdb_strerror((int)s.detail));
    TRY(prove_ours(policy, directory, store, why));
    if (!options->any_state)
        TRY(check_state(policy, directory, why));
    *out = TAKE(policy);
    return OK;
}

struct status policy_open(const char *directory, const struct api_id *store,
                          const struct secret *store_key, struct policy **out,
                          struct reason *why)
{
    return store_open(directory, store, store_key, &(struct store_options){ 0 },
                      out, why);
}

void policy_free(struct policy *policy)
{
    if (!policy)
        return;
    if (policy->env)
        mdb_env_close(policy->env);
    seal_free(policy->seal);
    versions_free(policy->versions);
    if (policy->directory >= 0)
        (void)close(policy->directory);
    free(policy);
}
