#include "base/text.h"

void hex_encode(struct bytes bytes, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < bytes.len; i++) {
        *out++ = digits[bytes.at[i] >> 4];
        *out++ = digits[bytes.at[i] & 15];
    }
    *out = '\0';
}

static int hex_digit(unsigned char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

struct status hex_decode(struct bytes text, void *out, size_t len)
{
    if (text.len % 2 != 0 || text.len / 2 != len)
        return failure(STATUS_INVALID, "hex_decode", 0);
    for (size_t i = 0; i < text.len; i++)
        if (hex_digit(text.at[i]) < 0)
            return failure(STATUS_INVALID, "hex_decode", 0);

    unsigned char *to = out;
    for (size_t i = 0; i < len; i++)
        to[i] = (unsigned char)((unsigned)hex_digit(text.at[2 * i]) << 4 |
                                (unsigned)hex_digit(text.at[2 * i + 1]));
    return OK;
}

void base64_encode(struct bytes bytes, struct buffer *out)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                   "abcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t left = bytes.len - i;
        uint32_t group = (uint32_t)bytes.at[i] << 16;
        if (left > 1)
            group |= (uint32_t)bytes.at[i + 1] << 8;
        if (left > 2)
            group |= bytes.at[i + 2];
        buffer_put_u8(out, (uint8_t)alphabet[group >> 18]);
        buffer_put_u8(out, (uint8_t)alphabet[group >> 12 & 63]);
        buffer_put_u8(out, left > 1 ? (uint8_t)alphabet[group >> 6 & 63] : '=');
        buffer_put_u8(out, left > 2 ? (uint8_t)alphabet[group & 63] : '=');
    }
}

static int base64_digit(unsigned char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+')
        return 62;
    return c == '/' ? 63 : -1;
}

/* How many bytes the text stands for; false when it is not base64. */
static bool base64_measure(struct bytes text, size_t *out)
{
    size_t padding = 0;
    if (text.len % 4 != 0)
        return false;
    while (padding < 2 && padding < text.len &&
           text.at[text.len - 1 - padding] == '=')
        padding++;
    for (size_t i = 0; i < text.len - padding; i++)
        if (base64_digit(text.at[i]) < 0)
            return false;
    if (padding > 0) {
        int last = base64_digit(text.at[text.len - 1 - padding]);
        if (last & (padding == 1 ? 3 : 15))
            return false; /* one value, one text */
    }
    *out = text.len / 4 * 3 - padding;
    return true;
}

/* `to` has room for what base64_measure() said. */
static void base64_convert(struct bytes text, unsigned char *to, size_t len)
{
    size_t made = 0;
    for (size_t i = 0; i < text.len; i += 4) {
        uint32_t group = 0;
        for (size_t j = 0; j < 4; j++) {
            int digit = base64_digit(text.at[i + j]);
            group = group << 6 | (uint32_t)(digit < 0 ? 0 : digit);
        }
        for (size_t j = 0; j < 3 && made < len; j++)
            to[made++] = (unsigned char)(group >> (16 - 8 * j));
    }
}

struct status base64_decode(struct bytes text, struct buffer *out)
{
    size_t len;
    if (!base64_measure(text, &len))
        return failure(STATUS_INVALID, "base64_decode", 0);
    if (len == 0)
        return OK;
    unsigned char *to = buffer_extend(out, len);
    if (!to)
        return buffer_status(out);
    base64_convert(text, to, len);
    return OK;
}

struct status base64_decode_secret(struct bytes text, struct secret **out)
{
    size_t len;
    if (text.len > (size_t)1 << 20 || !base64_measure(text, &len))
        return failure(STATUS_INVALID, "base64_decode", 0);
    AUTO_FREE(secret) made = NULL;
    TRY(secret_new(len, &made));
    base64_convert(text, secret_fill(made), len);
    *out = TAKE(made);
    return OK;
}
