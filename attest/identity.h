/* identity.h - what evidence proved, and whether a rule is met by it.
 *
 * Plain data without pointers, all of it covered by the evidence's signatures
 * or by those of the collateral that judged it. Integers are in host order,
 * byte strings as in the report. */

#ifndef ATTEST_IDENTITY_H
#define ATTEST_IDENTITY_H

#include "api/api.h"
#include "base/hash.h"
#include "base/status.h"

#define ATTEST_REPORT_DATA_LEN 64
#define ATTEST_ADVISORIES_MAX  64

struct attest_sgx {
    unsigned char mrenclave[32], mrsigner[32];
    uint16_t isvprodid, isvsvn;
    unsigned char attributes[16]; /* flags 8, XFRM 8, little-endian */
    unsigned char miscselect[4], configid[64];
    unsigned char isvextprodid[16], isvfamilyid[16];
    uint16_t configsvn;
    unsigned char cpusvn[16]; /* the report's */
};

struct attest_tdx {
    bool v15; /* the body of TD 1.5: tee_tcb_svn_2 and mrservicetd count */
    unsigned char tee_tcb_svn[16], mrseam[48], mrsignerseam[48];
    unsigned char seamattributes[8], tdattributes[8], xfam[8];
    unsigned char mrtd[48], mrconfigid[48], mrowner[48], mrownerconfig[48];
    unsigned char rtmr[4][48];
    unsigned char tee_tcb_svn_2[16], mrservicetd[48];
};

struct attest_snp {
    uint32_t version, guest_svn, vmpl;
    uint64_t policy, platform_info;
    bool vlek;
    uint8_t product; /* ATTEST_MILAN, ... */
    unsigned char measurement[48], host_data[32];
    unsigned char id_key_digest[48], author_key_digest[48];
    unsigned char family_id[16], image_id[16], chip_id[64], report_id[32];
    unsigned char current_tcb[8], reported_tcb[8], committed_tcb[8];
    unsigned char launch_tcb[8];
};

struct attest_nitro {
    uint32_t present; /* bit i: PCRi is there */
    uint8_t pcr_len;  /* of each: 32, 48 or 64 */
    unsigned char pcr[32][64];
    char module_id[128];
    uint64_t timestamp; /* milliseconds */
    size_t nonce_len;
    unsigned char nonce[512];
};

/* What the platform's certificate says; SGX and TDX only. */
struct attest_platform {
    unsigned char fmspc[6], pceid[2], ppid[16];
    unsigned char tcb_components[16]; /* SVNs 1 to 16 */
    uint16_t pcesvn;
    bool has_instance;
    unsigned char instance[16];
};

/* Ids such as INTEL-SA-00615, each once. */
struct attest_advisories {
    size_t count;
    char id[ATTEST_ADVISORIES_MAX][API_ADVISORY_LEN + 1];
};

struct attest_identity {
    uint8_t kind;       /* API_KIND_SGX, _TDX, _SNP, _NITRO; with
                           API_KIND_SIMULATED or-ed in under a simulator's
                           anchor, API_KIND_NODE_VOUCHED by attest_vouched() */
    struct hash anchor; /* SHA-256 of the root's SubjectPublicKeyInfo */
    uint16_t tcb;       /* exactly one API_TCB_ bit */
    uint64_t tcb_date;  /* of the level that matched, seconds; 0: unevaluated */
    bool debug;         /* its memory can be read from outside */
    unsigned char report_data[ATTEST_REPORT_DATA_LEN]; /* Nitro: user_data when
                           it has 64 bytes, else zero, which binds nothing */
    struct attest_platform platform;
    struct attest_advisories advisories;
    union {
        struct attest_sgx sgx;
        struct attest_tdx tdx;
        struct attest_snp snp;
        struct attest_nitro nitro;
    };
};

/* OK when the identity is what the rule demands at `now` (seconds): the exact
 * kind, the exact anchor, every measurement that counts, at least each SVN,
 * no weakness that the rule does not accept, debug only where allowed, a state
 * of the platform within the rule's terms; of a node's word never an
 * evaluation. STATUS_DENIED otherwise, with the
 * first difference named by the status's origin and the reason; also for
 * rules that api_identity_encode() would refuse.
 *
 * Of SGX, CONFIGID, CONFIGSVN, ISVEXTPRODID and ISVFAMILYID (KSS) are
 * deliberately not looked at: no rule pins them. A signer whose private key is
 * published (SDK samples) is met only by a rule that names that very signer:
 * of a rule for one MRENCLAVE the signer is not asked. */
STATUS attest_matches(const struct api_identity_rule *rule,
                      const struct attest_identity *identity, uint64_t now,
                      struct reason *why);

/* OK when the report data equals `expected`, all 64 bytes, in constant time;
 * STATUS_DENIED otherwise. */
STATUS attest_binds(const struct attest_identity *identity,
                    const unsigned char expected[ATTEST_REPORT_DATA_LEN]);

/* OK when a Nitro document's nonce is exactly `nonce`; STATUS_DENIED else,
 * for every other kind, and for a nonce of zeros. */
STATUS attest_has_nonce(const struct attest_identity *identity,
                        const struct hash *nonce);

#endif
