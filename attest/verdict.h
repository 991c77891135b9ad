/* verdict.h - all that a verifier found, for people and tools: every failure,
 * where attest_verify() stops at the first. Nothing is decided by it. */

#ifndef ATTEST_VERDICT_H
#define ATTEST_VERDICT_H

#include "attest/identity.h"

enum attest_result {
    ATTEST_REJECT = 0,
    ATTEST_SIG_OK = 1, /* SGX and TDX without collateral: chain and signatures
                          hold, nothing is known of the platform's state */
    ATTEST_ACCEPT = 2, /* under the default policy: no failure, no flag, and
                          UpToDate or SWHardeningNeeded */
};

#define ATTEST_FAILURES_MAX  24
#define ATTEST_TOKEN_TEXT    96
#define ATTEST_SENTENCE_TEXT 240

struct attest_failure {
    char token[ATTEST_TOKEN_TEXT];       /* "chain:time Some PCK Certificate" */
    char sentence[ATTEST_SENTENCE_TEXT]; /* "it has expired" */
};

/* What makes the default policy refuse genuine evidence. */
enum attest_app_flag {
    ATTEST_FLAG_DEBUG = 1 << 0,
    ATTEST_FLAG_INIT = 1 << 1,          /* SGX: INIT is not set            */
    ATTEST_FLAG_MODE64BIT = 1 << 2,     /* SGX: MODE64BIT is not set       */
    ATTEST_FLAG_PROVISION_KEY = 1 << 3, /* SGX: may have provisioning keys */
    ATTEST_FLAG_EINITTOKEN_KEY = 1 << 4,
    ATTEST_FLAG_TUD = 1 << 5,             /* TDX: reserved attributes set    */
    ATTEST_FLAG_SEPT_VE_DISABLE = 1 << 6, /* TDX: SEPT_VE_DISABLE is not set */
    ATTEST_FLAG_MIGRATABLE = 1 << 7,      /* TDX: may move to another host   */
    ATTEST_FLAG_MRSERVICETD = 1 << 8,     /* TDX: bound to a service TD      */
    ATTEST_FLAG_MIGRATE_MA = 1 << 9,   /* SNP: a migration agent may move it */
    ATTEST_FLAG_VMPL = 1 << 10,        /* SNP: below VMPL 0 and 1          */
    ATTEST_FLAG_ALIAS_CHECK = 1 << 11, /* SNP: ALIAS_CHECK_COMPLETE not set */
    ATTEST_FLAG_PROVISIONAL = 1 << 12, /* SNP: firmware not committed     */
};
#define ATTEST_FLAGS 13

/* "DEBUG", "INIT-not-set", ... for a single bit; NULL for anything else. */
const char *attest_flag_name(uint32_t flag);

struct attest_verdict {
    enum attest_result result;
    size_t failures_count;
    struct attest_failure failures[ATTEST_FAILURES_MAX]; /* in the order met */
    const char *tcb;   /* "UpToDate", ..., "Revoked", "NotSupported"; NULL: not
                          evaluated */
    uint32_t flags;    /* enum attest_app_flag */
    bool has_identity; /* the evidence could be read that far; true or not */
    struct attest_identity identity;
};

#endif
