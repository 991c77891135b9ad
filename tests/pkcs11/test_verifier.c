/* The verifier as a process of its own, with evidence made for the test. */

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/attest/forge.h"
#include "tests/pkcs11/verifying.h"
#include "tests/support/check.h"

#include "base/file.h"
#include "base/text.h"
#include "pkcs11/roles.h"

struct court {
    struct forge forge;
    struct buffer evidence;
    struct api_identity_rule rule;
    struct hsm_question question; /* honest */
    struct verifying v;
    struct reason why;
    char label[CA_LABEL_LEN + 1];
};

static struct court court;

static void make_question(void)
{
    struct sgx_report *report = &court.forge.report;

    memset(court.question.report_data, 0x5a, CA_REPORT_DATA_LEN);
    memcpy(report->data, court.question.report_data, CA_REPORT_DATA_LEN);
    court.evidence = buffer_make(ATTEST_EVIDENCE_MAX);
    forge_quote(&court.forge, &court.evidence);
    court.rule = (struct api_identity_rule){
        .kind = API_KIND_SGX | API_KIND_SIMULATED,
        .form = API_SGX_MRENCLAVE,
        .tcb_mask = API_TCB_UNEVALUATED,
        .anchor = court.forge.anchor.spki,
    };
    memcpy(court.rule.sgx.mrenclave, report->mrenclave, 32);
    court.question.evidence = buffer_bytes(&court.evidence);
    court.question.rule = &court.rule;
    court.question.time = FORGE_NOW;
}

static int set_up(void **state)
{
    (void)state;
    court = (struct court){ .v = { .judge = NULL } };
    forge_init(&court.forge);
    make_question();
    verifying_start(&court.v, &court.forge.anchor, 1);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    if (court.v.judge)
        verifying_stop(&court.v, 0);
    buffer_clear(&court.evidence);
    forge_clear(&court.forge);
    return 0;
}

static STATUS ask(void)
{
    court.why.text[0] = '\0';
    return hsm_judge_ask(court.v.judge, &court.question, court.label,
                         &court.why);
}

static void assert_refused(const char *text)
{
    memset(court.label, 0, sizeof(court.label));
    assert_status(STATUS_DENIED, ask());
    if (!strstr(court.why.text, text))
        print_error("reason: %s\n", court.why.text);
    assert_non_null(strstr(court.why.text, text));
    assert_int_equal(court.label[0], 0);
}

static void names_what_honest_evidence_measured(void **state)
{
    char expected[CA_LABEL_LEN + 1];
    (void)state;
    assert_ok(ask());
    hex_encode(bytes_of(court.forge.report.mrenclave, 32), expected);
    assert_string_equal(court.label, expected);
}

static void answers_one_question_after_the_other(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_ok(ask());
        court.question.report_data[0] ^= 1;
        assert_refused("the evidence does not bind this key and");
        court.question.report_data[0] ^= 1;
    }
}

static void refuses_another_binding(void **state)
{
    (void)state;
    for (size_t i = 0; i < CA_REPORT_DATA_LEN; i += 21) {
        court.question.report_data[i] ^= 0x80;
        assert_refused("the evidence does not bind this key and");
        court.question.report_data[i] ^= 0x80;
    }
}

static void refuses_another_program(void **state)
{
    (void)state;
    court.rule.sgx.mrenclave[31] ^= 1;
    assert_refused("");
}

static void refuses_another_anchor(void **state)
{
    (void)state;
    court.rule.anchor.bytes[0] ^= 1;
    assert_refused("");
}

/* The simulator's root in a configuration gains nothing by itself. */
static void refuses_simulated_evidence_for_a_real_rule(void **state)
{
    (void)state;
    court.rule.kind = API_KIND_SGX;
    assert_refused("");
}

static void refuses_changed_evidence(void **state)
{
    (void)state;
    court.evidence.data[112] ^= 1; /* MRENCLAVE */
    assert_refused("quote-sig");
}

static void refuses_garbage(void **state)
{
    static const unsigned char garbage[100] = { 3 };
    (void)state;
    court.question.evidence = bytes_of(garbage, sizeof(garbage));
    assert_refused("");
}

static void refuses_expired_certificates(void **state)
{
    (void)state;
    court.question.time = FORGE_NOW + 400 * (uint64_t)FORGE_DAY;
    assert_refused("chain:time");
}

static void refuses_everything_without_anchors(void **state)
{
    (void)state;
    verifying_stop(&court.v, 0);
    verifying_start(&court.v, NULL, 0);
    assert_refused("no trust anchor is configured");
}

static void its_end_is_noticed_and_remembered(void **state)
{
    int how = 0;
    (void)state;
    assert_int_equal(kill(court.v.process, SIGKILL), 0);
    assert_int_equal(waitpid(court.v.process, &how, 0), court.v.process);
    assert_false(hsm_judge_is_broken(court.v.judge));
    assert_status(STATUS_UNAVAILABLE, ask());
    assert_true(hsm_judge_is_broken(court.v.judge));
    assert_status(STATUS_UNAVAILABLE, ask());
    assert_string_equal(court.why.text,
                        "the verifier of evidence does not answer");
    hsm_judge_free(court.v.judge);
    court.v.judge = NULL;
}

/* A verifier out of step could answer another question. */
static void a_verifier_that_is_silent_too_long_is_not_asked_again(void **state)
{
    int pair[2];
    (void)state;
    verifying_stop(&court.v, 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair),
                     0);
    assert_ok(hsm_judge_open(pair[0], 50, &court.v.judge));
    assert_status(STATUS_UNAVAILABLE, ask());
    assert_true(hsm_judge_is_broken(court.v.judge));
    (void)close(pair[1]);
    hsm_judge_free(court.v.judge);
    court.v.judge = NULL;
}

/* What the kernel knows of it: no file, one socket, a filter. */
static void has_nothing_but_its_socket(void **state)
{
    char path[64], *line;
    AUTO_CLEAR_BUFFER status = buffer_make(16384);
    (void)state;
    assert_ok(ask()); /* so that it is past its start */
    (void)snprintf(path, sizeof(path), "/proc/%d/status", (int)court.v.process);
    assert_ok(file_read(path, &status));
    char *text = buffer_string(&status);
    assert_non_null(text);
    line = strstr(text, "Seccomp:");
    assert_non_null(line);
    assert_int_equal(strtol(line + strlen("Seccomp:"), NULL, 10), 2);
    line = strstr(text, "NoNewPrivs:");
    assert_non_null(line);
    assert_int_equal(strtol(line + strlen("NoNewPrivs:"), NULL, 10), 1);
    free(text);
    for (int fd = 3; fd < 32; fd++) {
        (void)snprintf(path, sizeof(path), "/proc/%d/fd/%d",
                       (int)court.v.process, fd);
        assert_int_equal(faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW),
                         fd == HSM_FD_JUDGE ? 0 : -1);
    }
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(names_what_honest_evidence_measured),
        CASE(answers_one_question_after_the_other),
        CASE(refuses_another_binding),
        CASE(refuses_another_program),
        CASE(refuses_another_anchor),
        CASE(refuses_simulated_evidence_for_a_real_rule),
        CASE(refuses_changed_evidence),
        CASE(refuses_garbage),
        CASE(refuses_expired_certificates),
        CASE(refuses_everything_without_anchors),
        CASE(its_end_is_noticed_and_remembered),
        CASE(a_verifier_that_is_silent_too_long_is_not_asked_again),
        CASE(has_nothing_but_its_socket),
    };
    (void)signal(SIGPIPE, SIG_IGN); /* as every role does first */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
