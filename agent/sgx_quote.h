/* sgx_quote.h - SGX reports, and DCAP quotes of versions 3, 4 and 5 over them
 * or over a TD report (td_report.h), written.
 *
 * Says whatever it is told to; whether that is honest is the caller's. */

#ifndef AGENT_SGX_QUOTE_H
#define AGENT_SGX_QUOTE_H

#include "base/buffer.h"
#include "ca/ca.h"

#define SGX_REPORT_LEN 384

enum sgx_flag {
    SGX_INIT = 1 << 0,
    SGX_DEBUG = 1 << 1,
    SGX_MODE64BIT = 1 << 2,
    SGX_PROVISION_KEY = 1 << 4,
    SGX_EINITTOKEN_KEY = 1 << 5,
    SGX_KSS = 1 << 7,
};

struct sgx_report {
    unsigned char cpusvn[16];
    uint64_t flags;
    uint64_t xfrm;
    unsigned char mrenclave[32];
    unsigned char mrsigner[32];
    uint16_t isvprodid;
    uint16_t isvsvn;
    unsigned char data[64];

    /* Zero in most enclaves. */
    uint32_t miscselect;
    uint16_t configsvn;
    unsigned char configid[64];
    unsigned char isvextprodid[16];
    unsigned char isvfamilyid[16];
};

void sgx_report_write(const struct sgx_report *report,
                      unsigned char out[SGX_REPORT_LEN]);

/* All borrowed. */
struct sgx_quote {
    uint16_t version; /* 3, 4 or 5; 0: 3 */
    struct bytes td;  /* a TD report of 584 or 648 bytes, which takes the
                         place of `report`; empty: there is none */
    const unsigned char *report;    /* of the application, 384 bytes */
    const unsigned char *qe_report; /* of the quoting enclave, 384 bytes */
    struct bytes qe_auth;
    struct bytes chain;         /* PEM: leaf, CA, root */
    struct ca_key *attestation; /* P-256: signs header and report */
    struct ca_key *platform;    /* P-256, the leaf's: signs qe_report */
};

/* SHA-256(attestation key || auth data) || 0^32: what the quoting enclave's
 * report data must be. */
STATUS sgx_quote_binding(const struct ca_key *attestation, struct bytes qe_auth,
                         unsigned char out[64]);

/* Appends the quote, the chain with a final NUL as drivers return it.
 * STATUS_INVALID when no version of that number has such a body: TD reports
 * are in versions 4 and 5, the longer one in 5 only. */
STATUS sgx_quote_write(const struct sgx_quote *quote, struct buffer *out);

#endif
