#include "broker/tls.h"

#include "broker/clock.h"
#include "broker/tls_library.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <stdlib.h>

struct tls {
    pthread_mutex_t lock;
    struct peers *peers;
    X509 *root;
    struct buffer leaf; /* DER */
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

static X509 *x509_of(OSSL_LIB_CTX *library, struct bytes der)
{
    const unsigned char *at = der.at;
    X509 *made = X509_new_ex(library, NULL);
    if (made && !d2i_X509(&made, &at, (long)der.len))
        made = NULL; /* freed by d2i_X509 */
    return made;
}

struct status tls_new(struct bytes root, struct peers *peers, struct tls **out)
{
    AUTO_FREE(tls) tls = calloc(1, sizeof(*tls));
    if (!tls)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    (void)pthread_mutex_init(&tls->lock, NULL);
    tls->peers = peers;
    tls->root = x509_of(NULL, root);
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
    buffer_clear(&tls->leaf);
    ca_key_free(tls->key);
    (void)pthread_mutex_destroy(&tls->lock);
    free(tls);
}

struct status tls_set(struct tls *tls, struct ca_key *key, struct bytes leaf)
{
    AUTO_FREE(ca_key) taken = key;
    struct ca_facts facts;
    TRY(ca_certificate_read(leaf, &facts, NULL));
    struct buffer copy = buffer_make(CA_CERTIFICATE_MAX);
    buffer_put(&copy, leaf);
    TRY(buffer_status(&copy));

    (void)pthread_mutex_lock(&tls->lock);
    buffer_clear(&tls->leaf);
    ca_key_free(tls->key);
    tls->leaf = copy;
    tls->key = TAKE(taken);
    tls->renew_at = facts.not_before + (facts.not_after - facts.not_before) / 2;
    tls->generation++;
    (void)pthread_mutex_unlock(&tls->lock);
    return OK;
}

bool tls_due(struct tls *tls, uint64_t now)
{
    (void)pthread_mutex_lock(&tls->lock);
    bool due = tls->generation == 0 || now >= tls->renew_at;
    (void)pthread_mutex_unlock(&tls->lock);
    return due;
}

/* Why it is refused, in the words that become an alert. */
static int refusal_of(const struct peer *peer, uint64_t now)
{
    if (peer->kind == PEER_NOBODY)
        return X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY;
    if (now < peer->facts.not_before)
        return X509_V_ERR_CERT_NOT_YET_VALID;
    if (now >= peer->facts.not_after)
        return X509_V_ERR_CERT_HAS_EXPIRED;
    return X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY;
}

/* Instead of libssl's own verification, which would build and check the same
 * chain of one again for each connection. Called only with a certificate. */
static int verify_client(X509_STORE_CTX *ctx, void *peers)
{
    struct peer peer = { .kind = PEER_NOBODY };
    uint64_t now = clock_now().wall / 1000;
    unsigned char *der = NULL;
    int len = i2d_X509(X509_STORE_CTX_get0_cert(ctx), &der);
    bool ours = len > 0 &&
                !failed(peers_find(peers, bytes_of(der, (size_t)len), now,
                                   &peer, NULL)) &&
                peer.chains;
    OPENSSL_free(der);
    X509_STORE_CTX_set_error(ctx, ours ? X509_V_OK : refusal_of(&peer, now));
    return ours;
}

/* Everything that holds for every connection. The root is not sent: whoever
 * trusts it has it. */
static bool set_rules(SSL_CTX *c, struct peers *peers)
{
    static const char suites[] =
        "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256:"
        "ECDHE-ECDSA-CHACHA20-POLY1305";
    (void)SSL_CTX_set_options(
        c, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
               SSL_OP_CLEANSE_PLAINTEXT | SSL_OP_CIPHER_SERVER_PREFERENCE);
    (void)SSL_CTX_set_mode(c,
                           SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN);
    (void)SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_verify(c, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_cert_verify_callback(c, verify_client, peers);
    return SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION) == 1 &&
           SSL_CTX_set_cipher_list(c, suites) == 1 &&
           SSL_CTX_set_num_tickets(c, 0) == 1 &&
           SSL_CTX_set_max_early_data(c, 0) == 1 &&
           SSL_CTX_set_session_id_context(c, (const unsigned char *)"accord",
                                          6) == 1;
}

/* The same key, for another library context. */
static EVP_PKEY *key_for(OSSL_LIB_CTX *library, const struct ca_key *key)
{
    EVP_PKEY *copy = NULL;
    OSSL_PARAM *parts = NULL; /* the secret one lies in the secret heap */
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(library, "EC", NULL);
    if (ctx &&
        EVP_PKEY_todata(ca_key_pkey(key), EVP_PKEY_KEYPAIR, &parts) == 1 &&
        EVP_PKEY_fromdata_init(ctx) == 1)
        (void)EVP_PKEY_fromdata(ctx, &copy, EVP_PKEY_KEYPAIR, parts);
    OSSL_PARAM_free(parts);
    EVP_PKEY_CTX_free(ctx);
    return copy;
}

static bool set_identity(SSL_CTX *c, OSSL_LIB_CTX *library, struct tls *tls)
{
    X509 *leaf = x509_of(library, buffer_bytes(&tls->leaf));
    EVP_PKEY *key = key_for(library, tls->key);
    bool set = leaf && key && SSL_CTX_use_certificate(c, leaf) == 1 &&
               SSL_CTX_use_PrivateKey(c, key) == 1 &&
               SSL_CTX_add_client_CA(c, tls->root) == 1;
    X509_free(leaf);
    EVP_PKEY_free(key);
    return set;
}

/* Under the lock, with an identity. */
static struct status make_context(struct tls *tls, struct tls_thread *mine)
{
    if (!mine->library)
        TRY(tls_library_new(&mine->library));
    OSSL_LIB_CTX *library = tls_library_context(mine->library);
    SSL_CTX *made = SSL_CTX_new_ex(library, NULL, TLS_server_method());
    if (!made || !set_rules(made, tls->peers) ||
        !set_identity(made, library, tls)) {
        SSL_CTX_free(made);
        return openssl_failure("SSL_CTX");
    }
    SSL_CTX_free(mine->context);
    mine->context = made;
    mine->generation = tls->generation;
    return OK;
}

struct status tls_context(struct tls *tls, struct tls_thread *mine)
{
    struct status s = OK;
    (void)pthread_mutex_lock(&tls->lock);
    if (tls->generation == 0)
        s = failure(STATUS_UNAVAILABLE, "tls_context", 0);
    else if (!mine->context || mine->generation != tls->generation)
        s = make_context(tls, mine);
    (void)pthread_mutex_unlock(&tls->lock);
    return s;
}

void tls_thread_clear(struct tls_thread *mine)
{
    SSL_CTX_free(mine->context);
    tls_library_free(mine->library);
    *mine = (struct tls_thread){ 0 };
}
