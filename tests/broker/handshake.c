#include "tests/broker/handshake.h"

#include <openssl/err.h>

#include "tests/support/check.h"

void issue(struct pkcs11_door *by, enum ca_kind kind, struct ca_key *key,
           uint64_t from, struct buffer *der)
{
    static const char *const names[] = { "broker.example" };
    struct ca_certificate_fields fields = {
        .statement = { .kind = kind },
        .spki = ca_spki(ca_key_public(key)),
        .serial = { 9 },
        .not_before = from,
        .not_after = from + 3600,
        .common_name = "x",
        .names = names,
        .names_count = kind == CA_SERVER ? 1 : 0,
    };
    char enclave[CA_NAME_MAX + 1];
    const char *const enclaves[] = { enclave };
    struct ca_enclave_name name = { .label = "" };
    if (kind != CA_SERVER) {
        memset(fields.statement.account.bytes, 1, 16);
        memset(fields.statement.id.bytes, 2, 16);
    }
    if (kind == CA_ENCLAVE) {
        memset(fields.statement.configuration.bytes, 3, HASH_LEN);
        memset(fields.statement.identity.bytes, 4, HASH_LEN);
        memset(fields.statement.evidence.bytes, 5, HASH_LEN);
        fields.statement.evidence_kind = API_KIND_SGX;
        name.configuration = fields.statement.configuration;
        memset(name.label, 'a', CA_LABEL_LEN);
        assert_ok(ca_enclave_name_write(&name, SOFT_DOMAIN, enclave));
        fields.names = enclaves;
        fields.names_count = 1;
    }
    *der = buffer_make(CA_CERTIFICATE_MAX);
    soft_door_issue(by, &fields, der);
}

SSL_CTX *client_context(void)
{
    SSL_CTX *c = SSL_CTX_new(TLS_client_method());
    assert_non_null(c);
    SSL_CTX_set_verify(c, SSL_VERIFY_NONE, NULL); /* the server is on trial */
    SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_CLIENT);
    return c;
}

void use_certificate(SSL_CTX *c, struct ca_key *key, const struct buffer *der)
{
    const unsigned char *at = der->data;
    X509 *certificate = d2i_X509(NULL, &at, (long)der->len);
    assert_non_null(certificate);
    assert_int_equal(1, SSL_CTX_use_certificate(c, certificate));
    assert_int_equal(1, SSL_CTX_use_PrivateKey(c, ca_key_pkey(key)));
    X509_free(certificate);
}

struct pair pair_of(SSL_CTX *client, SSL_CTX *server)
{
    struct pair p = { SSL_new(client), SSL_new(server) };
    BIO *to_server = NULL, *to_client = NULL;
    assert_non_null(p.client);
    assert_non_null(p.server);
    assert_int_equal(
        1, BIO_new_bio_pair(&to_server, 1 << 16, &to_client, 1 << 16));
    SSL_set_bio(p.client, to_server, to_server);
    SSL_set_bio(p.server, to_client, to_client);
    SSL_set_connect_state(p.client);
    SSL_set_accept_state(p.server);
    return p;
}

bool shake(struct pair *p)
{
    for (int round = 0; round < 20; round++) {
        int client = SSL_do_handshake(p->client);
        if (client != 1 &&
            SSL_get_error(p->client, client) != SSL_ERROR_WANT_READ)
            return false;
        int server = SSL_do_handshake(p->server);
        if (server != 1 &&
            SSL_get_error(p->server, server) != SSL_ERROR_WANT_READ)
            return false;
        if (client == 1 && server == 1)
            return true;
    }
    return false;
}

void end(struct pair *p)
{
    SSL_free(p->client);
    SSL_free(p->server);
    ERR_clear_error();
}
