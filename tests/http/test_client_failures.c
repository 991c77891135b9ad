/* Calls that fail, and the words a person reads then. */

#include "tests/support/check.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/http.h"
#include "tests/http/case.h"

#define HELLO "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"

static struct http_client *client;
static struct http_answer answer;

static struct http_client_settings settings_for_server(void)
{
    return (struct http_client_settings){ .base_url = server_url(server),
                                          .allow_http = true };
}

static void open_client(void)
{
    const struct http_client_settings settings = settings_for_server();
    assert_ok(http_client_open(&settings, &client, &why));
}

/* Before the server stops; so that no test leaves anything to the next. */
static void close_client(void)
{
    http_client_free(client);
    client = NULL;
    http_answer_clear(&answer);
}

static struct status get(const char *path)
{
    const struct http_call call = { .method = HTTP_GET, .path = path };
    why.text[0] = '\0';
    return http_call(client, &call, &answer, &why);
}

static void fails(enum status_code code, const char *reason)
{
    struct http_answer before;
    memset(&answer, 0x5a, sizeof(answer));
    memcpy(&before, &answer, sizeof(before));
    assert_status(code, get("/"));
    assert_reason(reason);
    assert_memory_equal(&before, &answer, sizeof(before)); /* untouched */
    memset(&answer, 0, sizeof(answer));
    close_client();
    finish_quietly();
}

static void a_redirect_is_never_followed(void **state)
{
    (void)state;
    static const int statuses[] = { 301, 302, 303, 307, 308 };
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        char text[128];
        char reason[128];
        (void)snprintf(text, sizeof(text),
                       "HTTP/1.1 %d X\r\nLocation: /other\r\n"
                       "Content-Length: 0\r\n\r\n",
                       statuses[i]);
        (void)snprintf(reason, sizeof(reason),
                       "127.0.0.1:PORT answered with a redirect (%d), which "
                       "is never followed",
                       statuses[i]);
        serve_text(text);
        open_client();
        fails(STATUS_INVALID, reason);
    }
}

static struct status get_with_limit(const char *text, size_t max)
{
    serve_text(text);
    struct http_client_settings settings = settings_for_server();
    settings.answer_max = max;
    assert_ok(http_client_open(&settings, &client, &why));
    return get("/");
}

static void an_answer_has_a_limit(void **state)
{
    (void)state;
    static const char *const texts[] = {
        HELLO, /* announced, and in chunks */
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n",
    };
    for (size_t i = 0; i < 2; i++) {
        assert_ok(get_with_limit(texts[i], 5));
        assert_text("hello", buffer_bytes(&answer.body));
        close_client();
        finish_quietly();
        assert_status(STATUS_INVALID, get_with_limit(texts[i], 4));
        assert_reason("the answer of 127.0.0.1:PORT is too long");
        close_client();
        finish_quietly();
    }
}

static void a_head_of_an_answer_has_a_limit(void **state)
{
    (void)state;
    static char text[80000];
    size_t len = (size_t)snprintf(text, sizeof(text), "HTTP/1.1 200 OK\r\n");
    while (len < 40000)
        len += (size_t)snprintf(text + len, 100, "A%zu: 1234567890\r\n", len);
    (void)snprintf(text + len, 40, "Content-Length: 0\r\n\r\n");
    serve_text(text);
    open_client();
    fails(STATUS_INVALID, "the answer of 127.0.0.1:PORT is too long");
}

static void half_an_answer_is_none(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *reason;
    } rows[] = {
        { "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello",
          "127.0.0.1:PORT closed the connection too early" },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
          "127.0.0.1:PORT closed the connection too early" },
        { "", "127.0.0.1:PORT closed the connection unanswered" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct server_answer cut = { .text = rows[i].text,
                                           .then_close = true };
        serve_answer(&cut);
        open_client();
        fails(STATUS_UNAVAILABLE, rows[i].reason);
    }
}

static void what_is_not_http_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "SSH-2.0-OpenSSH_9.2\r\n",
        "hello",
        "<html>",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        const struct server_answer odd = { .text = texts[i],
                                           .then_close = true };
        serve_answer(&odd);
        open_client();
        fails(STATUS_INVALID, "127.0.0.1:PORT does not speak HTTP/1.1");
    }
}

static void a_silent_server_is_given_up(void **state)
{
    (void)state;
    const struct server_answer silence = { .text = NULL };
    serve_answer(&silence);
    struct http_client_settings settings = settings_for_server();
    settings.total_ms = 100;
    assert_ok(http_client_open(&settings, &client, &why));
    fails(STATUS_UNAVAILABLE,
          "127.0.0.1:PORT did not answer within 0.1 seconds");
}

/* Bound, so that nobody else gets the port, but not listening. */
static int closed_port(unsigned *out_port)
{
    struct sockaddr_in at = { .sin_family = AF_INET };
    socklen_t len = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    *out_port = ntohs(at.sin_port);
    return fd;
}

