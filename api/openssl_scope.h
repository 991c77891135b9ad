/* openssl_scope.h - libcrypto's objects and error queue, for this folder
 * only. */

#ifndef API_OPENSSL_SCOPE_H
#define API_OPENSSL_SCOPE_H

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/scope.h"

#define OPENSSL_SCOPE(type, release)                                           \
    static inline void type##_free_at(struct type **p)                         \
    {                                                                          \
        release(*p);                                                           \
    }                                                                          \
    struct type /* swallows the semicolon */

OPENSSL_SCOPE(bignum_st, BN_clear_free);
OPENSSL_SCOPE(bignum_ctx, BN_CTX_free);
OPENSSL_SCOPE(ec_point_st, EC_POINT_clear_free);
OPENSSL_SCOPE(evp_cipher_ctx_st, EVP_CIPHER_CTX_free);
OPENSSL_SCOPE(evp_md_ctx_st, EVP_MD_CTX_free);
OPENSSL_SCOPE(evp_pkey_st, EVP_PKEY_free);
OPENSSL_SCOPE(evp_pkey_ctx_st, EVP_PKEY_CTX_free);
OPENSSL_SCOPE(x509_st, X509_free);

/* What libcrypto notes until the scope ends is forgotten: a TLS connection
 * of the same thread would take it for an error of its own. */
static inline void api_errors_forget(int *mark)
{
    (void)mark;
    (void)ERR_pop_to_mark();
}

#define FORGET_ERRORS                                                          \
    __attribute__((cleanup(api_errors_forget), unused)) int forget_errors_ =   \
        ERR_set_mark()

#endif
