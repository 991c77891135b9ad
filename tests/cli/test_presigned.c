#include "tests/support/check.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/presigned.h"

static struct secret *secret_of(const char *text)
{
    struct secret *made = NULL;
    assert_ok(secret_new(strlen(text), &made));
    memcpy(secret_fill(made), text, strlen(text));
    return made;
}

/* The example of "Authenticating Requests: Using Query Parameters" in the
 * Amazon S3 API Reference. */
static void the_published_example_comes_out(void **state)
{
    (void)state;
    static const char expected[] =
        "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-"
        "HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-"
        "east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires="
        "86400&X-Amz-SignedHeaders=host&X-Amz-Signature="
        "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";
    AUTO_FREE(secret) key =
        secret_of("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
    AUTO_FREE(secret) made = NULL;
    const struct presigned_request request = {
        .method = "GET",
        .url = "https://examplebucket.s3.amazonaws.com/test.txt",
        .region = "us-east-1",
        .access_key = "AKIAIOSFODNN7EXAMPLE",
        .secret_key = key,
        .now = 1369353600,
        .expires = 86400,
    };
    assert_ok(presigned_make(&request, &made, NULL));
    assert_int_equal(secret_expose(made).len, strlen(expected));
    assert_memory_equal(secret_expose(made).at, expected, strlen(expected));
}

static void a_lifetime_that_the_store_refuses_is_not_signed(void **state)
{
    (void)state;
    static const unsigned bad[] = { 0, 604801 };
    AUTO_FREE(secret) key = secret_of("secret");
    for (size_t i = 0; i < 2; i++) {
        AUTO_FREE(secret) made = NULL;
        struct reason why = { "" };
        const struct presigned_request request = {
            .method = "GET",
            .url = "https://bucket.example/object",
            .region = "us-east-1",
            .access_key = "AKID",
            .secret_key = key,
            .now = 1369353600,
            .expires = bad[i],
        };
        assert_status(STATUS_INVALID, presigned_make(&request, &made, &why));
        assert_string_equal(why.text,
                            "a pre-signed URL lives 1 second to 7 days");
    }
}

static void a_lifetime_is_digits_up_to_seven_days(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",   "0",  "604801", "5m",   " 5",
        "-1", "+1", "1e3",    "0x10", "18446744073709551617"
    };
    uint64_t seconds = 7;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct reason why = { "" };
        assert_status(STATUS_INVALID,
                      presigned_lifetime(bad[i], &seconds, &why));
        assert_non_null(strstr(why.text, "--expires"));
    }
    assert_int_equal(seconds, 7);
    assert_ok(presigned_lifetime("1", &seconds, NULL));
    assert_int_equal(seconds, 1);
    assert_ok(presigned_lifetime("604800", &seconds, NULL));
    assert_int_equal(seconds, 604800);
}

static void the_end_is_read_out_of_the_query(void **state)
{
    (void)state;
    static const struct {
        const char *query;
        enum status_code code;
        uint64_t end;
    } table[] = {
        { "X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400", STATUS_OK,
          1369440000 },
        { "a=b&X-Amz-Expires=1&c&X-Amz-Date=20130524T000001Z&d=", STATUS_OK,
          1369353602 },
        { "a=b", STATUS_OK, 0 },
        { "NX-Amz-Date=1&X-Amz-ExpiresX=2", STATUS_OK, 0 },
        { "X-Amz-Date=20130524T000000Z", STATUS_INVALID, 0 },
        { "X-Amz-Expires=5", STATUS_INVALID, 0 },
        { "X-Amz-Date=20130524T000000&X-Amz-Expires=5", STATUS_INVALID, 0 },
        { "X-Amz-Date=20130230T000000Z&X-Amz-Expires=5", STATUS_INVALID, 0 },
        { "X-Amz-Date=20130524T000000Z&X-Amz-Expires=", STATUS_INVALID, 0 },
        { "X-Amz-Date=20130524T000000Z&X-Amz-Expires=5s", STATUS_INVALID, 0 },
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        AUTO_FREE(secret) query = secret_of(table[i].query);
        struct reason why = { "" };
        uint64_t end = 0;
        assert_status(table[i].code, presigned_expires(query, &end, &why));
        assert_int_equal(end, table[i].end);
        assert_null(strstr(why.text, "2013"));
        if (table[i].code != STATUS_OK)
            assert_non_null(strstr(
                why.text,
                "the pre-signed URL's X-Amz-Date and X-Amz-Expires are"));
    }
}

static void what_is_not_a_pre_signed_url_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = { "https://a/b", "?x=1", "nothing" };
    char path[] = "/tmp/accord-presigned.XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char location[API_LOCATION_MAX + 1];
        AUTO_FREE(secret) query = NULL;
        assert_ok(file_write(path, bytes_of_string(bad[i]), 0600));
        assert_status(STATUS_INVALID,
                      presigned_read(path, location, &query, NULL));
    }
    char location[API_LOCATION_MAX + 1];
    AUTO_FREE(secret) query = NULL;
    assert_ok(file_write(path, bytes_of_string("https://a/b?c=d\n"), 0644));
    assert_status(STATUS_DENIED, presigned_read(path, location, &query, NULL));
    assert_ok(file_write(path, bytes_of_string("https://a/b?c=d\n"), 0600));
    assert_ok(presigned_read(path, location, &query, NULL));
    assert_string_equal(location, "https://a/b");
    assert_true(secret_equals(query, bytes_of_string("c=d")));
    (void)close(fd);
    (void)unlink(path);
}

static int heap_open(void **state)
{
    (void)state;
    return failed(secret_heap_open(256 * 1024)) ? -1 : 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_example_comes_out),
        cmocka_unit_test(a_lifetime_that_the_store_refuses_is_not_signed),
        cmocka_unit_test(a_lifetime_is_digits_up_to_seven_days),
        cmocka_unit_test(the_end_is_read_out_of_the_query),
        cmocka_unit_test(what_is_not_a_pre_signed_url_is_refused),
    };
    return cmocka_run_group_tests(tests, heap_open, NULL);
}
