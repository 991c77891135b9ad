/* The server's rules for TLS, seen by clients that try to bend them. */

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include "broker/tls.h"
#include "tests/broker/handshake.h"
#include "tests/broker/soft_door.h"
#include "tests/broker/stage.h"

static struct pkcs11_door *door, *stranger;
static struct peers *peers;
static struct tls *tls;
static struct tls_thread server_thread;
static SSL_CTX *server_context;

static void identify(uint64_t from)
{
    AUTO_CLEAR_BUFFER leaf = { 0 };
    struct ca_key *key = NULL;
    assert_ok(ca_key_generate(CA_KEY_P256, &key));
    issue(door, CA_SERVER, key, from, &leaf);
    assert_ok(tls_set(tls, key, buffer_bytes(&leaf)));
}

static int setup(void **state)
{
    (void)state;
    assert_ok(peers_new(buffer_bytes(&door->root), &peers));
    assert_ok(tls_new(buffer_bytes(&door->root), peers, &tls));
    identify(STAGE_NOW);
    assert_ok(tls_context(tls, &server_thread));
    server_context = server_thread.context;
    stage_clock.wall = (STAGE_NOW + 60) * 1000;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    tls_thread_clear(&server_thread);
    server_context = NULL;
    tls_free(tls);
    peers_free(peers);
    return 0;
}

static int group(void **state)
{
    if (stage_group(state) != 0)
        return -1;
    soft_door_make(STAGE_NOW - 100000, &door);
    soft_door_make(STAGE_NOW - 100000, &stranger);
    return 0;
}

static int group_end(void **state)
{
    (void)state;
    soft_door_destroy(door);
    soft_door_destroy(stranger);
    return 0;
}

/* --- a client ------------------------------------------------------------ */

static struct pair connect_to(SSL_CTX *client)
{
    return pair_of(client, server_context);
}

/* One handshake by such a client. */
static bool accepted(SSL_CTX *client)
{
    struct pair p = connect_to(client);
    bool done = shake(&p);
    end(&p);
    return done;
}

static void versions_1_3_and_1_2_are_spoken(void **state)
{
    (void)state;
    static const int versions[] = { TLS1_3_VERSION, TLS1_2_VERSION };
    for (size_t i = 0; i < 2; i++) {
        SSL_CTX *c = client_context();
        (void)SSL_CTX_set_min_proto_version(c, versions[i]);
        (void)SSL_CTX_set_max_proto_version(c, versions[i]);
        struct pair p = connect_to(c);
        assert_true(shake(&p)); /* without a certificate: it is only asked */
        assert_int_equal(versions[i], SSL_version(p.server));
        assert_null(SSL_get0_peer_certificate(p.server));
        end(&p);
        SSL_CTX_free(c);
    }
}

static void version_1_1_is_refused(void **state)
{
    (void)state;
    SSL_CTX *c = client_context();
    SSL_CTX_set_security_level(c, 0);
    (void)SSL_CTX_set_min_proto_version(c, TLS1_VERSION);
    (void)SSL_CTX_set_max_proto_version(c, TLS1_1_VERSION);
    (void)SSL_CTX_set_cipher_list(c, "ALL:@SECLEVEL=0");
    assert_false(accepted(c));
    SSL_CTX_free(c);
}

static void suites_without_aead_or_ecdhe_are_refused(void **state)
{
    (void)state;
    static const char *const suites[] = { "ECDHE-ECDSA-AES128-SHA256",
                                          "ECDHE-ECDSA-AES256-SHA",
                                          "ECDHE-ECDSA-AES128-CCM8" };
    for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++) {
        SSL_CTX *c = client_context();
        (void)SSL_CTX_set_max_proto_version(c, TLS1_2_VERSION);
        SSL_CTX_set_security_level(c, 0);
        assert_int_equal(1, SSL_CTX_set_cipher_list(c, suites[i]));
        assert_false(accepted(c));
        SSL_CTX_free(c);
    }
}

/* --- client certificates ------------------------------------------------- */

