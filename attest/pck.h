/* pck.h - the SGX extension of a PCK certificate, 1.2.840.113741.1.13.1.
 * Private to attest/. */

#ifndef ATTEST_PCK_H
#define ATTEST_PCK_H

#include "base/bytes.h"
#include "base/status.h"

struct attest_pck {
    unsigned char ppid[16];
    unsigned char components[16]; /* SVNs 1 to 16 */
    uint16_t pcesvn;
    unsigned char cpusvn[16];
    unsigned char pceid[2];
    unsigned char fmspc[6];
    uint8_t sgx_type; /* 0 standard, 1 scalable, 2 with integrity */
};

/* Reads the extension's value. Elements are told apart by their OID, not by
 * their place; STATUS_INVALID when one is missing, doubled, unknown, of the
 * wrong type or size, or when the DER is not strict. */
STATUS attest_pck_read(struct bytes der, struct attest_pck *out);

#endif
