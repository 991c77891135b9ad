/* snp_report.h - where the parts of an AMD SEV-SNP attestation report lie
 * (SEV-SNP ABI specification 56860, ATTESTATION_REPORT). Private to attest/.
 *
 * Checks form only. All integers in a report are little-endian. */

#ifndef ATTEST_SNP_REPORT_H
#define ATTEST_SNP_REPORT_H

#include "attest/product.h"
#include "base/bytes.h"
#include "base/status.h"

#define ATTEST_SNP_REPORT_LEN 1184

enum attest_snp_policy {
    ATTEST_SNP_POLICY_ONE = 1 << 17, /* must be set */
    ATTEST_SNP_POLICY_MIGRATE_MA = 1 << 18,
    ATTEST_SNP_POLICY_DEBUG = 1 << 19,
};

#define ATTEST_SNP_ALIAS_CHECK 0x20 /* of platform_info */

/* Byte strings are borrowed. A TCB version is 8 SVNs as the product lays them
 * out: product.h. */
struct attest_snp_report {
    struct bytes signed_bytes;   /* 672 */
    unsigned char signature[96]; /* r || s, turned big-endian */
    uint32_t version;            /* 2 to 5 */
    uint32_t guest_svn;
    uint64_t policy;
    uint32_t vmpl; /* 0 to 3; 0xffffffff: the host asked */
    uint64_t platform_info;
    bool vlek;          /* signed with a VLEK; else with a VCEK */
    bool mask_chip_key; /* the chip hides its identity */
    uint8_t product;    /* by its CPUID; 0 when the report has none */
    struct bytes family_id, image_id;                /* 16 each */
    struct bytes data;                               /* 64 */
    struct bytes measurement;                        /* 48 */
    struct bytes host_data, report_id;               /* 32 each */
    struct bytes id_key_digest, author_key_digest;   /* 48 each */
    struct bytes chip_id;                            /* 64 */
    struct bytes current_tcb, reported_tcb;          /* 8 each */
    struct bytes committed_tcb, launch_tcb;          /* 8 each */
    struct bytes current_version, committed_version; /* 3 each */
};

/* STATUS_DENIED with a token: malformed (not 1184 bytes; a byte set that the
 * report's version reserves, in the signature too), version,
 * signature-algorithm (not ECDSA P-384 with SHA-384), signing-key (neither
 * VCEK nor VLEK), cpuid (of no product known here), policy (bit 17 not set,
 * or a reserved one set). */
STATUS attest_snp_report_parse(struct bytes report,
                               struct attest_snp_report *out,
                               struct reason *why);

#endif
