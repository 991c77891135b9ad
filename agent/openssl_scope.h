/* openssl_scope.h - AUTO_FREE() for the libcrypto types the simulator uses. */

#ifndef AGENT_OPENSSL_SCOPE_H
#define AGENT_OPENSSL_SCOPE_H

#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/scope.h"

#define OPENSSL_SCOPE(type, release)                                           \
    static inline void type##_free_at(struct type **p)                         \
    {                                                                          \
        release(*p);                                                           \
    }                                                                          \
    struct type /* swallows the semicolon */

OPENSSL_SCOPE(asn1_object_st, ASN1_OBJECT_free);
OPENSSL_SCOPE(asn1_string_st, ASN1_STRING_free);
OPENSSL_SCOPE(AUTHORITY_KEYID_st, AUTHORITY_KEYID_free);
OPENSSL_SCOPE(BASIC_CONSTRAINTS_st, BASIC_CONSTRAINTS_free);
OPENSSL_SCOPE(X509_extension_st, X509_EXTENSION_free);
OPENSSL_SCOPE(X509_name_st, X509_NAME_free);
OPENSSL_SCOPE(x509_st, X509_free);

#endif
