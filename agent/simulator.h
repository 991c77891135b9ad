/* simulator.h - a platform without hardware: evidence of the real form under
 * a root of its own.
 *
 * It proves nothing: whoever can read its directory can claim any
 * measurement. Verifiers accept it only where someone named its root as a
 * simulator's, label the result so, and match it only against rules that ask
 * for the simulated kind. Its keys stay on the node.
 *
 * The directory (0700):
 *     root.key, platform-ca.key, tcb-signing.key,
 *     pck.key, attestation.key                               0600, PKCS#8
 *     root.pem, platform-ca.pem, tcb-signing.pem, pck.pem    0644
 * Quoting reads of the keys the last two only; collateral is made with the
 * first three. report.key (0600) is the simulated CPU's own secret: local
 * reports are made and checked with it (local_report.h). */

#ifndef AGENT_SIMULATOR_H
#define AGENT_SIMULATOR_H

#include "base/buffer.h"
#include "base/scope.h"
#include "base/secret.h"
#include "base/status.h"

#define SIMULATOR_LIFETIME (3650ull * 86400) /* seconds: ten years */

/* Makes a new one, valid for ten years from a day before `now` (seconds
 * since 1970), in `directory`, which is made if need be. STATUS_CONFLICT when
 * there is one already; a half-made one is made anew. STATUS_DENIED when
 * others than the owner may enter the directory. Needs the secret heap. */
STATUS simulator_make(const char *directory, uint64_t now, struct reason *why);

struct simulator;

/* Loads the keys and the chain. STATUS_NOT_FOUND when there is no simulator,
 * STATUS_DENIED when others may read a key, STATUS_CORRUPT when keys and
 * certificates do not belong together. Caller frees. */
STATUS simulator_open(const char *directory, struct simulator **out,
                      struct reason *why);
void simulator_free(struct simulator *simulator);
DEFINE_AUTO_FREE(simulator);

/* What verifiers are to be told: the root certificate, PEM. Borrowed. */
struct bytes simulator_root_pem(const struct simulator *simulator);

/* The other kinds that its directory holds (simulator_snp.h,
 * simulator_nitro.h); NULL when it does not. Borrowed. */
const struct simulator_snp *simulator_snp(const struct simulator *simulator);
const struct simulator_nitro *simulator_nitro(
    const struct simulator *simulator);

/* The CPU's secret, for vouch.h; NULL when there is none. Borrowed. */
const struct secret *simulator_cpu(const struct simulator *simulator);

/* What the enclave-to-be claims about itself. */
struct simulator_request {
    unsigned char mrenclave[32];
    unsigned char mrsigner[32];
    uint16_t isvprodid;
    uint16_t isvsvn;
    bool debug;
    unsigned char report_data[64];
    uint16_t version; /* of the quote: 3, 4 or 5; 0: 3 */
};

/* Appends an SGX quote. STATUS_UNAVAILABLE when the simulator's certificates
 * are not valid at `now`; STATUS_INVALID for another version. Safe from
 * several threads. */
STATUS simulator_sgx_quote(const struct simulator *simulator,
                           const struct simulator_request *request,
                           uint64_t now, struct buffer *out,
                           struct reason *why);

/* A trust domain as an honest host starts it: a TDX 1.x module of version 1
 * and SVN 4, SEPT_VE_DISABLE set, all measurements zero. */
struct td_report;
void simulator_td(struct td_report *out);

/* Appends a TDX quote of version 4 or 5 (0: the first that can hold it); the
 * rest as simulator_sgx_quote(). */
STATUS simulator_tdx_quote(const struct simulator *simulator,
                           const struct td_report *report, uint16_t version,
                           uint64_t now, struct buffer *out,
                           struct reason *why);

#endif
