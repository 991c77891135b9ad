#include "ca/der.h"
#include "ca/der_time.h"

unsigned der_next(const struct cursor *in)
{
    return in->broken || in->left == 0 ? 0 : in->at[0];
}

static size_t take_length(struct cursor *in)
{
    size_t len = cursor_u8(in);
    if (len < 0x80)
        return len;

    size_t width = len & 0x7f;
    if (width == 0 || width > 3) { /* indefinite, or beyond 16 MiB */
        in->broken = true;
        return 0;
    }
    len = 0;
    for (size_t i = 0; i < width; i++)
        len = len << 8 | cursor_u8(in);
    size_t least = width == 1 ? 0x80 : (size_t)1 << 8 * (width - 1);
    if (len < least) /* a shorter form says the same */
        in->broken = true;
    return len;
}

static struct bytes take_any(struct cursor *in, unsigned *tag)
{
    *tag = cursor_u8(in);
    if ((*tag & 0x1f) == 0x1f) /* a tag of several bytes */
        in->broken = true;
    return cursor_take(in, take_length(in));
}

struct bytes der_take(struct cursor *in, unsigned tag)
{
    unsigned found;
    if (der_next(in) != tag)
        in->broken = true;
    return take_any(in, &found);
}

struct cursor der_enter(struct cursor *in, unsigned tag)
{
    struct cursor child = cursor_of(der_take(in, tag));
    child.broken = in->broken;
    return child;
}

struct bytes der_take_element(struct cursor *in)
{
    const unsigned char *start = in->at;
    size_t before = in->left;
    unsigned tag;
    (void)take_any(in, &tag);
    return in->broken ? bytes_of(NULL, 0) : bytes_of(start, before - in->left);
}

struct bytes der_take_unsigned(struct cursor *in)
{
    struct bytes value = der_take(in, DER_INTEGER);
    bool negative = value.len > 0 && value.at[0] & 0x80;
    bool padded = value.len > 1 && value.at[0] == 0 && !(value.at[1] & 0x80);
    if (value.len == 0 || negative || padded) {
        in->broken = true;
        return bytes_of(NULL, 0);
    }
    if (value.len > 1 && value.at[0] == 0)
        return bytes_of(value.at + 1, value.len - 1);
    return value;
}

void der_copy_unsigned(struct cursor *in, unsigned char *out, size_t len)
{
    struct bytes value = der_take_unsigned(in);
    if (value.len > len)
        in->broken = true;
    memset(out, 0, len);
    if (!in->broken)
        memcpy(out + len - value.len, value.at, value.len);
}

struct bytes der_take_bits(struct cursor *in)
{
    struct cursor bits = der_enter(in, DER_BIT_STRING);
    if (cursor_u8(&bits) != 0 || bits.broken) {
        in->broken = true;
        return bytes_of(NULL, 0);
    }
    return bytes_of(bits.at, bits.left);
}

static unsigned take_digits(struct cursor *in, size_t count)
{
    unsigned value = 0;
    for (size_t i = 0; i < count; i++) {
        unsigned digit = (unsigned)cursor_u8(in) - '0';
        if (digit > 9)
            in->broken = true;
        value = value * 10 + digit;
    }
    return value;
}

uint64_t der_take_time(struct cursor *in)
{
    bool general = der_next(in) == DER_GENERALIZED_TIME;
    struct cursor text =
        der_enter(in, general ? DER_GENERALIZED_TIME : DER_UTC_TIME);
    struct der_date date = { .year = take_digits(&text, general ? 4 : 2) };
    if (!general)
        date.year += date.year < 50 ? 2000 : 1900;
    date.month = take_digits(&text, 2);
    date.day = take_digits(&text, 2);
    date.hour = take_digits(&text, 2);
    date.minute = take_digits(&text, 2);
    date.second = take_digits(&text, 2);

    uint64_t seconds = 0;
    if (cursor_u8(&text) != 'Z' || !der_finished(&text) ||
        (general && date.year < 2050) || !der_date_seconds(&date, &seconds))
        in->broken = true;
    return seconds;
}

bool der_finished(const struct cursor *in)
{
    return !in->broken && in->left == 0;
}
