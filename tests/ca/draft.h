/* draft.h - certificate requests of any content, rightly signed. */

#ifndef TESTS_CA_DRAFT_H
#define TESTS_CA_DRAFT_H

#include "ca/ca.h"

struct draft {
    const struct ca_key *key; /* NULL: the P-256 sample                 */
    unsigned version;         /* 0 means version 1                       */
    struct bytes spki;        /* empty: of the key                       */
    struct bytes subject;     /* contents of the Name                    */
    struct bytes attributes;  /* contents of the [0]                     */
    struct bytes algorithm;   /* AlgorithmIdentifier; empty: that fits   */
};

/* Appends the DER. Asserts success. */
void draft_put(const struct draft *draft, struct buffer *out);

/* Appends an Attribute; `value` is one DER element, or several. */
void draft_attribute(struct buffer *out, struct bytes oid, struct bytes value);

/* Appends an extensionRequest around the Extensions in `list`. */
void draft_request(struct buffer *out, struct bytes list);

/* Appends an Extension; `critical` 0 or 1. */
void draft_extension(struct buffer *out, struct bytes oid, int critical,
                     struct bytes value);

/* Appends an RDN with one pair. */
void draft_rdn(struct buffer *out, struct bytes oid, unsigned tag,
               struct bytes value);

/* Reading it succeeds; clear *csr. */
void assert_draft_accepted(const struct draft *draft, struct ca_csr *csr);

/* Reading it is refused for a reason that says `because`, and writes
 * nothing. */
void assert_draft_refused(const struct draft *draft, const char *because);
void assert_request_refused(struct bytes text, const char *because);

#endif
