#include "tests/support/check.h"

#include <stdio.h>

#include "http/http.h"
#include "tests/http/server.h"

#define HELLO                                                                  \
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-Empty:\r\n"              \
    "Content-Length: 5\r\n\r\nhello"

static struct server *server;
static struct http_client *client;
static struct http_answer answer;
static struct reason why;

static void serve(const struct server_answer *answers, size_t count)
{
    const struct server_plan plan = { .answers = answers,
                                      .answer_count = count };
    server = server_start(&plan);
}

static void serve_text(const char *text)
{
    static struct server_answer only; /* outlives this call */
    only = (struct server_answer){ .text = text };
    serve(&only, 1);
}

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

/* Every test ends here, so that none leaves anything to the next. */
static struct server_record finish(void)
{
    http_client_free(client);
    client = NULL;
    http_answer_clear(&answer);
    struct server_record record = server_stop(server);
    server = NULL;
    return record;
}

static void finish_quietly(void)
{
    struct server_record record = finish();
    server_record_clear(&record);
}

static struct status get(const char *path)
{
    const struct http_call call = { .method = HTTP_GET, .path = path };
    why.text[0] = '\0';
    return http_call(client, &call, &answer, &why);
}

/* `format` has one %u: the server's port. */
static void assert_reason(const char *format, unsigned port)
{
    char expected[240];
    const char *mark = strstr(format, "%u");
    assert_non_null(mark);
    (void)snprintf(expected, sizeof(expected), "%.*s%u%s", (int)(mark - format),
                   format, port, mark + 2);
    assert_string_equal(why.text, expected);
}

static void assert_text(const char *expected, struct bytes got)
{
    assert_int_equal(got.len, strlen(expected));
    assert_memory_equal(got.at, expected, got.len);
}

static void an_answer_has_status_body_and_headers(void **state)
{
    (void)state;
    serve_text(HELLO);
    open_client();
    assert_ok(get("/v1/apps?a=b"));
    assert_int_equal(answer.status, 200);
    assert_text("hello", buffer_bytes(&answer.body));
    assert_text("text/plain", http_answer_header(&answer, "content-type"));
    struct bytes empty = http_answer_header(&answer, "X-Empty");
    assert_non_null(empty.at);
    assert_int_equal(empty.len, 0);
    assert_null(http_answer_header(&answer, "X-Other").at);
    finish_quietly();
}

/* Checks all that was sent: `line`, the lines of every call, `rest`. */
static void assert_sent(const struct http_call *call, const char *line,
                        const char *rest)
{
    char text[512];
    serve_text(HELLO);
    (void)snprintf(text, sizeof(text),
                   "%s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n"
                   "Accept: */*\r\n%s",
                   line, server_port(server), rest);
    open_client();
    assert_ok(http_call(client, call, &answer, &why));
    struct server_record record = finish();
    assert_text(text, buffer_bytes(&record.requests));
    server_record_clear(&record);
}

static void a_get_is_sent_with_nothing_superfluous(void **state)
{
    (void)state;
    const struct http_call call = { .method = HTTP_GET, .path = "/v1/a%20b" };
    assert_sent(&call, "GET /v1/a%20b", "\r\n");
}

static void a_post_is_sent_with_body_and_headers(void **state)
{
    (void)state;
    static const struct http_header headers[] = {
        { "X-CSRF-Header", "true" },
        { "X-Empty", "" },
    };
    const struct http_call call = { .method = HTTP_POST,
                                    .path = "/v1/apps",
                                    .content_type = "application/json",
                                    .body = bytes_of("{\0}", 3),
                                    .headers = headers,
                                    .header_count = 2 };
    serve_text(HELLO);
    open_client();
    assert_ok(http_call(client, &call, &answer, &why));
    unsigned port = server_port(server);
    struct server_record record = finish();
    char text[512];
    int len = snprintf(text, sizeof(text),
                       "POST /v1/apps HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n"
                       "Accept: */*\r\nContent-Type: application/json\r\n"
                       "X-CSRF-Header: true\r\nX-Empty:\r\n"
                       "Content-Length: 3\r\n\r\n{",
                       port);
    assert_int_equal(record.requests.len, len + 2);
    assert_memory_equal(record.requests.data, text, (size_t)len);
    assert_memory_equal(record.requests.data + len, "\0}", 2);
    server_record_clear(&record);
}