/* A handshake of that version with a certificate for `key` by `by`. */
static bool admitted_with(struct ca_key *key, int version,
                          struct pkcs11_door *by, uint64_t from,
                          enum ca_kind kind)
{
    SSL_CTX *c = client_context();
    AUTO_CLEAR_BUFFER der = { 0 };
    issue(by, kind, key, from, &der);
    use_certificate(c, key, &der);
    (void)SSL_CTX_set_max_proto_version(c, version);
    struct pair p = connect_to(c);
    bool done = shake(&p);
    if (done)
        assert_non_null(SSL_get0_peer_certificate(p.server));
    end(&p);
    SSL_CTX_free(c);
    return done;
}

/* Valid from `from` on; both versions judge alike. */
static bool admitted(struct pkcs11_door *by, uint64_t from, enum ca_kind kind)
{
    AUTO_FREE(ca_key) key = NULL;
    assert_ok(ca_key_generate(CA_KEY_P256, &key));
    bool old = admitted_with(key, TLS1_2_VERSION, by, from, kind);
    assert_int_equal(old, admitted_with(key, TLS1_3_VERSION, by, from, kind));
    return old;
}

/* Programs have RSA keys, to which a release is wrapped. */
static void every_key_of_a_program_is_accepted(void **state)
{
    (void)state;
    static const enum ca_key_kind kinds[] = { CA_KEY_P256, CA_KEY_P384,
                                              CA_KEY_RSA_3072 };
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        AUTO_FREE(ca_key) key = NULL;
        assert_ok(ca_key_generate(kinds[i], &key));
        assert_true(
            admitted_with(key, TLS1_2_VERSION, door, STAGE_NOW, CA_ENCLAVE));
        assert_true(
            admitted_with(key, TLS1_3_VERSION, door, STAGE_NOW, CA_ENCLAVE));
    }
}

static void each_of_these_groups_is_spoken(void **state)
{
    (void)state;
    static const char *const groups[] = { "X25519", "P-256", "P-384", "P-521" };
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        SSL_CTX *c = client_context();
        assert_int_equal(1, SSL_CTX_set1_groups_list(c, groups[i]));
        assert_true(accepted(c));
        SSL_CTX_free(c);
    }
}

static void our_own_certificates_are_accepted(void **state)
{
    (void)state;
    assert_true(admitted(door, STAGE_NOW, CA_PERSON));
}

static void certificates_of_another_ca_are_refused(void **state)
{
    (void)state;
    assert_false(admitted(stranger, STAGE_NOW, CA_PERSON));
}

static void certificates_out_of_time_are_refused(void **state)
{
    (void)state;
    assert_false(admitted(door, STAGE_NOW - 7200, CA_PERSON));
    assert_false(admitted(door, STAGE_NOW + 7200, CA_PERSON));
}

static void a_servers_certificate_is_none_for_clients(void **state)
{
    (void)state;
    assert_false(admitted(door, STAGE_NOW, CA_SERVER));
}

/* --- no resumption, no renegotiation ------------------------------------- */

static SSL_SESSION *session_of(SSL_CTX *c)
{
    char byte;
    struct pair p = connect_to(c);
    assert_true(shake(&p));
    assert_int_equal(1, SSL_write(p.server, "x", 1)); /* tickets would come */
    assert_int_equal(1, SSL_read(p.client, &byte, 1));
    SSL_SESSION *session = SSL_get1_session(p.client);
    assert_non_null(session);
    (void)SSL_shutdown(p.client);
    end(&p);
    return session;
}

static void no_session_is_resumed(void **state)
{
    (void)state;
    static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
    for (size_t i = 0; i < 2; i++) {
        SSL_CTX *c = client_context();
        (void)SSL_CTX_set_max_proto_version(c, versions[i]);
        SSL_SESSION *session = session_of(c);
        assert_false(SSL_SESSION_has_ticket(session));
        struct pair p = connect_to(c);
        assert_int_equal(1, SSL_set_session(p.client, session));
        assert_true(shake(&p));
        assert_false(SSL_session_reused(p.client));
        assert_false(SSL_session_reused(p.server));
        end(&p);
        SSL_SESSION_free(session);
        SSL_CTX_free(c);
    }
}

