/* soft_judge.c - the verifier's part of certify: what the real one refuses. */

#include "broker/clock.h"
#include "tests/broker/soft_door.h"

static struct status expect_binding(const struct pkcs11_door *door,
                                    const struct pkcs11_certify *asked,
                                    unsigned char expected[CA_REPORT_DATA_LEN],
                                    struct reason *why)
{
    const struct hash *nonce = &asked->nonce;
    bool demanded = asked->rule->terms.nonce_demanded != 0;
    struct ca_expectation e = {
        .binding = asked->binding,
        .configuration = asked->configuration,
        .nonce = *nonce,
        .own_place = (asked->rule->kind & API_KIND_PLATFORM) == API_KIND_NITRO
    };
    if ((demanded || !hash_is_zero(nonce)) &&
        (hash_is_zero(nonce) || !hash_equal(nonce, &door->nonce)))
        return refuse(why, STATUS_DENIED, "nonce", "nonce: none, or not mine");
    TRY(hash_of(&e.spki, asked->spki));
    return ca_expected(&e, expected, why);
}

/* What a platform signed, and bound. */
static struct status identify(const struct pkcs11_door *door,
                              const struct pkcs11_certify *asked, uint64_t now,
                              struct attest_identity *out, struct reason *why)
{
    unsigned char expected[CA_REPORT_DATA_LEN];
    struct attest_question question =
        attest_ask(asked->evidence, &door->anchor, 1, now);
    struct attest_collateral collateral;
    if (asked->collateral.len > 0) {
        TRY(attest_collateral_decode(asked->collateral, &collateral));
        question.collateral = &collateral;
    }
    question.evaluation_min = asked->rule->terms.evaluation_min;
    TRY(attest_verify(&question, out, why));
    TRY(expect_binding(door, asked, expected, why));
    TRY(attest_binds(out, expected));
    if (!hash_is_zero(&asked->nonce) &&
        (out->kind & API_KIND_PLATFORM) == API_KIND_NITRO)
        TRY(attest_has_nonce(out, &asked->nonce));
    return OK;
}

static struct status identify_word(const struct pkcs11_door *door,
                                   const struct pkcs11_certify *asked,
                                   uint64_t now, struct attest_identity *out,
                                   struct reason *why)
{
    struct ca_word word;
    struct hash spki;
    if (asked->rule->terms.nonce_demanded || !hash_is_zero(&asked->nonce) ||
        asked->collateral.len > 0)
        return refuse(why, STATUS_DENIED, "word", "a word has neither");
    TRY(hash_of(&spki, asked->spki));
    TRY(ca_word_judge(asked->evidence, buffer_bytes(&door->root), now, &spki,
                      &word, why));
    TRY(ca_word_concerns(&word, &asked->configuration, &asked->account, why));
    return attest_vouched(word.platform, bytes_of(word.report, word.report_len),
                          &word.anchor, out, why);
}

struct status soft_judge(const struct pkcs11_door *door,
                         const struct pkcs11_certify *asked,
                         char name_out[CA_NAME_MAX + 1], struct reason *why)
{
    struct attest_identity identity;
    struct ca_enclave_name name = { .configuration = asked->configuration };
    uint64_t now = clock_now().wall / 1000;
    TRY(asked->binding.rule == CA_BINDS_VOUCHED
            ? identify_word(door, asked, now, &identity, why)
            : identify(door, asked, now, &identity, why));
    TRY(attest_matches(asked->rule, &identity, now, why));
    TRY(api_identity_label(asked->rule, identity.sgx.mrenclave, name.label,
                           why));
    return ca_enclave_name_write(&name, SOFT_DOMAIN, name_out);
}
