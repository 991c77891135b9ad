#include "tests/support/check.h"

#include <stdio.h>

#include "http/http.h"
#include "tests/http/case.h"

#define HELLO                                                                  \
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-Empty:\r\n"              \
    "Content-Length: 5\r\n\r\nhello"

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
    close_client();
    finish_quietly();
}

/* Checks all that was sent: `line`, the lines of every call, `rest`. */
static void assert_sent(const struct http_call *call, const char *line,
                        const char *rest)
{
    char text[512];
    serve_text(HELLO);
    (void)snprintf(text, sizeof(text),
                   "%s HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n"
                   "Accept: */*\r\n%s",
                   line, rest);
    open_client();
    assert_ok(http_call(client, call, &answer, &why));
    close_client();
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
    close_client();
    struct server_record record = finish();
    assert_true(record.requests.len > 3);
    size_t len = record.requests.len - 3;
    assert_text("POST /v1/apps HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n"
                "Accept: */*\r\nContent-Type: application/json\r\n"
                "X-CSRF-Header: true\r\nX-Empty:\r\n"
                "Content-Length: 3\r\n\r\n",
                bytes_of(record.requests.data, len));
    assert_memory_equal(record.requests.data + len, "{\0}", 3);
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

/* libcurl would ask first whether so much is welcome. */
static void a_long_body_is_sent_at_once(void **state)
{
    (void)state;
    static unsigned char body[HTTP_BODY_MAX + 1];
    const struct http_call call = { .method = HTTP_POST,
                                    .path = "/",
                                    .body = bytes_of(body, sizeof(body)) };
    serve_text(HELLO);
    open_client();
    assert_ok(http_call(client, &call, &answer, &why));
    assert_int_equal(answer.status, 200);
    close_client();
    struct server_record record = finish();
    assert_true(record.requests.len > sizeof(body));
    server_record_clear(&record);
}

static void a_long_path_and_header_are_sent_whole(void **state)
{
    (void)state;
    char value[6001];
    char path[7001];
    memset(value, 'v', sizeof(value));
    memset(path, 'p', sizeof(path));
    path[0] = '/';
    value[sizeof(value) - 1] = path[sizeof(path) - 1] = '\0';
    const struct http_header header = { "X", value };
    const struct http_call call = {
        .method = HTTP_GET, .path = path, .headers = &header, .header_count = 1
    };
    serve_text(HELLO);
    open_client();
    assert_ok(http_call(client, &call, &answer, &why));
    close_client();
    struct server_record record = finish();
    assert_non_null(memmem(record.requests.data, record.requests.len, path,
                           sizeof(path) - 1));
    assert_non_null(memmem(record.requests.data, record.requests.len, value,
                           sizeof(value) - 1));
    server_record_clear(&record);
}

/* The server's reader refuses a segment of dots: so this was not made "/b". */
static void a_path_is_sent_as_it_stands(void **state)
{
    (void)state;
    serve_text(HELLO);
    open_client();
    assert_status(STATUS_UNAVAILABLE, get("/a/../b"));
    close_client();
    struct server_record record = finish();
    assert_int_equal(record.request_count, 0);
    server_record_clear(&record);
}

static void a_credential_is_sent_in_its_field(void **state)
{
    (void)state;
    AUTO_FREE(secret) token = secret_of("Bearer abc");
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
    close_client();
    struct server_record record = finish();
    unsigned char *second =
        memmem(record.requests.data, record.requests.len, "GET /2", 6);
    assert_non_null(second);
    size_t first_len = (size_t)(second - record.requests.data);
    assert_text("PATCH /1 HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n"
                "Accept: */*\r\nContent-Type: text/plain\r\nX: 1\r\n"
                "Content-Length: 4\r\n\r\nbody",
                bytes_of(record.requests.data, first_len));
    assert_text("GET /2 HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n"
                "Accept: */*\r\n\r\n",
                bytes_of(record.requests.data + first_len,
                         record.requests.len - first_len));
    assert_int_equal(record.connections, 1); /* kept open in between */
    assert_int_equal(record.request_count, 2);
    server_record_clear(&record);
}

static void a_connection_closed_in_between_is_opened_again(void **state)
{
    (void)state;
    const struct server_answer closes = { .text = HELLO, .then_close = true };
    serve_answer(&closes);
    open_client();
    for (int i = 0; i < 3; i++) {
        assert_ok(get("/"));
        http_answer_clear(&answer);
    }
    close_client();
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
        close_client();
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
        close_client();
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
    close_client();
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
        cmocka_unit_test(an_answer_has_status_body_and_headers),
        cmocka_unit_test(a_get_is_sent_with_nothing_superfluous),
        cmocka_unit_test(a_post_is_sent_with_body_and_headers),
        cmocka_unit_test(other_methods_are_sent_by_their_name),
        cmocka_unit_test(a_long_body_is_sent_at_once),
        cmocka_unit_test(a_long_path_and_header_are_sent_whole),
        cmocka_unit_test(a_path_is_sent_as_it_stands),
        cmocka_unit_test(a_credential_is_sent_in_its_field),
        cmocka_unit_test(one_call_leaves_nothing_to_the_next),
        cmocka_unit_test(a_connection_closed_in_between_is_opened_again),
        cmocka_unit_test(the_path_of_the_base_comes_first),
        cmocka_unit_test(any_status_but_a_redirect_is_an_answer),
        cmocka_unit_test(an_answer_may_be_empty),
        cmocka_unit_test(an_interim_head_is_forgotten),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
