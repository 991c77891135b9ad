/* word.h - a node's word (vouch.h) judged for one request, by whoever decides:
 * broker, HSM worker and auditor alike.
 *
 * What it proves is of the kind node-vouched, always. A node that was attested
 * itself is no exception: by what rule it was, no owner has said. */

#ifndef CA_WORD_H
#define CA_WORD_H

#include "ca/vouch.h"

struct ca_word {
    struct ca_vouched said; /* borrows from the evidence */
    uint8_t platform;       /* API_KIND_SGX, _TDX, _SNP */
    struct hash anchor;     /* SHA-256 of the zone root's SPKI: no configuration
                               can name another */
    size_t report_len;      /* what was measured, as a quote would hold it:   */
    unsigned char report[CA_SNP_REPORT_LEN]; /* SGX 384, TDX 648 (TD 1.5) with
                               zeros for the report data, SNP 1184 bytes      */
};

/* ca_vouch_check(), under the zone root (DER) at `now` (seconds), and that the
 * vouched key is the one whose SPKI hashes to `spki`. STATUS_DENIED with a
 * reason, STATUS_INVALID when `zone` is no root. */
STATUS ca_word_judge(struct bytes evidence, struct bytes zone, uint64_t now,
                     const struct hash *spki, struct ca_word *out,
                     struct reason *why);

/* STATUS_DENIED with a reason unless the word is about this configuration, and
 * the node one of this account's: nobody's nodes vouch for others' programs. */
STATUS ca_word_concerns(const struct ca_word *word,
                        const struct hash *configuration,
                        const struct api_id *account, struct reason *why);

#endif
