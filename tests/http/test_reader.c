#include "tests/support/check.h"

#include <stdio.h>

#include "http/http.h"
#include "tests/http/feed.h"
#include "tests/http/requests.h"

static struct http_request request;

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

/* One byte of every value, between two texts. */
struct place {
    const char *before;
    const char *after;
    const char *accepted; /* nothing else */
};

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS  "0123456789"
#define MARKS   "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
#define LINE    "POST / HTTP/1.1\r\nHost: a\r\n"
#define END     "\r\n\r\n"

/* clang-format off */
static const struct place places[] = {
    { "GE", "T / HTTP/1.1\r\nHost: a" END,   "" },
    { "GET /a", "b HTTP/1.1\r\nHost: a" END, LETTERS DIGITS "-._~:|/?" },
    { "GET /?a", "b HTTP/1.1\r\nHost: a" END,
      LETTERS DIGITS "-._~!$&'()*+,;=:@/?" },
    { "GET / HTTP/1.1", "\r\nHost: a" END,   "" },
    { "GET / HTTP/1.1\r\nHost: a", "b" END,  LETTERS DIGITS "-._" },
    { LINE "A", "b: c" END,
      LETTERS DIGITS "!#$%&'*+-.^_`|~" ":" },
    { LINE "A: b", "c" END,                  LETTERS DIGITS MARKS " \t" },
    { LINE, "A: b" END,                      LETTERS DIGITS "!#$%&'*+-.^_`|~" },
    { LINE "Content-Length: 1", "" END,      DIGITS " \t" },
    { LINE "Content-Length: ", "1" END,      "123456789 \t" },
    { LINE "A: b\r", "\r\n", "\n" },
};
/* clang-format on */

static int judge_byte(const struct place *place, unsigned char byte)
{
    unsigned char text[256];
    size_t before = strlen(place->before);
    size_t after = strlen(place->after);
    memcpy(text, place->before, before);
    text[before] = byte;
    memcpy(text + before + 1, place->after, after);
    struct http_reader reader = http_reader_make(HTTP_BODY_MAX);
    (void)http_read(&reader, bytes_of(text, before + 1 + after), &request);
    return reader.status;
}

static void no_other_byte_passes_anywhere(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        for (unsigned byte = 0; byte < 256; byte++) {
            bool passes = byte && strchr(places[i].accepted, (int)byte);
            int status = judge_byte(&places[i], (unsigned char)byte);
            if (passes != (status == 0))
                print_error("place %zu, byte %#x: %d\n", i, byte, status);
            assert_int_equal(passes, status == 0);
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
        cmocka_unit_test(no_other_byte_passes_anywhere),
        cmocka_unit_test(a_request_is_taken_apart),
        cmocka_unit_test(each_method_is_told_apart),
        cmocka_unit_test(a_client_that_says_close_is_heard),
        cmocka_unit_test(what_follows_a_request_is_left_alone),
        cmocka_unit_test(asking_again_gives_the_same_answer),
        cmocka_unit_test(the_output_is_untouched_until_the_request_is_complete),
        cmocka_unit_test(no_byte_of_a_finished_line_is_looked_at_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
