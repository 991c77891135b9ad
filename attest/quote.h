/* quote.h - where the parts of an SGX or TDX DCAP quote lie. Private to
 * attest/.
 *
 * Checks form only: every length before its use, every byte accounted for.
 * All integers in a quote are little-endian. */

#ifndef ATTEST_QUOTE_H
#define ATTEST_QUOTE_H

#include "attest/judging.h"
#include "base/bytes.h"
#include "base/cursor.h"

#define ATTEST_REPORT_LEN 384

/* An SGX report body, decoded; byte strings are borrowed. */
struct attest_report {
    struct bytes cpusvn;       /* 16 */
    struct bytes miscselect;   /* 4  */
    struct bytes isvextprodid; /* 16 */
    struct bytes attributes;   /* 16 */
    uint64_t flags;            /* the first half of the attributes */
    struct bytes mrenclave;    /* 32 */
    struct bytes mrsigner;     /* 32 */
    struct bytes configid;     /* 64 */
    uint16_t isvprodid;
    uint16_t isvsvn;
    uint16_t configsvn;
    struct bytes isvfamilyid; /* 16 */
    struct bytes data;        /* 64 */
};

enum attest_flag {
    ATTEST_INIT = 1 << 0,
    ATTEST_DEBUG = 1 << 1,
    ATTEST_MODE64BIT = 1 << 2,
    ATTEST_PROVISION_KEY = 1 << 4,
    ATTEST_EINITTOKEN_KEY = 1 << 5,
};

/* A quote of version 3, 4 or 5, all borrowed from the evidence. */
struct attest_quote {
    bool tdx;
    struct bytes signed_bytes; /* from the start to the end of the body */
    struct bytes body;         /* SGX: 384; TDX: 584, or 648 (TD 1.5) */
    struct bytes signature;    /* r || s over signed_bytes, 64 */
    struct bytes key;          /* attestation key, x || y, 64 */
    struct bytes qe_report;    /* 384 */
    struct bytes qe_signature; /* r || s over qe_report, 64 */
    struct bytes qe_auth;
    struct bytes certificates; /* PEM, certification data of type 5 */
};

/* STATUS_DENIED with a token (see attest.h) unless the parts can be told;
 * what is wrong beside that is attest_found(). Consumed exactly, but for zero
 * bytes after the signature data: drivers return their whole buffer. */
STATUS attest_quote_parse(struct attest_judging *j, struct attest_quote *out);

/* `body` is ATTEST_REPORT_LEN bytes. */
void attest_report_parse(struct bytes body, struct attest_report *out);

uint16_t attest_take_u16(struct cursor *in);
uint32_t attest_take_u32(struct cursor *in);

#endif
