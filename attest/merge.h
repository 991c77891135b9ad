/* merge.h - one state out of the platform's, its TDX module's and its quoting
 * enclave's. Private to attest/. */

#ifndef ATTEST_MERGE_H
#define ATTEST_MERGE_H

#include "attest/tcb_info.h"
#include "attest/tdx_module.h"

/* `qe` and the module's status may be 0: not known, and refused elsewhere.
 * One API_TCB_ bit, ATTEST_REVOKED, or 0 when the platform met no level. */
uint16_t attest_merge(const struct attest_platform_state *platform,
                      const struct attest_tdx *tdx, /* NULL: SGX */
                      const struct attest_module_state *module, uint16_t qe);

/* "UpToDate", ..., "Revoked", "NotSupported" for 0. */
const char *attest_state_name(uint16_t status);

#endif
