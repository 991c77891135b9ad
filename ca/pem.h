/* pem.h - one block of PEM text (RFC 7468, strict form) to DER, and back. */

#ifndef CA_PEM_H
#define CA_PEM_H

#include "base/buffer.h"
#include "base/status.h"

/* Appends "-----BEGIN <label>-----", base64 in lines of 64, the end line and
 * a newline. */
void ca_pem_write(const char *label, struct bytes der, struct buffer *out);

/* Appends the DER of a text that is exactly one block with this label (LF
 * or CRLF, blanks and newlines only after it). STATUS_INVALID with a reason
 * otherwise. */
STATUS ca_pem_read(const char *label, struct bytes text, struct buffer *out,
                   struct reason *why);

#endif
