/* path.h - certificates from a leaf up to a trust anchor. Private to
 * attest/. */

#ifndef ATTEST_PATH_H
#define ATTEST_PATH_H

#include <openssl/types.h>

#include "base/status.h"

#define ATTEST_PATH_MAX                                                        \
    8 /* certificates, the leaf among them, the root not                       \
       */

/* What is to be verified; all borrowed. */
struct attest_path {
    X509 *at[ATTEST_PATH_MAX]; /* the leaf, then each one's issuer */
    size_t count;              /* at least 1 */
    X509 *root;                /* the anchor's own certificate */
};

/* Verifies that each certificate is signed by the next and the last by the
 * root, that all are valid at `now`, that issuers are CAs that may sign
 * certificates within their path lengths, and that nothing critical is
 * unknown. AMD's and AWS' leaves lack what RFC 5280 demands of them, so
 * libcrypto's X509_STRICT cannot be asked for; what it would check of the
 * issuers is checked here. STATUS_DENIED with a token chain:names, chain:sig,
 * chain:time, chain:role or chain:len. */
STATUS attest_path_verify(const struct attest_path *path, uint64_t now,
                          struct reason *why);

#endif
