#include "tests/http/case.h"

#include "tests/support/check.h"

struct server *server;
struct reason why;
static unsigned port;

void serve_plan(const struct server_plan *plan)
{
    server = server_start(plan);
    port = server_port(server);
}

void serve_answer(const struct server_answer *only)
{
    const struct server_plan plan = { .answers = only, .answer_count = 1 };
    serve_plan(&plan);
}

void serve_text(const char *text)
{
    static struct server_answer only; /* outlives this call */
    only = (struct server_answer){ .text = text };
    serve_answer(&only);
}

struct server_record finish(void)
{
    struct server_record record = server_stop(server);
    server = NULL;
    return record;
}

void finish_quietly(void)
{
    struct server_record record = finish();
    server_record_clear(&record);
}

void assert_text(const char *format, struct bytes got)
{
    AUTO_CLEAR_BUFFER expected = buffer_make(4096);
    const char *mark = strstr(format, "PORT");
    size_t before = mark ? (size_t)(mark - format) : strlen(format);
    buffer_put(&expected, bytes_of(format, before));
    if (mark)
        buffer_printf(&expected, "%u%s", port, mark + 4);
    assert_ok(buffer_status(&expected));
    if (!bytes_equal(got, buffer_bytes(&expected)))
        print_error("%.*s\n", (int)got.len, (const char *)got.at);
    assert_true(bytes_equal(got, buffer_bytes(&expected)));
}

void assert_reason(const char *format)
{
    assert_text(format, bytes_of_string(why.text));
}

struct secret *secret_of(const char *text)
{
    struct secret *made = NULL;
    assert_ok(secret_new(strlen(text), &made));
    memcpy(secret_fill(made), text, strlen(text));
    return made;
}
