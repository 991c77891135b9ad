/* nitro_chain.h - the certificate of a Nitro document and its bundle. Private
 * to attest/. */

#ifndef ATTEST_NITRO_CHAIN_H
#define ATTEST_NITRO_CHAIN_H

#include <openssl/types.h>

#include "attest/anchor.h"
#include "attest/nitro_document.h"

/* Owned. bundle[0] is the root in the document: it selects the anchor and is
 * never trusted. */
struct attest_nitro_chain {
    X509 *leaf;
    X509 *bundle[ATTEST_BUNDLE_MAX];
    size_t count;
};

void attest_nitro_chain_clear(struct attest_nitro_chain *chain);

#define AUTO_NITRO_CHAIN                                                       \
    __attribute__((cleanup(attest_nitro_chain_clear))) struct attest_nitro_chain

/* STATUS_DENIED (malformed) unless all are certificates in strict DER. */
STATUS attest_nitro_chain_read(const struct attest_nitro_document *document,
                               struct attest_nitro_chain *out,
                               struct reason *why);

/* Verifies at `now` that the leaf is issued by the last of the bundle, each by
 * the one before it, and the second by the anchor that has the first one's
 * name and key; all are P-384, signed with SHA-384; the leaf may sign and is
 * no CA. STATUS_DENIED with a token chain:...; STATUS_INVALID when the anchor
 * does not hold what it says. */
STATUS attest_nitro_chain_verify(const struct attest_nitro_chain *chain,
                                 const struct attest_anchor *anchors,
                                 size_t count, uint64_t now,
                                 const struct attest_anchor **out,
                                 struct reason *why);

#endif
