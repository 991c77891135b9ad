/* A program for an enclave that talks with another one of its workflow: what
 * libaccord does up to the configuration, then TLS with the certificate it was
 * issued, believing only who has the name it was told under the zone's root.
 *
 *     partner measure
 *     partner serve AGENT BROKER HASH PORT OBJECT        prints its TCP port
 *     partner call  AGENT BROKER HASH PORT OBJECT TCP-PORT
 *
 * Exits 0 when both have heard each other. */

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/text.h"
#include "enclave/session.h"

static int say(const char *what)
{
    (void)fprintf(stderr, "partner: %s\n", what);
    ERR_print_errors_fp(stderr);
    return 1;
}

static int measure(void)
{
    char hex[2 * HASH_LEN + 1];
    char self[] = "/proc/self/exe";
    struct trouble trouble = { .code = "" };
    struct accord_session *session = session_new();
    if (!session)
        return say("no memory");
    session->program = strdup(self);
    bool done = !failed(session_measure(session, NULL, &trouble));
    hex_encode(hash_bytes(&session->measurement), hex);
    accord_session_free(session);
    return done && puts(hex) >= 0 ? 0 : say(trouble.why.text);
}

/* The name of what is connected there; from extra, as connections are. */
static const char *name_of(const struct accord_session *session,
                           const char *port, const char *object)
{
    const json_t *at = json_object_get(session->extra, "connections");
    at = json_object_get(json_object_get(at, port), object);
    at = json_object_get(json_object_get(at, "application"), "workflow_domain");
    return json_string_value(at);
}

/* --- TLS ----------------------------------------------------------------- */

static bool trust(SSL_CTX *context, const struct buffer *zone_ca)
{
    BIO *in = BIO_new_mem_buf(zone_ca->data, (int)zone_ca->len);
    X509 *root = PEM_read_bio_X509(in, NULL, NULL, NULL);
    bool done =
        root && X509_STORE_add_cert(SSL_CTX_get_cert_store(context), root) == 1;
    X509_free(root);
    BIO_free(in);
    return done;
}

static SSL *tls_of(const struct accord_session *session, SSL_CTX *context,
                   const char *peer, int fd)
{
    const struct buffer *leaf = &session->leaf;
    SSL_CTX_set_verify(context,
                       SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    if (!trust(context, &session->zone_ca) ||
        SSL_CTX_use_certificate_ASN1(context, (int)leaf->len, leaf->data) !=
            1 ||
        SSL_CTX_use_PrivateKey(context, ca_key_pkey(session->key)) != 1)
        return NULL;
    SSL *ssl = SSL_new(context);
    if (ssl && SSL_set1_host(ssl, peer) == 1 && SSL_set_fd(ssl, fd) == 1)
        return ssl;
    SSL_free(ssl);
    return NULL;
}

/* Each says its own configuration's hash and hears the other's. */
static bool exchange(const struct accord_session *session, SSL *ssl)
{
    char mine[2 * HASH_LEN + 1], theirs[2 * HASH_LEN + 1] = "";
    int got = 0, len = 2 * HASH_LEN;
    hex_encode(hash_bytes(&session->configuration), mine);
    if (SSL_write(ssl, mine, len) != len)
        return false;
    while (got < len) {
        int more = SSL_read(ssl, theirs + got, len - got);
        if (more <= 0)
            return false;
        got += more;
    }
    return printf("heard %s\n", theirs) > 0;
}

static int talk(const struct accord_session *session, const char *peer, int fd,
                bool serves)
{
    struct timeval patience = { .tv_sec = 20 };
    SSL_CTX *context = SSL_CTX_new(TLS_method());
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    SSL *ssl = context ? tls_of(session, context, peer, fd) : NULL;
    bool met = ssl && (serves ? SSL_accept(ssl) : SSL_connect(ssl)) == 1;
    bool heard = met && exchange(session, ssl);
    if (met)
        (void)SSL_shutdown(ssl);
    SSL_free(ssl);
    SSL_CTX_free(context);
    (void)close(fd);
    return heard ? 0 : say(met ? "heard nothing" : "not who was expected");
}

static int serve(const struct accord_session *session, const char *peer)
{
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof(at);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(listener, (struct sockaddr *)&at, len) != 0 ||
        listen(listener, 1) != 0 ||
        getsockname(listener, (struct sockaddr *)&at, &len) != 0)
        return say("cannot listen");
    (void)printf("%u\n", (unsigned)ntohs(at.sin_port));
    (void)fflush(stdout);
    int fd = accept(listener, NULL, NULL);
    (void)close(listener);
    return fd < 0 ? say("nobody came") : talk(session, peer, fd, true);
}

static int call(const struct accord_session *session, const char *peer,
                const char *port)
{
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port =
                                  htons((uint16_t)strtoul(port, NULL, 10)),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0)
        return say("nobody listens");
    return talk(session, peer, fd, false);
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "measure") == 0)
        return measure();
    if (argc != 7 && argc != 8)
        return say("usage: see the head of partner.c");
    const struct accord_options options = { .size = sizeof(options),
                                            .agent = argv[2],
                                            .broker = argv[3],
                                            .configuration = argv[4],
                                            .allow_http = 1 };
    struct accord_session *session = session_new();
    if (!session || session_attest(session, &options) != ACCORD_OK)
        return say(session ? accord_error(session) : "no memory");
    const char *peer = name_of(session, argv[5], argv[6]);
    int status = !peer       ? say("nothing is connected there")
                 : argc == 7 ? serve(session, peer)
                             : call(session, peer, argv[7]);
    accord_session_free(session);
    return status;
}
