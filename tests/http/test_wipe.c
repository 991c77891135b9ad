/* Credentials promise to leave nothing behind. free() is wrapped in our own
 * code, libcurl's memory included, so that every block is looked at in the
 * last moment it may be. */

#include "tests/support/check.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/http.h"
#include "tests/http/case.h"

#define MARK   "the-mark-that-must-not-stay-behind"
#define ANSWER "HTTP/1.1 200 OK\r\nContent-Length: 34\r\n\r\n" MARK

static volatile int blocks, marked;

void __real_free(void *);
void __wrap_free(void *);

void __wrap_free(void *p)
{
    if (p) {
        blocks++;
        if (memmem(p, malloc_usable_size(p), MARK, sizeof(MARK) - 1))
            marked++;
    }
    __real_free(p);
}

static void the_wrapper_sees_a_mark_that_stays(void **state)
{
    (void)state;
    char *careless = strdup(MARK);
    blocks = marked = 0;
    free(careless);
    assert_int_equal(blocks, 1);
    assert_int_equal(marked, 1);
}

static struct status ignore(void *context, struct bytes chunk)
{
    (void)context;
    (void)chunk;
    return OK;
}

static void a_pre_signed_query_leaves_nothing(void **state)
{
    (void)state;
    AUTO_FREE(secret) query = secret_of(MARK);
    serve_text(ANSWER);
    const struct http_place place = { .location = server_url(server),
                                      .query = query,
                                      .allow_http = true };
    const struct http_sink sink = { ignore, NULL };
    blocks = marked = 0;
    assert_ok(http_download(&place, &sink, 100, &why));
    assert_true(blocks > 10); /* libcurl's blocks are among them */
    assert_int_equal(marked, 0);
    finish_quietly();
}

static void a_credential_and_an_answer_leave_nothing(void **state)
{
    (void)state;
    AUTO_FREE(secret) token = secret_of(MARK);
    serve_text(ANSWER);
    const struct http_client_settings settings = { .base_url =
                                                       server_url(server),
                                                   .allow_http = true };
    const struct http_call call = { .method = HTTP_GET,
                                    .path = "/",
                                    .authorization = token };
    struct http_client *client = NULL;
    struct http_answer answer;
    assert_ok(http_client_open(&settings, &client, &why));
    blocks = marked = 0;
    assert_ok(http_call(client, &call, &answer, &why));
    assert_int_equal(answer.body.len, sizeof(MARK) - 1);
    http_answer_clear(&answer);
    http_client_free(client);
    assert_true(blocks > 10);
    assert_int_equal(marked, 0);
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
        cmocka_unit_test(the_wrapper_sees_a_mark_that_stays),
        cmocka_unit_test(a_pre_signed_query_leaves_nothing),
        cmocka_unit_test(a_credential_and_an_answer_leave_nothing),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
