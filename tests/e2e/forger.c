/* forger.c - presents thousands of bad client certificates to a broker that
 * runs, and now and then the honest one. Most are signed by the zone's own
 * CA: the PIN of the test's token stands in for a CA that was fooled.
 *
 *     forger PORT ROOT.pem PERSON.pem PERSON.key SOFTHSM2.CONF PIN-FILE
 *
 * Prints how many of each class were presented, and how they were refused;
 * ends with 1 when one was accepted, or the honest one was not. */

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/file.h"
#include "pkcs11/keys.h"
#include "pkcs11/settings.h"
#include "tests/e2e/forged.h"

#define SOFTHSM "/usr/lib/softhsm/libsofthsm2.so"
#define TRIES   40u /* for each one that a client can present */

enum outcome { ACCEPTED, AT_THE_HANDSHAKE, AT_THE_ROUTE, NOT_PRESENTED };

static struct {
    uint16_t port;
    X509 *root;
    struct hsm_session session;
    CK_OBJECT_HANDLE ca;
    unsigned asked; /* connections so far: TLS 1.2 and 1.3 in turn */
} stage;

static bool zone_sign(const struct hash *digest, unsigned char signature[64])
{
    return !failed(hsm_sign(&stage.session, stage.ca, digest, signature));
}

static int dial(void)
{
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons(stage.port),
                              .sin_addr = { htonl(INADDR_LOOPBACK) } };
    const struct timeval patience = { .tv_sec = 20 };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    if (connect(fd, (const struct sockaddr *)&to, sizeof(to)) != 0) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

/* What a list for people only answers. */
static enum outcome ask(SSL *ssl)
{
    static const char request[] = "GET /accord/v1/people HTTP/1.1\r\n"
                                  "Host: 127.0.0.1\r\n"
                                  "Connection: close\r\n\r\n";
    char answer[16] = "";
    if (SSL_connect(ssl) != 1 ||
        SSL_write(ssl, request, sizeof(request) - 1) <= 0 ||
        SSL_read(ssl, answer, sizeof(answer) - 1) < 12)
        return AT_THE_HANDSHAKE;
    return memcmp(answer, "HTTP/1.1 40", 11) == 0 ? AT_THE_ROUTE : ACCEPTED;
}

static enum outcome present(const struct forged *f)
{
    enum outcome outcome = NOT_PRESENTED;
    int version = stage.asked & 1 ? TLS1_3_VERSION : TLS1_2_VERSION;
    SSL_CTX *tls = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_security_level(tls, 0);
    SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, NULL);
    (void)X509_STORE_add_cert(SSL_CTX_get_cert_store(tls), stage.root);
    (void)SSL_CTX_set_min_proto_version(tls, version);
    (void)SSL_CTX_set_max_proto_version(tls, version);
    if (f->certificate && SSL_CTX_use_certificate(tls, f->certificate) == 1 &&
        SSL_CTX_use_PrivateKey(tls, f->key) == 1 &&
        (!f->chain || SSL_CTX_add1_chain_cert(tls, f->chain) == 1)) {
        int fd = dial();
        SSL *ssl = SSL_new(tls);
        if (fd >= 0 && SSL_set_fd(ssl, fd) == 1) {
            stage.asked++;
            outcome = ask(ssl);
        }
        SSL_free(ssl);
        (void)close(fd);
    }
    SSL_CTX_free(tls);
    ERR_clear_error();
    return outcome;
}

/* Twice, so that both versions of TLS are asked. */
static bool honest_is_accepted(const struct forger *f)
{
    const struct forged honest = { f->honest, NULL, f->key };
    return present(&honest) == ACCEPTED && present(&honest) == ACCEPTED;
}

