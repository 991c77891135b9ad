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
 * chain:names; leaf and CA may then be there all the same, unlinked. Clear
 * *out, which is all NULL at first, with attest_roles_clear(). */
STATUS attest_roles_read(struct bytes pem, struct attest_roles *out,
                         struct reason *why);

/* The same for two: a self-issued root, and a leaf issued by it. */
struct attest_pair {
    X509 *leaf;
    X509 *root;
};
void attest_pair_clear(struct attest_pair *pair);

#define AUTO_PAIR __attribute__((cleanup(attest_pair_clear))) struct attest_pair

/* STATUS_DENIED: tcbchain:malformed, tcbchain:len, tcbchain:names. */
STATUS attest_pair_read(struct bytes pem, struct attest_pair *out,
                        struct reason *why);

#endif
