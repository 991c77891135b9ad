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

#define STORED "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
#define BIG    ((size_t)3 << 20)

struct giver {
    struct bytes left;
    size_t most; /* at once */
    struct status fails;
};

static struct status give(void *context, void *at, size_t room, size_t *out_len)
{
    struct giver *giver = context;
    size_t len = giver->left.len < room ? giver->left.len : room;
    TRY(giver->fails);
    if (giver->most > 0 && len > giver->most)
        len = giver->most;
    memcpy(at, giver->left.at, len);
    giver->left = bytes_of(giver->left.at + len, giver->left.len - len);
    *out_len = len;
    return OK;
}

static struct status upload(struct giver *giver, uint64_t len)
{
    AUTO_FREE(secret) secret = secret_of(QUERY);
    const struct http_place place = place_of(secret);
    const struct http_source source = { give, giver };
    why.text[0] = '\0';
    return http_upload(&place, &source, len, &why);
}

static void assert_stored(const char *text, uint64_t len, const char *format)
{
    const struct server_answer stored = { .text = STORED };
    struct giver giver = { .left = bytes_of_string(text), .most = 2 };
    serve_answer(&stored);
    assert_ok(upload(&giver, len));
    struct server_record record = finish();
    assert_text(format, buffer_bytes(&record.requests));
    server_record_clear(&record);
}

#define PUT                                                                    \
    "PUT /bucket/a%20b?" QUERY " HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n"         \
    "Accept: */*\r\n"

static void an_object_is_stored_whole(void **state)
{
    (void)state;
    assert_stored("object", 6, PUT "Content-Length: 6\r\n\r\nobject");
    assert_stored("", 0, PUT "Content-Length: 0\r\n\r\n");
    /* No more than was announced. */
    assert_stored("object and more", 6, PUT "Content-Length: 6\r\n\r\nobject");
}

static void no_object_is_longer_than_a_file_can_be(void **state)
{
    (void)state;
    struct giver giver = { .left = bytes_of_string("object") };
    serve_text(STORED);
    assert_status(STATUS_INVALID, upload(&giver, (uint64_t)INT64_MAX + 1));
    assert_string_equal(why.text, "the object is too long");
    finish_quietly();
}

