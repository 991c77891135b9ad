/* id.h - 16-byte identifiers (RFC 9562) and the two kinds of them.
 *
 * Accounts, people, requests, versions: random, UUIDv4. Datasets and builds
 * of the signed class: UUIDv8 derived from their owner, so that an id stands
 * for exactly one owner for ever. A UUIDv4 dataset or build is of the CCM
 * class (plain credentials, password approvals). */

#ifndef API_ID_H
#define API_ID_H

#include "base/bytes.h"
#include "base/hash.h"
#include "base/status.h"

#define API_ID_LEN  16
#define API_ID_TEXT 37 /* 36 characters and a NUL */

struct api_id {
    unsigned char bytes[API_ID_LEN];
};

static inline struct bytes api_id_bytes(const struct api_id *id)
{
    return bytes_of(id->bytes, sizeof(id->bytes));
}

static inline bool api_id_equal(const struct api_id *a, const struct api_id *b)
{
    return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

bool api_id_is_zero(const struct api_id *id);

/* Lower-case, hyphenated, NUL-terminated. */
void api_id_text(const struct api_id *id, char out[API_ID_TEXT]);

/* Accepts the hyphenated and the simple form in either case; otherwise
 * STATUS_INVALID, *out untouched. */
STATUS api_id_parse(struct bytes text, struct api_id *out);

/* A fresh UUIDv4. */
STATUS api_id_random(struct api_id *out);

enum api_object {
    API_DATASET, /* "accord dataset v1" */
    API_BUILD,   /* "accord build v1"   */
};

/* The owner-derived id: a UUIDv8 whose 122 free bits are the first 122 of
 * SHA-256(label || account || owner || random). */
STATUS api_id_derive(enum api_object kind, const struct api_id *account,
                     const struct hash *owner, const unsigned char random[16],
                     struct api_id *out);

/* The version nibble: 4 is the CCM class, 8 the signed class. */
int api_id_version(const struct api_id *id);

#endif
