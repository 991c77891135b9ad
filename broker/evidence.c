#include "broker/evidence.h"

#include "base/text.h"
#include "broker/exchange.h"

void evidence_judged_clear(struct evidence_judged *judged)
{
    buffer_clear(&judged->collateral);
}

static bool is_dcap(const struct attest_identity *identity)
{
    uint8_t platform = identity->kind & API_KIND_PLATFORM;
    return platform == API_KIND_SGX || platform == API_KIND_TDX;
}

/* With the newest set of one CA; STATUS_NOT_FOUND when none is held. */
static struct status judge_with(struct broker *b,
                                const struct attest_question *question,
                                const struct attest_identity *platform,
                                uint8_t ca, struct evidence_judged *out,
                                struct reason *why)
{
    struct attest_collateral collateral;
    struct attest_question with = *question;
    AUTO_CLEAR_BUFFER encoded = buffer_make(ATTEST_COLLATERAL_MAX);
    TRY(collateral_find(&b->collateral, platform, ca, &encoded, &out->about));
    TRY(attest_collateral_decode(buffer_bytes(&encoded), &collateral));
    with.collateral = &collateral;
    TRY(attest_verify(&with, &out->identity, why));
    out->collateral = encoded;
    encoded = buffer_make(0);
    return OK;
}

/* A platform's certificate was issued by one of two CAs; which one only the
 * verifier knows. The first failure is the one that is told. */
static struct status judge_platform(struct broker *b,
                                    const struct attest_question *question,
                                    struct evidence_judged *out,
                                    struct reason *why)
{
    static const uint8_t cas[] = { 2, 1 };
    struct attest_identity platform = out->identity;
    struct status first = failure(STATUS_NOT_FOUND, "collateral", 0);
    for (size_t i = 0; i < sizeof(cas); i++) {
        struct reason cause = { "" };
        struct status s =
            judge_with(b, question, &platform, cas[i], out, &cause);
        if (!failed(s) || s.code == STATUS_NO_MEMORY)
            return s;
        if (s.code == STATUS_NOT_FOUND || first.code != STATUS_NOT_FOUND)
            continue;
        first = s;
        *why = cause;
    }
    return first.code == STATUS_NOT_FOUND ? OK : first; /* unevaluated */
}

struct status evidence_judge(struct broker *b, struct bytes evidence,
                             uint64_t now, struct evidence_judged *out,
                             struct reason *why)
{
    struct evidence_judged judged = { .collateral = buffer_make(0) };
    const struct attest_question question = { .evidence = evidence,
                                              .anchors = b->anchors,
                                              .anchors_count = b->anchors_count,
                                              .now = now };
    TRY(attest_verify(&question, &judged.identity, why));
    if (is_dcap(&judged.identity))
        TRY(judge_platform(b, &question, &judged, why));
    *out = judged;
    return OK;
}

struct policy_verdict evidence_verdict(const struct evidence_judged *judged,
                                       uint64_t now)
{
    const struct attest_advisories *open = &judged->identity.advisories;
    struct policy_verdict verdict = { .known = true,
                                      .tcb = judged->identity.tcb,
                                      .judged = now };
    for (size_t i = 0; i < open->count && i < POLICY_ADVISORIES_MAX; i++)
        memcpy(verdict.advisory[verdict.advisories_count++], open->id[i],
               sizeof(open->id[i]));
    if (judged->collateral.len > 0)
        verdict.collateral = judged->about.digest;
    return verdict;
}

struct status evidence_evaluation(const struct evidence_judged *judged,
                                  const struct api_identity_rule *rule,
                                  struct reason *why)
{
    uint32_t least = rule->terms.evaluation_min;
    if (least == 0 || !is_dcap(&judged->identity))
        return OK;
    if (judged->collateral.len == 0)
        return refuse(why, STATUS_DENIED, "evaluation",
                      "evaluation: the rule demands collateral, and none is "
                      "held for this platform");
    if (judged->about.evaluation < least)
        return refuse(why, STATUS_DENIED, "evaluation",
                      "evaluation: at least %lu is demanded, what is held is "
                      "%lu",
                      (unsigned long)least,
                      (unsigned long)judged->about.evaluation);
    return OK;
}

static struct status log_collateral(struct exchange *x, struct policy_txn *txn,
                                    const struct policy_collateral *a)
{
    char fmspc[2 * sizeof(a->fmspc) + 1];
    hex_encode(bytes_of(a->fmspc, sizeof(a->fmspc)), fmspc);
    AUTO_JSON *detail = json_pack(
        "{s:s, s:o, s:o, s:s, s:s, s:s, s:I, s:I}", "action", "collateral",
        "collateral", api_json_of_hash(&a->digest), "anchor",
        api_json_of_hash(&a->anchor), "tee", api_kind_name(a->tee), "fmspc",
        fmspc, "ca", policy_collateral_ca(a->ca), "evaluation",
        (json_int_t)a->evaluation, "issued", (json_int_t)a->issued);
    if (!detail)
        return failure(STATUS_NO_MEMORY, "json", 0);
    struct policy_event event = { .kind = API_LEAF_CHANGE,
                                  .subject_text = "collateral",
                                  .detail = detail };
    return exchange_log(x, txn, &event);
}

struct status evidence_use(struct exchange *x, struct policy_txn *txn,
                           const struct evidence_judged *judged)
{
    bool fresh;
    TRY(policy_collateral_use(txn, &judged->about,
                              buffer_bytes(&judged->collateral), &fresh,
                              &x->why));
    return fresh ? log_collateral(x, txn, &judged->about) : OK;
}
