/* local_report.h - reports that are checked on the machine where they were
 * made, of a simulated CPU: SGX REPORTs, and what TDX calls a REPORTMACSTRUCT.
 *
 * A real CPU authenticates them with keys that it gives to nobody but the
 * enclave that a report is for. Here they follow from one secret of 32 bytes,
 * in the simulator's directory as report.key (0600): whoever can read it can
 * claim any measurement.
 *     SGX  the first 16 bytes of SHA-256("accord simulated report key v1" ||
 *          secret || keyid 32 || target's mrenclave 32 || attributes 16 ||
 *          miscselect 4): AES-128-CMAC over the first 384 bytes
 *     TDX  SHA-256("accord simulated td report key v1" || secret):
 *          HMAC-SHA-256 over the first 224 bytes */

#ifndef AGENT_LOCAL_REPORT_H
#define AGENT_LOCAL_REPORT_H

#include "agent/sgx_quote.h"
#include "base/secret.h"
#include "ca/ca.h"

#define LOCAL_REPORT_LEN      432
#define LOCAL_REPORT_SECRET   32
#define LOCAL_REPORT_KEYID_AT SGX_REPORT_LEN
#define LOCAL_REPORT_MAC_AT   (SGX_REPORT_LEN + 32)
#define LOCAL_TARGET_LEN      512 /* TARGETINFO */
#define LOCAL_TD_REPORT_LEN   256

/* Whom a report is for. */
struct local_target {
    unsigned char mrenclave[32], attributes[16], miscselect[4];
};
void local_target_write(const struct local_target *target,
                        unsigned char out[LOCAL_TARGET_LEN]);
void local_target_read(const unsigned char in[LOCAL_TARGET_LEN],
                       struct local_target *out);

/* Whoever made the report, as the target of an answer. */
void local_target_of(const unsigned char report[LOCAL_REPORT_LEN],
                     struct local_target *out);

/* The REPORT that a request's subject describes (section 2.3 of the wire
 * contract); what it does not name is zero. */
void local_report_rebuild(const struct ca_sgx_subject *subject,
                          const unsigned char keyid[32],
                          const unsigned char mac[16],
                          unsigned char out[LOCAL_REPORT_LEN]);

/* Completes the 384 bytes at the beginning of `report` with a fresh key id and
 * the MAC. */
STATUS local_report_seal(const struct secret *cpu,
                         const struct local_target *target,
                         unsigned char report[LOCAL_REPORT_LEN]);

/* OK when `target` can check the report's MAC, and it holds; STATUS_DENIED
 * otherwise. In constant time. */
STATUS local_report_check(const struct secret *cpu,
                          const struct local_target *target,
                          const unsigned char report[LOCAL_REPORT_LEN]);

/* The same of a trust domain: over SHA-384 of what a subject names, and the
 * report data. */
STATUS local_td_report_make(const struct secret *cpu, struct bytes tee_info,
                            struct bytes td_info, const unsigned char data[64],
                            unsigned char out[LOCAL_TD_REPORT_LEN]);
STATUS local_td_report_check(const struct secret *cpu, struct bytes tee_info,
                             struct bytes td_info, const unsigned char data[64],
                             struct bytes report);

#endif