static void other_methods_are_sent_by_their_name(void **state)
{
    (void)state;
    struct http_call call = { .method = HTTP_PUT,
                              .path = "/a",
                              .body = bytes_of_string("x") };
    assert_sent(&call, "PUT /a", "Content-Length: 1\r\n\r\nx");
    call.method = HTTP_PATCH;
    assert_sent(&call, "PATCH /a", "Content-Length: 1\r\n\r\nx");
    call.body = bytes_of(NULL, 0);
    call.method = HTTP_POST;
    assert_sent(&call, "POST /a", "Content-Length: 0\r\n\r\n");
    call.method = HTTP_DELETE;
    assert_sent(&call, "DELETE /a", "\r\n");
}

static void a_credential_is_sent_and_nothing_else_of_it_is_seen(void **state)
{
    (void)state;
    AUTO_FREE(secret) token = NULL;
    assert_ok(secret_new(10, &token));
    memcpy(secret_fill(token), "Bearer abc", 10);
    const struct http_call call = { .method = HTTP_GET,
                                    .path = "/",
                                    .authorization = token };
    assert_sent(&call, "GET /", "Authorization: Bearer abc\r\n\r\n");
}

static void one_call_leaves_nothing_to_the_next(void **state)
{
    (void)state;
    serve_text(HELLO);
    open_client();
    static const struct http_header header = { "X", "1" };
    const struct http_call first = { .method = HTTP_PATCH,
                                     .path = "/1",
                                     .content_type = "text/plain",
                                     .body = bytes_of_string("body"),
                                     .headers = &header,
                                     .header_count = 1 };
    assert_ok(http_call(client, &first, &answer, &why));
    http_answer_clear(&answer);
    assert_ok(get("/2"));
    unsigned port = server_port(server);
    struct server_record record = finish();
    char text[128];
    int len = snprintf(text, sizeof(text),
                       "GET /2 HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n"
                       "Accept: */*\r\n\r\n",
                       port);
    assert_memory_equal(record.requests.data + record.requests.len - len, text,
                        (size_t)len);
    assert_int_equal(record.connections, 1); /* kept open in between */
    assert_int_equal(record.request_count, 2);
    server_record_clear(&record);
}

static void a_connection_closed_in_between_is_opened_again(void **state)
{
    (void)state;
    const struct server_answer closes = { .text = HELLO, .then_close = true };
    serve(&closes, 1);
    open_client();
    for (int i = 0; i < 3; i++) {
        assert_ok(get("/"));
        http_answer_clear(&answer);
    }
    struct server_record record = finish();
    assert_int_equal(record.connections, 3);
    server_record_clear(&record);
}

static void the_path_of_the_base_comes_first(void **state)
{
    (void)state;
    static const char *const ends[] = { "/v1", "/v1/" };
    for (size_t i = 0; i < 2; i++) {
        char base[96];
        serve_text(HELLO);
        (void)snprintf(base, sizeof(base), "%s%s", server_url(server), ends[i]);
        struct http_client_settings settings = settings_for_server();
        settings.base_url = base;
        assert_ok(http_client_open(&settings, &client, &why));
        assert_ok(get("/sys/version"));
        struct server_record record = finish();
        assert_memory_equal(record.requests.data, "GET /v1/sys/version HTTP",
                            24);
        server_record_clear(&record);
    }
}

static void any_status_but_a_redirect_is_an_answer(void **state)
{
    (void)state;
    static const int statuses[] = { 200, 201, 202, 400, 401, 403,
                                    404, 409, 429, 500, 503 };
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        char text[64];
        (void)snprintf(text, sizeof(text),
                       "HTTP/1.1 %d X\r\nContent-Length: 1\r\n\r\n.",
                       statuses[i]);
        serve_text(text);
        open_client();
        assert_ok(get("/"));
        assert_int_equal(answer.status, statuses[i]);
        assert_int_equal(answer.body.len, 1);
        finish_quietly();
    }
}

