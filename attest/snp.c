#include "attest/snp.h"
#include "attest/certificate.h"
#include "attest/crl.h"
#include "attest/measured.h"
#include "attest/openssl_scope.h"
#include "attest/p384.h"
#include "attest/snp_chain.h"
#include "attest/snp_ek.h"
#include "attest/snp_report.h"
#include "attest/token.h"

#include <stdio.h>

#define VMPL_ACCEPTED 1 /* by the default policy: a guest under a paravisor */

bool attest_snp_is(struct bytes evidence)
{
    return evidence.len >= 4 && evidence.at[0] >= 2 && evidence.at[0] <= 5 &&
           evidence.at[1] == 0 && evidence.at[2] == 0 && evidence.at[3] == 0;
}

static bool is_zero(struct bytes bytes)
{
    for (size_t i = 0; i < bytes.len; i++)
        if (bytes.at[i] != 0)
            return false;
    return true;
}

static STATUS check_signature(const struct attest_snp_report *report,
                              const X509 *ek, struct reason *why)
{
    struct status s =
        attest_p384_verify(ek, report->signed_bytes, report->signature);
    if (s.code == STATUS_DENIED)
        return ATTEST_REFUSE(why, "report-sig",
                             "the endorsement key did not sign the report");
    return s;
}

/* AMD's list of revoked ASKs and ASVKs, when somebody has fetched it. An
 * endorsement key has no serial number that could be on a list. */
static STATUS judge_list(struct attest_judging *j,
                         const struct attest_snp_chain *chain,
                         const struct attest_anchor *anchor)
{
    const struct attest_collateral *collateral = j->question->collateral;
    AUTO_FREE(x509_st) root = NULL;
    if (!anchor || !collateral || collateral->root_crl.len == 0)
        return OK;
    TRY(attest_x509_of_anchor(anchor, &root, j->why));
    struct attest_crl list = { .kind = ATTEST_ROOT_CRL,
                               .der = collateral->root_crl,
                               .issuer = X509_get_subject_name(root),
                               .issuer_certificate = root,
                               .about = { chain->ca } };
    return attest_crl_judge(j, &list);
}

/* Report, key and root must speak of the same product; only the report of an
 * old version may be silent, and a simulator's root stands for all. */
static STATUS check_product(const struct attest_snp_report *report,
                            const struct attest_snp_ek *ek,
                            const struct attest_anchor *anchor,
                            struct reason *why)
{
    if (report->product != 0 && report->product != ek->product)
        return ATTEST_REFUSE(why, "product",
                             "the report is of another product than the "
                             "endorsement key");
    if (anchor && anchor->product != 0 && anchor->product != ek->product)
        return ATTEST_REFUSE(why, "product",
                             "the root is of another product than the "
                             "endorsement key");
    return OK;
}

/* A VCEK's key depends on the TCB: REPORTED_TCB, not CURRENT_TCB, chose it. */
static STATUS check_tcb(const struct attest_snp_report *report,
                        const struct attest_snp_ek *ek, struct reason *why)
{
    if (!bytes_equal(report->reported_tcb, bytes_of(ek->tcb, sizeof(ek->tcb))))
        return ATTEST_REFUSE(why, "ek-tcb",
                             "the endorsement key is of another TCB version "
                             "than the report");
    return OK;
}

/* Under a VLEK, and where the chip hides itself, its id is zero; else it is
 * the one in the certificate, all 64 bytes. */
static STATUS check_chip(const struct attest_snp_report *report,
                         const struct attest_snp_ek *ek, struct reason *why)
{
    bool hidden = report->vlek || report->mask_chip_key;
    if (report->vlek != ek->vlek)
        return ATTEST_REFUSE(why, "ek-kind",
                             "report and certificate disagree on whether the "
                             "key is the chip's or a provider's");
    if (hidden && !is_zero(report->chip_id))
        return ATTEST_REFUSE(why, "ek-chip",
                             "a chip id where the chip is hidden");
    if (!hidden && !bytes_equal(report->chip_id, bytes_of(ek->chip_id, 64)))
        return ATTEST_REFUSE(why, "ek-chip",
                             "the endorsement key is of another chip");
    return OK;
}

