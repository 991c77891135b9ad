/* simulator_parts.h - an opened simulator. Private to the simulator. */

#ifndef AGENT_SIMULATOR_PARTS_H
#define AGENT_SIMULATOR_PARTS_H

#include "base/buffer.h"
#include "ca/ca.h"

struct simulator {
    struct ca_key *pck;
    struct ca_key *attestation;
    struct buffer root_pem;
    struct buffer chain;            /* PEM: PCK certificate, CA, root */
    uint64_t not_before, not_after; /* of all three certificates */
};

/* Fills a zeroed simulator from its directory; errors as simulator_open().
 * What was filled before a failure is the caller's to release. */
STATUS simulator_load(const char *directory, struct simulator *simulator,
                      struct reason *why);

#endif
