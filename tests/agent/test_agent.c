/* The Node Agent over the wire: its interface, its errors, its limits. */

#include "tests/attest/plain.h"
#include "tests/support/check.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "attest/attest.h"
#include "base/text.h"
#include "tests/agent/pair.h"

/* --- its own interface -----------------------------------------------------
 */

#define HEX8 "0123456789abcdef"
#define HASH HEX8 HEX8 HEX8 HEX8

/* clang-format off */
static const struct {
    enum http_method method;
    const char *path, *body;
    int status;
    const char *code, *message;
} refusals[] = {
    { HTTP_GET,  "/",                        NULL, 404, "NOT_FOUND", "there is nothing here" },
    { HTTP_GET,  "/v1/sys/versions",         NULL, 404, "NOT_FOUND", NULL },
    { HTTP_POST, "/v1/enclave/target-info",  "",   405, "METHOD_NOT_ALLOWED", NULL },
    { HTTP_POST, "/v1/enclave/attest",       "{}", 400, "INVALID_BODY_PARAMETER", "attestation_csr is missing" },
    { HTTP_POST, "/v1/enclave/attest",       "{\"report\":\"eA==\",\"attestation_csr\":\"\"}", 404, "NOT_FOUND", "this agent has no node certificate: node.certificate" },
    { HTTP_POST, "/v1/sys/version",          "",   405, "METHOD_NOT_ALLOWED", NULL },
    { HTTP_GET,  "/v1/certificate/issue",    NULL, 405, "METHOD_NOT_ALLOWED", NULL },
    { HTTP_POST, "/v1/certificate/issue",    "",   400, "INVALID_BODY_PARAMETER", NULL },
    { HTTP_POST, "/v1/certificate/issue",    "{}", 400, "INVALID_BODY_PARAMETER", "csr is missing" },
    { HTTP_POST, "/v1/certificate/issue",    "{\"csr\":1}", 400, "INVALID_BODY_PARAMETER", "csr: expected text" },
    { HTTP_POST, "/v1/certificate/issue",    "{\"csr\":\"a\",\"csr\":\"b\"}", 400, "INVALID_BODY_PARAMETER", NULL },
    { HTTP_POST, "/v1/certificate/result/",  "",   404, "NOT_FOUND", "the task is not a UUID" },
    { HTTP_POST, "/v1/certificate/result/1", "",   404, "NOT_FOUND", "the task is not a UUID" },
    { HTTP_POST, "/v1/certificate/result/01234567-89ab-4cde-8f01-23456789abcd", "", 404, "NOT_FOUND", "no such task" },
    { HTTP_POST, "/v1/sim/quote",            "{}", 400, "INVALID_BODY_PARAMETER", "measurement is missing" },
    { HTTP_POST, "/v1/sim/quote",            "{\"measurement\":\"00\",\"report_data\":\"\"}", 400, "INVALID_BODY_PARAMETER", "measurement: expected 64 hexadecimal digits" },
    { HTTP_POST, "/v1/sim/quote",            "{\"measurement\":\"" HASH "\",\"report_data\":\"" HASH HASH "\",\"kind\":\"sgx-simulated\"}", 400, "INVALID_BODY_PARAMETER", "kind: expected sgx, tdx, snp or nitro" },
    { HTTP_POST, "/v1/sim/quote",            "{\"measurement\":\"" HASH "\",\"report_data\":\"" HASH HASH "\",\"kind\":\"snp\"}", 404, "NOT_FOUND", "this simulator has no keys of kind snp" },
    { HTTP_POST, "/v1/sim/quote",            "{\"measurement\":\"" HASH "\",\"report_data\":\"" HASH HASH "\",\"kind\":\"nitro\"}", 404, "NOT_FOUND", "this simulator has no keys of kind nitro" },
    { HTTP_POST, "/v1/sim/quote",            "{\"measurement\":\"" HASH "\",\"report_data\":\"" HASH HASH "\",\"nonce\":\"!\"}", 400, "INVALID_BODY_PARAMETER", NULL },
    { HTTP_POST, "/v1/sim/quote",            "{\"more\":1}", 400, "INVALID_BODY_PARAMETER", NULL },
};
/* clang-format on */

static void bad_requests_get_the_product_s_event(void **state)
{
    (void)state;
    struct pair p;
    const struct agent_settings with = { .simulator = pair_simulator };
    const struct server_answer answer = { .text = "" };
    pair_open(&p, &answer, 1, &with);
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        json_t *event = pair_call(&p, refusals[i].method, refusals[i].path,
                                  refusals[i].body, refusals[i].status);
        assert_member(event, "code", refusals[i].code);
        assert_member(event, "severity", "ERROR");
        if (refusals[i].message)
            assert_member(event, "message", refusals[i].message);
        json_decref(event);
    }
    json_t *version = pair_call(&p, HTTP_GET, "/v1/sys/version", NULL, 200);
    assert_non_null(json_object_get(version, "version"));
    json_decref(version);
    struct server_record record = pair_close(&p);
    assert_int_equal(record.request_count, 0);
    server_record_clear(&record);
}

