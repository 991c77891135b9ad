#include "tests/support/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "http/http.h"
#include "tests/http/case.h"
#include "tests/http/pki.h"
#include "tests/support/temp_dir.h"

#define HELLO "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"

static const struct server_answer hello = { .text = HELLO };

static struct pki root;
static struct pki stranger; /* an authority nobody asked for */
static struct pki_identity at_loopback;
static struct pki_identity elsewhere;
static struct pki_identity person;

static void serve(const struct pki_identity *as)
{
    const struct server_plan plan = { .answers = &hello,
                                      .answer_count = 1,
                                      .certificate = as->certificate,
                                      .key = as->key };
    serve_plan(&plan);
}

static struct http_client_settings trusting(const struct pki *authority)
{
    return (struct http_client_settings){
        .base_url = server_url(server),
        .roots = buffer_bytes(&authority->pem),
    };
}

/* One call over a connection of its own. */
static struct status call_with(const struct http_client_settings *settings)
{
    AUTO_FREE(http_client) client = NULL;
    AUTO_CLEAR_ANSWER answer = { 0 };
    const struct http_call call = { .method = HTTP_GET, .path = "/" };
    why.text[0] = '\0';
    assert_ok(http_client_open(settings, &client, &why));
    TRY(http_call(client, &call, &answer, &why));
    assert_int_equal(answer.body.len, 5);
    return OK;
}

static void a_server_of_the_given_root_is_believed(void **state)
{
    (void)state;
    serve(&at_loopback);
    struct http_client_settings settings = trusting(&root);
    assert_ok(call_with(&settings));
    finish_quietly();
}

static void several_roots_may_be_given(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER both = buffer_make(16384);
    serve(&at_loopback);
    buffer_put(&both, buffer_bytes(&stranger.pem));
    buffer_put(&both, buffer_bytes(&root.pem));
    struct http_client_settings settings = trusting(&root);
    settings.roots = buffer_bytes(&both);
    assert_ok(call_with(&settings));
    finish_quietly();
}

static void a_server_of_another_root_is_not(void **state)
{
    (void)state;
    serve(&at_loopback);
    struct http_client_settings settings = trusting(&stranger);
    assert_status(STATUS_DENIED, call_with(&settings));
    assert_reason("the certificate of 127.0.0.1:PORT"
                  " was not accepted: unable to get local issuer certificate");
    struct server_record record = finish();
    assert_int_equal(record.request_count, 0); /* nothing was asked */
    server_record_clear(&record);
}

static void a_server_of_another_name_is_not(void **state)
{
    (void)state;
    serve(&elsewhere);
    struct http_client_settings settings = trusting(&root);
    assert_status(STATUS_DENIED, call_with(&settings));
    assert_reason("the certificate of 127.0.0.1:PORT"
                  " is not for the name 127.0.0.1");
    struct server_record record = finish();
    assert_int_equal(record.request_count, 0);
    server_record_clear(&record);
}

static void a_certificate_that_has_expired_is_not_believed(void **state)
{
    (void)state;
    struct pki_identity old =
        pki_issue(&root, "old", "IP:127.0.0.1", 3 * 86400L);
    serve(&old);
    struct http_client_settings settings = trusting(&root);
    assert_status(STATUS_DENIED, call_with(&settings));
    assert_reason("the certificate of 127.0.0.1:PORT"
                  " was not accepted: certificate has expired");
    finish_quietly();
    pki_identity_clear(&old);
}

static void another_name_than_the_hosts_may_be_demanded(void **state)
{
    (void)state;
    serve(&elsewhere);
    struct http_client_settings settings = trusting(&root);
    settings.server_name = "nodes.broker.example";
    assert_ok(call_with(&settings));
    settings.server_name = "other.broker.example";
    assert_status(STATUS_DENIED, call_with(&settings));
    assert_reason("the certificate of 127.0.0.1:PORT"
                  " is not for the name other.broker.example");
    char host[64];
    (void)snprintf(host, sizeof(host), "Host: nodes.broker.example:%u\r\n",
                   server_port(server));
    struct server_record record = finish();
    char *sent = buffer_string(&record.requests);
    assert_non_null(strstr(sent, host));
    free(sent);
    assert_memory_equal(record.asked_name.data, "other.broker.example", 20);
    server_record_clear(&record);
}

