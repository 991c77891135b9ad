/* judge.h - the verifier child: a process with no PIN, no module, no file
 * and one socket, that says whether evidence is what a rule demands.
 *
 * The parsers of evidence are the largest code that meets an attacker's
 * bytes; here they can corrupt nothing but a verdict. */

#ifndef PKCS11_JUDGE_H
#define PKCS11_JUDGE_H

#include "api/api.h"
#include "base/scope.h"
#include "ca/ca.h"

struct hsm_judge; /* the worker's end */

/* Takes over the socket. Answers that take longer than `patience`
 * milliseconds break the judge. */
STATUS hsm_judge_open(int fd, unsigned patience, struct hsm_judge **out);
void hsm_judge_free(struct hsm_judge *judge);
DEFINE_AUTO_FREE(hsm_judge);

/* What a node's word must be about: ca/word.h. */
struct hsm_word {
    struct bytes zone; /* root (DER); empty: the evidence is a platform's */
    struct hash spki, configuration;
    struct api_id account;
};

struct hsm_question {
    struct bytes evidence, collateral; /* collateral may be empty */
    struct hsm_word word;
    const struct api_identity_rule *rule;
    unsigned char report_data[CA_REPORT_DATA_LEN]; /* of a platform's */
    struct hash nonce; /* of a Nitro document, which has a place of its own for
                          it; zero: none */
    uint64_t time;     /* seconds */
};

/* Is this evidence genuine under one of the anchors, does it match the rule,
 * does it bind the report data? Or, of a node's word: is it by a node of this
 * zone, about this key, configuration and account? On OK *label is the name of
 * what was measured (64 lower-case digits). STATUS_DENIED with the verifier's
 * reason; STATUS_UNAVAILABLE when the judge broke. Safe from several threads.
 */
STATUS hsm_judge_ask(struct hsm_judge *judge,
                     const struct hsm_question *question,
                     char label[CA_LABEL_LEN + 1], struct reason *why);

/* It answers no more: this generation should be replaced. */
bool hsm_judge_is_broken(struct hsm_judge *judge);

/* The question's message. *out borrows from body and rule. */
STATUS hsm_question_encode(const struct hsm_question *question,
                           struct buffer *out, struct reason *why);
STATUS hsm_question_decode(struct bytes body, struct hsm_question *out,
                           struct api_identity_rule *rule, struct reason *why);

/* The role `accord-hsm verifier`. Returns the exit code. */
int hsm_verifier_main(void);

#endif
