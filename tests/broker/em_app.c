#include "tests/broker/em_app.h"

#include <arpa/inet.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/text.h"
#include "broker/listener.h"
#include "broker/own.h"
#include "tests/support/examples.h"

void __real_connection_reply(struct connection *connection,
                             const struct http_reply *reply);

void em_app_serve(struct em_app *app)
{
    struct reason why = { "" };
    struct sockaddr_in at;
    socklen_t len = sizeof(at);
    int fd = -1;
    stage_real_reply = __real_connection_reply;
    assert_ok(pool_start(&app->stage->broker, 2, &app->pool));
    assert_ok(own_renew_tls(&app->stage->broker, &why));
    assert_ok(listener_tcp("127.0.0.1", 0, &fd, &why));
    assert_int_equal(0, getsockname(fd, (struct sockaddr *)&at, &len));
    app->port = ntohs(at.sin_port);
    assert_ok(
        loop_open(&app->stage->broker, fd, false, route_groups, &app->loop));
    assert_ok(loop_start(app->loop));
}

void em_app_stop(struct em_app *app)
{
    loop_stop(app->loop);
    pool_stop(app->pool);
    loop_free(app->loop);
    stage_real_reply = NULL;
}

/* --- the client ---------------------------------------------------------- */

static void trust_zone(const struct em_app *app, SSL_CTX *context)
{
    const struct buffer *root = &app->stage->door->root;
    const unsigned char *at = root->data;
    X509 *zone = d2i_X509(NULL, &at, (long)root->len);
    assert_non_null(zone);
    assert_int_equal(
        1, X509_STORE_add_cert(SSL_CTX_get_cert_store(context), zone));
    X509_free(zone);
    X509_VERIFY_PARAM_set_time(SSL_CTX_get0_param(context),
                               (time_t)stage_seconds());
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
}

static void carry_certificate(const struct em_app *app, SSL_CTX *context)
{
    struct bytes der = as_enclave(app->enclave);
    assert_int_equal(
        1, SSL_CTX_use_certificate_ASN1(context, (int)der.len, der.at));
    assert_int_equal(
        1, SSL_CTX_use_PrivateKey(context, ca_key_pkey(app->enclave->key)));
}

