/* hash.h - SHA-256, the only hash of this project's own formats, and random
 * bytes. Both come from OpenSSL. */

#ifndef BASE_HASH_H
#define BASE_HASH_H

#include "base/bytes.h"
#include "base/status.h"

#define HASH_LEN 32

struct hash {
    unsigned char bytes[HASH_LEN];
};

static inline struct bytes hash_bytes(const struct hash *h)
{
    return bytes_of(h->bytes, sizeof(h->bytes));
}

static inline bool hash_equal(const struct hash *a, const struct hash *b)
{
    return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

bool hash_is_zero(const struct hash *h);

/* SHA-256 over the `count` parts in order, as one message. Fails only when
 * libcrypto does (STATUS_NO_MEMORY); *out is then untouched. */
STATUS hash_parts(const struct bytes *parts, size_t count, struct hash *out);

/* hash_of(&out, a, b, c): SHA-256(a || b || c), each a struct bytes. */
#define hash_of(out, ...)                                                      \
    hash_parts((const struct bytes[]){ __VA_ARGS__ },                          \
               sizeof((const struct bytes[]){ __VA_ARGS__ }) /                 \
                   sizeof(struct bytes),                                       \
               (out))

/* Fills `out` from the CSPRNG; STATUS_UNAVAILABLE when it cannot. */
STATUS random_fill(void *out, size_t len);

#endif
