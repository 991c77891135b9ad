/* der.h - the part of DER that certificates and requests use. Private to
 * ca/.
 *
 * Writing: der_open() and der_close() around the contents; buffers are
 * sticky, so ask buffer_status() once. Reading: cursors are sticky too, and
 * accept DER only (definite, shortest lengths; one-byte tags), so that no
 * certificate has two encodings. Parents of a broken child are not broken by
 * it: finish every cursor. */

#ifndef CA_DER_H
#define CA_DER_H

#include "base/buffer.h"
#include "base/cursor.h"

enum der_tag {
    DER_BOOLEAN = 0x01,
    DER_INTEGER = 0x02,
    DER_BIT_STRING = 0x03,
    DER_OCTET_STRING = 0x04,
    DER_NULL = 0x05,
    DER_OID = 0x06,
    DER_UTF8_STRING = 0x0c,
    DER_PRINTABLE_STRING = 0x13,
    DER_IA5_STRING = 0x16,
    DER_UTC_TIME = 0x17,
    DER_GENERALIZED_TIME = 0x18,
    DER_SEQUENCE = 0x30,
    DER_SET = 0x31,
    DER_CONTEXT = 0x80,             /* [n] IMPLICIT of a primitive */
    DER_CONTEXT_CONSTRUCTED = 0xa0, /* [n] of anything constructed */
};

/* --- writing ------------------------------------------------------------- */

/* Writes the tag; returns the place der_close() needs to put the length. */
size_t der_open(struct buffer *out, unsigned tag);
void der_close(struct buffer *out, size_t place);

void der_put(struct buffer *out, unsigned tag, struct bytes contents);

/* An INTEGER that is not negative, from big-endian bytes of any length. */
void der_put_unsigned(struct buffer *out, struct bytes big_endian);
void der_put_number(struct buffer *out, uint64_t value);

/* A BIT STRING of whole octets. */
void der_put_bits(struct buffer *out, struct bytes octets);

/* UTCTime up to 2049, GeneralizedTime after (RFC 5280 section 4.1.2.5). */
void der_put_time(struct buffer *out, uint64_t seconds);

#define DER_TIME_MAX 253402300799ull /* the last second of the year 9999 */

/* --- reading ------------------------------------------------------------- */

/* The tag that comes next; 0 at the end. */
unsigned der_next(const struct cursor *in);

/* The contents of the next element, which must have this tag. */
struct bytes der_take(struct cursor *in, unsigned tag);
struct cursor der_enter(struct cursor *in, unsigned tag);

/* The next element with tag and length, whatever its tag is. */
struct bytes der_take_element(struct cursor *in);

/* The magnitude of an INTEGER that is not negative, without the zero byte
 * in front; zero is one zero byte. */
struct bytes der_take_unsigned(struct cursor *in);

/* The same, right-aligned in `out[len]`; breaks when it does not fit. */
void der_copy_unsigned(struct cursor *in, unsigned char *out, size_t len);

/* The octets of a BIT STRING without unused bits. */
struct bytes der_take_bits(struct cursor *in);

/* Seconds since 1970; breaks on any form der_put_time() does not write. */
uint64_t der_take_time(struct cursor *in);

/* True when nothing broke and all was read. */
bool der_finished(const struct cursor *in);

#endif