static void the_client_certificate_is_shown(void **state)
{
    (void)state;
    const struct server_plan plan = { .answers = &hello,
                                      .answer_count = 1,
                                      .certificate = at_loopback.certificate,
                                      .key = at_loopback.key,
                                      .client_root = root.certificate };
    serve_plan(&plan);
    struct http_client_settings settings = trusting(&root);
    settings.certificate = buffer_bytes(&person.pem);
    settings.key = person.key;
    assert_ok(call_with(&settings));
    struct server_record record = finish();
    assert_int_equal(record.client_name.len, 6);
    assert_memory_equal(record.client_name.data, "person", 6);
    server_record_clear(&record);
}

static void a_server_that_wants_a_certificate_can_say_so(void **state)
{
    (void)state;
    const struct server_plan plan = { .answers = &hello,
                                      .answer_count = 1,
                                      .certificate = at_loopback.certificate,
                                      .key = at_loopback.key,
                                      .client_root = root.certificate };
    serve_plan(&plan);
    struct http_client_settings settings = trusting(&root);
    assert_status(STATUS_UNAVAILABLE, call_with(&settings));
    assert_non_null(strstr(why.text, "127.0.0.1:"));
    finish_quietly();
}

static void assert_among(const unsigned *admitted, size_t count,
                         const struct buffer *offered)
{
    assert_true(offered->len >= 2);
    for (size_t i = 0; i + 1 < offered->len; i += 2) {
        unsigned one = (unsigned)offered->data[i] << 8 | offered->data[i + 1];
        size_t j = 0;
        while (j < count && admitted[j] != one)
            j++;
        assert_true(j < count);
    }
}

/* IANA's numbers: the TLS 1.3 suites, the ECDHE suites with AES-GCM or
 * ChaCha20-Poly1305, and the renegotiation signal; TLS 1.3 and 1.2; X25519,
 * P-256 and P-384. */
static void only_what_is_forward_secret_is_offered(void **state)
{
    (void)state;
    static const unsigned ciphers[] = {
        0x1301, 0x1302, 0x1303, 0xc02b, 0xc02c,
        0xc02f, 0xc030, 0xcca8, 0xcca9, 0x00ff
    };
    static const unsigned versions[] = { 0x0304, 0x0303 };
    static const unsigned groups[] = { 0x001d, 0x0017, 0x0018 };
    serve(&at_loopback);
    struct http_client_settings settings = trusting(&root);
    assert_ok(call_with(&settings));
    struct server_record record = finish();
    assert_among(ciphers, 10, &record.ciphers);
    assert_among(versions, 2, &record.versions);
    assert_among(groups, 3, &record.groups);
    server_record_clear(&record);
}

static void no_session_is_continued(void **state)
{
    (void)state;
    const struct server_answer closes = { .text = HELLO, .then_close = true };
    const struct server_plan plan = { .answers = &closes,
                                      .answer_count = 1,
                                      .certificate = at_loopback.certificate,
                                      .key = at_loopback.key };
    serve_plan(&plan);
    struct http_client_settings settings = trusting(&root);
    AUTO_FREE(http_client) client = NULL;
    const struct http_call call = { .method = HTTP_GET, .path = "/" };
    assert_ok(http_client_open(&settings, &client, &why));
    for (int i = 0; i < 3; i++) {
        AUTO_CLEAR_ANSWER answer = { 0 };
        assert_ok(http_call(client, &call, &answer, &why));
    }
    struct server_record record = finish();
    assert_int_equal(record.connections, 3);
    assert_int_equal(record.resumed, 0);
    server_record_clear(&record);
}

static void a_handshake_that_hangs_is_given_up(void **state)
{
    (void)state;
    const struct server_plan plan = { .answers = &hello,
                                      .answer_count = 1,
                                      .certificate = at_loopback.certificate,
                                      .key = at_loopback.key,
                                      .deaf = true };
    serve_plan(&plan);
    struct http_client_settings settings = trusting(&root);
    settings.connect_ms = 100;
    assert_status(STATUS_UNAVAILABLE, call_with(&settings));
    assert_reason("cannot connect to 127.0.0.1:PORT"
                  " within 0.1 seconds");
    finish_quietly();
}

static void a_plain_server_is_no_tls_server(void **state)
{
    (void)state;
    const struct server_plan plan = { .answers = &hello, .answer_count = 1 };
    serve_plan(&plan);
    char url[64];
    (void)snprintf(url, sizeof(url), "https://127.0.0.1:%u",
                   server_port(server));
    struct http_client_settings settings = trusting(&root);
    settings.base_url = url;
    assert_status(STATUS_UNAVAILABLE, call_with(&settings));
    assert_non_null(strstr(why.text, "the call to 127.0.0.1:"));
    finish_quietly();
}

