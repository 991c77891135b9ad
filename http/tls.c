#include "http/tls.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>

static void certificates_free_at(STACK_OF(X509) * *list)
{
    sk_X509_pop_free(*list, X509_free);
}

#define AUTO_FREE_CERTIFICATES                                                 \
    __attribute__((cleanup(certificates_free_at))) STACK_OF(X509) *

static bool read_into(BIO *pem, STACK_OF(X509) * list)
{
    for (;;) {
        X509 *certificate = PEM_read_bio_X509(pem, NULL, NULL, NULL);
        if (!certificate)
            break;
        if (!sk_X509_push(list, certificate)) {
            X509_free(certificate);
            return false;
        }
    }
    /* "No further block" is how a good file ends. */
    bool ended = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    return ended && sk_X509_num(list) > 0;
}

/* The certificates of a PEM text, at least one; NULL when it has none or one
 * that cannot be read. */
static STACK_OF(X509) * certificates_read(struct bytes text)
{
    AUTO_FREE_CERTIFICATES list = sk_X509_new_null();
    if (!list || text.len > INT_MAX)
        return NULL;
    BIO *pem = BIO_new_mem_buf(text.at, (int)text.len);
    ERR_clear_error();
    bool good = pem && read_into(pem, list);
    ERR_clear_error();
    BIO_free(pem);
    return good ? TAKE(list) : NULL;
}

static struct status roots_read(struct bytes text, struct http_tls *tls,
                                struct reason *why)
{
    AUTO_FREE_CERTIFICATES list = certificates_read(text);
    if (!list)
        return refuse(why, STATUS_INVALID, "roots",
                      "the root certificates cannot be read as PEM");
    tls->roots = X509_STORE_new();
    if (!tls->roots)
        return failure(STATUS_NO_MEMORY, "X509_STORE_new", 0);
    for (int i = 0; i < sk_X509_num(list); i++) {
        if (X509_STORE_add_cert(tls->roots, sk_X509_value(list, i)) != 1)
            return failure(STATUS_NO_MEMORY, "X509_STORE_add_cert", 0);
    }
    return OK;
}

static struct status own_read(struct bytes text, EVP_PKEY *key,
                              struct http_tls *tls, struct reason *why)
{
    tls->chain = certificates_read(text);
    if (!tls->chain)
        return refuse(why, STATUS_INVALID, "certificate",
                      "the client certificate cannot be read as PEM");
    if (!key ||
        X509_check_private_key(sk_X509_value(tls->chain, 0), key) != 1) {
        ERR_clear_error();
        return refuse(why, STATUS_INVALID, "key",
                      "the private key is not that of the client certificate");
    }
    if (EVP_PKEY_up_ref(key) != 1)
        return failure(STATUS_NO_MEMORY, "EVP_PKEY_up_ref", 0);
    tls->key = key;
    return OK;
}

struct status http_tls_new(struct bytes roots, struct bytes certificate,
                           EVP_PKEY *key, struct http_tls **out,
                           struct reason *why)
{
    AUTO_FREE(http_tls) tls = calloc(1, sizeof(*tls));
    if (!tls)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    if (roots.len > 0)
        TRY(roots_read(roots, tls, why));
    if (certificate.len > 0)
        TRY(own_read(certificate, key, tls, why));
    else if (key)
        return refuse(why, STATUS_INVALID, "certificate",
                      "there is a private key but no client certificate");
    *out = TAKE(tls);
    return OK;
}

void http_tls_free(struct http_tls *tls)
{
    if (!tls)
        return;
    X509_STORE_free(tls->roots);
    sk_X509_pop_free(tls->chain, X509_free);
    EVP_PKEY_free(tls->key);
    free(tls);
}

/* The client's own certificate and key, and its issuers. */
static bool show(const struct http_tls *tls, SSL_CTX *context)
{
    if (SSL_CTX_use_certificate(context, sk_X509_value(tls->chain, 0)) != 1 ||
        SSL_CTX_use_PrivateKey(context, tls->key) != 1)
        return false;
    for (int i = 1; i < sk_X509_num(tls->chain); i++) {
        if (SSL_CTX_add1_chain_cert(context, sk_X509_value(tls->chain, i)) != 1)
            return false;
    }
    return true;
}

bool http_tls_apply(const struct http_tls *tls, SSL_CTX *context)
{
    /* libcurl would write the session's keys to the file that $SSLKEYLOGFILE
     * names. */
    SSL_CTX_set_keylog_callback(context, NULL);
    (void)SSL_CTX_set_options(context, SSL_OP_CLEANSE_PLAINTEXT |
                                           SSL_OP_NO_RENEGOTIATION |
                                           SSL_OP_NO_TICKET);
    if (tls->roots)
        SSL_CTX_set1_cert_store(context, tls->roots);
    return !tls->chain || show(tls, context);
}
