/* signature.c - r || s to X9.62 DER and back. */

#include "api/private_key.h"
#include "base/cursor.h"

#define ORIGIN     "signature"
#define NUMBER_LEN 32
#define SEQUENCE   0x30
#define INTEGER    0x02

/* Without leading zeros; empty for 0. */
static struct bytes significant(const unsigned char number[NUMBER_LEN])
{
    size_t zeros = 0;
    while (zeros < NUMBER_LEN && number[zeros] == 0)
        zeros++;
    return bytes_of(number + zeros, NUMBER_LEN - zeros);
}

/* DER integers have a sign: a set top bit needs a zero before it. */
static size_t integer_len(struct bytes number)
{
    return number.len + (number.at[0] >> 7);
}

static void put_integer(struct bytes number, struct buffer *out)
{
    buffer_put_u8(out, INTEGER);
    buffer_put_u8(out, (uint8_t)integer_len(number));
    if (integer_len(number) > number.len)
        buffer_put_u8(out, 0);
    buffer_put(out, number);
}

struct status api_signature_to_der(const struct api_signature *signature,
                                   struct buffer *out)
{
    struct bytes r = significant(signature->bytes);
    struct bytes s = significant(signature->bytes + NUMBER_LEN);
    if (r.len == 0 || s.len == 0)
        return failure(STATUS_INVALID, ORIGIN, 0);
    buffer_put_u8(out, SEQUENCE);
    buffer_put_u8(out, (uint8_t)(4 + integer_len(r) + integer_len(s)));
    put_integer(r, out);
    put_integer(s, out);
    return buffer_status(out);
}

/* A positive integer of at most 256 bits in its shortest form. */
static STATUS take_integer(struct cursor *in, unsigned char out[NUMBER_LEN])
{
    uint8_t tag = cursor_u8(in);
    struct bytes number = cursor_take(in, cursor_u8(in));
    if (in->broken || tag != INTEGER || number.len == 0 || number.at[0] >> 7)
        return failure(STATUS_INVALID, ORIGIN, 0);
    if (number.at[0] == 0) {
        if (number.len == 1 || !(number.at[1] >> 7))
            return failure(STATUS_INVALID, ORIGIN, 0);
        number = bytes_of(number.at + 1, number.len - 1);
    }
    if (number.len > NUMBER_LEN)
        return failure(STATUS_INVALID, ORIGIN, 0);
    memset(out, 0, NUMBER_LEN);
    memcpy(out + NUMBER_LEN - number.len, number.at, number.len);
    return OK;
}

struct status api_signature_from_der(struct bytes der,
                                     struct api_signature *out)
{
    struct cursor in = cursor_of(der);
    struct api_signature signature;
    uint8_t tag = cursor_u8(&in);
    uint8_t len = cursor_u8(&in);
    if (in.broken || tag != SEQUENCE || len != in.left)
        return failure(STATUS_INVALID, ORIGIN, 0);
    TRY(take_integer(&in, signature.bytes));
    TRY(take_integer(&in, signature.bytes + NUMBER_LEN));
    TRY(cursor_finish(&in, ORIGIN));
    *out = signature;
    return OK;
}
