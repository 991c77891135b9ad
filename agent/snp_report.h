/* snp_report.h - AMD SEV-SNP attestation reports and what endorsement key
 * certificates say, written. */

#ifndef AGENT_SNP_REPORT_H
#define AGENT_SNP_REPORT_H

#include "agent/pki.h"
#include "base/buffer.h"
#include "ca/ca.h"

#define SNP_REPORT_LEN 1184

enum snp_product { SNP_MILAN, SNP_GENOA, SNP_TURIN };

#define SNP_POLICY_ONE         ((uint64_t)1 << 17)
#define SNP_POLICY_MIGRATE_MA  ((uint64_t)1 << 18)
#define SNP_POLICY_DEBUG       ((uint64_t)1 << 19)
#define SNP_INFO_ALIAS_CHECK   ((uint64_t)1 << 5)
#define SNP_KEYS_MASK_CHIP_KEY ((uint32_t)1 << 1)
#define SNP_KEYS_VLEK          ((uint32_t)1 << 2)

/* As the ABI specification has them; a TCB version is 8 bytes in the order of
 * the product. */
struct snp_report {
    uint32_t version; /* 2 to 5 */
    uint32_t guest_svn;
    uint64_t policy;
    unsigned char family_id[16], image_id[16];
    uint32_t vmpl;
    uint32_t algorithm; /* 1: ECDSA P-384 with SHA-384 */
    uint64_t platform_info;
    uint32_t keys; /* author key, mask chip key, signing key */
    unsigned char data[64];
    unsigned char measurement[48];
    unsigned char host_data[32];
    unsigned char id_key_digest[48], author_key_digest[48];
    unsigned char report_id[32];
    unsigned char cpuid[3]; /* family, model, stepping; with version 3 */
    unsigned char chip_id[64];
    unsigned char current_tcb[8], reported_tcb[8];
    unsigned char committed_tcb[8], launch_tcb[8];
    unsigned char current_version[3], committed_version[3];
};

/* A guest of version 3 that an up-to-date host of the product started with
 * the strictest policy; measurements and report data are zero. */
void snp_report_init(enum snp_product product, const unsigned char chip_id[64],
                     struct snp_report *out);

/* Appends the report, signed by the endorsement key (P-384). */
STATUS snp_report_write(const struct snp_report *report,
                        const struct ca_key *endorsement, struct buffer *out);

#define SNP_EXTENSIONS 13

/* What an endorsement key's certificate says of its chip, in the order of
 * AMD's. The values are borrowed from `made`. */
struct snp_extensions {
    struct pki_extension at[SNP_EXTENSIONS];
    size_t count;
    unsigned char made[SNP_EXTENSIONS][64];
};

/* `provider` NULL: a VCEK's, for the chip and the TCB version; else a VLEK's,
 * which names the provider instead of the chip. */
void snp_extensions_fill(enum snp_product product, const unsigned char tcb[8],
                         const unsigned char chip_id[64], const char *provider,
                         struct snp_extensions *out);

#endif
