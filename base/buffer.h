/* buffer.h - owned bytes that grow up to a maximum fixed when they are made.
 *
 * Writing is sticky: the first refusal (full, or no memory) is remembered,
 * later writes do nothing, and buffer_status() reports it. So a writer goes
 * straight down the page and asks once. Integers are big-endian. Contents
 * are wiped when the buffer grows or is cleared; for secrets use secret.h.
 *
 *     struct buffer text = buffer_make(64 * 1024);
 *     buffer_put_u16(&text, 3);
 *     buffer_put(&text, name);
 *     TRY(buffer_status(&text));        with AUTO_CLEAR_BUFFER or _clear */

#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include <stdint.h>

#include "base/bytes.h"
#include "base/status.h"

struct buffer {
    unsigned char *data;
    size_t len;
    size_t capacity;
    size_t max;
    enum status_code refused; /* STATUS_OK until a write did not fit */
};

/* An empty buffer that will hold at most `max` bytes. Allocates nothing. */
static inline struct buffer buffer_make(size_t max)
{
    return (struct buffer){ .max = max };
}

void buffer_clear(struct buffer *b); /* wipes and frees; usable again */

#define AUTO_CLEAR_BUFFER __attribute__((cleanup(buffer_clear))) struct buffer

void buffer_put(struct buffer *b, struct bytes bytes);
void buffer_put_string(struct buffer *b, const char *s); /* without its NUL */
void buffer_put_u8(struct buffer *b, uint8_t value);
void buffer_put_u16(struct buffer *b, uint16_t value);
void buffer_put_u32(struct buffer *b, uint32_t value);
void buffer_put_u64(struct buffer *b, uint64_t value);
void buffer_printf(struct buffer *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* `len` writable bytes at the end, counted as written; NULL if refused.
 * Valid until the next write. */
unsigned char *buffer_extend(struct buffer *b, size_t len);

/* Drops the first `len` bytes (len <= b->len), moving the rest down. */
void buffer_consume(struct buffer *b, size_t len);

/* OK, or why the first write was refused: STATUS_INVALID when the maximum
 * was reached, STATUS_NO_MEMORY. */
STATUS buffer_status(const struct buffer *b);

/* Borrowed view of what was written; valid until the next write. */
static inline struct bytes buffer_bytes(const struct buffer *b)
{
    return bytes_of(b->data, b->len);
}

/* A malloc'd NUL-terminated copy for libraries that want one; NULL when out
 * of memory or when the bytes contain a NUL. Caller frees. */
char *buffer_string(const struct buffer *b);

#endif
