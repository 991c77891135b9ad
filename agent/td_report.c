#include "agent/td_report.h"

static unsigned char *put(unsigned char *at, const void *from, size_t len)
{
    memcpy(at, from, len);
    return at + len;
}

static unsigned char *put_u64(unsigned char *at, uint64_t value)
{
    for (size_t i = 0; i < 8; i++)
        *at++ = (unsigned char)(value >> (8 * i));
    return at;
}

size_t td_report_write(const struct td_report *report,
                       unsigned char out[TD_REPORT_15_LEN])
{
    unsigned char *at = out;
    at = put(at, report->tee_tcb_svn, 16);
    at = put(at, report->mrseam, 48);
    at = put(at, report->mrsignerseam, 48);
    at = put(at, report->seamattributes, 8);
    at = put_u64(at, report->attributes);
    at = put_u64(at, report->xfam);
    at = put(at, report->mrtd, 48);
    at = put(at, report->mrconfigid, 48);
    at = put(at, report->mrowner, 48);
    at = put(at, report->mrownerconfig, 48);
    for (size_t i = 0; i < 4; i++)
        at = put(at, report->rtmr[i], 48);
    at = put(at, report->data, 64);
    if (report->v15) {
        at = put(at, report->tee_tcb_svn_2, 16);
        at = put(at, report->mrservicetd, 48);
    }
    return (size_t)(at - out);
}
