/* simulator_claim.h - one way to ask a simulator for evidence of any kind: a
 * program of which one measurement is claimed.
 *
 * A measurement of 32 bytes stands for
 *     SGX     MRENCLAVE
 *     TDX     MRTD, RTMR1 and RTMR2, each with 16 zero bytes behind it
 *     SNP     MEASUREMENT, the same
 *     Nitro   PCR0, PCR1 and PCR2, the same; in debug mode all zero
 * and everything else is as an honest host has it. */

#ifndef AGENT_SIMULATOR_CLAIM_H
#define AGENT_SIMULATOR_CLAIM_H

#include "agent/simulator.h"
#include "base/hash.h"

#define SIMULATOR_NONCE_MAX 64

struct simulator_claim {
    uint8_t kind; /* API_KIND_SGX, _TDX, _SNP or _NITRO; 0: SGX */
    struct hash measurement;
    unsigned char report_data[64];
    struct bytes nonce; /* Nitro: at most SIMULATOR_NONCE_MAX; empty: none */
    uint16_t version;   /* of an SGX or TDX quote; 0: 3, and 4 */
    bool debug;
};

/* Appends the evidence in the form that attest/ judges. STATUS_NOT_FOUND when
 * the simulator is not of the kind, STATUS_INVALID for an unknown kind, a
 * longer nonce or a version that there is not; else as
 * simulator_sgx_quote(). */
STATUS simulator_claim(const struct simulator *simulator,
                       const struct simulator_claim *claim, uint64_t now,
                       struct buffer *out, struct reason *why);

#endif
