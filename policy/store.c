#include "policy/store.h"

#include <errno.h>

#include "policy/store_private.h"
#include "policy/store_state.h"
#include "policy/txn.h"

struct status store_status(const char *call, int rc)
{
    uint32_t detail = (uint32_t)rc;

    switch (rc) {
    case MDB_SUCCESS: return OK;
    case ENOMEM: return failure(STATUS_NO_MEMORY, call, detail);
    case MDB_NOTFOUND: return failure(STATUS_NOT_FOUND, call, detail);
    case MDB_KEYEXIST: return failure(STATUS_CONFLICT, call, detail);
    case MDB_BAD_VALSIZE: return failure(STATUS_INVALID, call, detail);
    case MDB_READERS_FULL: return failure(STATUS_BUSY, call, detail);
    case MDB_VERSION_MISMATCH:
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_INVALID: return failure(STATUS_CORRUPT, call, detail);
    default: return failure(STATUS_UNAVAILABLE, call, detail);
    }
}

struct status policy_mac(const struct policy *policy, const char *label,
                         const struct bytes *parts, size_t count,
                         struct hash *out)
{
    return seal_mac_for(policy->seal, label, parts, count, out);
}

struct policy_key policy_key_parts(enum policy_kind kind,
                                   const struct bytes *parts, size_t count)
{
    struct policy_key key = { .bytes = { (unsigned char)kind }, .len = 1 };
    for (size_t i = 0; i < count; i++) {
        if (parts[i].len > sizeof(key.bytes) - key.len)
            return (struct policy_key){ .len = 0 };
        if (parts[i].len > 0)
            memcpy(key.bytes + key.len, parts[i].at, parts[i].len);
        key.len += parts[i].len;
    }
    return key;
}

struct status store_usable(const struct policy_txn *txn)
{
    TRY(txn->outermost->first_failure);
    TRY(txn->first_failure);
    if (txn->ended)
        return failure(STATUS_INVALID, "transaction has ended", 0);
    return OK;
}

void policy_fail(struct policy_txn *txn, struct status why)
{
    if (!failed(txn->first_failure))
        txn->first_failure = why;
}

struct status store_find(const struct policy_txn *txn, struct bytes key,
                         struct bytes *sealed)
{
    MDB_val k = store_val(key), v = { 0 };
    const struct policy_txn *outermost = txn->outermost;
    TRY(CALL(mdb_get, outermost->mdb, outermost->policy->table, &k, &v));
    *sealed = bytes_of(v.mv_data, v.mv_size);
    return OK;
}

struct status store_set(struct policy_txn *txn, struct bytes key,
                        const struct bytes *sealed)
{
    struct policy_txn *outermost = txn->outermost;
    MDB_val k = store_val(key), v = { 0 };
    MDB_dbi table = outermost->policy->table;
    struct status s = state_change(outermost, key, sealed);
    if (failed(s)) {
        policy_fail(outermost, s);
        return s;
    }
    if (sealed) {
        v = store_val(*sealed);
        s = CALL(mdb_put, outermost->mdb, table, &k, &v, 0);
    } else {
        s = CALL(mdb_del, outermost->mdb, table, &k, NULL);
        if (s.code == STATUS_NOT_FOUND)
            return OK;
    }
    /* What LMDB refuses half-way spoils its whole transaction. */
    policy_fail(outermost, s);
    return s;
}

/* --- reading ------------------------------------------------------------- */

static struct policy_key data_key_key(uint32_t number)
{
    unsigned char be[4] = { (unsigned char)(number >> 24),
                            (unsigned char)(number >> 16),
                            (unsigned char)(number >> 8),
                            (unsigned char)number };
    return policy_key(POLICY_DATA_KEY, bytes_of(be, sizeof(be)));
}

static struct status fetch_data_key(void *context, uint32_t number)
{
    struct policy_txn *txn = context;
    struct policy_key key = data_key_key(number);
    struct bytes sealed;
    TRY(store_find(txn, store_key_bytes(&key), &sealed));
    return seal_learn(txn->outermost->policy->seal, number,
                      store_key_bytes(&key), sealed);
}

struct status store_unseal(struct policy_txn *txn, struct bytes key,
                           struct bytes sealed, struct buffer *out)
{
    return seal_open(txn->outermost->policy->seal, key, sealed, fetch_data_key,
                     txn, out);
}

