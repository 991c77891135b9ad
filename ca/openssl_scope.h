/* openssl_scope.h - libcrypto's objects and error queue, for this folder
 * only. */

#ifndef CA_OPENSSL_SCOPE_H
#define CA_OPENSSL_SCOPE_H

#include <openssl/asn1.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
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
OPENSSL_SCOPE(ec_point_st, EC_POINT_free);
OPENSSL_SCOPE(evp_pkey_st, EVP_PKEY_free);
OPENSSL_SCOPE(evp_pkey_ctx_st, EVP_PKEY_CTX_free);
OPENSSL_SCOPE(evp_md_ctx_st, EVP_MD_CTX_free);
OPENSSL_SCOPE(pkcs8_priv_key_info_st, PKCS8_PRIV_KEY_INFO_free);
OPENSSL_SCOPE(x509_st, X509_free);
OPENSSL_SCOPE(x509_store_st, X509_STORE_free);
OPENSSL_SCOPE(x509_store_ctx_st, X509_STORE_CTX_free);

/* What libcrypto notes until the scope ends is forgotten: a TLS connection
 * of the same thread would take it for an error of its own. */
static inline void ca_errors_forget(int *mark)
{
    (void)mark;
    (void)ERR_pop_to_mark();
}

#define FORGET_ERRORS                                                          \
    __attribute__((cleanup(ca_errors_forget), unused)) int forget_errors_ =    \
        ERR_set_mark()

#endif
