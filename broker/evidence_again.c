/* evidence_again.c - newer collateral judges old evidence: what was good when
 * the certificate was written may be known to be bad today. */

#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "broker/evidence.h"
#include "broker/pool.h"
#include "broker/route.h"

#define LIVING_MAX ((size_t)1 << 20) /* certificates: two days' */

struct again {
    struct broker *broker;
    uint64_t now;         /* milliseconds */
    struct buffer living; /* their serials */
    /* of the certificate at hand */
    unsigned char at[CA_SERIAL_LEN];
    struct policy_verdict verdict;
    struct evidence_judged judged;
};

/* An enclave's, neither revoked nor over. */
static bool is_living(const json_t *certificate, uint64_t now)
{
    const char *kind = json_string_value(json_object_get(certificate, "kind"));
    json_int_t end =
        json_integer_value(json_object_get(certificate, "not_after"));
    return kind && strcmp(kind, ca_kind_name(CA_ENCLAVE)) == 0 &&
           json_is_false(json_object_get(certificate, "revoked")) && end > 0 &&
           (uint64_t)end > now / 1000;
}

static struct status gather(void *context, struct bytes tail,
                            const json_t *certificate)
{
    struct again *a = context;
    if (tail.len == CA_SERIAL_LEN && is_living(certificate, a->now))
        buffer_put(&a->living, tail);
    return buffer_status(&a->living);
}

static struct status find_living(struct again *a)
{
    AUTO_FREE(policy_txn) txn = NULL;
    struct policy_key all = policy_key_parts(POLICY_CERTIFICATE, NULL, 0);
    TRY(policy_read(a->broker->store, &txn));
    return policy_each_json(txn, &all, gather, a);
}

static struct policy_key key_of(const struct again *a)
{
    return policy_key(POLICY_CERTIFICATE, bytes_of(a->at, CA_SERIAL_LEN));
}

/* --- the change ----------------------------------------------------------- */

static struct status log_verdict(struct exchange *x, struct policy_txn *txn,
                                 const struct again *a, const json_t *record)
{
    char serial[2 * CA_SERIAL_LEN + 1];
    struct api_id account;
    hex_encode(bytes_of(a->at, CA_SERIAL_LEN), serial);
    TRY(api_json_id(record, "account", &account, NULL));
    AUTO_JSON *detail = json_pack(
        "{s:s, s:s, s:O}", "action", "evidence-judged-again", "certificate",
        serial, "verdict", json_object_get(record, "verdict"));
    if (!detail)
        return failure(STATUS_NO_MEMORY, "json", 0);
    struct policy_event event = { .kind = API_LEAF_CHANGE,
                                  .account = account,
                                  .subject_text = serial,
                                  .detail = detail };
    return exchange_log(x, txn, &event);
}

static struct status verdict_change(struct exchange *x, struct policy_txn *txn)
{
    struct again *a = x->work;
    AUTO_JSON *record = NULL;
    struct policy_key key = key_of(a);
    TRY(policy_get_json(txn, &key, &record));
    if (a->judged.collateral.len > 0)
        TRY(evidence_use(x, txn, &a->judged));
    if (json_object_set_new(record, "verdict",
                            policy_verdict_json(&a->verdict)) != 0)
        return failure(STATUS_NO_MEMORY, "json", 0);
    policy_put_json(txn, &key, record);
    return log_verdict(x, txn, a, record);
}

static const struct route verdict_route = {
    .path = "(evidence judged again)",
    .change = verdict_change,
    .tightens = true,
};

/* --- one certificate ------------------------------------------------------ */

static struct status read_evidence(struct again *a, json_t **record,
                                   struct buffer *evidence)
{
    AUTO_FREE(policy_txn) txn = NULL;
    struct hash digest;
    struct policy_key key = key_of(a);
    TRY(policy_read(a->broker->store, &txn));
    TRY(policy_get_json(txn, &key, record));
    TRY(api_json_hash(*record, "evidence", &digest, NULL));
    struct policy_key whole = policy_key(POLICY_EVIDENCE, hash_bytes(&digest));
    return policy_get(txn, &whole, evidence);
}

