/* cbor.h - CBOR (RFC 8949), written: heads in their shortest form. */

#ifndef AGENT_CBOR_H
#define AGENT_CBOR_H

#include "base/buffer.h"

enum cbor_type {
    CBOR_UNSIGNED = 0,
    CBOR_NEGATIVE = 1, /* -1 - value */
    CBOR_BYTES = 2,
    CBOR_TEXT = 3,
    CBOR_ARRAY = 4,
    CBOR_MAP = 5,
    CBOR_TAG = 6,
};

/* The head alone: a number, or what goes before a string's bytes, an array's
 * `value` items, a map's `value` pairs, a tag's item. */
void cbor_put(struct buffer *out, enum cbor_type type, uint64_t value);
void cbor_put_bytes(struct buffer *out, struct bytes bytes);
void cbor_put_text(struct buffer *out, const char *text);
void cbor_put_null(struct buffer *out);

#endif
