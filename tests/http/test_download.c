#include "tests/support/check.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "http/http.h"
#include "tests/http/case.h"
#include "tests/http/pki.h"
#include "tests/http/place.h"
#include "tests/support/temp_dir.h"

#define OBJECT "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nobject"
#define BIG    ((size_t)3 << 20)

/* Keeps what it is given, or fails. */
struct keeper {
    struct buffer got;
    struct status fails;
    const char *says; /* NULL: nothing */
};

static struct status keep(void *context, struct bytes chunk)
{
    struct keeper *keeper = context;
    if (keeper->says)
        (void)snprintf(why.text, sizeof(why.text), "%s", keeper->says);
    TRY(keeper->fails);
    buffer_put(&keeper->got, chunk);
    return buffer_status(&keeper->got);
}

static struct status download(const char *query, uint64_t max,
                              struct keeper *keeper)
{
    AUTO_FREE(secret) secret = query ? secret_of(query) : NULL;
    const struct http_place place = place_of(secret);
    const struct http_sink sink = { keep, keeper };
    keeper->got = buffer_make(8UL << 20);
    (void)snprintf(why.text, sizeof(why.text), "said before");
    return http_download(&place, &sink, max, &why);
}

static void assert_requested(const char *query, const char *format)
{
    struct keeper keeper = { 0 };
    const struct server_answer object = { .text = OBJECT };
    serve_answer(&object);
    assert_ok(download(query, 6, &keeper));
    assert_int_equal(keeper.got.len, 6);
    assert_memory_equal(keeper.got.data, "object", 6);
    struct server_record record = finish();
    assert_text(format, buffer_bytes(&record.requests));
    server_record_clear(&record);
    buffer_clear(&keeper.got);
}

#define REST " HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nAccept: */*\r\n\r\n"

static void an_object_is_fetched_by_location_and_query(void **state)
{
    (void)state;
    assert_requested(QUERY, "GET /bucket/a%20b?" QUERY REST);
    assert_requested(QUERY "\n", "GET /bucket/a%20b?" QUERY REST);
    assert_requested("", "GET /bucket/a%20b" REST);
    assert_requested(NULL, "GET /bucket/a%20b" REST);
}

static void a_query_that_no_url_can_hold_is_not_sent(void **state)
{
    (void)state;
    static const char *const queries[] = {
        "a b s3cr3t", "s3cr3t\r\nHost: b", "s3cr3t\n\n", "s3cr3t#",
        "s3cr3t%",    "s3cr3t%zz",         "\"s3cr3t\"", "s3cr3t\xc3\xa9",
    };
    struct keeper keeper = { 0 };
    const struct server_answer object = { .text = OBJECT };
    serve_answer(&object);
    for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
        assert_status(STATUS_INVALID, download(queries[i], 6, &keeper));
        assert_string_equal(why.text, "the query string has a character that "
                                      "is not allowed or not encoded");
    }
    struct server_record record = finish();
    assert_int_equal(record.connections, 0);
    server_record_clear(&record);
}

static void http_needs_to_be_allowed(void **state)
{
    (void)state;
    struct keeper keeper = { 0 };
    const struct server_answer object = { .text = OBJECT };
    serve_answer(&object);
    struct http_place place = place_of(NULL);
    place.allow_http = false;
    const struct http_sink sink = { keep, &keeper };
    assert_status(STATUS_INVALID, http_download(&place, &sink, 6, &why));
    assert_discreet_reason(
        "the URL of 127.0.0.1:PORT does not begin with https://");
    finish_quietly();
}

static void only_200_is_an_object(void **state)
{
    (void)state;
    char text[128];
    char reason[128];
    for (size_t i = 0; i < other_status_count; i++) {
        struct keeper keeper = { 0 };
        other_status_texts(other_statuses[i].status, text, reason);
        const struct server_answer other = { .text = text };
        serve_answer(&other);
        assert_status(other_statuses[i].code, download(QUERY, 100, &keeper));
        assert_discreet_reason(reason);
        assert_int_equal(keeper.got.len, 0); /* the sink saw nothing */
        struct server_record record = finish();
        assert_int_equal(record.request_count, 1); /* nothing was followed */
        server_record_clear(&record);
    }
}

static void an_object_has_a_limit(void **state)
{
    (void)state;
    static const char *const texts[] = {
        OBJECT, /* announced, and in chunks */
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        "3\r\nobj\r\n3\r\nect\r\n0\r\n\r\n",
    };
    for (size_t i = 0; i < 2; i++) {
        const struct server_answer object = { .text = texts[i] };
        struct keeper keeper = { 0 };
        serve_answer(&object);
        assert_ok(download(QUERY, 6, &keeper));
        buffer_clear(&keeper.got);
        assert_status(STATUS_INVALID, download(QUERY, 5, &keeper));
        assert_discreet_reason(
            "there is more than the size allowed at 127.0.0.1:PORT");
        assert_true(keeper.got.len <= 5);
        buffer_clear(&keeper.got);
        finish_quietly();
    }
}

