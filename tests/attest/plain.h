/* plain.h - attest_verify() of evidence alone, in one call. */

#ifndef TESTS_ATTEST_PLAIN_H
#define TESTS_ATTEST_PLAIN_H

#include "attest/attest.h"

static inline STATUS plain_verify(struct bytes evidence,
                                  const struct attest_anchor *anchors,
                                  size_t count, uint64_t now,
                                  struct attest_identity *out,
                                  struct reason *why)
{
    struct attest_question asked = attest_ask(evidence, anchors, count, now);
    return attest_verify(&asked, out, why);
}

#endif
