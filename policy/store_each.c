/* store_each.c - runs of records, and records that are JSON. */

#include "policy/store_private.h"
#include "policy/txn.h"

/* On a page that was damaged the next key may lie behind the one before: a
 * walk would never end. */
static bool is_before(MDB_val found, const struct store_place *place)
{
    size_t common = found.mv_size < place->len ? found.mv_size : place->len;
    int order = memcmp(found.mv_data, place->bytes, common);
    return order < 0 || (order == 0 && found.mv_size < place->len);
}

/* Finds its place by key every time, so that the callback may change
 * records. */
struct status store_seek(const struct policy_txn *txn,
                         struct store_place *place, struct bytes *sealed)
{
    const struct policy_txn *outermost = txn->outermost;
    MDB_cursor *cursor;
    MDB_val k = { place->len, place->bytes }, v = { 0 };
    TRY(CALL(mdb_cursor_open, outermost->mdb, outermost->policy->table,
             &cursor));
    struct status s = CALL(mdb_cursor_get, cursor, &k, &v, MDB_SET_RANGE);
    mdb_cursor_close(cursor);
    TRY(s);
    if (k.mv_size == 0 || k.mv_size > POLICY_KEY_MAX)
        return failure(STATUS_CORRUPT, "record key", (uint32_t)k.mv_size);
    if (is_before(k, place))
        return failure(STATUS_CORRUPT, "order of records", 0);
    memcpy(place->bytes, k.mv_data, k.mv_size);
    place->len = k.mv_size;
    *sealed = bytes_of(v.mv_data, v.mv_size);
    return OK;
}

static struct store_place place_of(const struct policy_key *key)
{
    struct store_place place = { .len = key->len };
    memcpy(place.bytes, key->bytes, key->len);
    return place;
}

static bool begins_with(const struct store_place *place,
                        const struct policy_key *prefix)
{
    return place->len >= prefix->len &&
           memcmp(place->bytes, prefix->bytes, prefix->len) == 0;
}

static struct status each_one(struct policy_txn *txn,
                              const struct store_place *place, size_t prefix,
                              struct bytes sealed, policy_each_fn each,
                              void *context)
{
    AUTO_CLEAR_BUFFER contents = buffer_make(SEAL_CONTENTS_MAX);
    struct bytes key = bytes_of(place->bytes, place->len);
    TRY(store_unseal(txn, key, sealed, &contents));
    return each(context, bytes_of(key.at + prefix, key.len - prefix),
                buffer_bytes(&contents));
}

struct status policy_each(struct policy_txn *txn,
                          const struct policy_key *prefix, policy_each_fn each,
                          void *context)
{
    if (prefix->len == 0)
        return failure(STATUS_INVALID, "policy_key", 0);
    struct store_place place = place_of(prefix);
    for (;;) {
        struct bytes sealed;
        TRY(store_usable(txn));
        struct status s = store_seek(txn, &place, &sealed);
        if (s.code == STATUS_NOT_FOUND || !begins_with(&place, prefix))
            return OK;
        TRY(s);
        TRY(each_one(txn, &place, prefix->len, sealed, each, context));
        place.bytes[place.len++] = 0; /* the next key there can be */
    }
}

/* The record before `place`, or the last of all. */
static struct status seek_before(const struct policy_txn *txn,
                                 const struct store_place *place, MDB_val *key,
                                 MDB_val *value)
{
    const struct policy_txn *outermost = txn->outermost;
    MDB_cursor *cursor;
    TRY(CALL(mdb_cursor_open, outermost->mdb, outermost->policy->table,
             &cursor));
    *key = store_val(bytes_of(place->bytes, place->len));
    struct status s = CALL(mdb_cursor_get, cursor, key, value, MDB_SET_RANGE);
    if (s.code == STATUS_NOT_FOUND)
        s = CALL(mdb_cursor_get, cursor, key, value, MDB_LAST);
    else if (!failed(s))
        s = CALL(mdb_cursor_get, cursor, key, value, MDB_PREV);
    mdb_cursor_close(cursor);
    return s;
}

/* The first key behind every key that begins with `prefix`; kinds end long
 * before 255, so there is one. */