static void a_closed_port_is_named(void **state)
{
    (void)state;
    unsigned port = 0;
    int fd = closed_port(&port);
    char url[64];
    char reason[96];
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%u", port);
    (void)snprintf(reason, sizeof(reason),
                   "cannot connect to 127.0.0.1:%u: Connection refused", port);
    const struct http_client_settings settings = { .base_url = url,
                                                   .allow_http = true };
    assert_ok(http_client_open(&settings, &client, &why));
    assert_status(STATUS_UNAVAILABLE, get("/"));
    assert_string_equal(why.text, reason);
    (void)close(fd);
    http_client_free(client);
    client = NULL;
}

/* RFC 6761: "invalid." is never resolved. */
static void a_host_without_address_is_named(void **state)
{
    (void)state;
    const struct http_client_settings settings = {
        .base_url = "http://broker.invalid:81", .allow_http = true
    };
    assert_ok(http_client_open(&settings, &client, &why));
    assert_status(STATUS_UNAVAILABLE, get("/"));
    assert_string_equal(why.text, "no address is known for broker.invalid:81");
    http_client_free(client);
    client = NULL;
}

/* What is refused before anything is sent. */

static void refused(const struct http_call *call, const char *reason)
{
    why.text[0] = '\0';
    assert_status(STATUS_INVALID, http_call(client, call, &answer, &why));
    assert_string_equal(why.text, reason);
}

static void a_malformed_path_is_not_sent(void **state)
{
    (void)state;
    static const char *const paths[] = {
        "",           "a",      "?a",        "/a b",
        "/a\r\nX: y", "/a#b",   "/%",        "/%zz",
        "/a?%",       "/a?b c", "/\xc3\xa9", "http://other.example/",
        "/a\\b",
    };
    serve_text(HELLO);
    open_client();
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        const struct http_call call = { .method = HTTP_GET, .path = paths[i] };
        refused(&call, "the path of the call is not valid");
    }
    close_client();
    struct server_record record = finish();
    assert_int_equal(record.connections, 0);
    server_record_clear(&record);
}

static void malformed_headers_are_not_sent(void **state)
{
    (void)state;
    static const struct http_header headers[] = {
        { "X", "a\r\nY: b" },
        { "X\r\n", "a" },
        { "X:", "a" },
        { "", "a" },
        { "Content-Length", "1" },
        { "transfer-encoding", "chunked" },
        { "Host", "other" },
        { "Content-Type", "a" },
        { "Authorization", "a" },
        { "Expect", "100-continue" },
        { "Connection", "close" },
    };
    serve_text(HELLO);
    open_client();
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        const struct http_call call = { .method = HTTP_POST,
                                        .path = "/",
                                        .headers = &headers[i],
                                        .header_count = 1 };
        refused(&call, "a header of the call is not valid");
    }
    const struct http_call typed = { .method = HTTP_POST,
                                     .path = "/",
                                     .content_type = "a\r\nX: y" };
    refused(&typed, "the content type of the call is not valid");

    AUTO_FREE(secret) token = secret_of("a\r\nb");
    const struct http_call authorised = { .method = HTTP_GET,
                                          .path = "/",
                                          .authorization = token };
    refused(&authorised, "the authorization of the call is not valid");
    close_client();
    struct server_record record = finish();
    assert_int_equal(record.connections, 0);
    server_record_clear(&record);
}

static void a_get_or_delete_has_no_body(void **state)
{
    (void)state;
    serve_text(HELLO);
    open_client();
    struct http_call call = { .method = HTTP_GET,
                              .path = "/",
                              .body = bytes_of_string("x") };
    refused(&call, "a GET or DELETE call cannot have a body");
    call.method = HTTP_DELETE;
    refused(&call, "a GET or DELETE call cannot have a body");
    call.body.len = 0;
    call.content_type = "text/plain";
    refused(&call, "a GET or DELETE call cannot have a body");
    close_client();
    finish_quietly();
}

static int set_up(void **state)
{
    (void)state;
    return failed(secret_heap_open(65536));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_redirect_is_never_followed),
        cmocka_unit_test(an_answer_has_a_limit),
        cmocka_unit_test(a_head_of_an_answer_has_a_limit),
        cmocka_unit_test(half_an_answer_is_none),
        cmocka_unit_test(what_is_not_http_is_refused),
        cmocka_unit_test(a_silent_server_is_given_up),
        cmocka_unit_test(a_closed_port_is_named),
        cmocka_unit_test(a_host_without_address_is_named),
        cmocka_unit_test(a_malformed_path_is_not_sent),
        cmocka_unit_test(malformed_headers_are_not_sent),
        cmocka_unit_test(a_get_or_delete_has_no_body),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
