/* store.h - sealed records in one LMDB environment; nobody else sees MDB_.
 *
 * A record is (kind, key) -> value. Keys lie in the clear, big-endian parts
 * behind the kind byte; the value is AES-256-GCM over the contents, with a
 * version byte and the whole key as associated data, so that an edited or
 * swapped record fails closed (STATUS_CORRUPT). Data keys are made at every
 * start or 2^30 records, lie sealed under the store key of the HSM, and are
 * used with counter nonces (store_seal.h). A value holds at most 8 MiB.
 *
 * One environment, one writing transaction at a time (the writer thread's),
 * any number of reading ones, each within one function and never across an
 * HSM call. Writing is sticky: the first failure is remembered and
 * policy_commit() reports it; freeing without commit aborts. */

#ifndef POLICY_STORE_H
#define POLICY_STORE_H

#include "api/api.h"
#include "policy/kinds.h"

#define POLICY_KEY_MAX 128 /* kind byte included; LMDB allows 511 */

/* A key under construction: policy_key(&k, POLICY_DATASET, account, dataset) */
struct policy_key {
    unsigned char bytes[POLICY_KEY_MAX];
    size_t len;
};
struct policy_key policy_key_parts(enum policy_kind kind,
                                   const struct bytes *parts, size_t count);
#define policy_key(kind, ...)                                                  \
    policy_key_parts((kind), (const struct bytes[]){ __VA_ARGS__ },            \
                     sizeof((const struct bytes[]){ __VA_ARGS__ }) /           \
                         sizeof(struct bytes))

struct policy;

/* Opens (or makes) the environment in `directory`, which must exist. Refuses,
 * each with its own reason: network and FUSE file systems (STATUS_INVALID),
 * a second opener (STATUS_BUSY), a store that was sealed under another key
 * or belongs to another installation (`store` differs: STATUS_CONFLICT), one
 * where records were changed, taken away, or put back as they once were
 * (STATUS_CORRUPT; store_state.h; looking takes some 4 us a record).
 * `store_key` (32 bytes) is copied into the secret heap until policy_free().
 */
STATUS policy_open(const char *directory, const struct api_id *store,
                   const struct secret *store_key, struct policy **out,
                   struct reason *why);
void policy_free(struct policy *policy);
DEFINE_AUTO_FREE(policy);

/* The salt the store key is derived with: kept in the clear in the
 * directory (file "salt", made when absent) because it is needed first. Not
 * made anew beside a store that needs the lost one (STATUS_CORRUPT), nor
 * while somebody has the store open (STATUS_BUSY). */
STATUS policy_salt(const char *directory, struct hash *out, struct reason *why);

/* Copies the store in `directory`, as its last commit left it, and the salt
 * into the new directory `to` (0700, files 0600, synced). Somebody else may
 * have the store open and write meanwhile: call it in a process that does NOT
 * have it open, since LMDB allows one environment per process. Needs no key
 * and decrypts nothing. STATUS_NOT_FOUND without a store, STATUS_CONFLICT
 * when `to` exists; a failure leaves nothing there. Whether a copy may be put
 * back is not decided here: the HSM's frontier refuses an older one. */
STATUS policy_backup(const char *directory, const char *to, struct reason *why);

/* HMAC-SHA-256 over the parts under a key of its own, derived from the store
 * key for `label`: for tokens that outlive a restart and lie nowhere. Any
 * thread. */
STATUS policy_mac(const struct policy *policy, const char *label,
                  const struct bytes *parts, size_t count, struct hash *out);

/* A writing transaction belongs to its thread; a second one waits. After an
 * I/O error in a commit none begins any more (STATUS_UNAVAILABLE). */
struct policy_txn;
STATUS policy_read(struct policy *policy, struct policy_txn **out);
STATUS policy_write(struct policy *policy, struct policy_txn **out);
STATUS policy_commit(struct policy_txn *txn);
/* Has such an error been? What is on disk is known only to who opens it. */
bool policy_stopped(const struct policy *policy);
void policy_txn_free(struct policy_txn *txn);
DEFINE_AUTO_FREE(policy_txn);

/* A savepoint inside a writing transaction, so that one change of a group can
 * fail without the others: policy_commit() keeps its changes in the parent,
 * freeing without commit undoes them (the values they replaced are kept in
 * memory until then). While it is open only it may write. A failure of the
 * storage itself, such as a full map, spoils the whole transaction. */
STATUS policy_nest(struct policy_txn *parent, struct policy_txn **out);

/* Appends the record's contents to `out`; STATUS_NOT_FOUND. */
STATUS policy_get(struct policy_txn *txn, const struct policy_key *key,
                  struct buffer *out);
STATUS policy_get_json(struct policy_txn *txn, const struct policy_key *key,
                       json_t **out);
/* A name for what the record holds now, without opening it: SHA-256 over the
 * key and the head and tag of its seal. Another value has another name, since
 * no nonce comes twice; who edits sealed bytes and leaves head and tag does not
 * change the name, nor what was opened under it before. STATUS_NOT_FOUND. */
STATUS policy_seal_name(struct policy_txn *txn, const struct policy_key *key,
                        struct hash *out);
/* A failure other than "no" is remembered as if it were a change's. */
bool policy_has(struct policy_txn *txn, const struct policy_key *key);

void policy_put(struct policy_txn *txn, const struct policy_key *key,
                struct bytes contents);
void policy_put_json(struct policy_txn *txn, const struct policy_key *key,
                     const json_t *value); /* NULL counts as no memory */
/* Fine when there is none. */
void policy_delete(struct policy_txn *txn, const struct policy_key *key);

/* A record that was unsealed but does not read as what it should be:
 * STATUS_CORRUPT named `what`; want of memory stays that. */
STATUS policy_damaged(struct status read, const char *what);

/* Calls `each` for every record whose key begins with `prefix`, in key
 * order, until it returns a failure (passed on). `tail` is the rest of the
 * key behind the prefix. `each` may change records. */
typedef STATUS (*policy_each_fn)(void *context, struct bytes tail,
                                 struct bytes contents);
STATUS policy_each(struct policy_txn *txn, const struct policy_key *prefix,
                   policy_each_fn each, void *context);

/* The same, parsed; a record that is no JSON is STATUS_CORRUPT. */
typedef STATUS (*policy_each_json_fn)(void *context, struct bytes tail,
                                      const json_t *value);
STATUS policy_each_json(struct policy_txn *txn, const struct policy_key *prefix,
                        policy_each_json_fn each, void *context);

#endif
