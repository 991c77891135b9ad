#include "tests/support/check.h"

#include <stdio.h>
#include <stdlib.h>

#include "http/http.h"
#include "tests/http/requests.h"

static struct http_request request;

static bool wants_more(enum http_progress progress)
{
    return progress == HTTP_READ_HEAD || progress == HTTP_READ_BODY;
}

/* Shows the reader `step` bytes more at a time, each time in new memory of
 * exactly that size, so that it can neither look ahead nor keep pointers. */
static enum http_progress feed(struct http_reader *reader, struct bytes text,
                               size_t step)
{
    enum http_progress progress = HTTP_READ_HEAD;
    for (size_t len = 0; len < text.len && wants_more(progress);) {
        len = text.len - len < step ? text.len : len + step;
        unsigned char *copy = malloc(len);
        assert_non_null(copy);
        memcpy(copy, text.at, len);
        progress = http_read(reader, bytes_of(copy, len), &request);
        free(copy);
    }
    return progress;
}

static void explain(size_t row, struct bytes text, const char *got)
{
    print_error("row %zu, %s: %.*s\n", row, got ? got : "accepted",
                (int)text.len, (const char *)text.at);
}

static void every_crafted_request_is_judged_as_the_table_says(void **state)
{
    (void)state;
    assert_true(crafted_request_count >= 150);
    for (size_t i = 0; i < crafted_request_count; i++) {
        const struct crafted_request *row = &crafted_requests[i];
        struct http_reader reader = http_reader_make(HTTP_BODY_MAX);
        enum http_progress progress = http_read(&reader, row->text, &request);

        if (reader.status != row->status ||
            (row->reason && strcmp(reader.reason, row->reason) != 0))
            explain(i, row->text, reader.reason);
        assert_int_equal(reader.status, row->status);
        assert_int_equal(progress,
                         row->status ? HTTP_READ_REFUSED : HTTP_READ_DONE);
        if (row->reason)
            assert_string_equal(reader.reason, row->reason);
        else
            assert_int_equal(reader.consumed, row->text.len);
    }
}

static void the_outcome_does_not_depend_on_how_the_bytes_were_cut(void **state)
{
    (void)state;
    static const size_t steps[] = { 1, 2, 3, 7 };
    for (size_t i = 0; i < crafted_request_count; i++) {
        struct bytes text = crafted_requests[i].text;
        for (size_t j = 0; j < sizeof(steps) / sizeof(steps[0]); j++) {
            struct http_reader reader = http_reader_make(HTTP_BODY_MAX);
            (void)feed(&reader, text, steps[j]);
            assert_int_equal(reader.status, crafted_requests[i].status);
            if (crafted_requests[i].reason)
                assert_string_equal(reader.reason, crafted_requests[i].reason);
        }
    }
}

static void every_prefix_of_a_good_request_wants_more(void **state)
{
    (void)state;
    for (size_t i = 0; i < crafted_request_count; i++) {
        struct bytes text = crafted_requests[i].text;
        if (crafted_requests[i].status != 0)
            continue;
        for (size_t len = 0; len < text.len; len++) {
            struct http_reader reader = http_reader_make(HTTP_BODY_MAX);
            enum http_progress progress =
                http_read(&reader, bytes_of(text.at, len), &request);
            assert_int_equal(progress,
                             reader.head_len ? HTTP_READ_BODY : HTTP_READ_HEAD);
        }
    }
}

static struct http_reader read_ok(struct bytes text)
{
    struct http_reader reader = http_reader_make(HTTP_BODY_MAX);
    assert_int_equal(http_read(&reader, text, &request), HTTP_READ_DONE);
    return reader;
}

static void assert_text(const char *expected, struct bytes got)
{
    assert_int_equal(got.len, strlen(expected));
    assert_memory_equal(got.at, expected, got.len);
}

static void a_request_is_taken_apart(void **state)
{
    (void)state;
    (void)read_ok(bytes_of_string(
        "PATCH /v1/apps/a%20b?x=1&y HTTP/1.1\r\n"
        "Host: h:1\r\nContent-Type:  application/json \r\nX:\r\nX: 2\r\n"
        "Content-Length: 3\r\n\r\n{ }"));
    assert_int_equal(request.method, HTTP_PATCH);
    assert_text("/v1/apps/a%20b", request.path);
    assert_text("x=1&y", request.query);
    assert_text("h:1", request.host);
    assert_text("{ }", request.body);
    assert_text("application/json",
                http_request_header(&request, "content-TYPE"));
    assert_text("3", http_request_header(&request, "Content-Length"));
    struct bytes first = http_request_header(&request, "x");
    assert_non_null(first.at); /* there, but empty */
    assert_int_equal(first.len, 0);
    assert_null(http_request_header(&request, "Y").at);
    assert_null(http_request_header(&request, "").at);
    assert_true(request.keep_alive);
}

static void each_method_is_told_apart(void **state)
{
    (void)state;
    static const enum http_method methods[] = { HTTP_GET, HTTP_POST, HTTP_PUT,
                                                HTTP_PATCH, HTTP_DELETE };
    for (size_t i = 0; i < 5; i++) {
        char text[64];
        (void)snprintf(text, sizeof(text), "%s / HTTP/1.1\r\nHost: a\r\n\r\n",
                       http_method_name(methods[i]));
        (void)read_ok(bytes_of_string(text));
        assert_int_equal(request.method, methods[i]);
        assert_non_null(strstr(HTTP_METHODS, http_method_name(methods[i])));
    }
}