#define QUOTE "{\"measurement\":\"" HASH "\",\"report_data\":\"" HASH HASH "\"}"

static void simulated_evidence_names_what_was_asked(void **state)
{
    (void)state;
    struct pair p;
    unsigned char data[64];
    struct reason why = { "" };
    struct attest_anchor anchor;
    struct attest_identity seen;
    AUTO_CLEAR_BUFFER quote = buffer_make(ATTEST_EVIDENCE_MAX);
    const struct agent_settings with = { .simulator = pair_simulator };
    const struct server_answer none = { .text = "" };
    pair_open(&p, &none, 1, &with);
    json_t *answer = pair_call(&p, HTTP_POST, "/v1/sim/quote", QUOTE, 200);
    assert_ok(api_json_base64(answer, "quote", &quote, &why));
    assert_ok(attest_anchor_read(simulator_root_pem(pair_simulator),
                                 "simulator", true, &anchor, &why));
    assert_ok(plain_verify(buffer_bytes(&quote), &anchor, 1,
                           (uint64_t)time(NULL), &seen, &why));
    assert_ok(hex_decode(bytes_of_string(HASH HASH), data, sizeof(data)));
    assert_memory_equal(seen.report_data, data, sizeof(data));
    json_decref(answer);
    pair_close_quietly(&p);
}

static void there_is_no_simulated_evidence_by_default(void **state)
{
    (void)state;
    struct pair p;
    const struct agent_settings none = { 0 };
    const struct server_answer answer = { .text = "" };
    pair_open(&p, &answer, 1, &none);
    json_t *event = pair_call(&p, HTTP_POST, "/v1/sim/quote", QUOTE, 404);
    assert_member(event, "message", "this agent has no simulator");
    json_decref(event);
    pair_close_quietly(&p);
}

/* --- the wire --------------------------------------------------------------
 */

static int connect_to(const struct pair *p)
{
    struct sockaddr_in at = { .sin_family = AF_INET };
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    at.sin_port = htons(agent_port(p->agent));
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    return fd;
}

/* All that comes until the agent hangs up, with a NUL. */
static void read_all(int fd, struct buffer *out)
{
    char piece[4096];
    ssize_t len;
    while ((len = recv(fd, piece, sizeof(piece), 0)) > 0)
        buffer_put(out, bytes_of(piece, (size_t)len));
    buffer_put_u8(out, '\0');
}

static void send_text(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL),
                     (ssize_t)strlen(text));
}

static void what_is_not_http_ends_the_connection(void **state)
{
    (void)state;
    struct pair p;
    AUTO_CLEAR_BUFFER out = buffer_make(65536);
    const struct agent_settings none = { 0 };
    const struct server_answer answer = { .text = "" };
    pair_open(&p, &answer, 1, &none);
    int fd = connect_to(&p);
    send_text(fd, "GET /v1/sys/version HTTP/1.1\nHost: x\n\n");
    read_all(fd, &out);
    assert_non_null(strstr((char *)out.data, "HTTP/1.1 400 "));
    assert_non_null(strstr((char *)out.data, "Connection: close"));
    assert_non_null(strstr((char *)out.data, "\"code\":\"BAD_REQUEST\""));
    (void)close(fd);
    pair_close_quietly(&p);
}

static void one_connection_serves_many_requests(void **state)
{
    (void)state;
    struct pair p;
    AUTO_CLEAR_BUFFER out = buffer_make(65536);
    const struct agent_settings none = { 0 };
    const struct server_answer answer = { .text = "" };
    pair_open(&p, &answer, 1, &none);
    int fd = connect_to(&p);
    send_text(fd, "GET /v1/sys/version HTTP/1.1\r\nHost: x\r\n\r\n"
                  "PUT /v1/sys/version HTTP/1.1\r\nHost: x\r\n"
                  "Content-Length: 0\r\n\r\n"
                  "GET /v1/sys/version HTTP/1.1\r\nHost: x\r\n"
                  "Connection: close\r\n\r\n");
    read_all(fd, &out);
    const char *first = strstr((char *)out.data, "HTTP/1.1 200 ");
    const char *second = strstr((char *)out.data, "HTTP/1.1 405 ");
    assert_true(first && second && first < second);
    assert_non_null(strstr(second, "Allow: "));
    assert_non_null(strstr(second, "HTTP/1.1 200 "));
    (void)close(fd);
    pair_close_quietly(&p);
}