static struct status checked_key(const struct policy_key *key)
{
    if (key->len == 0)
        return failure(STATUS_INVALID, "policy_key", 0);
    return OK;
}

struct status policy_get(struct policy_txn *txn, const struct policy_key *key,
                         struct buffer *out)
{
    struct bytes sealed;
    TRY(store_usable(txn));
    TRY(checked_key(key));
    TRY(store_find(txn, store_key_bytes(key), &sealed));
    return store_unseal(txn, store_key_bytes(key), sealed, out);
}

struct status policy_seal_name(struct policy_txn *txn,
                               const struct policy_key *key, struct hash *out)
{
    struct bytes sealed;
    TRY(store_usable(txn));
    TRY(checked_key(key));
    TRY(store_find(txn, store_key_bytes(key), &sealed));
    if (sealed.len < SEAL_OVERHEAD)
        return failure(STATUS_CORRUPT, "record", 0);
    return hash_of(
        out, store_key_bytes(key), bytes_of(sealed.at, SEAL_HEAD_LEN),
        bytes_of(sealed.at + sealed.len - SEAL_TAG_LEN, SEAL_TAG_LEN));
}

bool policy_has(struct policy_txn *txn, const struct policy_key *key)
{
    struct bytes sealed;
    if (failed(store_usable(txn)))
        return false;
    struct status s = checked_key(key);
    if (!failed(s))
        s = store_find(txn, store_key_bytes(key), &sealed);
    if (s.code != STATUS_NOT_FOUND)
        policy_fail(txn, s);
    return !failed(s);
}

/* --- writing ------------------------------------------------------------- */

static struct status may_change(const struct policy_txn *txn,
                                const struct policy_key *key)
{
    TRY(store_usable(txn));
    TRY(checked_key(key));
    if (!txn->outermost->writes || txn->child)
        return failure(STATUS_INVALID, "not the writing transaction", 0);
    return OK;
}

/* The data key must be on disk with the first record it seals, also when the
 * transaction that recorded it before was aborted. Not journalled: no
 * savepoint takes it back. */
struct status store_record_data_key(struct policy_txn *outermost)
{
    struct seal *seal = outermost->policy->seal;
    if (seal_exhausted(seal))
        TRY(seal_renew(seal));
    uint32_t number = seal_number(seal);
    if (outermost->recorded == number)
        return OK;

    AUTO_CLEAR_BUFFER sealed = buffer_make(SEAL_DATA_KEY_LEN);
    struct policy_key key = data_key_key(number);
    struct bytes found;
    struct status there = store_find(outermost, store_key_bytes(&key), &found);
    if (there.code == STATUS_NOT_FOUND) {
        TRY(seal_data_key(seal, store_key_bytes(&key), &sealed));
        found = buffer_bytes(&sealed);
        there = store_set(outermost, store_key_bytes(&key), &found);
    }
    if (!failed(there))
        outermost->recorded = number;
    return there;
}

struct status store_seal(struct policy_txn *outermost, struct bytes key,
                         struct bytes contents)
{
    AUTO_CLEAR_BUFFER record = buffer_make(SEAL_CONTENTS_MAX + SEAL_OVERHEAD);
    TRY(store_record_data_key(outermost));
    TRY(seal_record(outermost->policy->seal, key, contents, &record));
    struct bytes sealed = buffer_bytes(&record);
    return store_set(outermost, key, &sealed);
}

static struct status put(struct policy_txn *txn, const struct policy_key *key,
                         struct bytes contents)
{
    TRY(may_change(txn, key));
    TRY(store_remember(txn, key));
    return store_seal(txn->outermost, store_key_bytes(key), contents);
}

void policy_put(struct policy_txn *txn, const struct policy_key *key,
                struct bytes contents)
{
    policy_fail(txn, put(txn, key, contents));
}

static struct status erase(struct policy_txn *txn, const struct policy_key *key)
{
    TRY(may_change(txn, key));
    TRY(store_remember(txn, key));
    return store_set(txn, store_key_bytes(key), NULL);
}

void policy_delete(struct policy_txn *txn, const struct policy_key *key)
{
    policy_fail(txn, erase(txn, key));
}
