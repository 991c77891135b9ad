/* pki.h - a certificate authority for one test, made of thin air. */

#ifndef TESTS_PKI_H
#define TESTS_PKI_H

#include <openssl/x509.h>

#include "base/buffer.h"

struct pki {
    EVP_PKEY *key;
    X509 *certificate;
    struct buffer pem; /* the certificate */
};

/* A P-256 key and a root of that name, good for one day. */
struct pki pki_make(const char *name);
void pki_clear(struct pki *pki);

/* A key with a certificate of the authority's. */
struct pki_identity {
    EVP_PKEY *key;
    X509 *certificate;
    struct buffer pem;
};

/* `names` is a subjectAltName value, such as "IP:127.0.0.1,DNS:a", or NULL;
 * the certificate is valid from now - `age` seconds for one day. */
struct pki_identity pki_issue(const struct pki *issuer, const char *name,
                              const char *names, long age);
void pki_identity_clear(struct pki_identity *identity);

#endif
