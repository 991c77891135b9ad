/* tdx_module.h - the TDX module that made a TD report. Private to attest/. */

#ifndef ATTEST_TDX_MODULE_H
#define ATTEST_TDX_MODULE_H

#include "attest/statement.h"

struct attest_module_state {
    bool judged;     /* it has an identity of its own (version not 0)     */
    uint16_t status; /* of its level, as attest_level; 0: none            */
    bool renewed;    /* TD 1.5: TEE_TCB_SVN_2 reaches the newest level    */
};

/* TEE_TCB_SVN[1] is the module's version, [0] its SVN. Version 0: signer and
 * attributes of `tdxModule`; else those of `tdxModuleIdentities` "TDX_%02X",
 * and the level. Tokens mrsignerseam, seamattributes,
 * tdx-module-identity-missing(TDX_xx), tdx-module-malformed,
 * tdx-module-level-none. */
STATUS attest_tdx_module_judge(struct attest_judging *j, const json_t *info,
                               const struct attest_tdx *tdx,
                               struct attest_module_state *out,
                               struct attest_advisories *advisories);

#endif
