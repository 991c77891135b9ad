/* extension.h - reading what certificates and requests have in common:
 * subjects, extensions, alternative names. Private to ca/. */

#ifndef CA_EXTENSION_H
#define CA_EXTENSION_H

#include "base/cursor.h"
#include "ca/certificate.h"

struct extension {
    struct bytes oid;
    bool critical;
    struct bytes value; /* contents of the OCTET STRING */
};

/* The next Extension; breaks `list` when it is malformed. */
struct extension extension_take(struct cursor *list);

/* The common name in the contents of a Name; "" when there is none. Other
 * fields are skipped. STATUS_INVALID with a reason for a malformed Name, two
 * common names, or one that is too long or no plain text. */
STATUS extension_common_name(struct bytes name,
                             char out[CA_COMMON_NAME_MAX + 1],
                             struct reason *why);

/* Adds the dNSNames of a subjectAltName, which may be none. iPAddresses (4 or
 * 16 bytes) are skipped where `addresses` says so; anything else is
 * STATUS_INVALID with a reason. */
STATUS extension_names(struct bytes value, bool addresses,
                       struct ca_names *names, struct reason *why);

#endif
