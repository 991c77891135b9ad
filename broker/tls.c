#include "broker/tls.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <stdlib.h>

struct tls {
    pthread_mutex_t lock;
    X509 *root;
    X509 *leaf;
    struct ca_key *key;
    uint64_t renew_at; /* seconds */
    unsigned generation;
};

static struct status openssl_failure(const char *call)
{
    unsigned long code = ERR_peek_last_error();
    ERR_clear_error();
    return failure(STATUS_UNAVAILABLE, call, (uint32_t)code);
}

static X509 *x509_of(struct bytes der)
{
    const unsigned char *at = der.at;
    return d2i_X509(NULL, &at, (long)der.len);
}

struct status tls_new(struct bytes root, struct tls **out)
{
    AUTO_FREE(tls) tls = calloc(1, sizeof(*tls));
    if (!tls)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    (void)pthread_mutex_init(&tls->lock, NULL);
    tls->root = x509_of(root);
    if (!tls->root)
        return openssl_failure("d2i_X509");
    *out = TAKE(tls);
    return OK;
}

void tls_free(struct tls *tls)
{
    if (!tls)
        return;
    X509_free(tls->root);
    X509_free(tls->leaf);
    ca_key_free(tls->key);
    (void)pthread_mutex_destroy(&tls->lock);
    free(tls);
}

struct status tls_set(struct tls *tls, struct ca_key *key, struct bytes leaf)
{
    AUTO_FREE(ca_key) taken = key;
    struct ca_facts facts;
    TRY(ca_certificate_read(leaf, &facts, NULL));
    X509 *certificate = x509_of(leaf);
    if (!certificate)
        return openssl_failure("d2i_X509");

    (void)pthread_mutex_lock(&tls->lock);
    X509_free(tls->leaf);
    ca_key_free(tls->key);
    tls->leaf = certificate;
    tls->key = TAKE(taken);
    tls->renew_at = facts.not_before + (facts.not_after - facts.not_before) / 2;
    tls->generation++;
    (void)pthread_mutex_unlock(&tls->lock);
    return OK;
}

bool tls_due(struct tls *tls, uint64_t now)
{
    (void)pthread_mutex_lock(&tls->lock);
    bool due = !tls->leaf || now >= tls->renew_at;
    (void)pthread_mutex_unlock(&tls->lock);
    return due;
}

/* Everything that holds for every connection. */
static bool set_rules(SSL_CTX *c)
{
    static const char suites[] =
        "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256:"
        "ECDHE-ECDSA-CHACHA20-POLY1305";
    (void)SSL_CTX_set_options(
        c, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
               SSL_OP_CLEANSE_PLAINTEXT | SSL_OP_CIPHER_SERVER_PREFERENCE);
    (void)SSL_CTX_set_mode(c, SSL_MODE_RELEASE_BUFFERS);
    (void)SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_verify(c, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_verify_depth(c, 1);
    return SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION) == 1 &&
           SSL_CTX_set_cipher_list(c, suites) == 1 &&
           SSL_CTX_set_num_tickets(c, 0) == 1 &&
           SSL_CTX_set_max_early_data(c, 0) == 1 &&
           SSL_CTX_set_session_id_context(c, (const unsigned char *)"accord",
                                          6) == 1;
}

static bool set_identity(SSL_CTX *c, struct tls *tls)
{
    X509_STORE *store = SSL_CTX_get_cert_store(c);
    return SSL_CTX_use_certificate(c, tls->leaf) == 1 &&
           SSL_CTX_use_PrivateKey(c, ca_key_pkey(tls->key)) == 1 &&
           SSL_CTX_add1_chain_cert(c, tls->root) == 1 &&
           SSL_CTX_add_client_CA(c, tls->root) == 1 &&
           X509_STORE_add_cert(store, tls->root) == 1;
}

struct status tls_context(struct tls *tls, SSL_CTX **mine, unsigned *generation)
{
    struct status s = OK;
    (void)pthread_mutex_lock(&tls->lock);
    if (!tls->leaf) {
        s = failure(STATUS_UNAVAILABLE, "tls_context", 0);
    } else if (!*mine || *generation != tls->generation) {
        SSL_CTX *made = SSL_CTX_new(TLS_server_method());
        if (made && set_rules(made) && set_identity(made, tls)) {
            SSL_CTX_free(*mine);
            *mine = made;
            *generation = tls->generation;
        } else {
            SSL_CTX_free(made);
            s = openssl_failure("SSL_CTX");
        }
    }
    (void)pthread_mutex_unlock(&tls->lock);
    return s;
}
