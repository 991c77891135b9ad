/* roles.h - the certificates of a quote, told apart by their names. Private
 * to attest/. */

#ifndef ATTEST_ROLES_H
#define ATTEST_ROLES_H

#include <openssl/types.h>

#include "base/bytes.h"
#include "base/status.h"

#define ATTEST_CHAIN_LEN 3 /* leaf, CA, root */

struct attest_roles {
    X509 *leaf;
    X509 *ca;
    X509 *root; /* self-issued; nothing says yet that it is a known one */
};

void attest_roles_clear(struct attest_roles *roles);

#define AUTO_ROLES                                                             \
    __attribute__((cleanup(attest_roles_clear))) struct attest_roles

/* Reads PEM blocks, with at most one NUL after the last, in any order:
 * exactly one self-issued, one issued by it and one issued by that, by name.
 * No signature is looked at. STATUS_DENIED: malformed, chain:len,
 * chain:names. Clear *out with attest_roles_clear(). */
STATUS attest_roles_read(struct bytes pem, struct attest_roles *out,
                         struct reason *why);

#endif
