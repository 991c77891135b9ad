#include "attest/measured.h"

#include "attest/quote.h"
#include "attest/td_report.h"
#include "attest/token.h"

#define VMPL_MAX 3

/* --- SGX and TDX --------------------------------------------------------- */

#define FILL(out, from) memcpy((out), (from).at, sizeof(out))

static uint32_t flags_of(const struct attest_report *report)
{
    uint32_t flags = 0;
    if (report->flags & ATTEST_DEBUG)
        flags |= ATTEST_FLAG_DEBUG;
    if (!(report->flags & ATTEST_INIT))
        flags |= ATTEST_FLAG_INIT;
    if (!(report->flags & ATTEST_MODE64BIT))
        flags |= ATTEST_FLAG_MODE64BIT;
    if (report->flags & ATTEST_PROVISION_KEY)
        flags |= ATTEST_FLAG_PROVISION_KEY;
    if (report->flags & ATTEST_EINITTOKEN_KEY)
        flags |= ATTEST_FLAG_EINITTOKEN_KEY;
    return flags;
}

uint32_t attest_measured_sgx(struct bytes body, struct attest_identity *out)
{
    struct attest_report report;
    attest_report_parse(body, &report);
    out->kind = API_KIND_SGX;
    out->sgx = (struct attest_sgx){ .isvprodid = report.isvprodid,
                                    .isvsvn = report.isvsvn,
                                    .configsvn = report.configsvn };
    FILL(out->sgx.mrenclave, report.mrenclave);
    FILL(out->sgx.mrsigner, report.mrsigner);
    FILL(out->sgx.attributes, report.attributes);
    FILL(out->sgx.miscselect, report.miscselect);
    FILL(out->sgx.configid, report.configid);
    FILL(out->sgx.isvextprodid, report.isvextprodid);
    FILL(out->sgx.isvfamilyid, report.isvfamilyid);
    FILL(out->sgx.cpusvn, report.cpusvn);
    FILL(out->report_data, report.data);
    uint32_t flags = flags_of(&report);
    out->debug = (flags & ATTEST_FLAG_DEBUG) != 0;
    return flags;
}

uint32_t attest_measured_tdx(struct bytes body, struct attest_identity *out)
{
    out->kind = API_KIND_TDX;
    attest_td_report_parse(body, &out->tdx, out->report_data);
    uint32_t flags = attest_td_flags(&out->tdx);
    out->debug = (flags & ATTEST_FLAG_DEBUG) != 0;
    return flags;
}

STATUS attest_measured_attributes(uint32_t flags, struct reason *why)
{
    static const uint32_t never[] = { ATTEST_FLAG_INIT, ATTEST_FLAG_MODE64BIT,
                                      ATTEST_FLAG_PROVISION_KEY,
                                      ATTEST_FLAG_EINITTOKEN_KEY,
                                      ATTEST_FLAG_TUD };
    for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
        if (flags & never[i])
            return ATTEST_REFUSE(why, "attributes", "%s",
                                 attest_flag_name(never[i]));
    return OK;
}

/* --- SEV-SNP ------------------------------------------------------------- */

/* Componentwise: an SVN too low is not made up for by another. */
static bool at_most(struct bytes a, struct bytes b)
{
    for (size_t i = 0; i < a.len; i++)
        if (a.at[i] > b.at[i])
            return false;
    return true;
}

STATUS attest_measured_order(const struct attest_snp_report *report,
                             struct reason *why)
{
    if (!at_most(report->reported_tcb, report->committed_tcb) ||
        !at_most(report->committed_tcb, report->current_tcb))
        return ATTEST_REFUSE(why, "tcb-order",
                             "not REPORTED <= COMMITTED <= CURRENT");
    return OK;
}

/* The host can ask for reports as well: then nobody inside has. */
STATUS attest_measured_vmpl(const struct attest_snp_report *report,
                            struct reason *why)
{
    if (report->vmpl > VMPL_MAX)
        return ATTEST_REFUSE(why, "vmpl",
                             "the host asked for the report, not the guest");
    return OK;
}

static void fill_snp(const struct attest_snp_report *from,
                     struct attest_snp *out)
{
    out->version = from->version;
    out->guest_svn = from->guest_svn;
    out->vmpl = from->vmpl;
    out->policy = from->policy;
    out->platform_info = from->platform_info;
    out->vlek = from->vlek;
    FILL(out->measurement, from->measurement);
    FILL(out->host_data, from->host_data);
    FILL(out->id_key_digest, from->id_key_digest);
    FILL(out->author_key_digest, from->author_key_digest);
    FILL(out->family_id, from->family_id);
    FILL(out->image_id, from->image_id);
    FILL(out->chip_id, from->chip_id);
    FILL(out->report_id, from->report_id);
    FILL(out->current_tcb, from->current_tcb);
    FILL(out->reported_tcb, from->reported_tcb);
    FILL(out->committed_tcb, from->committed_tcb);
    FILL(out->launch_tcb, from->launch_tcb);
}

void attest_measured_snp(const struct attest_snp_report *report,
                         struct attest_identity *out)
{
    out->kind = API_KIND_SNP;
    out->debug = (report->policy & ATTEST_SNP_POLICY_DEBUG) != 0;
    FILL(out->report_data, report->data);
    fill_snp(report, &out->snp);
}
