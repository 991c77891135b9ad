#include "attest/td_report.h"
#include "attest/verdict.h"
#include "base/cursor.h"

#define SHORT_LEN 584

void attest_td_report_parse(struct bytes body, struct attest_tdx *out,
                            unsigned char data[ATTEST_REPORT_DATA_LEN])
{
    struct cursor in = cursor_of(body);
    struct attest_tdx t = { .v15 = body.len > SHORT_LEN };
    cursor_copy(&in, t.tee_tcb_svn, sizeof(t.tee_tcb_svn));
    cursor_copy(&in, t.mrseam, sizeof(t.mrseam));
    cursor_copy(&in, t.mrsignerseam, sizeof(t.mrsignerseam));
    cursor_copy(&in, t.seamattributes, sizeof(t.seamattributes));
    cursor_copy(&in, t.tdattributes, sizeof(t.tdattributes));
    cursor_copy(&in, t.xfam, sizeof(t.xfam));
    cursor_copy(&in, t.mrtd, sizeof(t.mrtd));
    cursor_copy(&in, t.mrconfigid, sizeof(t.mrconfigid));
    cursor_copy(&in, t.mrowner, sizeof(t.mrowner));
    cursor_copy(&in, t.mrownerconfig, sizeof(t.mrownerconfig));
    for (size_t i = 0; i < 4; i++)
        cursor_copy(&in, t.rtmr[i], sizeof(t.rtmr[i]));
    cursor_copy(&in, data, ATTEST_REPORT_DATA_LEN);
    if (t.v15) {
        cursor_copy(&in, t.tee_tcb_svn_2, sizeof(t.tee_tcb_svn_2));
        cursor_copy(&in, t.mrservicetd, sizeof(t.mrservicetd));
    }
    *out = t;
}

uint32_t attest_td_flags(const struct attest_tdx *tdx)
{
    static const unsigned char zeros[48];
    uint64_t attributes = 0;
    uint32_t flags = 0;
    for (size_t i = 8; i > 0; i--)
        attributes = attributes << 8 | tdx->tdattributes[i - 1];
    if (attributes & ATTEST_TD_DEBUG)
        flags |= ATTEST_FLAG_DEBUG;
    if (attributes & ATTEST_TD_TUD)
        flags |= ATTEST_FLAG_TUD;
    if (!(attributes & ATTEST_TD_SEPT_VE_DISABLE))
        flags |= ATTEST_FLAG_SEPT_VE_DISABLE;
    if (attributes & ATTEST_TD_MIGRATABLE)
        flags |= ATTEST_FLAG_MIGRATABLE;
    if (memcmp(tdx->mrservicetd, zeros, sizeof(zeros)) != 0)
        flags |= ATTEST_FLAG_MRSERVICETD;
    return flags;
}
