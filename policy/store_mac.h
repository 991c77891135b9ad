/* store_mac.h - HMAC-SHA-256. Private to policy/. */

#ifndef POLICY_STORE_MAC_H
#define POLICY_STORE_MAC_H

#include "base/hash.h"

/* Over the parts in order, as one message. STATUS_NO_MEMORY when libcrypto
 * refuses; *out is then untouched. */
STATUS mac_parts(struct bytes key, const struct bytes *parts, size_t count,
                 struct hash *out);

#endif
