/* collateral.h - what a vendor says about platforms: TCB information, the
 * identity of the quoting enclave, revocation lists. Each is signed and is
 * verified under the anchor of the evidence it is used for. */

#ifndef ATTEST_COLLATERAL_H
#define ATTEST_COLLATERAL_H

#include "base/buffer.h"
#include "base/bytes.h"
#include "base/status.h"

#define ATTEST_COLLATERAL_MAX ((size_t)192 * 1024) /* all five, encoded */

/* As a caching service (PCCS) hands them out; all borrowed. */
struct attest_collateral {
    struct bytes tcb_info;          /* {"tcbInfo": ..., "signature": hex}    */
    struct bytes qe_identity;       /* {"enclaveIdentity": ..., "signature"} */
    struct bytes tcb_signing_chain; /* PEM: the signer of both, the root     */
    struct bytes root_crl, pck_crl; /* DER; empty: missing, which is refused */
};

/* One byte string of all five, to be sent, stored and hashed:
 *     version 1 (1) || five times length 4 (big-endian), bytes
 * in the order above. STATUS_INVALID beyond ATTEST_COLLATERAL_MAX; decode
 * accepts exactly what encode writes. */
STATUS attest_collateral_encode(const struct attest_collateral *collateral,
                                struct buffer *out);
STATUS attest_collateral_decode(struct bytes encoded,
                                struct attest_collateral *out);

#endif
