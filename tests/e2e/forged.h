/* forged.h - client certificates that no broker may take, by class. */

#ifndef TESTS_E2E_FORGED_H
#define TESTS_E2E_FORGED_H

#include <openssl/x509.h>

#include "base/hash.h"

/* What a forger has: one honest certificate and its key, keys of his own,
 * and (further than any network attacker gets) the zone CA's signature over
 * whatever he likes. */
struct forger {
    X509 *honest;
    EVP_PKEY *key;      /* of `honest` */
    EVP_PKEY *stranger; /* P-256 */
    /* r || s of the zone CA over 32 bytes; false when it failed. */
    bool (*sign)(const struct hash *digest, unsigned char signature[64]);
};

/* What is presented. `chain` may be NULL. */
struct forged {
    X509 *certificate, *chain;
    EVP_PKEY *key;
};

struct forgery {
    const char *name;
    unsigned count; /* how many at least are presented */
    /* The nth of its class, all three members owned by the caller; a NULL
     * certificate when the nth is none that a client can present. */
    struct forged (*make)(const struct forger *forger, unsigned nth);
    /* Right in form and signature: only the route refuses it. Shows that what
     * the zone CA is made to sign is not refused for how it was signed. */
    bool well_formed;
};

extern const struct forgery forgeries[];
extern const unsigned forgeries_count;

#endif
