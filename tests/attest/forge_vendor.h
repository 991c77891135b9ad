/* forge_vendor.h - certificates of AMD's and AWS' manner, right and wrong:
 * what forge_snp.h and forge_nitro.h are made of. */

#ifndef TESTS_ATTEST_FORGE_VENDOR_H
#define TESTS_ATTEST_FORGE_VENDOR_H

#include "agent/pki.h"
#include "attest/attest.h"

#define VENDOR_NOW          1750000000u /* in June 2025 */
#define VENDOR_DAY          86400u
#define VENDOR_EVIDENCE_MAX ((size_t)64 * 1024)

/* One certificate to be made. */
struct vendor_certificate {
    struct pki_certificate says;
    const struct ca_key *key;
    const struct ca_key *signer;
    void (*retouch)(X509 *certificate); /* then it is signed again */
    const struct ca_key *forger;        /* of that signature */
    /* How it is signed again; NULL: as the manner has it. */
    void (*sign)(X509 *certificate, const struct ca_key *signer);
};

/* Appends its DER. Asserts that it could be made. */
void vendor_der(const struct vendor_certificate *what, struct buffer *der);
void vendor_pem(const struct vendor_certificate *what, struct buffer *pem);

/* An RSA-4096 key of this name, kept in the build directory between runs:
 * making one takes seconds. Caller frees. */
struct ca_key *vendor_rsa_key(const char *name);

/* Reads the root as a simulator's anchor. */
void vendor_anchor(const struct vendor_certificate *root,
                   struct attest_anchor *out);

/* Signs with PKCS #1 version 1.5; with PSS over SHA-256; with a salt of 32. */
void vendor_sign_pkcs1(X509 *certificate, const struct ca_key *signer);
void vendor_sign_sha256(X509 *certificate, const struct ca_key *signer);
void vendor_sign_short_salt(X509 *certificate, const struct ca_key *signer);

/* Signs with ECDSA over SHA-256. */
void vendor_sign_ecdsa_sha256(X509 *certificate, const struct ca_key *signer);

/* Retouches: a critical extension nobody knows; no longer a CA. */
void vendor_add_critical(X509 *certificate);
void vendor_drop_constraints(X509 *certificate);
void vendor_drop_usage(X509 *certificate);

#endif
