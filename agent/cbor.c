#include "agent/cbor.h"

#define SIMPLE_NULL 0xf6

void cbor_put(struct buffer *out, enum cbor_type type, uint64_t value)
{
    unsigned head = (unsigned)type << 5;
    if (value < 24) {
        buffer_put_u8(out, (uint8_t)(head | value));
    } else if (value <= UINT8_MAX) {
        buffer_put_u8(out, (uint8_t)(head | 24));
        buffer_put_u8(out, (uint8_t)value);
    } else if (value <= UINT16_MAX) {
        buffer_put_u8(out, (uint8_t)(head | 25));
        buffer_put_u16(out, (uint16_t)value);
    } else if (value <= UINT32_MAX) {
        buffer_put_u8(out, (uint8_t)(head | 26));
        buffer_put_u32(out, (uint32_t)value);
    } else {
        buffer_put_u8(out, (uint8_t)(head | 27));
        buffer_put_u64(out, value);
    }
}

void cbor_put_bytes(struct buffer *out, struct bytes bytes)
{
    cbor_put(out, CBOR_BYTES, bytes.len);
    buffer_put(out, bytes);
}

void cbor_put_text(struct buffer *out, const char *text)
{
    cbor_put(out, CBOR_TEXT, strlen(text));
    buffer_put_string(out, text);
}

void cbor_put_null(struct buffer *out)
{
    buffer_put_u8(out, SIMPLE_NULL);
}
