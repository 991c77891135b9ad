#include "base/cursor.h"

struct bytes cursor_take(struct cursor *c, size_t len)
{
    if (c->broken || len > c->left) {
        c->broken = true;
        return bytes_of(NULL, 0);
    }
    if (len == 0) /* c->at may be NULL, and NULL + 0 is undefined in C17 */
        return bytes_of(c->at, 0);
    struct bytes taken = bytes_of(c->at, len);
    c->at += len;
    c->left -= len;
    return taken;
}

static uint64_t big_endian(struct cursor *c, size_t width)
{
    struct bytes raw = cursor_take(c, width);
    uint64_t value = 0;
    for (size_t i = 0; i < raw.len; i++)
        value = value << 8 | raw.at[i];
    return value;
}

uint8_t cursor_u8(struct cursor *c)
{
    return (uint8_t)big_endian(c, 1);
}

uint16_t cursor_u16(struct cursor *c)
{
    return (uint16_t)big_endian(c, 2);
}

uint32_t cursor_u32(struct cursor *c)
{
    return (uint32_t)big_endian(c, 4);
}

uint64_t cursor_u64(struct cursor *c)
{
    return big_endian(c, 8);
}

void cursor_copy(struct cursor *c, void *out, size_t len)
{
    struct bytes raw = cursor_take(c, len);
    if (raw.len == len && len > 0)
        memcpy(out, raw.at, len);
    else
        memset(out, 0, len);
}

bool cursor_expect(struct cursor *c, struct bytes expected)
{
    struct bytes raw = cursor_take(c, expected.len);
    if (!c->broken && !bytes_equal(raw, expected))
        c->broken = true;
    return !c->broken;
}

struct status cursor_finish(const struct cursor *c, const char *origin)
{
    return c->broken || c->left != 0 ? failure(STATUS_INVALID, origin, 0) : OK;
}