static void half_an_object_is_none(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nobject",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nobj",
    };
    for (size_t i = 0; i < 2; i++) {
        const struct server_answer cut = { .text = texts[i],
                                           .then_close = true };
        struct keeper keeper = { 0 };
        serve_answer(&cut);
        assert_status(STATUS_UNAVAILABLE, download(QUERY, 100, &keeper));
        assert_discreet_reason(
            "127.0.0.1:PORT closed the connection too early");
        buffer_clear(&keeper.got);
        finish_quietly();
    }
}

static void a_stalled_object_is_given_up(void **state)
{
    (void)state;
    const struct server_answer silence = { .text = NULL };
    struct keeper keeper = { 0 };
    serve_answer(&silence);
    assert_status(STATUS_UNAVAILABLE, download(QUERY, 100, &keeper));
    assert_discreet_reason(
        "almost nothing moved between here and 127.0.0.1:PORT for "
        "1 seconds");
    finish_quietly();
}

static void the_sinks_failure_is_the_downloads(void **state)
{
    (void)state;
    const struct server_answer object = { .text = OBJECT };
    struct keeper keeper = { .fails = failure(STATUS_CORRUPT, "tag", 7) };
    serve_answer(&object);
    struct status s = download(QUERY, 6, &keeper);
    assert_status(STATUS_CORRUPT, s);
    assert_string_equal(s.origin, "tag");
    assert_int_equal(s.detail, 7);
    assert_discreet_reason(
        "nothing could be done with what came from 127.0.0.1:PORT");

    keeper.says = "the tag does not hold";
    assert_status(STATUS_CORRUPT, download(QUERY, 6, &keeper));
    assert_string_equal(why.text, "the tag does not hold");
    finish_quietly();
}

static unsigned char *big_object(void)
{
    unsigned char *data = malloc(BIG);
    assert_non_null(data);
    for (size_t i = 0; i < BIG; i++)
        data[i] = (unsigned char)(i * 2654435761U >> 13);
    return data;
}

static void an_object_is_fetched_into_a_descriptor(void **state)
{
    (void)state;
    struct temp_dir dir = temp_dir_make();
    const char *path = temp_dir_path(&dir, "object");
    unsigned char *data = big_object();
    AUTO_CLEAR_BUFFER text = buffer_make(BIG + 1000);
    buffer_printf(&text, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", BIG);
    buffer_put(&text, bytes_of(data, BIG));
    const struct server_answer object = { .text = (const char *)text.data,
                                          .len = text.len };
    serve_answer(&object);

    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    struct http_sink sink = http_sink_to(&fd);
    const struct http_place place = place_of(NULL);
    assert_ok(http_download(&place, &sink, BIG, &why));
    unsigned char *back = malloc(BIG + 1);
    assert_non_null(back);
    assert_int_equal(pread(fd, back, BIG + 1, 0), BIG);
    assert_memory_equal(back, data, BIG);
    assert_int_equal(close(fd), 0);
    finish_quietly();
    free(back);
    free(data);
    temp_dir_remove(&dir);
}

/* TLS. */

static void a_store_is_verified(void **state)
{
    (void)state;
    struct pki root = pki_make("root");
    struct pki stranger = pki_make("stranger");
    struct pki_identity store = pki_issue(&root, "store", "IP:127.0.0.1", 60);
    const struct server_answer object = { .text = OBJECT };
    const struct server_plan plan = { .answers = &object,
                                      .answer_count = 1,
                                      .certificate = store.certificate,
                                      .key = store.key };
    struct keeper keeper = { .got = buffer_make(100) };
    const struct http_sink sink = { keep, &keeper };
    serve_plan(&plan);
    struct http_place place = place_of(NULL);
    place.allow_http = false;
    place.roots = buffer_bytes(&root.pem);
    assert_ok(http_download(&place, &sink, 6, &why));
    assert_int_equal(keeper.got.len, 6);

    const char *refusal = "the certificate of 127.0.0.1:PORT was not accepted: "
                          "unable to get local issuer certificate";
    place.roots = buffer_bytes(&stranger.pem);
    assert_status(STATUS_DENIED, http_download(&place, &sink, 6, &why));
    assert_discreet_reason(refusal);
    place.roots = bytes_of(NULL, 0); /* those of the system */
    assert_status(STATUS_DENIED, http_download(&place, &sink, 6, &why));
    /* A system need not have any. */
    assert_discreet_reason(access("/etc/ssl/certs/ca-certificates.crt", R_OK)
                               ? "this system has no roots to check "
                                 "127.0.0.1:PORT with: install "
                                 "ca-certificates, or name the roots"
                               : refusal);
    buffer_clear(&keeper.got);
    finish_quietly();
    pki_identity_clear(&store);
    pki_clear(&root);
    pki_clear(&stranger);
}

static int set_up(void **state)
{
    (void)state;
    return failed(secret_heap_open(65536));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_object_is_fetched_by_location_and_query),
        cmocka_unit_test(a_query_that_no_url_can_hold_is_not_sent),
        cmocka_unit_test(http_needs_to_be_allowed),
        cmocka_unit_test(only_200_is_an_object),
        cmocka_unit_test(an_object_has_a_limit),
        cmocka_unit_test(half_an_object_is_none),
        cmocka_unit_test(a_stalled_object_is_given_up),
        cmocka_unit_test(the_sinks_failure_is_the_downloads),
        cmocka_unit_test(an_object_is_fetched_into_a_descriptor),
        cmocka_unit_test(a_store_is_verified),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
