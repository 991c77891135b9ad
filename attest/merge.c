#include "attest/merge.h"

#define OUT_OF_DATE                                                            \
    (API_TCB_OUT_OF_DATE | API_TCB_OUT_OF_DATE_CONFIGURATION_NEEDED)
#define CONFIGURABLE                                                           \
    (API_TCB_CONFIGURATION_NEEDED |                                            \
     API_TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED)

/* What the platform is when a part of it is in this state. */
static uint16_t with_part(uint16_t platform, uint16_t part)
{
    if (platform == ATTEST_REVOKED || part == ATTEST_REVOKED)
        return ATTEST_REVOKED;
    if (!(part & OUT_OF_DATE) || (platform & OUT_OF_DATE))
        return platform;
    return platform & CONFIGURABLE
               ? (uint16_t)API_TCB_OUT_OF_DATE_CONFIGURATION_NEEDED
               : (uint16_t)API_TCB_OUT_OF_DATE;
}

/* The module was updated under a running TD 1.5: started again, it would be
 * on a platform that is fine. */
static bool relaunch_helps(const struct attest_platform_state *platform,
                           const struct attest_tdx *tdx,
                           const struct attest_module_state *module,
                           uint16_t qe)
{
    const uint16_t fine =
        API_TCB_UP_TO_DATE | API_TCB_SW_HARDENING_NEEDED | CONFIGURABLE;
    return tdx->v15 && module->renewed && qe == API_TCB_UP_TO_DATE &&
           (platform->sgx_status & fine) && (module->status & OUT_OF_DATE) &&
           tdx->tee_tcb_svn_2[2] >= platform->newest_tdx[2];
}

uint16_t attest_merge(const struct attest_platform_state *platform,
                      const struct attest_tdx *tdx,
                      const struct attest_module_state *module, uint16_t qe)
{
    uint16_t status = platform->status;
    if (status == 0)
        return 0;
    if (tdx && platform->sgx_status == ATTEST_REVOKED)
        status = ATTEST_REVOKED;
    if (tdx && module->judged)
        status = with_part(status, module->status);
    if (tdx && (status & OUT_OF_DATE) &&
        relaunch_helps(platform, tdx, module, qe))
        return status == API_TCB_OUT_OF_DATE
                   ? (uint16_t)API_TCB_TD_RELAUNCH_ADVISED
                   : (uint16_t)API_TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED;
    return with_part(status, qe);
}

const char *attest_state_name(uint16_t status)
{
    if (status == ATTEST_REVOKED)
        return "Revoked";
    return status == 0 ? "NotSupported" : api_tcb_name(status);
}
