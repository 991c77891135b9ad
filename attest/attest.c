#include "attest/attest.h"
#include "attest/chain.h"
#include "attest/quote.h"
#include "attest/quoting.h"
#include "attest/token.h"
#include "attest/vendor.h"

#include <openssl/err.h>

#define LAST_SECOND 253402300799ull /* of the year 9999, X.509's last */

static STATUS check_anchors(const struct attest_anchor *anchors, size_t count,
                            struct reason *why)
{
    if (count == 0)
        return refuse(why, STATUS_INVALID, "anchors",
                      "no trust anchor is configured: nothing can be "
                      "verified");
    for (size_t i = 1; i < count; i++)
        for (size_t j = 0; j < i; j++)
            if (hash_equal(&anchors[i].spki, &anchors[j].spki))
                return refuse(why, STATUS_INVALID, "anchors",
                              "trust anchors \"%.64s\" and \"%.64s\" have the "
                              "same key",
                              anchors[j].label, anchors[i].label);
    return OK;
}

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
    if (failed(api_spki_read(bytes_of(spki, sizeof(spki)), out)))
        return ATTEST_REFUSE(why, "ak-curve",
                             "the attestation key is not a point on P-256");
    return OK;
}

/* A signature that does not hold becomes the token's refusal; what is not
 * about the signature stays what it is. */
static STATUS refused_unless_memory(struct status s, struct status refusal)
{
    return s.code == STATUS_DENIED || s.code == STATUS_INVALID ? refusal : s;
}

/* The platform's key vouches for the quoting enclave, whose report names the
 * attestation key: report data = SHA-256(key || auth data) || 0^32. */
static STATUS check_quoting_enclave(const struct attest_quote *quote,
                                    const struct attest_chain *chain,
                                    struct reason *why)
{
    static const unsigned char zeros[HASH_LEN];
    struct api_signature signature = signature_of(quote->qe_signature);
    struct attest_report qe;
    struct hash key;
    struct status s = api_verify(&chain->key, quote->qe_report, &signature);
    if (failed(s))
        return refused_unless_memory(
            s, ATTEST_REFUSE(why, "qe-report-sig",
                             "the platform did not sign the quoting enclave's "
                             "report"));
    attest_report_parse(quote->qe_report, &qe);
    TRY(hash_of(&key, quote->key, quote->qe_auth));
    if (!bytes_equal(bytes_of(qe.data.at, HASH_LEN), hash_bytes(&key)) ||
        !bytes_equal(bytes_of(qe.data.at + HASH_LEN, HASH_LEN),
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

/* Flags that no application enclave may have, or must have. DEBUG is the
 * rule's to judge. */
static STATUS check_attributes(const struct attest_report *report,
                               struct reason *why)
{
    if (!(report->flags & ATTEST_INIT))
        return ATTEST_REFUSE(why, "attributes", "INIT is not set");
    if (!(report->flags & ATTEST_MODE64BIT))
        return ATTEST_REFUSE(why, "attributes", "MODE64BIT is not set");
    if (report->flags & ATTEST_PROVISION_KEY)
        return ATTEST_REFUSE(why, "attributes", "PROVISION_KEY is set");
    if (report->flags & ATTEST_EINITTOKEN_KEY)
        return ATTEST_REFUSE(why, "attributes", "EINITTOKEN_KEY is set");
    return OK;
}

static void fill(unsigned char *out, struct bytes from)
{
    memcpy(out, from.at, from.len);
}

static void fill_platform(const struct attest_pck *pck,
                          struct attest_platform *out)
{
    out->pcesvn = pck->pcesvn;
    memcpy(out->fmspc, pck->fmspc, sizeof(out->fmspc));
    memcpy(out->pceid, pck->pceid, sizeof(out->pceid));
    memcpy(out->ppid, pck->ppid, sizeof(out->ppid));
    memcpy(out->tcb_components, pck->components, sizeof(out->tcb_components));
}

static void fill_sgx(const struct attest_report *report, struct attest_sgx *out)
{
    out->isvprodid = report->isvprodid;
    out->isvsvn = report->isvsvn;
    out->configsvn = report->configsvn;
    fill(out->mrenclave, report->mrenclave);
    fill(out->mrsigner, report->mrsigner);
    fill(out->attributes, report->attributes);
    fill(out->miscselect, report->miscselect);
    fill(out->configid, report->configid);
    fill(out->isvextprodid, report->isvextprodid);
    fill(out->isvfamilyid, report->isvfamilyid);
    fill(out->cpusvn, report->cpusvn);
}

static struct attest_identity identity_of(const struct attest_report *report,
                                          const struct attest_chain *chain)
{
    struct attest_identity made = {
        .kind = API_KIND_SGX,
        .anchor = chain->anchor->spki,
        .tcb = API_TCB_UNEVALUATED,
        .debug = (report->flags & ATTEST_DEBUG) != 0,
    };
    if (chain->anchor->simulated)
        made.kind |= API_KIND_SIMULATED;
    fill_platform(&chain->pck, &made.platform);
    fill_sgx(report, &made.sgx);
    fill(made.report_data, report->data);
    return made;
}

/* In an order in which nothing is interpreted further than what has been
 * authenticated so far allows. */
static STATUS verify_sgx(struct bytes evidence,
                         const struct attest_anchor *anchors, size_t count,
                         uint64_t now, struct attest_identity *out,
                         struct reason *why)
{
    struct attest_quote quote;
    struct attest_chain chain;
    struct attest_report report;
    TRY(attest_quote_parse(evidence, &quote, why));
    TRY(attest_chain_verify(quote.certificates, anchors, count, now, &chain,
                            why));
    TRY(check_quoting_enclave(&quote, &chain, why));
    attest_report_parse(quote.qe_report, &report);
    TRY(attest_quoting_check(&report, attest_vendor_find(&chain.anchor->spki),
                             why));
    TRY(check_quote_signature(&quote, why));
    attest_report_parse(quote.body, &report);
    TRY(check_attributes(&report, why));
    *out = identity_of(&report, &chain);
    return OK;
}

struct status attest_verify(struct bytes evidence,
                            const struct attest_anchor *anchors,
                            size_t anchors_count, uint64_t now,
                            struct attest_identity *out, struct reason *why)
{
    TRY(check_anchors(anchors, anchors_count, why));
    if (now > LAST_SECOND)
        return refuse(why, STATUS_INVALID, "time",
                      "the time lies beyond the year 9999");
    /* What libcrypto has to say about forgeries is nobody's business later. */
    ERR_set_mark();
    struct status s =
        verify_sgx(evidence, anchors, anchors_count, now, out, why);
    ERR_pop_to_mark();
    return s;
}

struct status attest_evidence_digest(struct bytes evidence, struct hash *out)
{
    return hash_of(out, evidence);
}
