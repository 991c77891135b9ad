/* rewrite.h - changing DER without breaking it: what an attacker would do.
 */

#ifndef TESTS_CA_REWRITE_H
#define TESTS_CA_REWRITE_H

#include "base/buffer.h"

/* Copies `der` with the `nth` occurrence (from 0) of `from` changed to `to`,
 * which is as long. Asserts that there is one. */
void rewrite_bytes(struct bytes der, struct bytes from, struct bytes to,
                   size_t nth, struct buffer *out);

/* What becomes of one extension (its whole element) of a certificate. */
typedef void rewrite_extension(struct bytes extension, size_t index,
                               struct buffer *out);

/* Copies a certificate with each of its extensions passed through `edit`,
 * lengths made good. */
void rewrite_extensions(struct bytes der, rewrite_extension *edit,
                        struct buffer *out);

/* Copies a certificate with the contents of its serial replaced. */
void rewrite_serial(struct bytes der, struct bytes serial, struct buffer *out);

#endif
