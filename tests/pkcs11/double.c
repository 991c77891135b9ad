#include "tests/pkcs11/double.h"

#include <sys/socket.h>
#include <unistd.h>

#include "pkcs11/messages.h"
#include "pkcs11/wire.h"
#include "tests/support/check.h"

static void *judge(void *argument)
{
    struct judge_double *me = argument;
    struct buffer in = buffer_make(PKCS11_CERTIFY_MAX);
    struct pkcs11_frame frame;

    while (!failed(pkcs11_frame_read(me->fd, &in, &frame))) {
        struct hsm_question question;
        struct reason why = { "" };
        char label[CA_LABEL_LEN];
        AUTO_CLEAR_BUFFER out = buffer_make(1024);

        if (me->mute ||
            failed(hsm_question_decode(frame.body, &question, &me->rule, &why)))
            break;
        me->asked++;
        memcpy(me->report_data, question.report_data, CA_REPORT_DATA_LEN);
        me->time = question.time;
        me->evidence_len = question.evidence.len;
        me->collateral_len = question.collateral.len;
        me->nonce = question.nonce;
        me->zone_len = question.word.zone.len;
        me->word = question.word;
        me->word.zone = bytes_of(NULL, 0);
        memset(label, 'b', sizeof(label));
        const struct pkcs11_frame answer = {
            frame.id, (uint8_t)me->verdict,
            me->verdict == STATUS_OK ? bytes_of(label, sizeof(label))
                                     : bytes_of_string("chain:sig no")
        };
        pkcs11_frame_put(&out, &answer);
        if (failed(pkcs11_write(me->fd, buffer_bytes(&out))))
            break;
    }
    (void)close(me->fd);
    buffer_clear(&in);
    return NULL;
}

void judge_double_start(struct judge_double *out, struct hsm_judge **worker_end)
{
    int pair[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair),
                     0);
    *out = (struct judge_double){ .fd = pair[1], .verdict = STATUS_OK };
    assert_ok(hsm_judge_open(pair[0], 5000, worker_end));
    assert_int_equal(pthread_create(&out->thread, NULL, judge, out), 0);
}

void judge_double_join(struct judge_double *me)
{
    assert_int_equal(pthread_join(me->thread, NULL), 0);
}