/* What the default policy refuses and a rule may judge otherwise. A report of
 * version 2 comes from firmware that knew of no alias check. */
static uint32_t flags_of(const struct attest_snp_report *report)
{
    uint32_t flags = 0;
    if (report->policy & ATTEST_SNP_POLICY_DEBUG)
        flags |= ATTEST_FLAG_DEBUG;
    if (report->policy & ATTEST_SNP_POLICY_MIGRATE_MA)
        flags |= ATTEST_FLAG_MIGRATE_MA;
    if (report->vmpl > VMPL_ACCEPTED)
        flags |= ATTEST_FLAG_VMPL;
    if (report->version > 2 &&
        !(report->platform_info & ATTEST_SNP_ALIAS_CHECK))
        flags |= ATTEST_FLAG_ALIAS_CHECK;
    if (!bytes_equal(report->current_version, report->committed_version))
        flags |= ATTEST_FLAG_PROVISIONAL;
    return flags;
}

static void fill_identity(const struct attest_snp_report *report,
                          const struct attest_anchor *anchor, uint8_t product,
                          struct attest_identity *out)
{
    attest_measured_snp(report, out);
    out->tcb = API_TCB_UP_TO_DATE;
    out->snp.product = product;
    if (anchor) {
        out->anchor = anchor->spki;
        out->kind |= anchor->simulated ? API_KIND_SIMULATED : 0;
    }
}

/* Known to AMD as fixed from an SVN of the SNP firmware on. */
static void add_advisories(const struct attest_snp_report *report,
                           uint8_t product, struct attest_advisories *out)
{
    uint8_t svn = report->committed_tcb.at[attest_product_snp_svn(product)];
    if (svn < attest_product_fixed_svn(product))
        (void)snprintf(out->id[out->count++], sizeof(out->id[0]), "%s",
                       ATTEST_SNP_FIXED);
}

/* Each check stands for itself, so that all failures are seen. */
static STATUS judge(struct attest_judging *j,
                    const struct attest_snp_report *report,
                    const struct attest_snp_chain *chain)
{
    const struct attest_anchor *anchor = NULL;
    struct attest_snp_ek ek = { 0 };
    const struct attest_question *q = j->question;
    struct attest_verdict *out = j->verdict;
    TRY(attest_found(j, attest_snp_ek_read(chain->ek, &ek, j->why)));
    TRY(attest_found(j, attest_snp_chain_verify(chain, q->anchors,
                                                q->anchors_count, report->vlek,
                                                q->now, &anchor, j->why)));
    TRY(judge_list(j, chain, anchor));
    TRY(attest_found(j, check_signature(report, chain->ek, j->why)));
    if (ek.product != 0) { /* it could be read */
        TRY(attest_found(j, check_product(report, &ek, anchor, j->why)));
        TRY(attest_found(j, check_tcb(report, &ek, j->why)));
        TRY(attest_found(j, check_chip(report, &ek, j->why)));
        add_advisories(report, ek.product, &out->identity.advisories);
    }
    TRY(attest_found(j, attest_measured_order(report, j->why)));
    TRY(attest_found(j, attest_measured_vmpl(report, j->why)));
    out->flags = flags_of(report);
    fill_identity(report, anchor, ek.product, &out->identity);
    out->has_identity = true;
    if (out->failures_count == 0 && out->flags == 0)
        out->result = ATTEST_ACCEPT;
    return OK;
}

struct status attest_snp_judge(struct attest_judging *j)
{
    struct bytes all = j->question->evidence;
    size_t len =
        all.len < ATTEST_SNP_REPORT_LEN ? all.len : ATTEST_SNP_REPORT_LEN;
    struct attest_snp_report report;
    AUTO_SNP_CHAIN chain = { 0 };
    struct status s =
        attest_snp_report_parse(bytes_of(all.at, len), &report, j->why);
    if (!failed(s))
        s = attest_snp_chain_read(bytes_of(all.at + len, all.len - len), &chain,
                                  j->why);
    if (failed(s))
        return attest_found(j, s);
    return judge(j, &report, &chain);
}