/* Mbed TLS 2.28: TLS 1.2, ECDHE, names against dNSNames only. */
struct link em_app_dial(const struct em_app *app, const char *server_name)
{
    struct timeval patience = { .tv_sec = 10 };
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons(app->port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct link l = { .context = SSL_CTX_new(TLS_client_method()) };
    assert_int_equal(1,
                     SSL_CTX_set_max_proto_version(l.context, TLS1_2_VERSION));
    trust_zone(app, l.context);
    if (app->enclave)
        carry_certificate(app, l.context);
    l.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(0, setsockopt(l.fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
                                   sizeof(patience)));
    assert_int_equal(0, connect(l.fd, (struct sockaddr *)&to, sizeof(to)));
    l.ssl = SSL_new(l.context);
    assert_int_equal(1, SSL_set_tlsext_host_name(l.ssl, server_name));
    assert_int_equal(1, SSL_set1_host(l.ssl, server_name));
    assert_int_equal(1, SSL_set_fd(l.ssl, l.fd));
    assert_int_equal(1, SSL_connect(l.ssl));
    assert_int_equal(TLS1_2_VERSION, SSL_version(l.ssl));
    return l;
}

void em_app_hang_up(struct link *l)
{
    SSL_free(l->ssl);
    SSL_CTX_free(l->context);
    (void)close(l->fd);
}

static size_t length_in(const char *head)
{
    const char *field = strstr(head, "\r\nContent-Length: ");
    return field ? strtoul(field + 18, NULL, 10) : 0;
}

/* hyper reads the head, then as many bytes as it says, and not one more. */
static void hear(struct link *l, struct heard *out)
{
    size_t len = 0;
    out->body = buffer_make(64 * 1024);
    while (len < 4 || memcmp(out->head + len - 4, "\r\n\r\n", 4) != 0) {
        assert_true(len + 1 < sizeof(out->head));
        assert_int_equal(1, SSL_read(l->ssl, out->head + len, 1));
        len++;
    }
    out->head[len] = '\0';
    assert_int_equal(1, sscanf(out->head, "HTTP/1.1 %d", &out->status));
    size_t rest = length_in(out->head);
    while (out->body.len < rest) {
        char chunk[1024];
        size_t room = rest - out->body.len;
        int got = SSL_read(l->ssl, chunk,
                           (int)(room < sizeof(chunk) ? room : sizeof(chunk)));
        assert_true(got > 0);
        buffer_put(&out->body, bytes_of(chunk, (size_t)got));
    }
    assert_int_equal(0, SSL_pending(l->ssl));
}

void em_app_ask(struct link *l, const char *text, struct heard *out)
{
    int len = (int)strlen(text);
    assert_int_equal(len, SSL_write(l->ssl, text, len));
    hear(l, out);
}

json_t *em_app_json(struct heard *heard)
{
    json_t *value = NULL;
    assert_int_equal(200, heard->status);
    assert_non_null(strstr(heard->head, "Content-Type: application/json\r\n"));
    assert_ok(api_json_read(buffer_bytes(&heard->body), 64 * 1024, true, &value,
                            NULL));
    buffer_clear(&heard->body);
    return value;
}

/* --- the flow ------------------------------------------------------------ */

/* As em-client 4.0.2 does: the hash of `config`, typed, must be the one the
 * program was started with. */
json_t *em_app_runtime(const struct em_app *app, const char *path)
{
    char text[512];
    struct heard heard;
    struct hash hash;
    struct link l = em_app_dial(app, "nodes." EM_APP_HOST);
    (void)snprintf(text, sizeof(text),
                   "GET %s HTTP/1.1\r\nHost: " EM_APP_HOST ":9443\r\n\r\n",
                   path);
    em_app_ask(&l, text, &heard);
    em_app_hang_up(&l);
    json_t *runtime = em_app_json(&heard);
    assert_ok(api_configuration_hash(json_object_get(runtime, "config"), &hash,
                                     NULL));
    assert_true(hash_equal(&hash, app->runtime));
    return runtime;
}

const char *em_app_text(const json_t *object, const char *member)
{
    const char *text = json_string_value(json_object_get(object, member));
    assert_non_null(text);
    return text;
}

void em_app_log_in(struct link *l, const char *app, char token[80])
{
    char text[512], plain[64];
    struct heard heard;
    AUTO_CLEAR_BUFFER basic = buffer_make(256);
    (void)snprintf(plain, sizeof(plain), "%s:", app);
    base64_encode(bytes_of_string(plain), &basic);
    (void)snprintf(text, sizeof(text),
                   "POST /sys/v1/session/auth HTTP/1.1\r\n"
                   "Host: " EM_APP_HOST ":9443\r\nAuthorization: Basic %.*s\r\n"
                   "Content-Length: 0\r\n\r\n",
                   (int)basic.len, (const char *)basic.data);
    em_app_ask(l, text, &heard);
    AUTO_JSON *auth = em_app_json(&heard);
    assert_like_example(69, auth);
    assert_string_equal("Bearer", em_app_text(auth, "token_type"));
    assert_string_equal(app, em_app_text(auth, "entity_id"));
    (void)snprintf(token, 80, "%s", em_app_text(auth, "access_token"));
}

void em_app_export(struct link *l, const char *key, const char *token,
                   struct heard *heard)
{
    char text[512], body[128];
    int len = snprintf(body, sizeof(body), "{\"name\":\"%s\"}", key);
    (void)snprintf(text, sizeof(text),
                   "POST /crypto/v1/keys/export HTTP/1.1\r\n"
                   "Host: " EM_APP_HOST
                   ":9443\r\nContent-Type: application/json\r\n"
                   "Authorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s",
                   token, len, body);
    em_app_ask(l, text, heard);
}

void em_app_terminate(struct link *l, const char *token)
{
    char text[512];
    struct heard heard;
    (void)snprintf(text, sizeof(text),
                   "POST /sys/v1/session/terminate HTTP/1.1\r\n"
                   "Host: " EM_APP_HOST ":9443\r\nAuthorization: Bearer %s\r\n"
                   "Content-Length: 0\r\n\r\n",
                   token);
    em_app_ask(l, text, &heard);
    assert_int_equal(204, heard.status);
    assert_null(strstr(heard.head, "Content-Length"));
    buffer_clear(&heard.body);
}
