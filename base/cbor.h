/* cbor.h - the strict part of CBOR (RFC 8949) that evidence and claims are
 * written in, read.
 *
 * First cbor_check(), which bounds everything and leaves one spelling
 * for one meaning; then the readers, which only look at types. */

#ifndef BASE_CBOR_H
#define BASE_CBOR_H

#include "base/cursor.h"

#define CBOR_DEPTH 8  /* items around an item, at most */
#define CBOR_PAIRS 64 /* in one map, at most */

/* OK when `input` is exactly one item: definite lengths that are there,
 * heads in their shortest form, no key twice in a map, no floats and no
 * simple values but false, true and null. STATUS_INVALID otherwise. Text is
 * not looked at: whoever uses it compares it or checks it. */
STATUS cbor_check(struct bytes input);

/* Each takes the next item if it is what is asked for; otherwise it breaks
 * the cursor and answers zero or an empty run. Borrowed. */
uint64_t cbor_uint(struct cursor *in);
struct bytes cbor_bytes(struct cursor *in);
struct bytes cbor_text(struct cursor *in);
size_t cbor_array(struct cursor *in); /* how many items follow */
size_t cbor_map(struct cursor *in);   /* how many pairs follow */
uint64_t cbor_tag(struct cursor *in);

/* Takes a null if one comes next, and says whether it did. */
bool cbor_null(struct cursor *in);

/* Takes the next item, whatever it is: its encoding. */
struct bytes cbor_item(struct cursor *in);

#endif
