#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void buffer_clear(struct buffer *b)
{
    if (b->data) {
        explicit_bzero(b->data, b->capacity);
        free(b->data);
    }
    *b = buffer_make(b->max);
}

static bool grow(struct buffer *b, size_t needed)
{
    if (needed <= b->capacity)
        return true;

    /* Only buffer_printf() needs one byte more than the maximum. */
    size_t limit = needed > b->max ? needed : b->max;
    size_t capacity = b->capacity ? b->capacity : 64;
    while (capacity < needed)
        capacity = capacity > limit / 2 ? limit : capacity * 2;

    /* Not realloc: the old copy would stay in the heap unwiped. */
    unsigned char *data = malloc(capacity);
    if (!data) {
        b->refused = STATUS_NO_MEMORY;
        return false;
    }
    if (b->data) {
        memcpy(data, b->data, b->len);
        explicit_bzero(b->data, b->capacity);
        free(b->data);
    }
    b->data = data;
    b->capacity = capacity;
    return true;
}

static bool admits(struct buffer *b, size_t len)
{
    if (b->refused == STATUS_OK && len > b->max - b->len)
        b->refused = STATUS_INVALID;
    return b->refused == STATUS_OK;
}

unsigned char *buffer_extend(struct buffer *b, size_t len)
{
    if (!admits(b, len) || !grow(b, b->len + len))
        return NULL;
    unsigned char *at = b->data + b->len;
    b->len += len;
    return at;
}

void buffer_put(struct buffer *b, struct bytes bytes)
{
    if (bytes.len == 0)
        return;
    unsigned char *at = buffer_extend(b, bytes.len);
    if (at)
        memcpy(at, bytes.at, bytes.len);
}

void buffer_put_string(struct buffer *b, const char *s)
{
    buffer_put(b, bytes_of_string(s));
}

static void put_big_endian(struct buffer *b, uint64_t value, size_t width)
{
    unsigned char *at = buffer_extend(b, width);
    for (size_t i = 0; at && i < width; i++)
        at[i] = (unsigned char)(value >> (8 * (width - 1 - i)));
}

/* Text is written byte by byte: the common case goes straight in. */
void buffer_put_u8(struct buffer *b, uint8_t value)
{
    if (b->refused == STATUS_OK && b->len < b->capacity && b->len < b->max)
        b->data[b->len++] = value;
    else
        put_big_endian(b, value, 1);
}

void buffer_put_u16(struct buffer *b, uint16_t value)
{
    put_big_endian(b, value, 2);
}

void buffer_put_u32(struct buffer *b, uint32_t value)
{
    put_big_endian(b, value, 4);
}

void buffer_put_u64(struct buffer *b, uint64_t value)
{
    put_big_endian(b, value, 8);
}

void buffer_printf(struct buffer *b, const char *format, ...)
{
    va_list measure, print;
    va_start(measure, format);
    va_copy(print, measure);
    int len = vsnprintf(NULL, 0, format, measure);
    va_end(measure);

    /* A negative length is refused as one that fits nowhere. vsnprintf wants
     * room for a NUL, which is not part of the contents. */
    size_t room = len < 0 ? SIZE_MAX : (size_t)len;
    if (admits(b, room) && grow(b, b->len + room + 1)) {
        (void)vsnprintf((char *)b->data + b->len, room + 1, format, print);
        b->len += room;
    }
    va_end(print);
}

void buffer_consume(struct buffer *b, size_t len)
{
    if (len == 0)
        return;
    memmove(b->data, b->data + len, b->len - len);
    explicit_bzero(b->data + (b->len - len), len);
    b->len -= len;
}

struct status buffer_status(const struct buffer *b)
{
    return b->refused == STATUS_OK ? OK : failure(b->refused, "buffer", 0);
}

char *buffer_string(const struct buffer *b)
{
    if (b->len && memchr(b->data, 0, b->len))
        return NULL;
    char *s = malloc(b->len + 1);
    if (!s)
        return NULL;
    if (b->len)
        memcpy(s, b->data, b->len);
    s[b->len] = '\0';
    return s;
}