/* How many were presented; *ok becomes false when all is not well. */
static unsigned run_class(const struct forger *f, const struct forgery *class,
                          bool *ok)
{
    unsigned got[NOT_PRESENTED + 1] = { 0 }, presented = 0;
    for (unsigned n = 0; presented < class->count && n < TRIES * class->count;
         n++) {
        struct forged forged = class->make(f, n);
        enum outcome outcome = present(&forged);
        got[outcome]++;
        presented += outcome != NOT_PRESENTED;
        if (outcome == ACCEPTED)
            (void)printf("FAILED: accepted: %s, number %u\n", class->name, n);
        X509_free(forged.certificate);
        X509_free(forged.chain);
        EVP_PKEY_free(forged.key);
    }
    bool honest = honest_is_accepted(f);
    (void)printf("%-40s %4u presented, %u accepted, %u ended at the handshake, "
                 "%u refused by the route\n",
                 class->name, presented, got[ACCEPTED], got[AT_THE_HANDSHAKE],
                 got[AT_THE_ROUTE]);
    if (!honest || presented < class->count)
        (void)printf("FAILED: %s: %s\n", class->name,
                     honest ? "too few could be presented"
                            : "the honest one is no longer accepted");
    if (class->well_formed && got[AT_THE_HANDSHAKE] > 0) {
        (void)printf("FAILED: %s: refused before the route\n", class->name);
        *ok = false;
    }
    *ok = *ok && honest && presented >= class->count && got[ACCEPTED] == 0;
    return presented;
}

static struct status open_token(char **argv, struct hsm_token **out,
                                struct reason *why)
{
    AUTO_FREE(secret) pin = NULL;
    struct hsm_keys keys;
    struct hsm_place place = { .module = SOFTHSM,
                               .softhsm_conf = argv[5],
                               .label = "accord",
                               .serial = "" };
    TRY(secret_heap_open(1u << 20));
    TRY(file_read_secret(argv[6], 64, true, &pin));
    TRY(hsm_token_open(&place, out, why));
    TRY(hsm_token_login(*out, pin, why));
    TRY(hsm_session_open(*out, &stage.session));
    TRY(hsm_keys_find(&stage.session, &keys, why));
    stage.ca = keys.handle[HSM_CA];
    return OK;
}

static X509 *read_certificate(const char *path)
{
    FILE *file = fopen(path, "re");
    X509 *x = file ? PEM_read_X509(file, NULL, NULL, NULL) : NULL;
    if (file)
        (void)fclose(file);
    return x;
}

static EVP_PKEY *read_key(const char *path)
{
    FILE *file = fopen(path, "re");
    EVP_PKEY *key = file ? PEM_read_PrivateKey(file, NULL, NULL, NULL) : NULL;
    if (file)
        (void)fclose(file);
    return key;
}

int main(int argc, char **argv)
{
    struct reason why = { "" };
    struct hsm_token *token = NULL;
    if (argc != 7)
        return 2;
    (void)signal(SIGPIPE, SIG_IGN);
    stage.port = (uint16_t)strtoul(argv[1], NULL, 10);
    struct status s = open_token(argv, &token, &why);
    stage.root = read_certificate(argv[2]);
    struct forger forger = { read_certificate(argv[3]), read_key(argv[4]),
                             EVP_EC_gen("P-256"), zone_sign };
    if (failed(s) || !stage.root || !forger.honest || !forger.key ||
        !forger.stranger) {
        (void)fprintf(stderr, "forger: %s %s %s\n", status_name(s.code),
                      s.origin ? s.origin : "", why.text);
        return 2;
    }
    bool ok = honest_is_accepted(&forger);
    unsigned total = 0;
    for (unsigned i = 0; i < forgeries_count; i++)
        total += run_class(&forger, &forgeries[i], &ok);
    (void)printf("%u bad certificates: %s\n", total,
                 ok && total >= 2000 ? "none accepted" : "FAILED");
    X509_free(stage.root);
    X509_free(forger.honest);
    EVP_PKEY_free(forger.key);
    EVP_PKEY_free(forger.stranger);
    hsm_session_clear(&stage.session);
    hsm_token_free(token);
    return ok && total >= 2000 ? 0 : 1;
}
