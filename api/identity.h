/* identity.h - what a program must measure to be itself: the rule owners sign.
 *
 * identity hash = SHA-256("accord identity v1" || kind 1 || fields ||
 *                         anchor 32)
 * with fixed-width fields per kind. For the SGX kinds:
 *     form 1 || mrenclave 32 || mrsigner 32 || isvprodid 2 || isvsvn min 2 ||
 *     debug allowed 1 || tcb mask 2                                (72 bytes)
 * where the members that the form does not use are zero. The hash covers the
 * debug flag and the accepted TCB statuses as well: what is under the hash
 * holds even against a compromised broker. */

#ifndef API_IDENTITY_H
#define API_IDENTITY_H

#include "base/buffer.h"
#include "base/cursor.h"
#include "base/hash.h"
#include "base/status.h"

enum api_kind {
    API_KIND_NONE = 0,
    API_KIND_SGX = 1,
    API_KIND_TDX = 2,
    API_KIND_SNP = 3,
    API_KIND_NITRO = 4,
    API_KIND_SIMULATED = 0x40,    /* or-ed: the anchor is a simulator's    */
    API_KIND_NODE_VOUCHED = 0x80, /* or-ed: an unattested node says so     */
};

enum api_sgx_form {
    API_SGX_MRENCLAVE = 1, /* exactly this enclave                         */
    API_SGX_MRSIGNER = 2,  /* this signer's product, from an SVN upwards   */
};

/* TCB statuses a rule accepts; Revoked and unknown have no bit. */
enum api_tcb {
    API_TCB_UNEVALUATED = 1 << 0, /* no collateral was consulted */
    API_TCB_UP_TO_DATE = 1 << 1,
    API_TCB_SW_HARDENING_NEEDED = 1 << 2,
    API_TCB_CONFIGURATION_NEEDED = 1 << 3,
    API_TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED = 1 << 4,
    API_TCB_OUT_OF_DATE = 1 << 5,
    API_TCB_OUT_OF_DATE_CONFIGURATION_NEEDED = 1 << 6,
    API_TCB_TD_RELAUNCH_ADVISED = 1 << 7,
    API_TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED = 1 << 8,
};
#define API_TCB_ALL 0x1ffu

struct api_identity_rule {
    uint8_t kind;
    uint8_t form;
    unsigned char mrenclave[32];
    unsigned char mrsigner[32];
    uint16_t isvprodid;
    uint16_t isvsvn_min;
    uint8_t debug_allowed; /* 0 or 1 */
    uint16_t tcb_mask;     /* API_TCB_ bits, never 0 */
    struct hash anchor;    /* SHA-256 of the root's SubjectPublicKeyInfo */
};

/* kind || fields || anchor, as hashed: 105 bytes for the SGX kinds. Also
 * what the HSM's certify job is sent. Refuses (STATUS_INVALID, with a
 * reason) a rule that could match more than it says: unknown kind or form,
 * zero measurement, unused members set, empty mask, zero anchor. */
STATUS api_identity_encode(const struct api_identity_rule *rule,
                           struct buffer *out, struct reason *why);
STATUS api_identity_decode(struct cursor *in, struct api_identity_rule *out,
                           struct reason *why);
STATUS api_identity_hash(const struct api_identity_rule *rule, struct hash *out,
                         struct reason *why);

/* "sgx", "sgx-simulated", "sgx-node-vouched", ...; NULL for unknown. */
const char *api_kind_name(uint8_t kind);
STATUS api_kind_parse(struct bytes name, uint8_t *out);

/* "UpToDate", "unevaluated", ... for a single bit; NULL for anything else. */
const char *api_tcb_name(uint16_t bit);
STATUS api_tcb_parse(struct bytes name, uint16_t *out);

#endif
