/* store_seal.h - data keys, and records sealed under them. Private to
 * policy/, and knows nothing of LMDB: keys and values are bytes.
 *
 * record   = version 1 (= 1) || data key number 4 || counter 8 ||
 *            ciphertext || tag 16
 *            AES-256-GCM, nonce = number || counter, AAD = version || key
 * data key = version 1 (= 1) || nonce 12 (random) || ciphertext 32 || tag 16
 *            AES-256-GCM under the store key, AAD = version || key
 *
 * A counter is used once, whatever becomes of the transaction; a data key is
 * used by one run of the program, for at most SEAL_RECORDS_MAX records. So no
 * nonce ever comes twice under one key. The newest data keys used stay in
 * memory; others are fetched again when a record asks for them. */

#ifndef POLICY_STORE_SEAL_H
#define POLICY_STORE_SEAL_H

#include "base/buffer.h"
#include "base/hash.h"
#include "base/secret.h"

#define SEAL_FORMAT       1
#define SEAL_KEY_LEN      32
#define SEAL_TAG_LEN      16
#define SEAL_HEAD_LEN     13 /* version, number, counter */
#define SEAL_OVERHEAD     (SEAL_HEAD_LEN + SEAL_TAG_LEN)
#define SEAL_DATA_KEY_LEN (1 + 12 + SEAL_KEY_LEN + SEAL_TAG_LEN)
#define SEAL_CONTENTS_MAX ((size_t)8 * 1024 * 1024)
#define SEAL_RECORDS_MAX  ((uint64_t)1 << 30)

struct seal;

/* `store_key` is copied into the secret heap (32 bytes, else
 * STATUS_INVALID) and kept as long as the seal. `records_max`: how many
 * records one data key seals. */
STATUS seal_new(const struct secret *store_key, uint64_t records_max,
                struct seal **out);
void seal_free(struct seal *seal);
DEFINE_AUTO_FREE(seal);

/* Makes a new current data key with the next number after every number seen.
 * STATUS_INVALID when numbers are used up. One thread at a time. */
STATUS seal_renew(struct seal *seal);

/* The current data key's number, and (appended to `out`) its record under
 * record key `key`. */
uint32_t seal_number(const struct seal *seal);
STATUS seal_data_key(const struct seal *seal, struct bytes key,
                     struct buffer *out);

/* True when the current data key has sealed all it may, or there is none:
 * seal_renew() comes first. */
bool seal_exhausted(const struct seal *seal);

/* Opens data key `number` out of its record; STATUS_CORRUPT when it was not
 * sealed under this store key and record key. Then it is kept in memory, and
 * its number counts as seen. Any thread. */
STATUS seal_learn(struct seal *seal, uint32_t number, struct bytes key,
                  struct bytes sealed);

/* Appends the sealed record to `out`; STATUS_INVALID for contents beyond
 * SEAL_CONTENTS_MAX. One thread at a time. */
STATUS seal_record(struct seal *seal, struct bytes key, struct bytes contents,
                   struct buffer *out);

/* Opens data key `number`, not in memory, with seal_learn(). */
typedef STATUS (*seal_fetch_fn)(void *context, uint32_t number);

/* Appends the record's contents to `out`, untouched on failure (but for
 * being refused when too small: STATUS_INVALID). STATUS_CORRUPT when the
 * record is not what was sealed under `key`. Any thread. */
STATUS seal_open(struct seal *seal, struct bytes key, struct bytes sealed,
                 seal_fetch_fn fetch, void *context, struct buffer *out);

/* HMAC-SHA-256 over the parts under a key derived from the store key:
 * HMAC-SHA-256(store key, "accord state v1"). Any thread. */
STATUS seal_mac(const struct seal *seal, const struct bytes *parts,
                size_t count, struct hash *out);

/* The same under HMAC-SHA-256(store key, label), derived at each call. */
STATUS seal_mac_for(const struct seal *seal, const char *label,
                    const struct bytes *parts, size_t count, struct hash *out);

#endif