static struct status upload_answered_with(size_t len)
{
    AUTO_CLEAR_BUFFER text = buffer_make(100000);
    buffer_printf(&text, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", len);
    assert_non_null(buffer_extend(&text, len));
    const struct server_answer long_one = { .text = (const char *)text.data,
                                            .len = text.len };
    struct giver giver = { .left = bytes_of_string("object") };
    serve_answer(&long_one);
    struct status s = upload(&giver, 6);
    struct server_record record = finish();
    server_record_clear(&record);
    return s;
}

static void the_answer_to_an_upload_has_a_limit(void **state)
{
    (void)state;
    assert_ok(upload_answered_with(65536));
    assert_status(STATUS_INVALID, upload_answered_with(65537));
    assert_discreet_reason("there is too long an answer from 127.0.0.1:PORT");
}

static void only_200_is_stored(void **state)
{
    (void)state;
    char text[128];
    char reason[128];
    for (size_t i = 0; i < other_status_count; i++) {
        struct giver giver = { .left = bytes_of_string("object") };
        other_status_texts(other_statuses[i].status, text, reason);
        const struct server_answer other = { .text = text };
        serve_answer(&other);
        assert_status(other_statuses[i].code, upload(&giver, 6));
        assert_discreet_reason(reason);
        finish_quietly();
    }
}

static void a_source_that_ends_early_stores_nothing(void **state)
{
    (void)state;
    const struct server_answer stored = { .text = STORED };
    struct giver giver = { .left = bytes_of_string("objec") };
    serve_answer(&stored);
    assert_status(STATUS_INVALID, upload(&giver, 6));
    assert_discreet_reason("there was not as much to send as announced to "
                           "127.0.0.1:PORT");
    struct server_record record = finish();
    assert_int_equal(record.request_count, 0); /* never complete */
    server_record_clear(&record);
}

static void the_sources_failure_is_the_uploads(void **state)
{
    (void)state;
    const struct server_answer stored = { .text = STORED };
    struct giver giver = { .fails = failure(STATUS_CORRUPT, "read", 5) };
    serve_answer(&stored);
    struct status s = upload(&giver, 6);
    assert_status(STATUS_CORRUPT, s);
    assert_int_equal(s.detail, 5);
    finish_quietly();
}

static void an_answer_that_comes_too_soon_does_not_count(void **state)
{
    (void)state;
    static unsigned char zeros[8UL << 20];
    const struct server_answer hasty = {
        .text = "HTTP/1.1 200 OK\r\nConnection: close\r\n"
                "Content-Length: 0\r\n\r\n",
        .at_once = true,
    };
    struct giver giver = { .left = bytes_of(zeros, sizeof(zeros)) };
    serve_answer(&hasty);
    assert_status(STATUS_UNAVAILABLE, upload(&giver, sizeof(zeros)));
    assert_discreet_reason("127.0.0.1:PORT answered before it had everything");
    finish_quietly();
}

/* No signal arrives either: it would end the test. */
static void a_store_that_hangs_up_is_named(void **state)
{
    (void)state;
    static unsigned char zeros[8UL << 20];
    struct pki root = pki_make("root");
    struct pki_identity store = pki_issue(&root, "store", "IP:127.0.0.1", 60);
    const struct server_answer nothing = { .text = "",
                                           .at_once = true,
                                           .then_close = true };
    const struct server_plan plan = { .answers = &nothing,
                                      .answer_count = 1,
                                      .certificate = store.certificate,
                                      .key = store.key };
    struct giver giver = { .left = bytes_of(zeros, sizeof(zeros)) };
    const struct http_source source = { give, &giver };
    serve_plan(&plan);
    struct http_place place = place_of(NULL);
    place.roots = buffer_bytes(&root.pem);
    assert_status(STATUS_UNAVAILABLE,
                  http_upload(&place, &source, sizeof(zeros), &why));
    assert_non_null(strstr(why.text, server_url(server) + 8));
    finish_quietly();
    pki_identity_clear(&store);
    pki_clear(&root);
}

static void put_file(const char *path, const unsigned char *data, size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    struct http_sink sink = http_sink_to(&fd);
    assert_ok(sink.take(sink.context, bytes_of(data, len)));
    assert_int_equal(close(fd), 0);
}

static unsigned char *big_object(void)
{
    unsigned char *data = malloc(BIG);
    assert_non_null(data);
    for (size_t i = 0; i < BIG; i++)
        data[i] = (unsigned char)(i * 2654435761U >> 13);
    return data;
}

static void a_file_is_stored_from_its_descriptor(void **state)
{
    (void)state;
    struct temp_dir dir = temp_dir_make();
    const char *path = temp_dir_path(&dir, "object");
    unsigned char *data = big_object();
    put_file(path, data, BIG);
    const struct server_answer stored = { .text = STORED };
    serve_answer(&stored);

    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct http_source source = http_source_from(&fd);
    const struct http_place place = place_of(NULL);
    assert_ok(http_upload(&place, &source, BIG, &why));
    assert_int_equal(close(fd), 0);
    struct server_record record = finish();
    assert_true(record.requests.len > BIG);
    assert_memory_equal(record.requests.data + record.requests.len - BIG, data,
                        BIG);
    server_record_clear(&record);
    free(data);
    temp_dir_remove(&dir);
}

static void a_descriptor_that_cannot_be_used_is_a_failure(void **state)
{
    (void)state;
    int closed = -1;
    struct http_sink sink = http_sink_to(&closed);
    struct http_source source = http_source_from(&closed);
    char byte = 0;
    size_t len = 7;
    assert_status(STATUS_UNAVAILABLE,
                  sink.take(sink.context, bytes_of(&byte, 1)));
    assert_status(STATUS_UNAVAILABLE,
                  source.give(source.context, &byte, 1, &len));
    assert_int_equal(len, 7);
}

static int set_up(void **state)
{
    (void)state;
    return failed(secret_heap_open(65536));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_object_is_stored_whole),
        cmocka_unit_test(no_object_is_longer_than_a_file_can_be),
        cmocka_unit_test(the_answer_to_an_upload_has_a_limit),
        cmocka_unit_test(only_200_is_stored),
        cmocka_unit_test(a_source_that_ends_early_stores_nothing),
        cmocka_unit_test(the_sources_failure_is_the_uploads),
        cmocka_unit_test(an_answer_that_comes_too_soon_does_not_count),
        cmocka_unit_test(a_store_that_hangs_up_is_named),
        cmocka_unit_test(a_file_is_stored_from_its_descriptor),
        cmocka_unit_test(a_descriptor_that_cannot_be_used_is_a_failure),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
