/* quoting.h - is the signer of a quote a quoting enclave? Private to
 * attest/. */

#ifndef ATTEST_QUOTING_H
#define ATTEST_QUOTING_H

#include "attest/quote.h"
#include "attest/vendor.h"

/* What can be said of it without collateral: initialised, no debug enclave,
 * and, where the root is a vendor's, that vendor's signer and product. Any
 * other enclave on a genuine platform would otherwise do. `vendor` may be
 * NULL. STATUS_DENIED: qe-attributes, qe-mrsigner. */
STATUS attest_quoting_check(const struct attest_report *qe, bool tdx,
                            const struct attest_vendor *vendor,
                            struct reason *why);

#endif
