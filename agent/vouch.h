/* vouch.h - what a Node Agent answers to "attest" (section 2.4 of the wire
 * contract): it checks a local report and vouches for the program's key
 * (ca/vouch.h).
 *
 * Today only a simulated CPU's reports can be checked: a real one's are for an
 * enclave of the node's own, which Accord does not have. */

#ifndef AGENT_VOUCH_H
#define AGENT_VOUCH_H

#include "agent/local_report.h"
#include "ca/ca.h"

#define VOUCH_LIFE 900u /* seconds that an attestation certificate lasts */

/* Who vouches. Borrowed. */
struct vouch_node {
    struct ca_key *key;       /* P-256 */
    struct bytes certificate; /* of it: kind node, DER */
    const struct secret *cpu; /* the simulated CPU's; NULL: none */
};

struct vouch_answer {
    struct buffer attestation, node; /* PEM, one block each */
    struct buffer report; /* SGX: 432 bytes for the calling enclave, whose
                             report data is SHA-256 of the attestation
                             certificate's DER || 32 zero bytes */
};
void vouch_answer_clear(struct vouch_answer *answer);

/* TARGETINFO of the enclave that checks: reports are to be for it. */
STATUS vouch_target_info(unsigned char out[LOCAL_TARGET_LEN]);

/* `csr` is the local request (PEM or DER), `report` the REPORT of 432 bytes,
 * empty for a trust domain. STATUS_INVALID with a reason for a request that is
 * none, or that holds no local report; STATUS_DENIED when report, request and
 * key do not belong together or the MAC does not hold; STATUS_UNAVAILABLE when
 * this node cannot check such a report, or its certificate has ended. Clear
 * the answer on success. */
STATUS vouch_attest(const struct vouch_node *node, struct bytes csr,
                    struct bytes report, uint64_t now, struct vouch_answer *out,
                    struct reason *why);

#endif
