/* words.h - nodes' words in an exported log: judged again under the zone root
 * that was pinned when joining, and by nodes only that had not been sent away
 * by then, which the log itself says. */

#ifndef CLI_WORDS_H
#define CLI_WORDS_H

#include "attest/attest.h"
#include "ca/ca.h"

struct words {
    struct buffer zone; /* root, DER */
    json_t *gone;       /* during a run: subjects of leaves that sent a node
                           away or revoked a certificate */
};

/* STATUS_INVALID with a reason unless the text is one certificate. */
STATUS words_set_zone(struct words *words, struct bytes pem,
                      struct reason *why);

/* Remembers what the detail of a change says of nodes and certificates. */
STATUS words_note(struct words *words, const char *detail, struct reason *why);

/* What a certificate's leaf says it was issued on, and when. */
struct words_question {
    struct bytes evidence;
    uint64_t time; /* seconds */
    struct hash spki, configuration;
    struct api_id account;
};
STATUS words_judge(const struct words *words,
                   const struct words_question *asked,
                   struct attest_identity *out, struct reason *why);

#endif
