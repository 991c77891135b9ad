/* measured.h - what a report says was measured, whoever vouches for it.
 * Private to attest/. */

#ifndef ATTEST_MEASURED_H
#define ATTEST_MEASURED_H

#include "attest/identity.h"
#include "attest/snp_report.h"

#define ATTEST_SGX_BODY_LEN 384
#define ATTEST_TD_BODY_LEN  648 /* of TD 1.5 */

/* Kind, measurements, report data and `debug` from the body of a quote. They
 * answer bits of enum attest_app_flag. */
uint32_t attest_measured_sgx(struct bytes body, struct attest_identity *out);
uint32_t attest_measured_tdx(struct bytes body, struct attest_identity *out);

/* The same from a report; `product` is the caller's to fill in. */
void attest_measured_snp(const struct attest_snp_report *report,
                         struct attest_identity *out);

/* Of those bits, what no application may have, or must have: STATUS_DENIED
 * with the token `attributes`. The others are the rule's to judge. */
STATUS attest_measured_attributes(uint32_t flags, struct reason *why);

/* Only what a guest asked for, on firmware in the order of its versions:
 * STATUS_DENIED with the tokens `tcb-order` and `vmpl`. */
STATUS attest_measured_order(const struct attest_snp_report *report,
                             struct reason *why);
STATUS attest_measured_vmpl(const struct attest_snp_report *report,
                            struct reason *why);

#endif
