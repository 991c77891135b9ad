/* identity.h - what evidence proved, and whether a rule is met by it. */

#ifndef ATTEST_IDENTITY_H
#define ATTEST_IDENTITY_H

#include "api/api.h"
#include "base/hash.h"
#include "base/status.h"

#define ATTEST_REPORT_DATA_LEN 64

/* All of it is covered by the evidence's signatures. Plain data without
 * pointers. Integers are in host order, byte strings as in the report. */
struct attest_identity {
    uint8_t kind;       /* API_KIND_SGX, with API_KIND_SIMULATED or-ed in when
                           the anchor is a simulator's */
    struct hash anchor; /* SHA-256 of the root's SubjectPublicKeyInfo */
    uint16_t tcb;       /* exactly one API_TCB_ bit */

    unsigned char mrenclave[32];
    unsigned char mrsigner[32];
    uint16_t isvprodid;
    uint16_t isvsvn;
    bool debug;                   /* its memory can be read from outside */
    unsigned char attributes[16]; /* flags 8, XFRM 8, little-endian */
    unsigned char miscselect[4];
    unsigned char report_data[ATTEST_REPORT_DATA_LEN];

    /* The platform, as its certificate says. */
    unsigned char cpusvn[16]; /* the report's */
    unsigned char fmspc[6];
    unsigned char pceid[2];
    unsigned char ppid[16];
    unsigned char tcb_components[16]; /* the certificate's SVNs, 1 to 16 */
    uint16_t pcesvn;
};

/* OK when the identity is what the rule demands: the exact kind, the exact
 * anchor, MRENCLAVE, or MRSIGNER with the exact product and at least the SVN,
 * debug only where allowed, a TCB status within the mask. STATUS_DENIED with
 * the first difference in the reason otherwise, also for rules that
 * api_identity_encode() would refuse. CONFIGID, CONFIGSVN, ISVEXTPRODID and
 * ISVFAMILYID (KSS) are deliberately not looked at: no rule pins them. */
STATUS attest_matches(const struct api_identity_rule *rule,
                      const struct attest_identity *identity,
                      struct reason *why);

/* OK when the report data equals `expected`, all 64 bytes, in constant time;
 * STATUS_DENIED otherwise. */
STATUS attest_binds(const struct attest_identity *identity,
                    const unsigned char expected[ATTEST_REPORT_DATA_LEN]);

#endif
