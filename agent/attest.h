/* attest.h - target-info and attest (section 2.4 of the wire contract), as
 * the agent answers them. For this folder only. */

#ifndef AGENT_ATTEST_H
#define AGENT_ATTEST_H

#include "agent/server.h"

/* Appends {"targetInfo": base64 of 512 bytes}. */
STATUS agent_target_info(struct buffer *out);

/* The local request `csr` (PEM) and its `report` (base64 of 432 bytes; NULL
 * for a trust domain), judged by vouch.h: appends {"attestation_certificate",
 * "node_certificate", "fqpe_report"?}. STATUS_INVALID for a report that is no
 * base64, STATUS_NOT_FOUND without a node certificate; else as
 * vouch_attest(). */
STATUS agent_attest(const struct agent *agent, const char *report,
                    const char *csr, uint64_t now, struct buffer *out,
                    struct reason *why);

#endif