static void an_answer_may_be_empty(void **state)
{
    (void)state;
    serve_text("HTTP/1.1 204 No Content\r\n\r\n");
    open_client();
    assert_ok(get("/"));
    assert_int_equal(answer.status, 204);
    assert_int_equal(answer.body.len, 0);
    finish_quietly();
}

static void an_interim_head_is_forgotten(void **state)
{
    (void)state;
    serve_text("HTTP/1.1 100 Continue\r\nX: 1\r\n\r\n"
               "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
    open_client();
    assert_ok(get("/"));
    assert_int_equal(answer.status, 201);
    assert_null(http_answer_header(&answer, "X").at);
    finish_quietly();
}

/* What goes wrong, in the words a person reads. */

static void fails(enum status_code code, const char *reason)
{
    struct http_answer before;
    memset(&answer, 0x5a, sizeof(answer));
    memcpy(&before, &answer, sizeof(before));
    assert_status(code, get("/"));
    assert_reason(reason, server_port(server));
    assert_memory_equal(&before, &answer, sizeof(before)); /* untouched */
    memset(&answer, 0, sizeof(answer));
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
                       "127.0.0.1:%%u answered with a redirect (%d), which "
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
        finish_quietly();
        assert_status(STATUS_INVALID, get_with_limit(texts[i], 4));
        assert_reason("the answer of 127.0.0.1:%u is too long",
                      server_port(server));
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
    fails(STATUS_INVALID, "the answer of 127.0.0.1:%u is too long");
}

static void half_an_answer_is_none(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *reason;
    } rows[] = {
        { "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello",
          "127.0.0.1:%u closed the connection too early" },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
          "127.0.0.1:%u closed the connection too early" },
        { "", "127.0.0.1:%u closed the connection unanswered" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct server_answer cut = { .text = rows[i].text,
                                           .then_close = true };
        serve(&cut, 1);
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
        serve(&odd, 1);
        open_client();
        fails(STATUS_INVALID, "127.0.0.1:%u does not speak HTTP/1.1");
    }
}

static void a_silent_server_is_given_up(void **state)
{
    (void)state;
    const struct server_answer silence = { .text = NULL };
    serve(&silence, 1);
    struct http_client_settings settings = settings_for_server();
    settings.total_ms = 100;
    assert_ok(http_client_open(&settings, &client, &why));
    fails(STATUS_UNAVAILABLE, "127.0.0.1:%u did not answer within 0.1 seconds");
}

static void a_closed_port_is_named(void **state)
{
    (void)state;
    serve_text(HELLO);
    char url[64];
    unsigned port = server_port(server);
    (void)snprintf(url, sizeof(url), "%s", server_url(server));
    finish_quietly(); /* nobody listens there any more */

    const struct http_client_settings settings = { .base_url = url,
                                                   .allow_http = true };
    assert_ok(http_client_open(&settings, &client, &why));
    assert_status(STATUS_UNAVAILABLE, get("/"));
    assert_reason("cannot connect to 127.0.0.1:%u: Connection refused", port);
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

    AUTO_FREE(secret) token = NULL;
    assert_ok(secret_new(4, &token));
    memcpy(secret_fill(token), "a\r\nb", 4);
    const struct http_call authorised = { .method = HTTP_GET,
                                          .path = "/",
                                          .authorization = token };
    refused(&authorised, "the authorization of the call is not valid");
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
        cmocka_unit_test(an_answer_has_status_body_and_headers),
        cmocka_unit_test(a_get_is_sent_with_nothing_superfluous),
        cmocka_unit_test(a_post_is_sent_with_body_and_headers),
        cmocka_unit_test(other_methods_are_sent_by_their_name),
        cmocka_unit_test(a_credential_is_sent_and_nothing_else_of_it_is_seen),
        cmocka_unit_test(one_call_leaves_nothing_to_the_next),
        cmocka_unit_test(a_connection_closed_in_between_is_opened_again),
        cmocka_unit_test(the_path_of_the_base_comes_first),
        cmocka_unit_test(any_status_but_a_redirect_is_an_answer),
        cmocka_unit_test(an_answer_may_be_empty),
        cmocka_unit_test(an_interim_head_is_forgotten),
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
