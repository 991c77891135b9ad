/* pki.h - certificates of simulated platforms.
 *
 * The names contain the phrases verifiers look for ("SGX PCK Certificate"),
 * and an organisation nobody can mistake for a vendor. Names are not
 * security: what counts is which root key a verifier was told. */

#ifndef AGENT_PKI_H
#define AGENT_PKI_H

#include "base/buffer.h"
#include "ca/ca.h"

#define PKI_ORGANISATION "Accord simulator (no hardware)"
#define PKI_ROOT_NAME    "Accord Simulator SGX Root CA"
#define PKI_CA_NAME      "Accord Simulator SGX PCK Platform CA"
#define PKI_PCK_NAME     "Accord Simulator SGX PCK Certificate"
#define PKI_TCB_NAME     "Accord Simulator SGX TCB Signing"

#define PKI_NOT_A_CA (-1)

struct pki_certificate {
    const char *name;               /* common name */
    const char *issuer;             /* common name; the same for a root */
    int path_length;                /* or PKI_NOT_A_CA */
    uint64_t not_before, not_after; /* seconds since 1970 */
    struct bytes sgx_extension;     /* DER value, or empty */
};

/* Appends the DER of a certificate for `subject`, signed by `issuer` (which
 * are the same for a root), with the extensions and key usages of Intel's
 * certificates. Checks nothing about what it is asked to say. */
STATUS pki_issue(const struct pki_certificate *what,
                 const struct ca_key *subject, const struct ca_key *issuer,
                 struct buffer *der);

#endif
