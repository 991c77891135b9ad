/* The provider "sim": what it asks the agent, and which answers it takes. */

#include "platform/platform.h"

#include "tests/support/check.h"

struct fake {
    const char *answer;
    struct status result;
    struct buffer path, body;
    uint8_t kind;
    struct bytes nonce;
};

static struct status post(void *context, const char *path, struct bytes body,
                          struct buffer *answer, struct reason *why)
{
    struct fake *fake = context;
    buffer_put_string(&fake->path, path);
    buffer_put(&fake->body, body);
    if (failed(fake->result))
        return refuse(why, fake->result.code, "fake", "the agent is away");
    buffer_put_string(answer, fake->answer);
    return OK;
}

static struct status ask(struct fake *fake, struct buffer *out,
                         struct reason *why)
{
    unsigned char report_data[PLATFORM_REPORT_DATA_LEN];
    struct platform_sim sim = { .kind = fake->kind, .agent = { post, fake } };
    memset(sim.measurement.bytes, 0xab, HASH_LEN);
    memset(report_data, 0xcd, sizeof(report_data));
    fake->path = buffer_make(1024);
    fake->body = buffer_make(1024);
    struct platform platform = platform_sim(&sim);
    assert_string_equal(platform.name, "sim");
    struct status s =
        platform.evidence(platform.context, report_data, fake->nonce, out, why);
    buffer_put_u8(&fake->path, '\0');
    buffer_put_u8(&fake->body, '\0');
    return s;
}

static void clear(struct fake *fake)
{
    buffer_clear(&fake->path);
    buffer_clear(&fake->body);
}

#define AB8 "abababababababab"
#define CD8 "cdcdcdcdcdcdcdcd"

static void it_asks_for_measurement_and_report_data(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER out = buffer_make(64);
    struct fake fake = { .answer = "{\"quote\":\"cXVvdGU=\"}" };
    buffer_put_string(&out, "before ");
    assert_ok(ask(&fake, &out, NULL));
    assert_string_equal((const char *)fake.path.data, "/v1/sim/quote");
    assert_string_equal((const char *)fake.body.data,
                        "{\"measurement\":\"" AB8 AB8 AB8 AB8
                        "\",\"report_data\":\"" CD8 CD8 CD8 CD8 CD8 CD8 CD8 CD8
                        "\"}");
    assert_int_equal(out.len, 12);
    assert_memory_equal(out.data, "before quote", 12);
    clear(&fake);
}

static void kind_and_nonce_are_passed_on(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER out = buffer_make(64);
    struct fake fake = { .answer = "{\"quote\":\"cXVvdGU=\"}",
                         .kind = API_KIND_TDX,
                         .nonce = bytes_of("abc", 3) };
    assert_ok(ask(&fake, &out, NULL));
    assert_non_null(strstr((const char *)fake.body.data,
                           ",\"kind\":\"tdx\",\"nonce\":\"YWJj\"}"));
    clear(&fake);
}

static void what_is_no_quote_is_refused(void **state)
{
    (void)state;
    static const char *const answers[] = {
        "",
        "{}",
        "{\"quote\":1}",
        "{\"quote\":\"\"}",
        "{\"quote\":\"!\"}",
        "{\"quote\":\"cXVvdGU=\"} x",
        "{\"quote\":\"cXVvdGU=\",\"quote\":\"cXVvdGU=\"}",
    };
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        AUTO_CLEAR_BUFFER out = buffer_make(64);
        struct reason why = { "" };
        struct fake fake = { .answer = answers[i] };
        assert_status(STATUS_INVALID, ask(&fake, &out, &why));
        assert_int_equal(out.len, 0);
        assert_true(why.text[0] != '\0');
        clear(&fake);
    }
}

static void a_quote_has_a_largest_size(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER out = buffer_make(1 << 20);
    AUTO_CLEAR_BUFFER answer = buffer_make(1 << 20);
    size_t groups = PLATFORM_EVIDENCE_MAX / 3 + 1; /* 3 bytes in 4 letters */
    buffer_put_string(&answer, "{\"quote\":\"");
    for (size_t i = 0; i < groups; i++)
        buffer_put_string(&answer, "AAAA");
    buffer_put_string(&answer, "\"}");
    buffer_put_u8(&answer, '\0');
    struct fake fake = { .answer = (const char *)answer.data };
    assert_status(STATUS_INVALID, ask(&fake, &out, NULL));
    assert_int_equal(out.len, 0);
    clear(&fake);
}

static void the_agent_s_failure_is_passed_on(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER out = buffer_make(64);
    struct reason why = { "" };
    struct fake fake = { .result = failure(STATUS_UNAVAILABLE, "", 0) };
    assert_status(STATUS_UNAVAILABLE, ask(&fake, &out, &why));
    assert_string_equal(why.text, "the agent is away");
    clear(&fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_asks_for_measurement_and_report_data),
        cmocka_unit_test(kind_and_nonce_are_passed_on),
        cmocka_unit_test(what_is_no_quote_is_refused),
        cmocka_unit_test(a_quote_has_a_largest_size),
        cmocka_unit_test(the_agent_s_failure_is_passed_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
