#include "base/cbor.h"

enum type {
    TYPE_UNSIGNED = 0,
    TYPE_NEGATIVE = 1,
    TYPE_BYTES = 2,
    TYPE_TEXT = 3,
    TYPE_ARRAY = 4,
    TYPE_MAP = 5,
    TYPE_TAG = 6,
    TYPE_SIMPLE = 7,
};

enum { SIMPLE_FALSE = 20, SIMPLE_NULL = 22 };

#define HEAD_NULL (TYPE_SIMPLE << 5 | SIMPLE_NULL)

struct head {
    unsigned type;
    uint64_t value;
};

/* A head has its value in the fewest bytes: RFC 8949 section 4.2.1. */
static uint64_t take_value(struct cursor *in, unsigned info)
{
    static const uint64_t least[] = { 24, 0x100, 0x10000, 0x100000000 };
    uint64_t value = 0;
    switch (info) {
    case 24: value = cursor_u8(in); break;
    case 25: value = cursor_u16(in); break;
    case 26: value = cursor_u32(in); break;
    case 27: value = cursor_u64(in); break;
    default:
        in->broken |= info > 27; /* reserved, or of indefinite length */
        return info;
    }
    in->broken |= value < least[info - 24];
    return value;
}

static struct head take_head(struct cursor *in)
{
    uint8_t first = cursor_u8(in);
    unsigned info = first & 0x1f;
    struct head head = { first >> 5, take_value(in, info) };
    if (head.type == TYPE_SIMPLE && (info < SIMPLE_FALSE || info > SIMPLE_NULL))
        in->broken = true;
    return head;
}

static void walk(struct cursor *in, unsigned depth);

static struct bytes walked(struct cursor *in, unsigned depth)
{
    const unsigned char *start = in->at;
    size_t before = in->left;
    walk(in, depth);
    return bytes_of(start, before - in->left);
}

/* One meaning has one encoding here, so equal keys are equal bytes. */
static void walk_map(struct cursor *in, uint64_t pairs, unsigned depth)
{
    struct bytes keys[CBOR_PAIRS];
    in->broken |= pairs > CBOR_PAIRS;
    for (size_t i = 0; i < pairs && !in->broken; i++) {
        keys[i] = walked(in, depth);
        for (size_t j = 0; j < i; j++)
            in->broken |= bytes_equal(keys[i], keys[j]);
        walk(in, depth);
    }
}

/* Past one item; deeper than `depth` it does not go. */
static void walk(struct cursor *in, unsigned depth)
{
    struct head head = take_head(in);
    in->broken |= depth == 0;
    if (in->broken)
        return;
    switch (head.type) {
    case TYPE_BYTES:
    case TYPE_TEXT:
        if (head.value > in->left)
            in->broken = true;
        else
            (void)cursor_take(in, (size_t)head.value);
        break;
    case TYPE_ARRAY: /* each item takes a byte at least, so this ends */
        for (uint64_t i = 0; i < head.value && !in->broken; i++)
            walk(in, depth - 1);
        break;
    case TYPE_MAP: walk_map(in, head.value, depth - 1); break;
    case TYPE_TAG: walk(in, depth - 1); break;
    default: break; /* numbers and simple values are their head */
    }
}

struct status cbor_check(struct bytes input)
{
    struct cursor in = cursor_of(input);
    walk(&in, CBOR_DEPTH);
    return cursor_finish(&in, "cbor");
}

static uint64_t take(struct cursor *in, enum type wanted)
{
    struct head head = take_head(in);
    if (head.type != wanted)
        in->broken = true;
    return in->broken ? 0 : head.value;
}

static struct bytes take_string(struct cursor *in, enum type wanted)
{
    uint64_t len = take(in, wanted);
    if (len > in->left)
        in->broken = true;
    return cursor_take(in, in->broken ? 0 : (size_t)len);
}

/* Also of what was not checked: never more than there are bytes. */
static size_t take_count(struct cursor *in, enum type wanted)
{
    uint64_t count = take(in, wanted);
    if (count > in->left)
        in->broken = true;
    return in->broken ? 0 : (size_t)count;
}

uint64_t cbor_uint(struct cursor *in)
{
    return take(in, TYPE_UNSIGNED);
}

struct bytes cbor_bytes(struct cursor *in)
{
    return take_string(in, TYPE_BYTES);
}

struct bytes cbor_text(struct cursor *in)
{
    return take_string(in, TYPE_TEXT);
}

size_t cbor_array(struct cursor *in)
{
    return take_count(in, TYPE_ARRAY);
}

size_t cbor_map(struct cursor *in)
{
    return take_count(in, TYPE_MAP);
}

uint64_t cbor_tag(struct cursor *in)
{
    return take(in, TYPE_TAG);
}

bool cbor_null(struct cursor *in)
{
    if (in->broken || in->left == 0 || in->at[0] != HEAD_NULL)
        return false;
    (void)cursor_u8(in);
    return true;
}

struct bytes cbor_item(struct cursor *in)
{
    return walked(in, CBOR_DEPTH);
}