static void refuse_evidence(struct again *a, const struct reason *why)
{
    a->judged = (struct evidence_judged){ .collateral = buffer_make(0) };
    a->verdict = (struct policy_verdict){ .known = true,
                                          .refused = true,
                                          .judged = a->now };
    (void)snprintf(a->verdict.why, sizeof(a->verdict.why), "%.*s",
                   (int)sizeof(a->verdict.why) - 1, why->text);
}

static bool says_the_same(const struct policy_verdict *a,
                          const struct policy_verdict *b)
{
    return a->known == b->known && a->refused == b->refused &&
           a->tcb == b->tcb && a->advisories_count == b->advisories_count &&
           memcmp(a->advisory, b->advisory,
                  a->advisories_count * sizeof(a->advisory[0])) == 0 &&
           hash_equal(&a->collateral, &b->collateral);
}

static void tell(const struct again *a)
{
    char serial[2 * CA_SERIAL_LEN + 1];
    hex_encode(bytes_of(a->at, CA_SERIAL_LEN), serial);
    (void)fprintf(
        stderr, "evidence: of certificate %s judged again: %s\n", serial,
        a->verdict.refused ? a->verdict.why : api_tcb_name(a->verdict.tcb));
}

/* Documents, reports without collateral and nodes' words are what they were.
 */
static bool is_judged_by_collateral(const json_t *record)
{
    struct api_identity_rule rule;
    const json_t *json = json_object_get(record, "rule");
    if (failed(api_rule_from_json(json, &rule, NULL)))
        return false;
    uint8_t platform = rule.kind & API_KIND_PLATFORM;
    if (rule.kind & API_KIND_NODE_VOUCHED)
        return false;
    return platform == API_KIND_SGX || platform == API_KIND_TDX;
}

static struct status judge_one(struct again *a, struct reason *why)
{
    AUTO_JSON *record = NULL;
    AUTO_CLEAR_BUFFER evidence = buffer_make(ATTEST_EVIDENCE_MAX);
    struct policy_verdict before;
    struct reason cause = { "" };
    TRY(read_evidence(a, &record, &evidence));
    TRY(policy_verdict_read(record, &before));
    if (!is_judged_by_collateral(record))
        return OK;
    struct status s = evidence_judge(a->broker, buffer_bytes(&evidence),
                                     a->now / 1000, &a->judged, &cause);
    if (s.code == STATUS_DENIED)
        refuse_evidence(a, &cause);
    else if (failed(s))
        return s;
    else
        a->verdict = evidence_verdict(&a->judged, a->now);
    s = OK;
    if (!says_the_same(&before, &a->verdict)) {
        tell(a);
        s = pool_run(a->broker, &verdict_route, a, why);
        if (s.code == STATUS_DENIED) { /* older collateral: changes nothing */
            (void)fprintf(stderr, "evidence: %s\n", why->text);
            s = OK;
        }
    }
    evidence_judged_clear(&a->judged);
    return s;
}

struct status evidence_again(struct broker *broker, uint64_t now,
                             struct reason *why)
{
    uint64_t generation = collateral_generation(&broker->collateral);
    if (generation == broker->collateral_judged)
        return OK;
    struct again *a = calloc(1, sizeof(*a));
    if (!a)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    a->broker = broker;
    a->now = now;
    a->living = buffer_make(LIVING_MAX * CA_SERIAL_LEN);
    struct status s = find_living(a);
    for (size_t at = 0; at < a->living.len && !failed(s); at += CA_SERIAL_LEN) {
        memcpy(a->at, a->living.data + at, CA_SERIAL_LEN);
        s = judge_one(a, why);
    }
    buffer_clear(&a->living);
    free(a);
    if (!failed(s))
        broker->collateral_judged = generation;
    return s;
}
