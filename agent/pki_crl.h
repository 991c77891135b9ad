/* pki_crl.h - revocation lists of simulated platforms. */

#ifndef AGENT_PKI_CRL_H
#define AGENT_PKI_CRL_H

#include "agent/pki.h"
#include "base/buffer.h"
#include "ca/ca.h"

#define PKI_REVOKED_MAX 8

struct pki_crl {
    const char *issuer; /* common name, as in pki.h */
    enum pki_manner manner;
    uint64_t this_update, next_update; /* seconds since 1970; the latter 0:
                                          the member is absent */
    uint32_t number;
    size_t revoked_count;
    struct bytes revoked[PKI_REVOKED_MAX]; /* certificates, DER, whose serials
                                              are listed as of this_update */
};

/* Appends the DER of a version 2 list with CRL number and authority key
 * identifier. STATUS_INVALID when something to revoke is no certificate. */
STATUS pki_crl_issue(const struct pki_crl *what, const struct ca_key *issuer,
                     struct buffer *der);

#endif
