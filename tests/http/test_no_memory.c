/* Every allocation of ours and of libcurl's is refused in turn. The calls go
 * to a port where nobody listens: getting that far is success here. */

#include "tests/support/check.h"

#include <stdlib.h>

#include "http/http.h"
#include "tests/http/pki.h"
#include "tests/support/torture.h"

#define NOWHERE "http://127.0.0.1:1"

static struct secret *credential;
static struct pki root;

static struct status got_through(struct status s)
{
    return s.code == STATUS_UNAVAILABLE ? OK : s;
}

static struct status make_a_call(void)
{
    static const struct http_header header = { "X", "1" };
    const struct http_client_settings settings = { .base_url = NOWHERE,
                                                   .allow_http = true };
    const struct http_call call = { .method = HTTP_POST,
                                    .path = "/",
                                    .content_type = "text/plain",
                                    .body = bytes_of_string("body"),
                                    .headers = &header,
                                    .header_count = 1,
                                    .authorization = credential };
    AUTO_FREE(http_client) client = NULL;
    AUTO_CLEAR_ANSWER answer = { 0 };
    struct reason why;
    TRY(http_client_open(&settings, &client, &why));
    return got_through(http_call(client, &call, &answer, &why));
}

static struct status take(void *context, struct bytes chunk)
{
    (void)context;
    (void)chunk;
    return OK;
}

static struct status fetch_an_object(void)
{
    const struct http_place place = { .location = NOWHERE "/a",
                                      .query = credential,
                                      .allow_http = true };
    const struct http_sink sink = { take, NULL };
    struct reason why;
    return got_through(http_download(&place, &sink, 1, &why));
}

static struct status give(void *context, void *at, size_t room, size_t *out_len)
{
    (void)context;
    memset(at, 0, room);
    *out_len = room;
    return OK;
}

static struct status store_an_object(void)
{
    const struct http_place place = { .location = NOWHERE "/a",
                                      .query = credential,
                                      .allow_http = true };
    const struct http_source source = { give, NULL };
    struct reason why;
    return got_through(http_upload(&place, &source, 1, &why));
}

static struct status open_with_tls(void)
{
    const struct http_client_settings settings = {
        .base_url = "https://127.0.0.1:1", .roots = buffer_bytes(&root.pem)
    };
    AUTO_FREE(http_client) client = NULL;
    return http_client_open(&settings, &client, NULL);
}

static struct status write_an_answer(void)
{
    const struct http_reply reply = { .status = 200,
                                      .content_type = "text/plain",
                                      .body = bytes_of_string("body") };
    AUTO_CLEAR_BUFFER out = buffer_make(4096);
    return http_reply_write(&reply, &out);
}

static struct status decode_a_value(void)
{
    char out[8];
    return http_query_value(bytes_of_string("a=%41"), "a", out, sizeof(out));
}

static void every_refusal_is_survived_and_reported(void **state)
{
    (void)state;
    assert_true(torture(make_a_call) > 20);
    assert_true(torture(fetch_an_object) > 20);
    assert_true(torture(store_an_object) > 20);
    assert_true(torture(open_with_tls) > 5);
    assert_true(torture(write_an_answer) > 1);
    assert_int_equal(torture(decode_a_value), 0); /* asks for none */
}

static int set_up(void **state)
{
    (void)state;
    root = pki_make("root");
    /* libcurl starts once and for all; that shall not be the torture. */
    if (failed(open_with_tls()) || failed(secret_heap_open(65536)) ||
        failed(secret_new(4, &credential)))
        return 1;
    memcpy(secret_fill(credential), "word", 4);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    secret_free(credential);
    pki_clear(&root);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_refusal_is_survived_and_reported),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
