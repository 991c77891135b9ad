/* facts.h - questions to decide(), answered from records. */

#ifndef POLICY_FACTS_H
#define POLICY_FACTS_H

#include "policy/decide.h"
#include "policy/store.h"

/* --- facts.c ------------------------------------------------------------- */

/* One question to decide(): may this certificate have this dataset (or, with
 * dataset NULL, its configuration) now? */
struct policy_question {
    struct ca_facts certificate;
    bool certificate_chains;
    const struct api_id *dataset;
    bool plain;
    uint64_t now; /* seconds */
    bool clock_trusted;
};

/* The answer, with what was found on the way; clear it with
 * policy_answer_clear(). */
struct policy_answer {
    enum policy_code code;
    struct policy_line lines[POLICY_LINES];
    struct api_id account, workflow;
    uint32_t version;
    bool plain_class; /* of the workflow: CCM, there are no grants */
    json_t *runtime;  /* RUNTIME record: {"app", "text"}        */
    json_t *manifest; /* parsed                                 */
    json_t *dataset;  /* manifest entry of the dataset          */
    json_t *record;   /* DATASET record                         */
    json_t *grant;    /* GRANT record: {"grant", "signature"}   */
};
void policy_answer_clear(struct policy_answer *answer);

/* Runs decide() over every active version that holds the certificate's
 * configuration hash, newest first; the first allow wins, else the answer is
 * that of the newest. A failure is the store's, never a refusal. */
STATUS policy_ask(struct policy_txn *txn, const struct policy_question *asked,
                  struct policy_answer *out);

/* What an account agreed on under this hash, for its people to look at: the
 * newest version's account, workflow, version, class, runtime and manifest;
 * nothing is decided. STATUS_NOT_FOUND when no version holds it. */
STATUS policy_runtime_find(struct policy_txn *txn, const struct api_id *account,
                           const struct hash *runtime,
                           struct policy_answer *out);

/* A program that is to get a certificate for `runtime`: the newest active
 * version whose rule `matches` accepts. Code POLICY_NO_CONFIGURATION when the
 * hash is not active anywhere, POLICY_NO_BUILD when no rule matches. */
struct policy_candidate {
    enum policy_code code;
    bool pending; /* refused, but a build may be approved yet */
    struct api_id account, workflow;
    uint32_t version;
    struct api_manifest_app app; /* key is NULL: not kept */
    bool plain_class;            /* CCM: its version was agreed by passwords */
    char partner[64]; /* its name, when other apps are to find it; else "" */
};
typedef STATUS (*policy_matches_fn)(void *context,
                                    const struct api_identity_rule *rule,
                                    struct reason *why);
STATUS policy_candidate_find(struct policy_txn *txn, const struct hash *runtime,
                             policy_matches_fn matches, void *context,
                             struct policy_candidate *out, struct reason *why);

#endif
