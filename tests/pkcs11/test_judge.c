/* What the worker makes of a verifier's answers, which may be corrupted: a
 * verdict, a refusal in its words, or nothing at all. */

#include "pkcs11/judge.h"

#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"
#include "pkcs11/wire.h"
#include "tests/support/check.h"

#define HALF  "0123456789abcdef0123456789abcdef"
#define LABEL HALF HALF

struct asked {
    struct status status;
    struct reason why;
    char label[CA_LABEL_LEN + 1];
    bool broken;
};

static struct asked ask_about(struct bytes answer)
{
    struct api_identity_rule rule = { .kind = API_KIND_SGX,
                                      .form = API_SGX_MRENCLAVE,
                                      .tcb_mask = API_TCB_UNEVALUATED,
                                      .anchor = { { 1 } },
                                      .sgx.mrenclave = { 1 } };
    const struct hsm_question question = { .rule = &rule };
    struct asked a = { .why = { "" } };
    AUTO_FREE(hsm_judge) judge = NULL;
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_ok(pkcs11_write(pair[1], answer));
    assert_int_equal(shutdown(pair[1], SHUT_WR), 0);
    assert_ok(hsm_judge_open(pair[0], 20000, &judge));
    a.status = hsm_judge_ask(judge, &question, a.label, &a.why);
    a.broken = hsm_judge_is_broken(judge);
    (void)close(pair[1]);
    return a;
}

static void put(struct buffer *out, uint32_t id, uint8_t code,
                struct bytes body)
{
    const struct pkcs11_frame frame = { id, code, body };
    pkcs11_frame_put(out, &frame);
    assert_ok(buffer_status(out));
}

static struct asked ask(uint32_t id, uint8_t code, const char *body, size_t len)
{
    AUTO_CLEAR_BUFFER answer = buffer_make(8192);
    put(&answer, id, code, bytes_of(body, len));
    return ask_about(buffer_bytes(&answer));
}

#define TEXT(literal) literal, sizeof(literal) - 1

static void a_label_is_a_verdict_and_a_text_a_refusal(void **state)
{
    (void)state;
    struct asked a = ask(1, STATUS_OK, TEXT(LABEL));
    assert_ok(a.status);
    assert_string_equal(a.label, LABEL);
    a = ask(1, STATUS_DENIED, TEXT("quote: too old"));
    assert_status(STATUS_DENIED, a.status);
    assert_string_equal(a.why.text, "quote: too old");
    assert_false(a.broken);
}

static void what_is_no_label_is_no_verdict(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        size_t len;
    } bad[] = {
        { TEXT("") },
        { TEXT(HALF) },
        { TEXT(LABEL "0") },
        { TEXT(HALF "0123456789abcdef0123456789ABCDEF") },
        { TEXT(HALF ".id.accord.example0123456789abcd") },
        { TEXT(HALF "0123456789abcdef\0"
                    "123456789abcdef") },
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct asked a = ask(1, STATUS_OK, bad[i].body, bad[i].len);
        assert_status(STATUS_UNAVAILABLE, a.status);
        assert_string_equal(a.why.text, "the verifier's verdict is malformed");
    }
}

static void assert_broken(struct asked a)
{
    assert_status(STATUS_UNAVAILABLE, a.status);
    assert_string_equal(a.why.text, "the verifier of evidence does not answer");
    assert_true(a.broken);
}

static void what_is_no_answer_to_the_question_breaks_it(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER whole = buffer_make(8192);
    assert_broken(ask(2, STATUS_OK, TEXT(LABEL)));
    assert_broken(ask(0, STATUS_OK, TEXT(LABEL)));
    assert_broken(ask(1, STATUS_NO_MEMORY + 1, TEXT(LABEL)));
    assert_broken(ask(1, PKCS11_READY, TEXT("")));
    put(&whole, 1, STATUS_OK, bytes_of_string(LABEL));
    for (size_t len = 0; len < whole.len; len++)
        assert_broken(ask_about(bytes_of(whole.data, len)));
    whole.data[0] = 0x7f; /* longer than any answer */
    assert_broken(ask_about(buffer_bytes(&whole)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_label_is_a_verdict_and_a_text_a_refusal),
        cmocka_unit_test(what_is_no_label_is_no_verdict),
        cmocka_unit_test(what_is_no_answer_to_the_question_breaks_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
