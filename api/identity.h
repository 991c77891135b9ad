/* identity.h - what a program must measure to be itself: the rule owners sign.
 *
 * identity hash = SHA-256("accord identity v1" || encoded), where
 *     encoded = kind 1 || measured || debug allowed 1 || tcb mask 2 ||
 *               anchor 32 || terms
 * The measured fields have a fixed width per kind, in the order of the
 * structs below:
 *     SGX 69    form 1 || mrenclave 32 || mrsigner 32 || isvprodid 2 ||
 *               isvsvn min 2
 *     TDX 435   form 1 || mrtd 48 || rtmr0..3 4 x 48 || mrconfigid 48 ||
 *               mrowner 48 || mrownerconfig 48 || mrservicetd 48 ||
 *               sept_ve 1 || migratable 1
 *     SNP 192   form 1 || measurement 48 || host_data 32 || id_key_digest 48 ||
 *               author_key_digest 48 || guest_svn min 4 || tcb_min 8 ||
 *               vmpl max 1 || migration_agent 1 || unchecked_aliases 1
 *     Nitro 289 form 1 || pcr0, pcr1, pcr2, pcr3, pcr4, pcr8 6 x 48
 * `form` has a bit for each optional member that counts; the others are zero.
 * `terms` (terms.h) are absent unless the rule demands more than the defaults,
 * so a rule without them hashes as it always did. All of it is under the hash,
 * and so under every owner's grant: what it says holds even against a
 * compromised broker, because the HSM's worker applies it. */

#ifndef API_IDENTITY_H
#define API_IDENTITY_H

#include "api/terms.h"
#include "base/hash.h"

enum api_kind {
    API_KIND_NONE = 0,
    API_KIND_SGX = 1,
    API_KIND_TDX = 2,
    API_KIND_SNP = 3,
    API_KIND_NITRO = 4,
    API_KIND_SIMULATED = 0x40,    /* or-ed: the anchor is a simulator's    */
    API_KIND_NODE_VOUCHED = 0x80, /* or-ed: an unattested node says so     */
};

/* What of a kind names the platform: without the two flags. */
#define API_KIND_PLATFORM 0x3f

/* SGX: exactly one of these is the form. */
enum api_sgx_form {
    API_SGX_MRENCLAVE = 1, /* exactly this enclave                         */
    API_SGX_MRSIGNER = 2,  /* this signer's product, from an SVN upwards   */
};
struct api_sgx_rule {
    unsigned char mrenclave[32], mrsigner[32];
    uint16_t isvprodid, isvsvn_min;
};

/* TDX: mrtd is firmware only, so the registers that measure kernel and program
 * (1 and 2) always count; the others when their bit is set. */
enum api_tdx_form { API_TDX_RTMR0 = 1, API_TDX_RTMR3 = 2 };
struct api_tdx_rule {
    unsigned char mrtd[48], rtmr[4][48];
    unsigned char mrconfigid[48], mrowner[48], mrownerconfig[48];
    unsigned char mrservicetd[48]; /* zero: no service TD may be bound       */
    uint8_t sept_ve;               /* 1: SEPT_VE_DISABLE is not demanded     */
    uint8_t migratable;            /* 1: it may move to another machine      */
};

enum api_snp_form { API_SNP_ID_KEY = 1, API_SNP_AUTHOR_KEY = 2 };
struct api_snp_rule {
    unsigned char measurement[48], host_data[32];
    unsigned char id_key_digest[48], author_key_digest[48];
    uint32_t guest_svn_min;
    unsigned char tcb_min[8];  /* each byte, as the product lays them out    */
    uint8_t vmpl_max;          /* 0 to 3                                     */
    uint8_t migration_agent;   /* 1: one may be associated                   */
    uint8_t unchecked_aliases; /* 1: ALIAS_CHECK_COMPLETE is not demanded   */
};

enum api_nitro_form {
    API_NITRO_PCR3 = 1, /* the parent instance's IAM role */
    API_NITRO_PCR4 = 2, /* the parent instance            */
    API_NITRO_PCR8 = 4, /* who signed the image           */
};
enum { API_PCR0, API_PCR1, API_PCR2, API_PCR3, API_PCR4, API_PCR8, API_PCRS };
struct api_nitro_rule {
    unsigned char pcr[API_PCRS][48]; /* SHA-384 */
};

struct api_identity_rule {
    uint8_t kind;
    uint8_t form;          /* which optional members count */
    uint8_t debug_allowed; /* 0 or 1; never with Nitro, whose debug mode
                              measures nothing */
    uint16_t tcb_mask;     /* API_TCB_ bits, never 0 */
    struct hash anchor;    /* SHA-256 of the root's SubjectPublicKeyInfo */
    struct api_terms terms;
    union {
        struct api_sgx_rule sgx;
        struct api_tdx_rule tdx;
        struct api_snp_rule snp;
        struct api_nitro_rule nitro;
    };
};

#define API_IDENTITY_MAX 1024 /* bytes of an encoded rule, at most */

/* The encoded rule, as hashed; also what the HSM's certify job is sent.
 * Refuses (STATUS_INVALID, with a reason) a rule that could match more than it
 * says, or none at all: unknown kind or form, Nitro that a node vouches for,
 * zero measurement, unused members set, empty mask, zero anchor, terms out of
 * order. */
STATUS api_identity_encode(const struct api_identity_rule *rule,
                           struct buffer *out, struct reason *why);
/* Strict: all bytes are read, and encoding again gives the same. */
STATUS api_identity_decode(struct bytes encoded, struct api_identity_rule *out,
                           struct reason *why);
STATUS api_identity_hash(const struct api_identity_rule *rule, struct hash *out,
                         struct reason *why);

/* The label in the certificate's name, 64 lower-case digits: of an SGX enclave
 * the measured mrenclave, else SHA-256("accord label v1" || kind || measured
 * fields of the rule). */
#define API_LABEL_LEN 64
STATUS api_identity_label(const struct api_identity_rule *rule,
                          const unsigned char mrenclave[32],
                          char out[API_LABEL_LEN + 1], struct reason *why);

/* "sgx", "sgx-simulated", "sgx-node-vouched", ...; NULL for unknown. */
const char *api_kind_name(uint8_t kind);
STATUS api_kind_parse(struct bytes name, uint8_t *out);

#endif
