#include "attest/vouched.h"
#include "attest/measured.h"

static STATUS malformed(struct reason *why)
{
    return refuse(why, STATUS_INVALID, "attest_vouched",
                  "a node's word: not a report that nodes vouch for");
}

static STATUS measure_snp(struct bytes report, struct attest_identity *out,
                          struct reason *why)
{
    struct attest_snp_report parsed;
    TRY(attest_snp_report_parse(report, &parsed, why));
    TRY(attest_measured_order(&parsed, why));
    TRY(attest_measured_vmpl(&parsed, why));
    attest_measured_snp(&parsed, out);
    out->snp.product = parsed.product;
    return OK;
}

static STATUS measure(uint8_t platform, struct bytes report,
                      struct attest_identity *out, struct reason *why)
{
    if (platform == API_KIND_SGX && report.len == ATTEST_SGX_BODY_LEN)
        return attest_measured_attributes(attest_measured_sgx(report, out),
                                          why);
    if (platform == API_KIND_TDX && report.len == ATTEST_TD_BODY_LEN)
        return attest_measured_attributes(attest_measured_tdx(report, out),
                                          why);
    if (platform == API_KIND_SNP && report.len == ATTEST_SNP_REPORT_LEN)
        return measure_snp(report, out, why);
    return malformed(why);
}

struct status attest_vouched(uint8_t platform, struct bytes report,
                             const struct hash *anchor,
                             struct attest_identity *out, struct reason *why)
{
    struct attest_identity made = { .kind = API_KIND_NONE };
    TRY(measure(platform, report, &made, why));
    made.kind = platform | API_KIND_NODE_VOUCHED;
    made.anchor = *anchor;
    made.tcb = API_TCB_UNEVALUATED;
    *out = made;
    return OK;
}
