#include "broker/word.h"

#include "broker/exchange.h"
#include "broker/node.h"

/* What is wrong with evidence is a denial, whatever the bytes were. */
static struct status no_evidence(struct exchange *x, struct status s)
{
    x->code = "evidence";
    return failure(s.code == STATUS_INVALID ? STATUS_DENIED : s.code, s.origin,
                   s.detail);
}

static struct status judge(struct exchange *x, const struct issue *issue,
                           struct bytes subject, struct ca_word *word,
                           struct attest_identity *out)
{
    const struct hash *spki = &issue->key.hash;
    TRY(ca_word_judge(buffer_bytes(&issue->evidence),
                      buffer_bytes(&x->broker->hsm_facts.ca_certificate),
                      x->now / 1000, spki, word, &x->why));
    TRY(ca_vouch_matches(&word->said, spki, subject, &x->why));
    return attest_vouched(word->platform,
                          bytes_of(word->report, word->report_len),
                          &word->anchor, out, &x->why);
}

struct status word_judge(struct exchange *x, const struct issue *issue,
                         struct bytes subject, struct ca_word *word,
                         struct evidence_judged *out)
{
    struct evidence_judged judged = { .collateral = buffer_make(0) };
    struct status s = judge(x, issue, subject, word, &judged.identity);
    if (failed(s))
        return no_evidence(x, s);
    *out = judged;
    return OK;
}

static struct status check_node(struct exchange *x, struct policy_txn *txn,
                                const struct ca_facts *node)
{
    AUTO_JSON *record = NULL;
    bool revoked = true;
    struct status got = node_get(x, txn, &node->statement.account,
                                 &node->statement.id, &record);
    if (failed(got) && got.code != STATUS_NOT_FOUND)
        return got;
    const char *status = json_string_value(
        json_object_get(json_object_get(record, "status"), "status"));
    if (status && strcmp(status, "DEACTIVATED") == 0)
        return exchange_deny(x, "node-deactivated",
                             "a node's word: a MANAGER has deactivated the "
                             "node");
    TRY(policy_certificate_revoked(txn, node->serial, &revoked));
    if (revoked || !record)
        return exchange_deny(x, "node-revoked",
                             "a node's word: the node's certificate was "
                             "revoked");
    return OK;
}

struct status word_check(struct exchange *x, struct policy_txn *txn,
                         const struct ca_word *word,
                         const struct hash *configuration,
                         const struct api_id *account)
{
    struct status s = ca_word_concerns(word, configuration, account, &x->why);
    if (failed(s))
        return no_evidence(x, s);
    return check_node(x, txn, &word->said.node);
}

struct status word_stands(struct exchange *x, struct policy_txn *txn)
{
    const struct ca_statement *mine = &x->peer.facts.statement;
    AUTO_CLEAR_BUFFER evidence = buffer_make(CA_EVIDENCE_MAX);
    struct ca_facts node;
    if ((mine->evidence_kind & API_KIND_NODE_VOUCHED) == 0)
        return OK;
    struct policy_key key =
        policy_key(POLICY_EVIDENCE, hash_bytes(&mine->evidence));
    TRY(policy_get(txn, &key, &evidence));
    TRY(ca_vouch_node(buffer_bytes(&evidence), &node));
    return check_node(x, txn, &node);
}
