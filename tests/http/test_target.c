#include "tests/support/check.h"

#include <stdio.h>

#include "http/http.h"

static void a_path_comes_apart_segment_by_segment(void **state)
{
    (void)state;
    static const char *const expected[] = { "v1", "apps", "a%2Fb", "" };
    struct bytes path = bytes_of_string("/v1/apps/a%2Fb/");
    struct bytes segment;
    for (size_t i = 0; i < 4; i++) {
        assert_true(http_path_next(&path, &segment));
        assert_int_equal(segment.len, strlen(expected[i]));
        assert_memory_equal(segment.at, expected[i], segment.len);
    }
    assert_false(http_path_next(&path, &segment));
    assert_int_equal(segment.len, 0); /* still the last one */
}

static void the_root_has_one_empty_segment(void **state)
{
    (void)state;
    struct bytes path = bytes_of_string("/");
    struct bytes segment;
    assert_true(http_path_next(&path, &segment));
    assert_int_equal(segment.len, 0);
    assert_false(http_path_next(&path, &segment));
}

static void assert_segment(const char *expected, const char *encoded)
{
    char out[16];
    assert_ok(http_path_segment(bytes_of_string(encoded), out, sizeof(out)));
    assert_string_equal(out, expected);
}

static void a_segment_is_decoded(void **state)
{
    (void)state;
    assert_segment("", "");
    assert_segment("apps", "apps");
    assert_segment("auth0|1", "auth0%7C1");
    assert_segment("auth0|1", "auth0%7c1");
    assert_segment("a/b", "a%2Fb");
    assert_segment("%41", "%2541"); /* once, not twice */
    assert_segment("a+b", "a+b");   /* a blank in queries only */
    assert_segment("\xc3\xa9", "%C3%A9");
    assert_segment("\xe2\x82\xac", "%e2%82%ac");
    assert_segment("\xed\x9f\xbf", "%ed%9f%bf");
    assert_segment("\xf0\x9f\x94\x91", "%F0%9F%94%91");
    assert_segment("\xf4\x8f\xbf\xbf", "%f4%8f%bf%bf");
    assert_segment("123456789012345", "12345678901234%35");
}

static void assert_not_segment(const char *encoded)
{
    char out[16] = "untouched";
    assert_status(STATUS_INVALID, http_path_segment(bytes_of_string(encoded),
                                                    out, sizeof(out)));
    assert_string_equal(out, "untouched");
}

static void a_segment_that_is_no_text_is_refused(void **state)
{
    (void)state;
    assert_not_segment("1234567890123456"); /* with its NUL one too long */
    assert_not_segment("123456789012345%36");
    assert_not_segment("%00");
    assert_not_segment("a%0A");
    assert_not_segment("%1f");
    assert_not_segment("%7f");
    assert_not_segment("%");
    assert_not_segment("%4");
    assert_not_segment("%zz");
    assert_not_segment("%80");             /* a continuation alone  */
    assert_not_segment("%C3");             /* cut                   */
    assert_not_segment("%C3a");            /* not continued         */
    assert_not_segment("%c0%af");          /* a slash, overlong     */
    assert_not_segment("%c1%81");          /* overlong              */
    assert_not_segment("%e0%9f%bf");       /* overlong              */
    assert_not_segment("%f0%8f%bf%bf");    /* overlong              */
    assert_not_segment("%ed%a0%80");       /* a surrogate           */
    assert_not_segment("%f4%90%80%80");    /* beyond U+10FFFF       */
    assert_not_segment("%f8%88%80%80%80"); /* five bytes            */
    assert_not_segment("%e2%82");
    assert_not_segment("%e2%82%41");
    assert_not_segment("%f0%9f%94%00");
    assert_not_segment("%ff");
}

static void assert_value(const char *expected, const char *query,
                         const char *name)
{
    char out[16];
    assert_ok(http_query_value(bytes_of_string(query), name, out, sizeof(out)));
    assert_string_equal(out, expected);
}

static void a_query_value_is_found_and_decoded(void **state)
{
    (void)state;
    assert_value("1", "a=1", "a");
    assert_value("2", "a=1&b=2", "b");
    assert_value("1", "ab=2&a=1&b=3", "a");
    assert_value("", "a", "a");
    assert_value("", "a=", "a");
    assert_value("", "b&a&c", "a");
    assert_value("=", "a==", "a");
    assert_value("b=c", "a=b=c", "a");
    assert_value("name:ASC,b", "sort_by=name%3AASC%2Cb", "sort_by");
    assert_value("x", "sort%5Fby=x", "sort_by");
    assert_value("a b c", "q=a+b%20c", "q");
    assert_value("a+b", "q=a%2Bb", "q");
    assert_value("&=", "q=%26%3D", "q");
    assert_value("\xc3\xa9", "q=%C3%A9", "q");
    assert_value("x", "&&a=x&", "a");
    assert_value("123456789012345", "a=123456789012345", "a");
}

static void assert_no_value(enum status_code code, const char *query,
                            const char *name)
{
    char out[16] = "untouched";
    assert_status(
        code, http_query_value(bytes_of_string(query), name, out, sizeof(out)));
    assert_string_equal(out, "untouched");
}

