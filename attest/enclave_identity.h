/* enclave_identity.h - is the signer of a quote the vendor's quoting enclave,
 * by the vendor's own statement? Private to attest/. */

#ifndef ATTEST_ENCLAVE_IDENTITY_H
#define ATTEST_ENCLAVE_IDENTITY_H

#include "attest/quote.h"
#include "attest/statement.h"

/* Tokens enclaveIdentity-id, enclaveIdentity-malformed, qe-miscselect,
 * qe-attributes, qe-mrsigner, qe-isvprodid, qe-tcb-level-none. *status is the
 * level's (one API_TCB_ bit or ATTEST_REVOKED), 0 when there is none. */
STATUS attest_enclave_identity_judge(struct attest_judging *j,
                                     const json_t *identity, bool tdx,
                                     const struct attest_report *qe,
                                     uint16_t *status,
                                     struct attest_advisories *advisories);

/* The first of `levels` (as they come, descending) that `isvsvn` reaches:
 * STATUS_NOT_FOUND for none, STATUS_INVALID for levels that cannot be read or
 * are not descending. *newest, unless NULL, is the first level's SVN. */
STATUS attest_svn_level(const json_t *levels, unsigned isvsvn,
                        struct attest_level *out, unsigned *newest);

#endif
