/* nsm.h - what is said to the Nitro Secure Module, in CBOR (AWS Nitro Enclaves
 * NSM API). Private to platform/. */

#ifndef PLATFORM_NSM_H
#define PLATFORM_NSM_H

#include "base/buffer.h"

/* Appends {"Attestation": {"user_data": bytes, "nonce": bytes or null,
 * "public_key": null}}. Both are shorter than 64 KiB. */
void nsm_put_request(struct bytes user_data, struct bytes nonce,
                     struct buffer *out);

/* The document in {"Attestation": {"document": bytes}}; borrowed. For
 * {"Error": text} STATUS_UNAVAILABLE with the module's own word in the reason,
 * as far as it is one; STATUS_INVALID for everything else. */
STATUS nsm_read_answer(struct bytes answer, struct bytes *document,
                       struct reason *why);

#endif