static void a_query_value_that_is_absent_or_doubtful_is_refused(void **state)
{
    (void)state;
    assert_no_value(STATUS_NOT_FOUND, "", "a");
    assert_no_value(STATUS_NOT_FOUND, "b=1", "a");
    assert_no_value(STATUS_NOT_FOUND, "A=1", "a");
    assert_no_value(STATUS_NOT_FOUND, "aa=1", "a");
    assert_no_value(STATUS_NOT_FOUND, "a=1", "aa");
    assert_no_value(STATUS_NOT_FOUND, "b=a=1", "a");
    assert_no_value(STATUS_INVALID, "a=1&a=1", "a");
    assert_no_value(STATUS_INVALID, "a=1&%61=2", "a");
    assert_no_value(STATUS_INVALID, "a&b&a", "a");
    assert_no_value(STATUS_INVALID, "a=1234567890123456", "a");
    assert_no_value(STATUS_INVALID, "a=%00", "a");
    assert_no_value(STATUS_INVALID, "a=%0d%0a", "a");
    assert_no_value(STATUS_INVALID, "a=%ff", "a");
    assert_no_value(STATUS_INVALID, "a=%", "a");
}

struct url_row {
    const char *text;
    bool tls;
    const char *host;
    unsigned port;
    const char *path;
};

static void an_url_is_split(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct url_row rows[] = {
        { "https://a",                     true,  "a",         443,   "" },
        { "http://a",                      false, "a",         80,    "" },
        { "https://a/",                    true,  "a",         443,   "/" },
        { "https://localhost:9443",        true,  "localhost", 9443,  "" },
        { "https://127.0.0.1:1/v1",        true,  "127.0.0.1", 1,     "/v1" },
        { "https://[::1]:65535/a/b",       true,  "[::1]",     65535, "/a/b" },
        { "https://[2001:db8::1]",         true,  "[2001:db8::1]", 443, "" },
        { "https://b.s3.example/k%20y/a:b", true, "b.s3.example", 443,
          "/k%20y/a:b" },
        { "http://a_b-c.d:80/~x/(1)@2;3=4", false, "a_b-c.d",  80,
          "/~x/(1)@2;3=4" },
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct http_url url;
        struct reason why;
        assert_ok(http_url_split(rows[i].text, &url, &why));
        assert_int_equal(url.tls, rows[i].tls);
        assert_string_equal(url.host, rows[i].host);
        assert_int_equal(url.port, rows[i].port);
        assert_int_equal(url.path.len, strlen(rows[i].path));
        assert_memory_equal(url.path.at, rows[i].path, url.path.len);
    }
}

#define SCHEME "the URL does not begin with https:// or http://"
#define HOST   "the URL has no valid host or port"
#define QUERY  "the URL has a query or a fragment"
#define USER   "the URL has a user name"
#define PATH                                                                   \
    "the URL has a path with a character that is not allowed or not encoded"

static void any_other_url_is_refused_without_quoting_it(void **state)
{
    (void)state;
    static const struct {
        const char *reason;
        const char *text;
    } rows[] = {
        { SCHEME, "" },
        { SCHEME, "a" },
        { SCHEME, "ftp://a" },
        { SCHEME, "https:/a" },
        { SCHEME, "HTTPS://a" },
        { SCHEME, "//a/b" },
        { SCHEME, " https://a" },
        { SCHEME, "file:///etc/passwd" },
        { SCHEME, "httpss://a" },
        { HOST, "https://" },
        { HOST, "https:///a" },
        { HOST, "https://:443" },
        { HOST, "https://a:" },
        { HOST, "https://a:0" },
        { HOST, "https://a:65536" },
        { HOST, "https://a:999999" },
        { HOST, "https://a:-1" },
        { HOST, "https://a:4 43" },
        { HOST, "https://a b" },
        { HOST, "https://a\n" },
        { HOST, "https://a%41" },
        { HOST, "https://\xc3\xa9" },
        { HOST, "https://[::1" },
        { HOST, "https://::1" },
        { HOST, "https://[1.2.3.4]" },
        { HOST, "https://[::1]a" },
        { USER, "https://user:word@a/" },
        { USER, "https://@a/" },
        { QUERY, "https://a/b?c" },
        { QUERY, "https://a?c" },
        { QUERY, "https://a/#c" },
        { PATH, "https://a/b c" },
        { PATH, "https://a/%" },
        { PATH, "https://a/%4" },
        { PATH, "https://a/%zz" },
        { PATH, "https://a/\\" },
        { PATH, "https://a/\"" },
        { PATH, "https://a/b\r\nHost: c" },
        { PATH, "https://a/\xc3\xa9" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct http_url url = { .port = 7 };
        struct reason why = { "" };
        assert_status(STATUS_INVALID, http_url_split(rows[i].text, &url, &why));
        assert_string_equal(why.text, rows[i].reason);
        assert_int_equal(url.port, 7); /* untouched */
    }
}

static struct status split_with_host_of(size_t len)
{
    char text[300];
    struct http_url url;
    (void)snprintf(text, sizeof(text), "https://%0*d/", (int)len, 0);
    return http_url_split(text, &url, NULL);
}

static void a_host_may_have_253_characters(void **state)
{
    (void)state;
    assert_ok(split_with_host_of(HTTP_HOST_MAX));
    assert_status(STATUS_INVALID, split_with_host_of(HTTP_HOST_MAX + 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_comes_apart_segment_by_segment),
        cmocka_unit_test(the_root_has_one_empty_segment),
        cmocka_unit_test(a_segment_is_decoded),
        cmocka_unit_test(a_segment_that_is_no_text_is_refused),
        cmocka_unit_test(a_query_value_is_found_and_decoded),
        cmocka_unit_test(a_query_value_that_is_absent_or_doubtful_is_refused),
        cmocka_unit_test(an_url_is_split),
        cmocka_unit_test(any_other_url_is_refused_without_quoting_it),
        cmocka_unit_test(a_host_may_have_253_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