static bool keeps_alive(const char *connection)
{
    char text[128];
    (void)snprintf(text, sizeof(text),
                   "GET / HTTP/1.1\r\nHost: a\r\nConnection: %s\r\n\r\n",
                   connection);
    (void)read_ok(bytes_of_string(text));
    return request.keep_alive;
}

static void a_client_that_says_close_is_heard(void **state)
{
    (void)state;
    assert_false(keeps_alive("close"));
    assert_false(keeps_alive("Close"));
    assert_false(keeps_alive("TE, close"));
    assert_false(keeps_alive("keep-alive,\tclose , x"));
    assert_true(keeps_alive("keep-alive"));
    assert_true(keeps_alive("closed"));
    assert_true(keeps_alive("x-close"));
    assert_true(keeps_alive(""));
}

static void what_follows_a_request_is_left_alone(void **state)
{
    (void)state;
    static const char first[] = "POST /1 HTTP/1.1\r\nHost: a\r\n"
                                "Content-Length: 2\r\n\r\n{}";
    static const char both[] = "POST /1 HTTP/1.1\r\nHost: a\r\n"
                               "Content-Length: 2\r\n\r\n{}"
                               "GET /2 HTTP/1.1\r\nHost: b\r\n\r\n\n\n\0";
    struct bytes text = bytes_of(both, sizeof(both) - 1);
    struct http_reader reader = read_ok(text);
    assert_int_equal(reader.consumed, sizeof(first) - 1);
    assert_text("{}", request.body);

    (void)read_ok(
        bytes_of(text.at + reader.consumed, text.len - reader.consumed));
    assert_text("/2", request.path);
}

static void asking_again_gives_the_same_answer(void **state)
{
    (void)state;
    struct bytes good = bytes_of_string("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    struct http_reader reader = read_ok(good);
    assert_int_equal(http_read(&reader, good, &request), HTTP_READ_DONE);
    assert_int_equal(reader.consumed, good.len);

    reader = http_reader_make(0);
    struct bytes bad = bytes_of_string("\n");
    assert_int_equal(http_read(&reader, bad, &request), HTTP_READ_REFUSED);
    assert_int_equal(http_read(&reader, good, &request), HTTP_READ_REFUSED);
    assert_int_equal(reader.status, 400);
}

static void the_output_is_untouched_until_the_request_is_complete(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "GET / HTTP/1.1\r\nHost: a\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{",
        "GET / HTTP/1.1\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct http_reader reader = http_reader_make(HTTP_BODY_MAX);
        struct http_request before;
        memset(&request, 0x5a, sizeof(request));
        memcpy(&before, &request, sizeof(before));
        assert_int_not_equal(
            http_read(&reader, bytes_of_string(texts[i]), &request),
            HTTP_READ_DONE);
        assert_memory_equal(&before, &request, sizeof(before));
    }
}

/* Limits, each at its last good and its first bad value. */

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

/* The bytes before reader.scanned are poisoned but for the one line that is
 * not finished: whoever looked back would see no request any more. */
static void no_byte_of_a_finished_line_is_looked_at_again(void **state)
{
    (void)state;
    static const char text[] =
        "GET /path?query HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n";
    unsigned char shown[sizeof(text)];
    struct http_reader reader = http_reader_make(0);
    enum http_progress progress = HTTP_READ_HEAD;
    size_t line = 0;
    for (size_t len = 1; len < sizeof(text); len++) {
        memcpy(shown, text, len);
        memset(shown, '\0', line);
        progress = http_read(&reader, bytes_of(shown, len), &request);
        if (text[len - 1] == '\n')
            line = len;
    }
    assert_int_equal(progress, HTTP_READ_DONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_crafted_request_is_judged_as_the_table_says),
        cmocka_unit_test(the_outcome_does_not_depend_on_how_the_bytes_were_cut),
        cmocka_unit_test(every_prefix_of_a_good_request_wants_more),
        cmocka_unit_test(a_request_is_taken_apart),
        cmocka_unit_test(each_method_is_told_apart),
        cmocka_unit_test(a_client_that_says_close_is_heard),
        cmocka_unit_test(what_follows_a_request_is_left_alone),
        cmocka_unit_test(asking_again_gives_the_same_answer),
        cmocka_unit_test(the_output_is_untouched_until_the_request_is_complete),
        cmocka_unit_test(a_request_line_may_have_8_KiB),
        cmocka_unit_test(a_request_line_without_end_is_refused_at_8_KiB),
        cmocka_unit_test(a_head_may_have_16_KiB),
        cmocka_unit_test(there_may_be_64_fields),
        cmocka_unit_test(a_body_may_have_what_the_caller_says),
        cmocka_unit_test(a_body_too_long_is_refused_before_it_comes),
        cmocka_unit_test(the_head_is_recognised_before_the_body),
        cmocka_unit_test(no_byte_of_a_finished_line_is_looked_at_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
