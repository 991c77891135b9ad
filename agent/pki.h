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

#define PKI_ARK_NAME   "ARK-Simulated"
#define PKI_ASK_NAME   "SEV-Simulated"
#define PKI_ASVK_NAME  "SEV-VLEK-Simulated"
#define PKI_VCEK_NAME  "SEV-VCEK"
#define PKI_VLEK_NAME  "SEV-VLEK"
#define PKI_NITRO_NAME "Accord Simulator Nitro Root CA"

#define PKI_NOT_A_CA (-1)

/* Whose certificates it is like. */
enum pki_manner {
    PKI_LIKE_INTEL = 0, /* ECDSA, SHA-256; key identifiers */
    PKI_LIKE_AMD,       /* RSA-PSS, SHA-384; a leaf has serial number 0 and no
                           extensions but its own */
    PKI_LIKE_AWS,       /* ECDSA, SHA-384 */
};

struct pki_extension {
    const char *oid;    /* dotted */
    struct bytes value; /* as it stands in the OCTET STRING */
};

struct pki_certificate {
    const char *name;               /* common name */
    const char *issuer;             /* common name; the same for a root */
    int path_length;                /* or PKI_NOT_A_CA */
    uint64_t not_before, not_after; /* seconds since 1970 */
    struct bytes sgx_extension;     /* DER value, or empty */
    enum pki_manner manner;
    const struct pki_extension *extensions; /* more of them, borrowed */
    size_t extensions_count;
};

/* Appends the DER of a certificate for `subject`, signed by `issuer` (which
 * are the same for a root), with the extensions and key usages that the
 * vendor's certificates have. Checks nothing about what it is asked to say. */
STATUS pki_issue(const struct pki_certificate *what,
                 const struct ca_key *subject, const struct ca_key *issuer,
                 struct buffer *der);

#endif
