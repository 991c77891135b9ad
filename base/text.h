/* text.h - bytes to hexadecimal and base64 text, and back.
 *
 * Decoders are strict: hexadecimal of either case but of exactly the wanted
 * length; base64 of the standard alphabet with padding, without line breaks
 * and with zero trailing bits (RFC 4648 section 3.5). */

#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/buffer.h"
#include "base/bytes.h"
#include "base/secret.h"
#include "base/status.h"

/* Writes 2 * bytes.len lower-case digits and a NUL to `out`. */
void hex_encode(struct bytes bytes, char *out);

/* Decodes exactly 2 * len digits; STATUS_INVALID otherwise, out untouched. */
STATUS hex_decode(struct bytes text, void *out, size_t len);

/* Appends the base64 of `bytes`. */
void base64_encode(struct bytes bytes, struct buffer *out);

/* Appends the decoded bytes; STATUS_INVALID names nothing, adds nothing. */
STATUS base64_decode(struct bytes text, struct buffer *out);

/* The same, into locked memory; at most 1 MiB of text. */
STATUS base64_decode_secret(struct bytes text, struct secret **out);

#endif
