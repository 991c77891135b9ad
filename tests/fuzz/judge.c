/* What the worker and its verifier say to each other. The first byte even: a
 * question, which is read and written back as the very same bytes. Odd: an
 * answer to a question, which is a verdict only if it is one whole frame for
 * it; whatever else it is, nobody is asked again. Seeds: tests/fuzz/seeds.c. */

#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pkcs11/judge.h"
#include "pkcs11/messages.h"
#include "pkcs11/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ANSWER_MAX                                                             \
    8192u /* more than a verdict may have, less than a socket                  \
           */

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void read_question(struct bytes body)
{
    struct hsm_question question;
    struct api_identity_rule rule;
    struct reason why = { "" };
    AUTO_CLEAR_BUFFER again = buffer_make(PKCS11_CERTIFY_MAX);
    if (failed(hsm_question_decode(body, &question, &rule, &why)))
        return;
    must(!failed(hsm_question_encode(&question, &again, &why)));
    must(bytes_equal(buffer_bytes(&again), body));
}

static void check_label(const char *label)
{
    must(strlen(label) == CA_LABEL_LEN &&
         strspn(label, "0123456789abcdef") == CA_LABEL_LEN);
}

static void read_answer(struct bytes answer)
{
    struct api_identity_rule rule = { .kind = API_KIND_SGX,
                                      .form = API_SGX_MRENCLAVE,
                                      .tcb_mask = API_TCB_UNEVALUATED,
                                      .anchor = { { 1 } },
                                      .sgx.mrenclave = { 1 } };
    const struct hsm_question question = { .evidence = answer, .rule = &rule };
    struct hsm_judge *judge = NULL;
    struct reason why = { "" };
    char label[CA_LABEL_LEN + 1] = "";
    int pair[2];
    must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
    must(write(pair[1], answer.at, answer.len) == (ssize_t)answer.len);
    must(shutdown(pair[1], SHUT_WR) == 0);
    must(!failed(hsm_judge_open(pair[0], 1000, &judge)));
    struct status s = hsm_judge_ask(judge, &question, label, &why);
    if (!failed(s))
        check_label(label);
    else
        must(s.code != STATUS_OK && s.code <= STATUS_NO_MEMORY);
    if (hsm_judge_is_broken(judge))
        must(hsm_judge_ask(judge, &question, label, &why).code ==
             STATUS_UNAVAILABLE);
    hsm_judge_free(judge);
    (void)close(pair[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct bytes rest = bytes_of(data + 1, size - 1);
    if (data[0] % 2 == 0)
        read_question(rest);
    else if (rest.len <= ANSWER_MAX)
        read_answer(rest);
    return 0;
}
