/* dcap.c - SGX and TDX quotes: in an order in which nothing is interpreted
 * further than what has been authenticated so far allows. */

#include "attest/chain.h"
#include "attest/crl.h"
#include "attest/enclave_identity.h"
#include "attest/measured.h"
#include "attest/merge.h"
#include "attest/quoting.h"
#include "attest/token.h"

#include <openssl/x509.h>

struct dcap {
    struct attest_quote quote;
    struct attest_chain chain;
    struct attest_report qe;
};

/* --- signatures ---------------------------------------------------------- */

static struct api_signature signature_of(struct bytes raw)
{
    struct api_signature signature;
    memcpy(signature.bytes, raw.at, sizeof(signature.bytes));
    return signature;
}

/* A SubjectPublicKeyInfo around the bare point x || y. */
static STATUS read_attestation_key(struct bytes point, struct api_spki *out,
                                   struct reason *why)
{
    static const unsigned char head[] = {
        0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
        0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
        0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
    };
    unsigned char spki[API_SPKI_LEN];
    memcpy(spki, head, sizeof(head));
    memcpy(spki + sizeof(head), point.at, sizeof(spki) - sizeof(head));
    struct status s = api_spki_read(bytes_of(spki, sizeof(spki)), out);
    if (s.code == STATUS_INVALID)
        return ATTEST_REFUSE(why, "ak-curve",
                             "the attestation key is not a point on P-256");
    return s;
}

/* A signature that does not hold becomes the token's refusal; what is not
 * about the signature stays what it is. */
static STATUS refused_unless_memory(struct status s, struct status refusal)
{
    return s.code == STATUS_DENIED || s.code == STATUS_INVALID ? refusal : s;
}

static STATUS check_qe_signature(const struct dcap *d, struct reason *why)
{
    struct api_signature signature = signature_of(d->quote.qe_signature);
    struct status s = api_verify(&d->chain.key, d->quote.qe_report, &signature);
    if (failed(s))
        return refused_unless_memory(
            s, ATTEST_REFUSE(why, "qe-report-sig",
                             "the platform did not sign the quoting enclave's "
                             "report"));
    return OK;
}

/* The quoting enclave's report names the attestation key: report data =
 * SHA-256(key || auth data) || 0^32. */
static STATUS check_binding(const struct dcap *d, struct reason *why)
{
    static const unsigned char zeros[HASH_LEN];
    struct hash key;
    TRY(hash_of(&key, d->quote.key, d->quote.qe_auth));
    if (!bytes_equal(bytes_of(d->qe.data.at, HASH_LEN), hash_bytes(&key)) ||
        !bytes_equal(bytes_of(d->qe.data.at + HASH_LEN, HASH_LEN),
                     bytes_of(zeros, sizeof(zeros))))
        return ATTEST_REFUSE(why, "ak-hash",
                             "the quoting enclave does not vouch for the "
                             "attestation key");
    return OK;
}

static STATUS check_quote_signature(const struct attest_quote *quote,
                                    struct reason *why)
{
    struct api_signature signature = signature_of(quote->signature);
    struct api_spki key;
    TRY(read_attestation_key(quote->key, &key, why));
    struct status s = api_verify(&key, quote->signed_bytes, &signature);
    if (failed(s))
        return refused_unless_memory(
            s, ATTEST_REFUSE(why, "quote-sig",
                             "the attestation key did not sign the quote"));
    return OK;
}

/* --- what was measured --------------------------------------------------- */

static void fill_identity(const struct dcap *d, struct attest_verdict *v)
{
    v->identity = (struct attest_identity){ .kind = API_KIND_NONE };
    v->flags = d->quote.tdx ? attest_measured_tdx(d->quote.body, &v->identity)
                            : attest_measured_sgx(d->quote.body, &v->identity);
    v->has_identity = true;
}

/* What is known of it once the chain was judged. */
static void fill_platform(const struct attest_chain *chain,
                          struct attest_identity *id)
{
    struct attest_platform *p = &id->platform;
    if (chain->anchor) {
        id->anchor = chain->anchor->spki;
        if (chain->anchor->simulated)
            id->kind |= API_KIND_SIMULATED;
    }
    p->pcesvn = chain->pck.pcesvn;
    memcpy(p->fmspc, chain->pck.fmspc, sizeof(p->fmspc));
    memcpy(p->pceid, chain->pck.pceid, sizeof(p->pceid));
    memcpy(p->ppid, chain->pck.ppid, sizeof(p->ppid));
    memcpy(p->tcb_components, chain->pck.components, sizeof(p->tcb_components));
}

/* --- the platform's state ------------------------------------------------ */

static STATUS judge_lists(struct attest_judging *j, const struct dcap *d,
                          X509 *signer)
{
    const struct attest_collateral *c = j->question->collateral;
    const struct attest_chain *chain = &d->chain;
    X509 *leaf = chain->roles.leaf, *ca = chain->roles.ca;
    const struct attest_crl root = {
        .kind = ATTEST_ROOT_CRL,
        .der = c->root_crl,
        .issuer = chain->root ? X509_get_subject_name(chain->root) : NULL,
        .issuer_certificate = chain->root,
        .about = { ca, signer },
    };
    const struct attest_crl pck = {
        .kind = ATTEST_PCK_CRL,
        .der = c->pck_crl,
        .issuer = leaf ? X509_get_issuer_name(leaf) : NULL,
        .issuer_certificate = ca,
        .about = { leaf, NULL },
    };
    TRY(attest_crl_judge(j, &root));
    return attest_crl_judge(j, &pck);
}

