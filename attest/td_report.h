/* td_report.h - the TD report in a TDX quote. Private to attest/. */

#ifndef ATTEST_TD_REPORT_H
#define ATTEST_TD_REPORT_H

#include "attest/identity.h"

enum attest_td_attribute {
    ATTEST_TD_DEBUG = 1 << 0,
    ATTEST_TD_TUD = 0xfe, /* bits 1 to 7: reserved */
    ATTEST_TD_SEPT_VE_DISABLE = 1 << 28,
    ATTEST_TD_MIGRATABLE = 1 << 29,
};

/* `body` is 584 bytes, or 648 for TD 1.5. *data is its report data, 64. */
void attest_td_report_parse(struct bytes body, struct attest_tdx *out,
                            unsigned char data[ATTEST_REPORT_DATA_LEN]);

/* Bits of enum attest_app_flag. */
uint32_t attest_td_flags(const struct attest_tdx *tdx);

#endif
