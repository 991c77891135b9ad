/* match.c - is this what the rule demands? Every member that the rule has is
 * compared, the first that differs is named, and what is not understood does
 * not match. */

#include "attest/match.h"

#include <openssl/crypto.h>

STATUS attest_differs(struct reason *why, const char *member,
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
    return OK;
}

/* Keys of SDK samples: everybody can sign with them. Facts, as
 * SHA-256 of the modulus: Intel's SDK sample key; Fortanix EDP's dummy key. */
static const unsigned char public_signers[][32] = {
    { 0x83, 0xd7, 0x19, 0xe7, 0x7d, 0xea, 0xca, 0x14, 0x70, 0xf6, 0xba,
      0xf6, 0x2a, 0x4d, 0x77, 0x43, 0x03, 0xc8, 0x99, 0xdb, 0x69, 0x02,
      0x0f, 0x9c, 0x70, 0xee, 0x1d, 0xfc, 0x08, 0xc7, 0xce, 0x9e },
    { 0x9a, 0xff, 0xcf, 0xae, 0x47, 0xb8, 0x48, 0xec, 0x2c, 0xaf, 0x1c,
      0x49, 0xb4, 0xb2, 0x83, 0x53, 0x1e, 0x1c, 0xc4, 0x25, 0xf9, 0x35,
      0x82, 0xb3, 0x68, 0x06, 0xe5, 0x2a, 0x43, 0xd7, 0x8d, 0x1a },
};

static bool is_public(const unsigned char mrsigner[32])
{
    for (size_t i = 0; i < sizeof(public_signers) / 32; i++)
        if (memcmp(public_signers[i], mrsigner, 32) == 0)
            return true;
    return false;
}

/* A rule that lets debug enclaves in protects nothing anyway: tests. */
static STATUS match_signer(const struct api_identity_rule *rule,
                           const struct attest_sgx *found, struct reason *why)
{
    if (memcmp(rule->sgx.mrsigner, found->mrsigner, 32) != 0)
        return attest_differs(why, "mrsigner", "signed by another vendor");
    if (is_public(found->mrsigner) && !rule->debug_allowed)
        return attest_differs(why, "mrsigner",
                              "signed with the key of an SDK sample, which "
                              "everybody has");
    if (rule->sgx.isvprodid != found->isvprodid)
        return refuse(why, STATUS_DENIED, "isvprodid",
                      "isvprodid: product %u is demanded, this is %u",
                      (unsigned)rule->sgx.isvprodid,
                      (unsigned)found->isvprodid);
    if (found->isvsvn < rule->sgx.isvsvn_min)
        return refuse(why, STATUS_DENIED, "isvsvn",
                      "isvsvn: at least %u is demanded, this is %u",
                      (unsigned)rule->sgx.isvsvn_min, (unsigned)found->isvsvn);
    return OK;
}

static STATUS match_sgx(const struct api_identity_rule *rule,
                        const struct attest_identity *identity,
                        struct reason *why)
{
    if (rule->form == API_SGX_MRENCLAVE) {
        if (memcmp(rule->sgx.mrenclave, identity->sgx.mrenclave, 32) != 0)
            return attest_differs(why, "mrenclave", "another program");
        return OK;
    }
    return match_signer(rule, &identity->sgx, why);
}

static STATUS match_measurement(const struct api_identity_rule *rule,
                                const struct attest_identity *identity,
                                struct reason *why)
{
    switch (rule->kind & API_KIND_PLATFORM) {
    case API_KIND_SGX: return match_sgx(rule, identity, why);
    case API_KIND_TDX: return attest_match_tdx(rule, identity, why);
    case API_KIND_SNP: return attest_match_snp(rule, identity, why);
    case API_KIND_NITRO: return attest_match_nitro(rule, identity, why);
    default: return attest_differs(why, "kind", "not one that is measured");
    }
}

static STATUS match_tcb(const struct api_identity_rule *rule,
                        const struct attest_identity *identity, uint64_t now,
                        struct reason *why)
{
    const struct attest_advisories *open = &identity->advisories;
    const char *name = api_tcb_name(identity->tcb); /* NULL: not one bit */
    if (open->count > ATTEST_ADVISORIES_MAX ||
        !api_terms_accept(rule->tcb_mask, &rule->terms, identity->tcb, open->id,
                          open->count, now))
        return refuse(why, STATUS_DENIED, "tcb",
                      "tcb: the platform's status is %s, with %zu advisories "
                      "open, which the rule does not accept",
                      name ? name : "unknown", open->count);
    return OK;
}

/* Collateral judges a platform's signature, and a node's word has none. */
static STATUS match_evaluation(const struct api_identity_rule *rule,
                               struct reason *why)
{
    if ((rule->kind & API_KIND_NODE_VOUCHED) && rule->terms.evaluation_min > 0)
        return attest_differs(why, "evaluation",
                              "the rule demands collateral, and none judges a "
                              "node's word");
    return OK;
}

struct status attest_matches(const struct api_identity_rule *rule,
                             const struct attest_identity *identity,
                             uint64_t now, struct reason *why)
{
    AUTO_CLEAR_BUFFER encoded = buffer_make(API_IDENTITY_MAX);
    /* A rule that could match more than it says matches nothing. */
    if (failed(api_identity_encode(rule, &encoded, why)))
        return failure(STATUS_DENIED, "rule", 0);
    TRY(match_kind(rule, identity, why));
    if (!hash_equal(&rule->anchor, &identity->anchor))
        return attest_differs(why, "anchor", "vouched for by another root");
    TRY(match_measurement(rule, identity, why));
    if (identity->debug && !rule->debug_allowed)
        return attest_differs(why, "debug",
                              "a debug enclave, and the rule does not allow "
                              "it");
    TRY(match_evaluation(rule, why));
    return match_tcb(rule, identity, now, why);
}

struct status attest_binds(const struct attest_identity *identity,
                           const unsigned char expected[ATTEST_REPORT_DATA_LEN])
{
    if (CRYPTO_memcmp(identity->report_data, expected,
                      ATTEST_REPORT_DATA_LEN) != 0)
        return failure(STATUS_DENIED, "report-data", 0);
    return OK;
}

struct status attest_has_nonce(const struct attest_identity *identity,
                               const struct hash *nonce)
{
    const struct attest_nitro *n = &identity->nitro;
    if ((identity->kind & API_KIND_PLATFORM) != API_KIND_NITRO ||
        hash_is_zero(nonce) || n->nonce_len != HASH_LEN ||
        CRYPTO_memcmp(n->nonce, nonce->bytes, HASH_LEN) != 0)
        return failure(STATUS_DENIED, "nonce", 0);
    return OK;
}
