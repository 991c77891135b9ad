/* grown.h - logs of known leaves, with the roots the frontier gives. */

#ifndef TESTS_POLICY_GROWN_H
#define TESTS_POLICY_GROWN_H

#include "tests/policy/fixture.h"

/* What a log of `size` leaves must look like: its leaf hashes, and the roots
 * over every number of them, by the frontier. */
struct expected {
    size_t size;
    struct api_frontier frontier;
    struct hash leaves[2100];
    struct hash roots[2101];
};

struct expected *expected_new(void);
void expected_free(struct expected *e);
DEFINE_AUTO_FREE(expected);

/* One leaf, with a detail that says `n`. */
struct policy_logged append(struct policy_txn *txn, uint64_t now, int n);

/* Appends and commits until there are `size` leaves. */
void grow(struct fixture *f, struct expected *e, size_t size);

struct policy_txn *reading(struct fixture *f);

#endif
