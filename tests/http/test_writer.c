#include "tests/support/check.h"

#include "http/http.h"

#define COMMON "Cache-Control: no-store\r\n"

static void assert_written(const char *expected, const struct http_reply *reply)
{
    AUTO_CLEAR_BUFFER out = buffer_make(4096);
    assert_ok(http_reply_write(reply, &out));
    assert_int_equal(out.len, strlen(expected));
    assert_memory_equal(out.data, expected, out.len);
}

static void an_answer_is_written_in_one_piece(void **state)
{
    (void)state;
    static const struct http_header more[] = {
        { "X-Request-Id", "7" },
        { "Set-Cookie", "s=1; Secure" },
        { "Set-Cookie", "t=" },
    };
    const struct http_reply reply = {
        .status = 200,
        .date = 784111777, /* the example of RFC 9110, 5.6.7 */
        .content_type = "application/json",
        .body = bytes_of_string("{\"a\":1}"),
        .headers = more,
        .header_count = 3,
        .close = true,
    };
    assert_written("HTTP/1.1 200 OK\r\n"
                   "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n" COMMON
                   "X-Request-Id: 7\r\n"
                   "Set-Cookie: s=1; Secure\r\n"
                   "Set-Cookie: t=\r\n"
                   "Connection: close\r\n"
                   "Content-Type: application/json\r\n"
                   "Content-Length: 7\r\n"
                   "\r\n"
                   "{\"a\":1}",
                   &reply);
}

static void the_smallest_answer_still_has_a_length(void **state)
{
    (void)state;
    const struct http_reply reply = { .status = 404 };
    assert_written("HTTP/1.1 404 Not Found\r\n" COMMON
                   "Content-Length: 0\r\n\r\n",
                   &reply);
}

static void no_content_means_no_byte_and_no_length(void **state)
{
    (void)state;
    struct http_reply reply = { .status = 204,
                                .content_type = "text/plain",
                                .body = bytes_of_string("stray") };
    assert_written("HTTP/1.1 204 No Content\r\n" COMMON "\r\n", &reply);
    reply.status = 304;
    assert_written("HTTP/1.1 304 Not Modified\r\n" COMMON "\r\n", &reply);
}

static void a_body_may_hold_any_byte(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER out = buffer_make(4096);
    const struct http_reply reply = { .status = 200,
                                      .body = bytes_of("\0\r\n\xff", 4) };
    assert_ok(http_reply_write(&reply, &out));
    assert_memory_equal(out.data + out.len - 8, "\r\n\r\n\0\r\n\xff", 8);
}

static void dates_are_those_of_the_calendar(void **state)
{
    (void)state;
    struct http_reply reply = { .status = 204, .date = 1709164800 };
    assert_written("HTTP/1.1 204 No Content\r\n"
                   "Date: Thu, 29 Feb 2024 00:00:00 GMT\r\n" COMMON "\r\n",
                   &reply);
    reply.date = 4102444799;
    assert_written("HTTP/1.1 204 No Content\r\n"
                   "Date: Thu, 31 Dec 2099 23:59:59 GMT\r\n" COMMON "\r\n",
                   &reply);
}

static void assert_refused(const struct http_reply *reply)
{
    AUTO_CLEAR_BUFFER out = buffer_make(4096);
    assert_status(STATUS_INVALID, http_reply_write(reply, &out));
    assert_int_equal(out.len, 0);
}

static void nothing_can_end_a_field_early(void **state)
{
    (void)state;
    static const struct http_header bad[] = {
        { "X", "a\r\nSet-Cookie: b" },
        { "X", "a\n" },
        { "X", "a\r" },
        { "X", "\xc3\xa9" },
        { "X", "\x01" },
        { "X\r\nY", "a" },
        { "X:", "a" },
        { "X ", "a" },
        { "", "a" },
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const struct http_reply reply = { .status = 200,
                                          .headers = &bad[i],
                                          .header_count = 1 };
        assert_refused(&reply);
    }
    const struct http_reply reply = { .status = 200,
                                      .content_type = "text/plain\r\nX: y" };
    assert_refused(&reply);
}

static void what_the_writer_writes_itself_cannot_be_given(void **state)
{
    (void)state;
    static const char *const own[] = {
        "Content-Length", "content-length", "Transfer-Encoding", "Connection",
        "Date",           "Content-Type",   "CACHE-CONTROL"
    };
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
        const struct http_header header = { own[i], "0" };
        const struct http_reply reply = { .status = 200,
                                          .headers = &header,
                                          .header_count = 1 };
        assert_refused(&reply);
    }
}

static void a_status_without_text_is_refused(void **state)
{
    (void)state;
    static const int statuses[] = { 0, 100, 101, 199, 299, 302, 600, -200 };
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        const struct http_reply reply = { .status = statuses[i] };
        assert_null(http_status_text(statuses[i]));
        assert_refused(&reply);
    }
}

static void every_status_of_the_reader_has_a_text(void **state)
{
    (void)state;
    static const int statuses[] = { 400, 405, 408, 411, 413,
                                    414, 417, 431, 501, 505 };
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
        assert_non_null(http_status_text(statuses[i]));
}

static void a_full_buffer_is_reported(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER out = buffer_make(20);
    const struct http_reply reply = { .status = 200 };
    assert_status(STATUS_INVALID, http_reply_write(&reply, &out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_is_written_in_one_piece),
        cmocka_unit_test(the_smallest_answer_still_has_a_length),
        cmocka_unit_test(no_content_means_no_byte_and_no_length),
        cmocka_unit_test(a_body_may_hold_any_byte),
        cmocka_unit_test(dates_are_those_of_the_calendar),
        cmocka_unit_test(nothing_can_end_a_field_early),
        cmocka_unit_test(what_the_writer_writes_itself_cannot_be_given),
        cmocka_unit_test(a_status_without_text_is_refused),
        cmocka_unit_test(every_status_of_the_reader_has_a_text),
        cmocka_unit_test(a_full_buffer_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