/* main() sets the environment before libcurl can read it. */
static const char *key_log;

static void the_environment_has_no_say(void **state)
{
    (void)state;
    struct stat about;
    assert_non_null(getenv("https_proxy")); /* a port that nobody serves */
    serve(&at_loopback);
    struct http_client_settings settings = trusting(&root);
    assert_ok(call_with(&settings));
    finish_quietly();
    /* libcurl makes the file, but nothing gets into it. */
    if (stat(key_log, &about) == 0)
        assert_int_equal(about.st_size, 0);
}

/* Without verification. */

static void anybody_can_be_asked_for_a_root(void **state)
{
    (void)state;
    serve(&elsewhere);
    AUTO_FREE(http_client) client = NULL;
    AUTO_CLEAR_ANSWER answer = { 0 };
    const struct http_call call = { .method = HTTP_GET,
                                    .path = "/accord/v1/installation" };
    assert_ok(http_client_open_unverified(server_url(server), &client, &why));
    assert_ok(http_call(client, &call, &answer, &why));
    assert_int_equal(answer.status, 200);
    http_client_free(TAKE(client));
    finish_quietly();
}

static void nothing_of_ours_goes_to_an_unverified_server(void **state)
{
    (void)state;
    serve(&at_loopback);
    AUTO_FREE(http_client) client = NULL;
    AUTO_FREE(secret) token = secret_of("x");
    struct http_answer answer = { 0 };
    static const struct http_header header = { "X", "1" };
    const struct http_call calls[] = {
        { .method = HTTP_POST, .path = "/" },
        { .method = HTTP_DELETE, .path = "/" },
        { .method = HTTP_GET, .path = "/", .authorization = token },
        { .method = HTTP_GET,
          .path = "/",
          .headers = &header,
          .header_count = 1 },
    };
    assert_ok(http_client_open_unverified(server_url(server), &client, &why));
    for (size_t i = 0; i < 4; i++) {
        assert_status(STATUS_INVALID,
                      http_call(client, &calls[i], &answer, &why));
        assert_string_equal(why.text, "an unverified server may only be asked, "
                                      "with nothing of the caller's");
    }
    struct server_record record = finish();
    assert_int_equal(record.connections, 0);
    server_record_clear(&record);
}

static int set_up(void **state)
{
    (void)state;
    root = pki_make("root");
    stranger = pki_make("stranger");
    at_loopback = pki_issue(&root, "loopback", "IP:127.0.0.1", 60);
    elsewhere = pki_issue(&root, "127.0.0.1", "DNS:nodes.broker.example", 60);
    person = pki_issue(&root, "person", NULL, 60);
    return failed(secret_heap_open(65536));
}

static int tear_down(void **state)
{
    (void)state;
    pki_clear(&root);
    pki_clear(&stranger);
    pki_identity_clear(&at_loopback);
    pki_identity_clear(&elsewhere);
    pki_identity_clear(&person);
    return 0;
}

int main(void)
{
    struct temp_dir dir = temp_dir_make();
    key_log = temp_dir_path(&dir, "keys");
    if (setenv("SSLKEYLOGFILE", key_log, 1) != 0 ||
        setenv("https_proxy", "http://127.0.0.1:1", 1) != 0 ||
        setenv("ALL_PROXY", "http://127.0.0.1:1", 1) != 0)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_of_the_given_root_is_believed),
        cmocka_unit_test(several_roots_may_be_given),
        cmocka_unit_test(a_server_of_another_root_is_not),
        cmocka_unit_test(a_server_of_another_name_is_not),
        cmocka_unit_test(a_certificate_that_has_expired_is_not_believed),
        cmocka_unit_test(another_name_than_the_hosts_may_be_demanded),
        cmocka_unit_test(the_client_certificate_is_shown),
        cmocka_unit_test(a_server_that_wants_a_certificate_can_say_so),
        cmocka_unit_test(only_what_is_forward_secret_is_offered),
        cmocka_unit_test(no_session_is_continued),
        cmocka_unit_test(a_handshake_that_hangs_is_given_up),
        cmocka_unit_test(a_plain_server_is_no_tls_server),
        cmocka_unit_test(the_environment_has_no_say),
        cmocka_unit_test(anybody_can_be_asked_for_a_root),
        cmocka_unit_test(nothing_of_ours_goes_to_an_unverified_server),
    };
    int result = cmocka_run_group_tests(tests, set_up, tear_down);
    temp_dir_remove(&dir);
    return result;
}
