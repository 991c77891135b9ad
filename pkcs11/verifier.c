/* verifier.c - the role `accord-hsm verifier`: anchors first, then questions
 * one by one, until the worker is gone. */

#include <openssl/crypto.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "attest/attest.h"
#include "base/text.h"
#include "pkcs11/judge.h"
#include "pkcs11/messages.h"
#include "pkcs11/roles.h"
#include "pkcs11/sandbox.h"
#include "pkcs11/wire.h"

#define ANCHORS_MAX 64

struct verifier {
    struct attest_anchor anchors[ANCHORS_MAX];
    size_t count;
};

/* The supervisor sends the array as it stands in its memory: the same
 * program, the same machine, and no pointer in it. */
static struct status read_anchors(struct verifier *verifier)
{
    AUTO_CLEAR_BUFFER in = buffer_make(sizeof(verifier->anchors));

    TRY(hsm_role_read(HSM_FD_ANCHORS, &in));
    if (in.len % sizeof(verifier->anchors[0]) != 0)
        return failure(STATUS_INVALID, "anchors", 0);
    if (in.len > 0)
        memcpy(verifier->anchors, in.data, in.len);
    verifier->count = in.len / sizeof(verifier->anchors[0]);
    return OK;
}

/* What a platform signed, by one of the anchors. */
static struct status identify(const struct verifier *verifier,
                              const struct hsm_question *question,
                              struct attest_identity *out, struct reason *why)
{
    struct attest_collateral collateral;
    struct attest_question asked = attest_ask(
        question->evidence, verifier->anchors, verifier->count, question->time);

    if (verifier->count == 0)
        return refuse(why, STATUS_DENIED, "anchors",
                      "no trust anchor is configured");
    if (question->collateral.len > 0) {
        if (failed(attest_collateral_decode(question->collateral, &collateral)))
            return refuse(why, STATUS_INVALID, "collateral",
                          "the collateral is malformed");
        asked.collateral = &collateral;
    }
    asked.evaluation_min = question->rule->terms.evaluation_min;
    return attest_verify(&asked, out, why);
}

static struct status check_binding(const struct hsm_question *question,
                                   const struct attest_identity *identity,
                                   struct reason *why)
{
    if (failed(attest_binds(identity, question->report_data)))
        return refuse(why, STATUS_DENIED, "binding",
                      "the evidence does not bind this key and "
                      "configuration");
    if (!hash_is_zero(&question->nonce) &&
        failed(attest_has_nonce(identity, &question->nonce)))
        return refuse(why, STATUS_DENIED, "nonce",
                      "nonce: the evidence was not made for this one");
    return OK;
}

/* What a node says; the word itself binds key and configuration. */
static struct status identify_word(const struct hsm_question *question,
                                   struct attest_identity *out,
                                   struct reason *why)
{
    const struct hsm_word *about = &question->word;
    struct ca_word word;

    TRY(ca_word_judge(question->evidence, about->zone, question->time,
                      &about->spki, &word, why));
    TRY(ca_word_concerns(&word, &about->configuration, &about->account, why));
    return attest_vouched(word.platform, bytes_of(word.report, word.report_len),
                          &word.anchor, out, why);
}

/* Appends the label of what was measured. */
static struct status judge(const struct verifier *verifier, struct bytes body,
                           struct buffer *out, struct reason *why)
{
    struct api_identity_rule rule;
    struct hsm_question question;
    struct attest_identity identity;
    char label[CA_LABEL_LEN + 1];

    TRY(hsm_question_decode(body, &question, &rule, why));
    bool word = question.word.zone.len > 0;
    TRY(word ? identify_word(&question, &identity, why)
             : identify(verifier, &question, &identity, why));
    TRY(attest_matches(&rule, &identity, question.time, why));
    if (!word)
        TRY(check_binding(&question, &identity, why));
    TRY(api_identity_label(&rule, identity.sgx.mrenclave, label, why));
    buffer_put(out, bytes_of(label, CA_LABEL_LEN));
    return buffer_status(out);
}

static struct status answer_one(const struct verifier *verifier,
                                struct buffer *in)
{
    struct pkcs11_frame question, answer = { 0 };
    struct reason why = { "" };
    AUTO_CLEAR_BUFFER body = buffer_make(CA_LABEL_LEN);
    AUTO_CLEAR_BUFFER out = buffer_make(4096);

    TRY(pkcs11_frame_read(HSM_FD_JUDGE, in, &question));
    struct status s = judge(verifier, question.body, &body, &why);
    answer.id = question.id;
    answer.code = (uint8_t)s.code;
    answer.body = failed(s) ? bytes_of_string(why.text) : buffer_bytes(&body);
    pkcs11_frame_put(&out, &answer);
    TRY(buffer_status(&out));
    return pkcs11_write(HSM_FD_JUDGE, buffer_bytes(&out));
}

int hsm_verifier_main(void)
{
    struct buffer in = buffer_make(PKCS11_CERTIFY_MAX);
    struct verifier *verifier = calloc(1, sizeof(*verifier));

    /* libcrypto would look for its configuration file later on, and libc,
     * when a certificate's dates are compared, for the time zone. */
    bool utc = setenv("TZ", "UTC0", 1) == 0;
    tzset();
    api_json_seed(); /* collateral is JSON */
    bool ready = utc && verifier && !failed(hsm_harden()) &&
                 OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) == 1 &&
                 !failed(read_anchors(verifier)) &&
                 !failed(hsm_sandbox_verifier());
    if (!ready) {
        hsm_say("verifier: cannot start");
        _exit(1);
    }
    while (!failed(answer_one(verifier, &in)))
        continue;
    _exit(0); /* the worker hung up; exit handlers may ask for too much */
}
