#include "ca/der.h"
#include "ca/der_time.h"

size_t der_open(struct buffer *out, unsigned tag)
{
    buffer_put_u8(out, (uint8_t)tag);
    return out->len;
}

/* How many bytes stand for the length, its own first byte included. */
static size_t length_width(size_t len)
{
    size_t width = 1;
    if (len >= 0x80)
        for (; len > 0; len >>= 8)
            width++;
    return width;
}

void der_close(struct buffer *out, size_t place)
{
    if (out->refused != STATUS_OK)
        return;
    size_t len = out->len - place;
    size_t width = length_width(len);
    if (!buffer_extend(out, width))
        return;

    unsigned char *at = out->data + place;
    memmove(at + width, at, len);
    at[0] =
        width == 1 ? (unsigned char)len : (unsigned char)(0x80 | (width - 1));
    for (size_t i = width - 1; i > 0; i--, len >>= 8)
        at[i] = (unsigned char)len;
}

void der_put(struct buffer *out, unsigned tag, struct bytes contents)
{
    size_t place = der_open(out, tag);
    buffer_put(out, contents);
    der_close(out, place);
}

void der_put_unsigned(struct buffer *out, struct bytes big_endian)
{
    while (big_endian.len > 0 && big_endian.at[0] == 0) {
        big_endian.at++;
        big_endian.len--;
    }
    size_t place = der_open(out, DER_INTEGER);
    if (big_endian.len == 0 || big_endian.at[0] & 0x80)
        buffer_put_u8(out, 0);
    buffer_put(out, big_endian);
    der_close(out, place);
}

void der_put_number(struct buffer *out, uint64_t value)
{
    unsigned char raw[8];
    for (size_t i = sizeof(raw); i > 0; i--, value >>= 8)
        raw[i - 1] = (unsigned char)value;
    der_put_unsigned(out, bytes_of(raw, sizeof(raw)));
}

void der_put_bits(struct buffer *out, struct bytes octets)
{
    size_t place = der_open(out, DER_BIT_STRING);
    buffer_put_u8(out, 0); /* unused bits */
    buffer_put(out, octets);
    der_close(out, place);
}

void der_put_time(struct buffer *out, uint64_t seconds)
{
    struct der_date d = der_date_of(seconds);
    bool general = d.year >= 2050;
    size_t place = der_open(out, general ? DER_GENERALIZED_TIME : DER_UTC_TIME);
    if (general)
        buffer_printf(out, "%04u", d.year);
    else
        buffer_printf(out, "%02u", d.year % 100);
    buffer_printf(out, "%02u%02u%02u%02u%02uZ", d.month, d.day, d.hour,
                  d.minute, d.second);
    der_close(out, place);
}
