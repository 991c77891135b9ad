/* simulator_snp.h - a simulated SEV-SNP host: reports of the real form under
 * a root of its own, with the key hierarchy of a VCEK.
 *
 * In a simulator's directory, besides what simulator.h lists:
 *     ark.key, ask.key, vcek.key    0600, PKCS#8
 *     ark.pem, ask.pem, vcek.pem    0644 */

#ifndef AGENT_SIMULATOR_SNP_H
#define AGENT_SIMULATOR_SNP_H

#include "agent/snp_report.h"
#include "base/scope.h"

/* Adds one to a simulator's directory, valid for ten years from a day before
 * `now`. Takes seconds: two keys of RSA-4096. STATUS_CONFLICT when there is
 * one already. */
STATUS simulator_snp_make(const char *directory, enum snp_product product,
                          uint64_t now, struct reason *why);

struct simulator_snp;

/* Errors as simulator_open(). Caller frees. */
STATUS simulator_snp_open(const char *directory, struct simulator_snp **out,
                          struct reason *why);
void simulator_snp_free(struct simulator_snp *snp);
DEFINE_AUTO_FREE(simulator_snp);

/* What verifiers are to be told: PEM, borrowed. */
struct bytes simulator_snp_root_pem(const struct simulator_snp *snp);

/* The endorsement key's certificate and its issuer's: PEM, borrowed. */
struct bytes simulator_snp_chain_pem(const struct simulator_snp *snp);

/* A guest as an up-to-date host of this platform starts it; what was measured
 * and the report data are zero, for the caller to fill. */
void simulator_snp_guest(const struct simulator_snp *snp,
                         struct snp_report *out);

/* Appends the signed report alone, as a host returns it. */
STATUS simulator_snp_report(const struct simulator_snp *snp,
                            const struct snp_report *guest, struct buffer *out);

/* Appends report || VCEK || ASK, both DER: the form that attest/ judges. */
STATUS simulator_snp_evidence(const struct simulator_snp *snp,
                              const struct snp_report *guest,
                              struct buffer *out);

/* Appends the certificate table that hosts give a guest with a report (GHCB
 * specification, section 4.1.8.1): entries of GUID 16, offset 4, length 4,
 * little-endian, one of zeros at the end; then the certificates, DER. */
STATUS simulator_snp_table(const struct simulator_snp *snp, struct buffer *out);

#endif
