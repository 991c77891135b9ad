/* Limits of the reader, each at its last good and its first bad value. */

#include "tests/support/check.h"

#include <stdlib.h>

#include "http/http.h"
#include "tests/http/feed.h"

static struct http_request request;

static struct buffer text_make(void)
{
    return buffer_make(4UL << 20);
}

static void put_many(struct buffer *text, char c, size_t count)
{
    for (size_t i = 0; i < count; i++)
        buffer_put_u8(text, (unsigned char)c);
}

static int judged(const struct buffer *text, size_t body_max)
{
    assert_ok(buffer_status(text));
    struct http_reader whole = http_reader_make(body_max);
    struct http_reader cut = http_reader_make(body_max);
    enum http_progress progress =
        http_read(&whole, buffer_bytes(text), &request);
    assert_int_equal(progress, feed(&cut, buffer_bytes(text), 4093));
    assert_int_equal(whole.status, cut.status);
    return progress == HTTP_READ_DONE ? 0 : whole.status;
}

static int judge_request_line(size_t len)
{
    AUTO_CLEAR_BUFFER text = text_make();
    buffer_put_string(&text, "GET /");
    put_many(&text, 'a', len - strlen("GET / HTTP/1.1"));
    buffer_put_string(&text, " HTTP/1.1\r\nHost: a\r\n\r\n");
    return judged(&text, 0);
}

static void a_request_line_may_have_8_KiB(void **state)
{
    (void)state;
    assert_int_equal(judge_request_line(HTTP_REQUEST_LINE_MAX), 0);
    assert_int_equal(judge_request_line(HTTP_REQUEST_LINE_MAX + 1), 414);
    assert_int_equal(judge_request_line(HTTP_HEAD_MAX + 100), 414);
}

static void a_request_line_without_end_is_refused_at_8_KiB(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER text = text_make();
    struct http_reader reader = http_reader_make(0);
    put_many(&text, 'a', HTTP_REQUEST_LINE_MAX);
    assert_int_equal(http_read(&reader, buffer_bytes(&text), &request),
                     HTTP_READ_HEAD);
    put_many(&text, 'a', 1);
    assert_int_equal(http_read(&reader, buffer_bytes(&text), &request),
                     HTTP_READ_REFUSED);
    assert_int_equal(reader.status, 414);
}

static int judge_head(size_t len)
{
    AUTO_CLEAR_BUFFER text = text_make();
    buffer_put_string(&text, "GET / HTTP/1.1\r\nHost: a\r\nA: ");
    put_many(&text, 'a', len - text.len - 4);
    buffer_put_string(&text, "\r\n\r\n");
    assert_int_equal(text.len, len);
    return judged(&text, 0);
}

static void a_head_may_have_16_KiB(void **state)
{
    (void)state;
    assert_int_equal(judge_head(HTTP_HEAD_MAX), 0);
    for (size_t more = 1; more <= 4; more++)
        assert_int_equal(judge_head(HTTP_HEAD_MAX + more), 431);
}

static int judge_fields(size_t count)
{
    AUTO_CLEAR_BUFFER text = text_make();
    buffer_put_string(&text, "GET / HTTP/1.1\r\nHost: a\r\n");
    for (size_t i = 1; i < count; i++)
        buffer_printf(&text, "A%zu: %zu\r\n", i, i);
    buffer_put_string(&text, "\r\n");
    return judged(&text, 0);
}

static void there_may_be_64_fields(void **state)
{
    (void)state;
    assert_int_equal(judge_fields(HTTP_FIELDS_MAX), 0);
    AUTO_CLEAR_BUFFER text = text_make();
    assert_int_equal(judge_fields(HTTP_FIELDS_MAX + 1), 431);
}

static int judge_body(size_t announced, size_t limit)
{
    AUTO_CLEAR_BUFFER text = text_make();
    buffer_printf(&text,
                  "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n\r\n",
                  announced);
    put_many(&text, 'a', announced);
    return judged(&text, limit);
}

static void a_body_may_have_what_the_caller_says(void **state)
{
    (void)state;
    assert_int_equal(judge_body(HTTP_BODY_MAX, HTTP_BODY_MAX), 0);
    assert_int_equal(judge_body(HTTP_BODY_MAX + 1, HTTP_BODY_MAX), 413);
    assert_int_equal(judge_body(10, 10), 0);
    assert_int_equal(judge_body(11, 10), 413);
    assert_int_equal(judge_body(0, 0), 0);
    assert_int_equal(judge_body(1, 0), 413);
}

static void a_body_too_long_is_refused_before_it_comes(void **state)
{
    (void)state;
    struct http_reader reader = http_reader_make(10);
    struct bytes head = bytes_of_string(
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n");
    assert_int_equal(http_read(&reader, head, &request), HTTP_READ_REFUSED);
    assert_int_equal(reader.status, 413);
}

static void the_head_is_recognised_before_the_body(void **state)
{
    (void)state;
    static const char text[] = "POST / HTTP/1.1\r\nHost: a\r\n"
                               "Content-Length: 5\r\n\r\n12345";
    size_t head_len = sizeof(text) - 1 - 5;
    struct http_reader reader = http_reader_make(5);
    assert_int_equal(http_read(&reader, bytes_of(text, head_len - 1), &request),
                     HTTP_READ_HEAD);
    assert_int_equal(reader.head_len, 0);
    assert_int_equal(http_read(&reader, bytes_of(text, head_len), &request),
                     HTTP_READ_BODY);
    assert_int_equal(reader.head_len, head_len);
    assert_int_equal(reader.content_length, 5);
    assert_int_equal(http_read(&reader, bytes_of(text, head_len + 4), &request),
                     HTTP_READ_BODY);
    assert_int_equal(http_read(&reader, bytes_of(text, head_len + 5), &request),
                     HTTP_READ_DONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_line_may_have_8_KiB),
        cmocka_unit_test(a_request_line_without_end_is_refused_at_8_KiB),
        cmocka_unit_test(a_head_may_have_16_KiB),
        cmocka_unit_test(there_may_be_64_fields),
        cmocka_unit_test(a_body_may_have_what_the_caller_says),
        cmocka_unit_test(a_body_too_long_is_refused_before_it_comes),
        cmocka_unit_test(the_head_is_recognised_before_the_body),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
