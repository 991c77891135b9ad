/* judge.c - the worker's end of the verifier, and the messages between. */

#include "pkcs11/judge.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "pkcs11/messages.h"
#include "pkcs11/wire.h"

struct hsm_judge {
    pthread_mutex_t lock; /* one question at a time */
    int fd;
    bool broken; /* question and answer may be out of step */
    uint32_t asked;
};

STATUS hsm_judge_open(int fd, unsigned patience, struct hsm_judge **out)
{
    struct timeval limit = { .tv_sec = patience / 1000,
                             .tv_usec = patience % 1000 * 1000 };
    struct hsm_judge *judge = calloc(1, sizeof(*judge));
    if (!judge)
        return failure(STATUS_NO_MEMORY, "calloc", 0);

    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    pthread_mutex_init(&judge->lock, NULL);
    judge->fd = fd;
    *out = judge;
    return OK;
}

void hsm_judge_free(struct hsm_judge *judge)
{
    if (!judge)
        return;
    (void)close(judge->fd);
    pthread_mutex_destroy(&judge->lock);
    free(judge);
}

bool hsm_judge_is_broken(struct hsm_judge *judge)
{
    pthread_mutex_lock(&judge->lock);
    bool broken = judge->broken;
    pthread_mutex_unlock(&judge->lock);
    return broken;
}

static void put_word(struct buffer *out, const struct hsm_word *word)
{
    pkcs11_put_long(out, word->zone);
    buffer_put(out, hash_bytes(&word->spki));
    buffer_put(out, hash_bytes(&word->configuration));
    buffer_put(out, api_id_bytes(&word->account));
}

static struct hsm_word take_word(struct cursor *in)
{
    struct hsm_word word = { .zone = pkcs11_take_long(in, CA_CERTIFICATE_MAX) };

    cursor_copy(in, word.spki.bytes, HASH_LEN);
    cursor_copy(in, word.configuration.bytes, HASH_LEN);
    cursor_copy(in, word.account.bytes, API_ID_LEN);
    return word;
}

STATUS hsm_question_encode(const struct hsm_question *question,
                           struct buffer *out, struct reason *why)
{
    buffer_put(out, bytes_of(question->report_data, CA_REPORT_DATA_LEN));
    buffer_put(out, hash_bytes(&question->nonce));
    buffer_put_u64(out, question->time);
    TRY(pkcs11_put_rule(out, question->rule, why));
    pkcs11_put_long(out, question->evidence);
    pkcs11_put_long(out, question->collateral);
    put_word(out, &question->word);
    return buffer_status(out);
}

STATUS hsm_question_decode(struct bytes body, struct hsm_question *out,
                           struct api_identity_rule *rule, struct reason *why)
{
    struct cursor in = cursor_of(body);
    struct hsm_question question = { .rule = rule };

    cursor_copy(&in, question.report_data, CA_REPORT_DATA_LEN);
    cursor_copy(&in, question.nonce.bytes, HASH_LEN);
    question.time = cursor_u64(&in);
    TRY(pkcs11_take_rule(&in, rule, why));
    question.evidence = pkcs11_take_long(&in, PKCS11_EVIDENCE_MAX);
    question.collateral = pkcs11_take_long(&in, PKCS11_COLLATERAL_MAX);
    question.word = take_word(&in);
    TRY(cursor_finish(&in, "question"));
    *out = question;
    return OK;
}

/* Under the lock. `in` holds the answer. */
static struct status exchange(struct hsm_judge *judge, struct bytes body,
                              struct buffer *in, struct pkcs11_frame *answer)
{
    const struct pkcs11_frame question = { ++judge->asked, 0, body };
    AUTO_CLEAR_BUFFER out = buffer_make(PKCS11_CERTIFY_MAX);

    pkcs11_frame_put(&out, &question);
    TRY(buffer_status(&out));
    TRY(pkcs11_write(judge->fd, buffer_bytes(&out)));
    TRY(pkcs11_frame_read(judge->fd, in, answer));
    if (answer->id != question.id || answer->code > STATUS_NO_MEMORY)
        return failure(STATUS_UNAVAILABLE, "verdict", answer->code);
    return OK;
}

/* The verifier may be corrupted: what it says goes into a certificate. */
static bool is_label(struct bytes text)
{
    bool is = text.len == CA_LABEL_LEN;

    for (size_t i = 0; i < text.len; i++)
        is = is && memchr("0123456789abcdef", text.at[i], 16);
    return is;
}

static struct status read_verdict(const struct pkcs11_frame *answer,
                                  char label[CA_LABEL_LEN + 1],
                                  struct reason *why)
{
    if (answer->code != STATUS_OK)
        return refuse(why, (enum status_code)answer->code, "evidence", "%.*s",
                      (int)answer->body.len, (const char *)answer->body.at);
    if (!is_label(answer->body))
        return refuse(why, STATUS_UNAVAILABLE, "verdict",
                      "the verifier's verdict is malformed");
    memcpy(label, answer->body.at, CA_LABEL_LEN);
    label[CA_LABEL_LEN] = '\0';
    return OK;
}

/* Under the lock. */
static struct status ask(struct hsm_judge *judge, struct bytes body,
                         char label[CA_LABEL_LEN + 1], struct reason *why)
{
    AUTO_CLEAR_BUFFER in = buffer_make(4096);
    struct pkcs11_frame answer;

    if (judge->broken || failed(exchange(judge, body, &in, &answer))) {
        judge->broken = true;
        return refuse(why, STATUS_UNAVAILABLE, "verifier",
                      "the verifier of evidence does not answer");
    }
    return read_verdict(&answer, label, why);
}

STATUS hsm_judge_ask(struct hsm_judge *judge,
                     const struct hsm_question *question,
                     char label[CA_LABEL_LEN + 1], struct reason *why)
{
    AUTO_CLEAR_BUFFER body = buffer_make(PKCS11_CERTIFY_MAX);

    TRY(hsm_question_encode(question, &body, why));
    pthread_mutex_lock(&judge->lock);
    struct status s = ask(judge, buffer_bytes(&body), label, why);
    pthread_mutex_unlock(&judge->lock);
    return s;
}
