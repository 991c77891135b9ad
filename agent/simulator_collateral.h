/* simulator_collateral.h - the collateral of a simulated platform, in any
 * state one wants to see judged. */

#ifndef AGENT_SIMULATOR_COLLATERAL_H
#define AGENT_SIMULATOR_COLLATERAL_H

#include "agent/collateral.h"

/* All zero: an honest, current set in which everything is up to date. */
struct simulator_collateral {
    bool tdx;
    unsigned version; /* of the TCB information: 2 or 3; 0: 3 */

    /* What applies to the platform, its quoting enclave, its TDX module, as
     * the vendor spells it; NULL: "UpToDate". "NotSupported": no level
     * matches. */
    const char *status, *qe_status, *module_status;
    const char *advisories; /* of the platform's level: "A,B"; NULL: none */
    uint64_t tcb_date;      /* of that level, seconds; 0: 30 days ago */

    uint32_t evaluation;  /* 0: 17 */
    uint64_t issued;      /* seconds, of all five; 0: a day ago */
    uint64_t next_update; /* 0: in 30 days */
    uint32_t crl_number;  /* 0: 1 */
    bool revoke_pck, revoke_platform_ca, revoke_tcb_signing;

    /* The last word, for what no knob says; NULL: none. */
    void (*retouch)(struct collateral_plan *plan);
};

/* Makes it with the keys in the simulator's `directory`. Clear `out` on
 * failure too. Errors as simulator_open(); STATUS_INVALID for TDX in version
 * 2. */
STATUS simulator_collateral_make(const char *directory,
                                 const struct simulator_collateral *wanted,
                                 uint64_t now, struct collateral_files *out,
                                 struct reason *why);

#endif
