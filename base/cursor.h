/* cursor.h - bounds-checked reading of binary records, big-endian.
 *
 * Reading is sticky: the first read past the end breaks the cursor, later
 * reads return zeros and empty runs, and cursor_finish() reports it. So a
 * decoder reads straight down the page and checks once, before it uses
 * anything. Lengths read from the input are only ever used through
 * cursor_take(), which checks them first. */

#ifndef BASE_CURSOR_H
#define BASE_CURSOR_H

#include <stdint.h>

#include "base/bytes.h"
#include "base/status.h"

struct cursor {
    const unsigned char *at;
    size_t left;
    bool broken;
};

static inline struct cursor cursor_of(struct bytes bytes)
{
    return (struct cursor){ bytes.at, bytes.len, false };
}

uint8_t cursor_u8(struct cursor *c);
uint16_t cursor_u16(struct cursor *c);
uint32_t cursor_u32(struct cursor *c);
uint64_t cursor_u64(struct cursor *c);

/* The next `len` bytes, borrowed; an empty run if there are fewer. */
struct bytes cursor_take(struct cursor *c, size_t len);

/* Copies exactly `len` bytes to `out`; zeros if there are fewer. */
void cursor_copy(struct cursor *c, void *out, size_t len);

/* True when the next bytes are `expected`; consumes them, else breaks. */
bool cursor_expect(struct cursor *c, struct bytes expected);

/* OK when nothing broke and every byte was read, else STATUS_INVALID. */
STATUS cursor_finish(const struct cursor *c, const char *origin);

#endif
