#include "attest/identity.h"

#include <openssl/crypto.h>

static STATUS differs(struct reason *why, const char *member,
                      const char *sentence)
{
    return refuse(why, STATUS_DENIED, member, "%s: %s", member, sentence);
}

static STATUS match_kind(const struct api_identity_rule *rule,
                         const struct attest_identity *identity,
                         struct reason *why)
{
    const char *wanted = api_kind_name(rule->kind);
    const char *found = api_kind_name(identity->kind);
    if (rule->kind != identity->kind)
        return refuse(why, STATUS_DENIED, "kind",
                      "kind: the rule demands %s, the evidence is %s",
                      wanted ? wanted : "an unknown kind",
                      found ? found : "of an unknown kind");
    if ((identity->kind & ~(API_KIND_SIMULATED | API_KIND_NODE_VOUCHED)) !=
        API_KIND_SGX)
        return differs(why, "kind", "not one that is measured here");
    return OK;
}

static STATUS match_measurement(const struct api_identity_rule *rule,
                                const struct attest_identity *identity,
                                struct reason *why)
{
    if (rule->form == API_SGX_MRENCLAVE) {
        if (memcmp(rule->sgx.mrenclave, identity->mrenclave, 32) != 0)
            return differs(why, "mrenclave", "another program");
        return OK;
    }
    if (rule->form != API_SGX_MRSIGNER)
        return differs(why, "form", "the rule has no known form");
    if (memcmp(rule->sgx.mrsigner, identity->mrsigner, 32) != 0)
        return differs(why, "mrsigner", "signed by another vendor");
    if (rule->sgx.isvprodid != identity->isvprodid)
        return refuse(why, STATUS_DENIED, "isvprodid",
                      "isvprodid: product %u is demanded, this is %u",
                      (unsigned)rule->sgx.isvprodid,
                      (unsigned)identity->isvprodid);
    if (identity->isvsvn < rule->sgx.isvsvn_min)
        return refuse(why, STATUS_DENIED, "isvsvn",
                      "isvsvn: at least %u is demanded, this is %u",
                      (unsigned)rule->sgx.isvsvn_min,
                      (unsigned)identity->isvsvn);
    return OK;
}

static STATUS match_tcb(const struct api_identity_rule *rule,
                        const struct attest_identity *identity,
                        struct reason *why)
{
    const char *name = api_tcb_name(identity->tcb); /* NULL: not one bit */
    if (!name || !(identity->tcb & rule->tcb_mask))
        return refuse(why, STATUS_DENIED, "tcb",
                      "tcb: the platform's status is %s, which the rule does "
                      "not accept",
                      name ? name : "unknown");
    return OK;
}

struct status attest_matches(const struct api_identity_rule *rule,
                             const struct attest_identity *identity,
                             struct reason *why)
{
    AUTO_CLEAR_BUFFER encoded = buffer_make(256);
    /* A rule that could match more than it says matches nothing. */
    if (failed(api_identity_encode(rule, &encoded, why)))
        return failure(STATUS_DENIED, "rule", 0);
    TRY(match_kind(rule, identity, why));
    if (!hash_equal(&rule->anchor, &identity->anchor))
        return differs(why, "anchor", "vouched for by another root");
    TRY(match_measurement(rule, identity, why));
    if (identity->debug && !rule->debug_allowed)
        return differs(why, "debug",
                       "a debug enclave, and the rule does not allow it");
    return match_tcb(rule, identity, why);
}

struct status attest_binds(const struct attest_identity *identity,
                           const unsigned char expected[ATTEST_REPORT_DATA_LEN])
{
    if (CRYPTO_memcmp(identity->report_data, expected,
                      ATTEST_REPORT_DATA_LEN) != 0)
        return failure(STATUS_DENIED, "report-data", 0);
    return OK;
}