static void too_many_connections_are_turned_away(void **state)
{
    (void)state;
    struct pair p;
    AUTO_CLEAR_BUFFER out = buffer_make(65536);
    const struct agent_settings with = { .connections = 1 };
    const struct server_answer answer = { .text = "" };
    pair_open(&p, &answer, 1, &with);
    int first = connect_to(&p);
    int second = connect_to(&p); /* accepted in this order */
    read_all(second, &out);
    assert_non_null(strstr((char *)out.data, "HTTP/1.1 503 "));
    (void)close(second);

    /* Who leaves makes room: a closed answer says that the place is free. */
    send_text(first, "GET /v1/sys/version HTTP/1.1\r\nHost: x\r\n"
                     "Connection: close\r\n\r\n");
    buffer_clear(&out);
    read_all(first, &out);
    assert_non_null(strstr((char *)out.data, "HTTP/1.1 200 "));
    (void)close(first);
    json_decref(pair_call(&p, HTTP_GET, "/v1/sys/version", NULL, 200));
    pair_close_quietly(&p);
}

/* Freeing hangs up on clients who say nothing. */
static void silent_clients_do_not_hold_the_agent(void **state)
{
    (void)state;
    struct pair p;
    AUTO_CLEAR_BUFFER out = buffer_make(1024);
    const struct agent_settings none = { 0 };
    const struct server_answer answer = { .text = "" };
    pair_open(&p, &answer, 1, &none);
    int silent = connect_to(&p);
    int half = connect_to(&p);
    send_text(half, "POST /v1/certificate/issue HTTP/1.1\r\nHost: x\r\n"
                    "Content-Length: 100\r\n\r\nhalf");
    json_decref(pair_call(&p, HTTP_GET, "/v1/sys/version", NULL, 200));
    pair_close_quietly(&p);
    read_all(silent, &out);
    assert_int_equal(out.len, 1);
    (void)close(silent);
    (void)close(half);
}

/* --- settings --------------------------------------------------------------
 */

static void assert_settings(struct agent_settings settings,
                            enum status_code expected, const char *says)
{
    struct agent *agent = NULL;
    struct reason why = { "" };
    assert_status(expected, agent_open(&settings, &agent, &why));
    assert_null(agent);
    if (!strstr(why.text, says))
        fail_msg("\"%s\" does not say \"%s\"", why.text, says);
}

static void wrong_settings_are_named(void **state)
{
    (void)state;
    struct agent_settings s = { .address = "127.0.0.1",
                                .broker_url = "https://127.0.0.1:1",
                                .broker_roots = buffer_bytes(&pair_roots) };
    static const char *const not_loopback[] = { "0.0.0.0", "10.0.0.1",
                                                "::",      "localhost",
                                                "",        "128.0.0.1" };
    for (size_t i = 0; i < 6; i++) {
        struct agent_settings other = s;
        other.address = not_loopback[i];
        assert_settings(other, STATUS_INVALID, "is not a loopback address");
    }
    struct agent_settings other = s;
    other.broker_url = "http://127.0.0.1:1"; /* evidence is no secret, but the
                                                certificate must be right */
    assert_settings(other, STATUS_INVALID, "http");
    other = s;
    other.broker_roots = bytes_of_string("no PEM");
    assert_settings(other, STATUS_INVALID, "");
    other = s;
    other.broker_roots = bytes_of(NULL, 0);
    assert_settings(other, STATUS_INVALID, "");

    struct agent *first = NULL;
    assert_ok(agent_open(&s, &first, NULL));
    other = s;
    other.port = agent_port(first);
    assert_settings(other, STATUS_UNAVAILABLE,
                    "cannot listen on 127.0.0.1 port ");
    assert_settings(other, STATUS_UNAVAILABLE, "Address already in use");
    agent_free(first);
    agent_free(NULL);
}

static void the_options_have_the_product_s_port(void **state)
{
    (void)state;
    AUTO_FREE(config) config = NULL;
    struct reason why = { "" };
    assert_ok(config_parse("x",
                           bytes_of_string("[broker]\nurl = https://a\n"
                                           "ca = /ca.pem\n"),
                           agent_options, agent_options_count, &config, &why));
    assert_int_equal(config_number(config, "listen", "port"), 9092);
    assert_string_equal(config_text(config, "listen", "address"), "127.0.0.1");
    assert_string_equal(config_text(config, "simulator", "directory"), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_requests_get_the_product_s_event),
        cmocka_unit_test(simulated_evidence_names_what_was_asked),
        cmocka_unit_test(there_is_no_simulated_evidence_by_default),
        cmocka_unit_test(what_is_not_http_ends_the_connection),
        cmocka_unit_test(one_connection_serves_many_requests),
        cmocka_unit_test(too_many_connections_are_turned_away),
        cmocka_unit_test(silent_clients_do_not_hold_the_agent),
        cmocka_unit_test(wrong_settings_are_named),
        cmocka_unit_test(the_options_have_the_product_s_port),
    };
    return cmocka_run_group_tests(tests, pair_setup, pair_teardown);
}
