/* crl.h - revocation lists of the collateral. Private to attest/. */

#ifndef ATTEST_CRL_H
#define ATTEST_CRL_H

#include "attest/judging.h"

#include <openssl/types.h>

enum attest_crl_kind {
    ATTEST_ROOT_CRL, /* issued by the anchor: PCK CA and collateral's signer,
                        ASK or ASVK */
    ATTEST_PCK_CRL,  /* issued by the PCK CA: the PCK certificate            */
};

/* One list and what it is asked about. */
struct attest_crl {
    enum attest_crl_kind kind;
    struct bytes der;         /* empty: missing, which is a failure */
    const X509_NAME *issuer;  /* whose list it must be; NULL: nobody's */
    X509 *issuer_certificate; /* whose key must have signed it, or NULL */
    X509 *about[2];           /* that must not be on it; NULL: none */
};

/* RFC 5280 section 5: strict DER, no critical extension beyond those known,
 * complete and direct, ECDSA with SHA-256 (of an RSA
 * issuer, AMD's: PSS with SHA-384), in time, signed by the verified
 * issuer's key. Tokens no-root_ca.crl.der, root_ca.crl.der-malformed,
 * -issuer-mismatch, -sig, -not-yet-valid, -expired, -REVOKED:NAME, and the
 * same of pck_ca. */
STATUS attest_crl_judge(struct attest_judging *j, const struct attest_crl *crl);

#endif
