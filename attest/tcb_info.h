/* tcb_info.h - on which level of security a platform is. Private to attest/.
 */

#ifndef ATTEST_TCB_INFO_H
#define ATTEST_TCB_INFO_H

#include "attest/pck.h"
#include "attest/statement.h"

/* Of the platform, as far as it could be told. */
struct attest_platform_state {
    bool evaluated;      /* the statement is about this platform */
    uint16_t status;     /* one API_TCB_ bit or ATTEST_REVOKED; 0: none    */
    uint16_t sgx_status; /* of the first level that the SGX components meet */
    uint64_t date;
    unsigned newest_tdx[16]; /* components of the first level; TDX          */
};

/* Which level: levels sorted as the vendor does (descending), the first whose
 * SVNs are all, one by one, at most the platform's. TDX: also TEE_TCB_SVN
 * against the TDX components, from the third on when its second byte is not
 * zero. Tokens tcbinfo-id, fmspc-mismatch(...), pceid-mismatch,
 * tcbinfo-component-count, tcbinfo-unknown-status, tcbinfo-malformed,
 * tcb-level-none. Advisories of the level are added. */
STATUS attest_tcb_info_judge(struct attest_judging *j, const json_t *info,
                             const struct attest_pck *pck,
                             const struct attest_tdx *tdx,
                             struct attest_platform_state *out,
                             struct attest_advisories *advisories);

#endif
