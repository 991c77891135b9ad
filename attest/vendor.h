/* vendor.h - what is known of vendors without being told: facts, compiled
 * in. No root certificate is: those come from whoever runs the verifier.
 * Private to attest/. */

#ifndef ATTEST_VENDOR_H
#define ATTEST_VENDOR_H

#include "base/hash.h"

struct attest_quoting_enclave {
    unsigned char mrsigner[32];
    uint16_t isvprodid;
};

struct attest_vendor {
    struct hash root; /* SHA-256 of the root's SubjectPublicKeyInfo */
    const char *name;
    /* The quoting enclaves that make this vendor's SGX and TDX quotes; all
     * zero for others. Without collateral nothing else says that the signer
     * of a quote is one. */
    struct attest_quoting_enclave qe, td_qe;
};

/* NULL when no vendor has this root key. */
const struct attest_vendor *attest_vendor_find(const struct hash *root);

#endif
