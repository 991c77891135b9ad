/* openssl_scope.h - AUTO_FREE() for the libcrypto types this folder uses.
 * Private to attest/. */

#ifndef ATTEST_OPENSSL_SCOPE_H
#define ATTEST_OPENSSL_SCOPE_H

#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include "base/scope.h"

#define OPENSSL_SCOPE(type, release)                                           \
    static inline void type##_free_at(struct type **p)                         \
    {                                                                          \
        release(*p);                                                           \
    }                                                                          \
    struct type /* swallows the semicolon */

OPENSSL_SCOPE(asn1_object_st, ASN1_OBJECT_free);
OPENSSL_SCOPE(stack_st_X509, sk_X509_free); /* not what it holds */
OPENSSL_SCOPE(X509_crl_st, X509_CRL_free);
OPENSSL_SCOPE(x509_st, X509_free);
OPENSSL_SCOPE(x509_store_st, X509_STORE_free);
OPENSSL_SCOPE(x509_store_ctx_st, X509_STORE_CTX_free);

#endif
