/* pem.h - certificates as text. Private to attest/.
 *
 * Strict: "-----BEGIN CERTIFICATE-----", base64 without blanks in lines of
 * any length, "-----END CERTIFICATE-----"; lines end in LF or CRLF, the last
 * one may end with the text. One text has one reading. */

#ifndef ATTEST_PEM_H
#define ATTEST_PEM_H

#include "base/buffer.h"
#include "base/bytes.h"
#include "base/status.h"

/* Takes one block off the front of `*text` and appends its DER to `der`,
 * whose maximum bounds it. STATUS_INVALID when there is none. */
STATUS attest_pem_take(struct bytes *text, struct buffer *der);

#endif