static struct store_place behind(const struct policy_key *prefix)
{
    struct store_place place = place_of(prefix);
    while (place.len > 1 && place.bytes[place.len - 1] == 0xff)
        place.len--;
    place.bytes[place.len - 1]++;
    return place;
}

struct status store_last_key(const struct policy_txn *txn,
                             const struct policy_key *prefix,
                             struct policy_key *out)
{
    struct store_place place = behind(prefix);
    MDB_val k = { 0 }, v = { 0 };
    TRY(seek_before(txn, &place, &k, &v));
    if (k.mv_size == 0 || k.mv_size > POLICY_KEY_MAX)
        return failure(STATUS_CORRUPT, "record key", (uint32_t)k.mv_size);
    if (k.mv_size < prefix->len ||
        memcmp(k.mv_data, prefix->bytes, prefix->len) != 0)
        return failure(STATUS_NOT_FOUND, "policy_last", 0);
    memcpy(out->bytes, k.mv_data, k.mv_size);
    out->len = k.mv_size;
    return OK;
}

struct status store_count(const struct policy_txn *txn,
                          const struct policy_key *prefix, uint64_t most,
                          uint64_t *out)
{
    const struct policy_txn *outermost = txn->outermost;
    MDB_cursor *cursor;
    MDB_val k = store_val(store_key_bytes(prefix)), v = { 0 };
    TRY(CALL(mdb_cursor_open, outermost->mdb, outermost->policy->table,
             &cursor));
    struct status s = CALL(mdb_cursor_get, cursor, &k, &v, MDB_SET_RANGE);
    *out = 0;
    while (!failed(s) && *out <= most && k.mv_size >= prefix->len &&
           memcmp(k.mv_data, prefix->bytes, prefix->len) == 0) {
        ++*out;
        s = CALL(mdb_cursor_get, cursor, &k, &v, MDB_NEXT);
    }
    mdb_cursor_close(cursor);
    return s.code == STATUS_NOT_FOUND ? OK : s;
}

struct status policy_last(struct policy_txn *txn,
                          const struct policy_key *prefix,
                          struct policy_key *key, struct buffer *out)
{
    struct policy_key last;
    TRY(store_usable(txn));
    TRY(store_last_key(txn, prefix, &last));
    TRY(policy_get(txn, &last, out));
    *key = last;
    return OK;
}

/* --- JSON ---------------------------------------------------------------- */

static struct status parse(struct bytes text, json_t **out)
{
    struct status s = api_json_read(text, SEAL_CONTENTS_MAX, true, out, NULL);
    if (s.code == STATUS_INVALID)
        return failure(STATUS_CORRUPT, "record is no JSON", 0);
    return s;
}

struct status policy_get_json(struct policy_txn *txn,
                              const struct policy_key *key, json_t **out)
{
    AUTO_CLEAR_BUFFER text = buffer_make(SEAL_CONTENTS_MAX);
    TRY(policy_get(txn, key, &text));
    return parse(buffer_bytes(&text), out);
}

static struct status canonical(const json_t *value, struct buffer *out)
{
    if (!value)
        return failure(STATUS_NO_MEMORY, "json", 0);
    TRY(api_json_canonical(value, out));
    return buffer_status(out);
}

void policy_put_json(struct policy_txn *txn, const struct policy_key *key,
                     const json_t *value)
{
    AUTO_CLEAR_BUFFER text = buffer_make(SEAL_CONTENTS_MAX);
    struct status s = canonical(value, &text);
    if (failed(s))
        policy_fail(txn, s);
    else
        policy_put(txn, key, buffer_bytes(&text));
}

struct each_json {
    policy_each_json_fn each;
    void *context;
};

static struct status each_parsed(void *context, struct bytes tail,
                                 struct bytes contents)
{
    const struct each_json *to = context;
    AUTO_JSON *value = NULL;
    TRY(parse(contents, &value));
    return to->each(to->context, tail, value);
}

struct status policy_each_json(struct policy_txn *txn,
                               const struct policy_key *prefix,
                               policy_each_json_fn each, void *context)
{
    struct each_json to = { each, context };
    return policy_each(txn, prefix, each_parsed, &to);
}