/* Both statements must be of one evaluation once any is demanded. */
static STATUS check_evaluations(const struct attest_question *q,
                                const json_t *info, const json_t *identity,
                                struct reason *why)
{
    static const char name[] = "tcbEvaluationDataNumber";
    json_int_t a = json_integer_value(json_object_get(info, name));
    json_int_t b = json_integer_value(json_object_get(identity, name));
    if (q->evaluation_min > 0 && a != b)
        return ATTEST_REFUSE(why, "evaluation-mismatch",
                             "TCB information of evaluation %lld, quoting "
                             "enclave's identity of %lld",
                             (long long)a, (long long)b);
    return OK;
}

static STATUS judge_state(struct attest_judging *j, const struct dcap *d,
                          const json_t *info, const json_t *identity)
{
    struct attest_identity *id = &j->verdict->identity;
    const struct attest_tdx *tdx = d->quote.tdx ? &id->tdx : NULL;
    struct attest_platform_state platform = { .evaluated = false };
    struct attest_module_state module = { .judged = false };
    uint16_t qe = 0;
    if (identity)
        TRY(attest_enclave_identity_judge(j, identity, d->quote.tdx, &d->qe,
                                          &qe, &id->advisories));
    if (info && d->chain.has_pck)
        TRY(attest_tcb_info_judge(j, info, &d->chain.pck, tdx, &platform,
                                  &id->advisories));
    if (info && tdx)
        TRY(attest_tdx_module_judge(j, info, tdx, &module, &id->advisories));
    if (info && identity)
        TRY(attest_found(
            j, check_evaluations(j->question, info, identity, j->why)));
    if (!platform.evaluated)
        return OK;
    uint16_t status = attest_merge(&platform, tdx, &module, qe);
    j->verdict->tcb = attest_state_name(status);
    id->tcb = status == ATTEST_REVOKED ? 0 : status;
    id->tcb_date = platform.date;
    return OK;
}

static STATUS judge_collateral(struct attest_judging *j, const struct dcap *d)
{
    const struct attest_collateral *c = j->question->collateral;
    AUTO_JSON *info = NULL;
    AUTO_JSON *identity = NULL;
    X509 *signer = NULL;
    struct status s =
        attest_signer_judge(j, c->tcb_signing_chain, &d->chain, &signer);
    if (!failed(s))
        s = attest_statement_judge(j, ATTEST_TCB_INFO, c->tcb_info, signer,
                                   &info);
    if (!failed(s))
        s = attest_statement_judge(j, ATTEST_ENCLAVE_IDENTITY, c->qe_identity,
                                   signer, &identity);
    if (!failed(s))
        s = judge_lists(j, d, signer);
    X509_free(signer);
    TRY(s);
    return judge_state(j, d, info, identity);
}

/* --- all of it ----------------------------------------------------------- */

static STATUS judge_signatures(struct attest_judging *j, const struct dcap *d)
{
    if (d->chain.has_key)
        TRY(attest_found(j, check_qe_signature(d, j->why)));
    TRY(attest_found(j, check_binding(d, j->why)));
    if (!j->question->collateral)
        TRY(attest_found(j, attest_quoting_check(
                                &d->qe, d->quote.tdx,
                                d->chain.anchor
                                    ? attest_vendor_find(&d->chain.anchor->spki)
                                    : NULL,
                                j->why)));
    return attest_found(j, check_quote_signature(&d->quote, j->why));
}

/* What the default policy makes of it. */
static enum attest_result result_of(const struct attest_judging *j)
{
    const struct attest_verdict *v = j->verdict;
    const uint16_t good = API_TCB_UP_TO_DATE | API_TCB_SW_HARDENING_NEEDED;
    if (v->failures_count > 0)
        return ATTEST_REJECT;
    if (!j->question->collateral)
        return ATTEST_SIG_OK;
    return (v->identity.tcb & good) && v->flags == 0 ? ATTEST_ACCEPT
                                                     : ATTEST_REJECT;
}

static STATUS judge(struct attest_judging *j, struct dcap *d)
{
    struct attest_verdict *v = j->verdict;
    struct status parsed = attest_quote_parse(j, &d->quote);
    if (failed(parsed))
        return attest_found(j, parsed);
    attest_report_parse(d->quote.qe_report, &d->qe);
    fill_identity(d, v);
    TRY(attest_chain_judge(j, d->quote.certificates, &d->chain));
    TRY(judge_signatures(j, d));
    fill_platform(&d->chain, &v->identity);
    if (j->question->collateral)
        TRY(judge_collateral(j, d));
    else
        v->identity.tcb = API_TCB_UNEVALUATED;
    v->result = result_of(j);
    if (!j->stop)
        return OK;
    if (v->identity.tcb == 0)
        return ATTEST_REFUSE(j->why, "tcb", "the platform is %s",
                             v->tcb ? v->tcb : "not evaluated");
    return attest_measured_attributes(v->flags, j->why);
}

struct status attest_dcap_judge(struct attest_judging *j)
{
    struct dcap d = { .chain = { .has_key = false } };
    struct status s = judge(j, &d);
    attest_chain_clear(&d.chain);
    return s;
}