static void nobody_renegotiates(void **state)
{
    (void)state;
    char byte;
    SSL_CTX *c = client_context();
    (void)SSL_CTX_set_max_proto_version(c, TLS1_2_VERSION);
    struct pair p = connect_to(c);
    assert_true(shake(&p));
    assert_int_equal(1, SSL_renegotiate(p.client));
    (void)SSL_do_handshake(p.client); /* sends the ClientHello */
    assert_true(SSL_read(p.server, &byte, 1) < 0);
    /* The server says no_renegotiation: for this client that is the end. */
    assert_int_not_equal(1, SSL_do_handshake(p.client));
    assert_int_equal(SSL_R_NO_RENEGOTIATION,
                     ERR_GET_REASON(ERR_peek_last_error()));
    end(&p);
    SSL_CTX_free(c);
}

static void plaintext_is_cleansed_and_not_read_ahead(void **state)
{
    (void)state;
    uint64_t options = SSL_CTX_get_options(server_context);
    assert_true(options & SSL_OP_CLEANSE_PLAINTEXT);
    assert_true(options & SSL_OP_NO_COMPRESSION);
    assert_int_equal(0, SSL_CTX_get_max_early_data(server_context));
    assert_int_equal(0, SSL_CTX_get_read_ahead(server_context));
}

/* --- the identity -------------------------------------------------------- */

static void without_an_identity_there_is_no_context(void **state)
{
    (void)state;
    AUTO_FREE(tls) empty = NULL;
    struct tls_thread mine = { .context = NULL };
    assert_ok(tls_new(buffer_bytes(&door->root), peers, &empty));
    assert_status(STATUS_UNAVAILABLE, tls_context(empty, &mine));
    assert_null(mine.context);
    assert_true(tls_due(empty, STAGE_NOW));
}

static void a_context_is_made_anew_only_after_a_change(void **state)
{
    (void)state;
    struct tls_thread mine = { .context = NULL };
    assert_ok(tls_context(tls, &mine));
    SSL_CTX *first = mine.context;
    assert_ok(tls_context(tls, &mine));
    assert_ptr_equal(first, mine.context);
    SSL_CTX_up_ref(first); /* so that its address stays taken */
    identify(STAGE_NOW + 60);
    assert_ok(tls_context(tls, &mine));
    assert_ptr_not_equal(first, mine.context);
    SSL_CTX_free(first);
    tls_thread_clear(&mine);
}

static void an_identity_is_due_at_half_its_life(void **state)
{
    (void)state;
    assert_false(tls_due(tls, STAGE_NOW));
    assert_false(tls_due(tls, STAGE_NOW + 1799));
    assert_true(tls_due(tls, STAGE_NOW + 1800));
}

static void what_is_no_certificate_replaces_nothing(void **state)
{
    (void)state;
    struct ca_key *key = NULL;
    AUTO_FREE(tls) none = NULL;
    assert_ok(ca_key_generate(CA_KEY_P256, &key));
    struct status s = tls_set(tls, key, bytes_of_string("nonsense"));
    assert_status(STATUS_INVALID, s); /* and the key is not leaked */
    SSL_CTX *c = client_context();
    assert_true(accepted(c));
    SSL_CTX_free(c);
    assert_true(failed(tls_new(bytes_of_string("nonsense"), peers, &none)));
}

#define tls_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        tls_test(versions_1_3_and_1_2_are_spoken),
        tls_test(version_1_1_is_refused),
        tls_test(suites_without_aead_or_ecdhe_are_refused),
        tls_test(every_key_of_a_program_is_accepted),
        tls_test(each_of_these_groups_is_spoken),
        tls_test(our_own_certificates_are_accepted),
        tls_test(certificates_of_another_ca_are_refused),
        tls_test(certificates_out_of_time_are_refused),
        tls_test(a_servers_certificate_is_none_for_clients),
        tls_test(no_session_is_resumed),
        tls_test(nobody_renegotiates),
        tls_test(plaintext_is_cleansed_and_not_read_ahead),
        tls_test(without_an_identity_there_is_no_context),
        tls_test(a_context_is_made_anew_only_after_a_change),
        tls_test(an_identity_is_due_at_half_its_life),
        tls_test(what_is_no_certificate_replaces_nothing),
    };
    return cmocka_run_group_tests(tests, group, group_end);
}
