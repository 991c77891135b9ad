/* sgx_quote.h - SGX reports and quotes of version 3, written.
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
};

void sgx_report_write(const struct sgx_report *report,
                      unsigned char out[SGX_REPORT_LEN]);

/* All borrowed. */
struct sgx_quote {
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

/* Appends the quote, the chain with a final NUL as drivers return it. */
STATUS sgx_quote_write(const struct sgx_quote *quote, struct buffer *out);

#endif
