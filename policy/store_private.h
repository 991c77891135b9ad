/* store_private.h - what the store's own files share. Private to store_*.c:
 * nothing else sees an MDB_ type. */

#ifndef POLICY_STORE_PRIVATE_H
#define POLICY_STORE_PRIVATE_H

#include <lmdb.h>
#include <stdatomic.h>

#include "policy/store.h"
#include "policy/store_seal.h"

struct policy {
    int directory; /* locked while open */
    MDB_env *env;  /* one in the process: LMDB forbids a second */
    MDB_dbi table;
    struct seal *seal;
    struct versions *versions; /* agreed ones, already read */
    atomic_bool stopped;       /* an I/O error: what is on disk is not known */
};

/* What a record was before it was changed; `had` is false for none. */
struct store_before {
    struct policy_key key;
    bool had;
    size_t len;
    unsigned char *sealed; /* owned */
};

/* Changes since the outermost savepoint, so that they can be undone. */
struct store_journal {
    struct store_before *entries;
    size_t count, capacity;
};

/* The sum over all records (store_state.h) as this transaction leaves it. */
struct store_sum {
    bool loaded, changed;
    struct hash sum;
};

/* A transaction, or a savepoint in one: then `parent` is set, and the
 * members of the second group are the outermost one's alone. */
struct policy_txn {
    struct policy_txn *parent;
    struct policy_txn *outermost; /* itself when not nested */
    struct policy_txn *child;     /* while there is one, only it writes */
    size_t mark;                  /* entries of the journal before it */
    bool ended;                   /* committed, or failed to */
    struct status first_failure;

    struct policy *policy;
    MDB_txn *mdb;
    bool writes;
    uint32_t recorded; /* newest data key this transaction recorded */
    struct store_journal journal;
    struct store_sum state;
};

/* A key with room for the byte that makes the next one of it. */
struct store_place {
    unsigned char bytes[POLICY_KEY_MAX + 1];
    size_t len;
};

/* The one place where an MDB_ code becomes a status. */
STATUS store_status(const char *call, int rc);
#define CALL(function, ...) store_status(#function, function(__VA_ARGS__))

static inline struct bytes store_key_bytes(const struct policy_key *key)
{
    return bytes_of(key->bytes, key->len);
}

static inline MDB_val store_val(struct bytes b)
{
    return (MDB_val){ b.len, (void *)(uintptr_t)b.at };
}

/* OK while the transaction may still be used. */
STATUS store_usable(const struct policy_txn *txn);

/* The sealed value, borrowed from the map until the next change. */
STATUS store_find(const struct policy_txn *txn, struct bytes key,
                  struct bytes *sealed);

/* Puts or (sealed NULL) deletes as it is; journals nothing. */
STATUS store_set(struct policy_txn *txn, struct bytes key,
                 const struct bytes *sealed);

/* Records the data key that the next record is sealed under, if that was not
 * done; and seals and puts a record, journalling nothing. */
STATUS store_record_data_key(struct policy_txn *outermost);
STATUS store_seal(struct policy_txn *outermost, struct bytes key,
                  struct bytes contents);

/* Opens the value found at `key`, fetching its data key where needed. */
STATUS store_unseal(struct policy_txn *txn, struct bytes key,
                    struct bytes sealed, struct buffer *out);

/* Remembers what `key` is now, if a savepoint may want it back. */
STATUS store_remember(struct policy_txn *txn, const struct policy_key *key);
void store_undo(struct policy_txn *nested);
void store_forget(struct store_journal *journal, size_t mark);

/* The first record at or behind `place` (store_each.c); moves it there.
 * `sealed` is borrowed. STATUS_NOT_FOUND at the end. */
STATUS store_seek(const struct policy_txn *txn, struct store_place *place,
                  struct bytes *sealed);

/* The last key that begins with `prefix`. */
STATUS store_last_key(const struct policy_txn *txn,
                      const struct policy_key *prefix, struct policy_key *out);

/* How many keys begin with `prefix`, up to `most` + 1; values are not read. */
STATUS store_count(const struct policy_txn *txn,
                   const struct policy_key *prefix, uint64_t most,
                   uint64_t *out);

/* What a test wants other than usual (zero: as usual). */
struct store_options {
    size_t map_size;
    uint64_t records_per_key;
    bool any_state; /* to look at damaged records one by one */
};
STATUS store_open(const char *directory, const struct api_id *store,
                  const struct secret *store_key,
                  const struct store_options *options, struct policy **out,
                  struct reason *why);

#endif
