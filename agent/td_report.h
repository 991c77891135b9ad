/* td_report.h - the report of a trust domain, written. Integers and byte
 * strings stand as Intel's TDX module specification has them. */

#ifndef AGENT_TD_REPORT_H
#define AGENT_TD_REPORT_H

#include <stdint.h>

#include "base/bytes.h"

#define TD_REPORT_10_LEN 584
#define TD_REPORT_15_LEN 648

#define TD_DEBUG           ((uint64_t)1)
#define TD_SEPT_VE_DISABLE ((uint64_t)1 << 28)
#define TD_MIGRATABLE      ((uint64_t)1 << 29)

struct td_report {
    bool v15;                      /* the form of 648 bytes */
    unsigned char tee_tcb_svn[16]; /* module SVN, module version, ... */
    unsigned char mrseam[48];
    unsigned char mrsignerseam[48]; /* zero: Intel's, and the simulator's */
    unsigned char seamattributes[8];
    uint64_t attributes; /* TDATTRIBUTES */
    uint64_t xfam;
    unsigned char mrtd[48];
    unsigned char mrconfigid[48];
    unsigned char mrowner[48];
    unsigned char mrownerconfig[48];
    unsigned char rtmr[4][48];
    unsigned char data[64];
    unsigned char tee_tcb_svn_2[16]; /* with v15 only */
    unsigned char mrservicetd[48];   /* with v15 only */
};

/* Writes 584 or 648 bytes to `out` and answers which. */
size_t td_report_write(const struct td_report *report,
                       unsigned char out[TD_REPORT_15_LEN]);

#endif
