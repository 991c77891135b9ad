#include "tests/agent/pair.h"

#include "tests/support/check.h"

#include <time.h>

#include "tests/agent/roots.h"
#include "tests/support/temp_dir.h"

static struct root root;
struct buffer pair_roots;
static struct ca_key *broker_key;
static X509 *broker_certificate;
static struct temp_dir dir;
struct simulator *pair_simulator;

static void make_broker(void)
{
    root = root_make();
    pair_roots = buffer_make(8192);
    root_pem(&root, &pair_roots);
    assert_ok(ca_key_generate(CA_KEY_P256, &broker_key));
    struct buffer der = root_certify_server(&root, broker_key);
    const unsigned char *at = der.data;
    broker_certificate = d2i_X509(NULL, &at, (long)der.len);
    assert_non_null(broker_certificate);
    buffer_clear(&der);
}

int pair_setup(void **state)
{
    (void)state;
    struct reason why = { "" };
    assert_ok(secret_heap_open(1 << 20));
    dir = temp_dir_make();
    make_broker();
    const char *path = temp_dir_path(&dir, "simulator");
    assert_ok(simulator_make(path, (uint64_t)time(NULL), &why));
    return failed(simulator_open(path, &pair_simulator, &why));
}

int pair_teardown(void **state)
{
    (void)state;
    simulator_free(pair_simulator);
    X509_free(broker_certificate);
    ca_key_free(broker_key);
    buffer_clear(&pair_roots);
    root_clear(&root);
    temp_dir_remove(&dir);
    return 0;
}

void pair_open(struct pair *p, const struct server_answer *answers,
               size_t count, const struct agent_settings *more)
{
    const struct server_plan plan = { .answers = answers,
                                      .answer_count = count,
                                      .certificate = broker_certificate,
                                      .key = ca_key_pkey(broker_key) };
    struct reason why = { "" };
    char url[64];
    p->broker = server_start(&plan);
    struct agent_settings settings = *more;
    settings.address = "127.0.0.1";
    settings.broker_url = server_url(p->broker);
    if (settings.broker_roots.len == 0)
        settings.broker_roots = buffer_bytes(&pair_roots);
    assert_ok(agent_open(&settings, &p->agent, &why));
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%u",
                   (unsigned)agent_port(p->agent));
    const struct http_client_settings caller = { .base_url = url,
                                                 .allow_http = true };
    assert_ok(http_client_open(&caller, &p->client, &why));
}

struct server_record pair_close(struct pair *p)
{
    http_client_free(p->client);
    agent_free(p->agent);
    return server_stop(p->broker);
}

void pair_close_quietly(struct pair *p)
{
    struct server_record record = pair_close(p);
    server_record_clear(&record);
}

const char *pair_answer(int status, const char *body)
{
    static char texts[4][2048];
    static unsigned turn;
    char *text = texts[turn++ % 4];
    (void)snprintf(text, sizeof(texts[0]),
                   "HTTP/1.1 %d Some\r\nContent-Length: %zu\r\n"
                   "Connection: close\r\n\r\n%s",
                   status, strlen(body), body);
    return text;
}

/* The answer's body as JSON; the caller releases it. */
json_t *pair_call(const struct pair *p, enum http_method method,
                  const char *path, const char *body, int status)
{
    json_t *value = NULL;
    struct reason why = { "" };
    AUTO_CLEAR_ANSWER answer = { 0 };
    const struct http_call call = {
        .method = method,
        .path = path,
        .content_type = body ? "application/json" : NULL,
        .body = body ? bytes_of_string(body) : bytes_of(NULL, 0),
    };
    struct status s = http_call(p->client, &call, &answer, &why);
    if (failed(s))
        fail_msg("%s: %s", path, why.text);
    assert_int_equal(answer.status, status);
    assert_ok(api_json_read(buffer_bytes(&answer.body), answer.body.len, false,
                            &value, &why));
    return value;
}

void assert_member(const json_t *value, const char *name, const char *expected)
{
    const char *text = json_string_value(json_object_get(value, name));
    if (!expected) {
        assert_null(json_object_get(value, name));
        return;
    }
    assert_non_null(text);
    assert_string_equal(text, expected);
}
