/* verify.h - an exported log against pinned keys: nothing is believed that
 * can be computed. */

#ifndef CLI_VERIFY_H
#define CLI_VERIFY_H

#include "api/api.h"
#include "attest/attest.h"
#include "cli/words.h"

#define VERIFY_ANCHORS_MAX 16

struct verifier {
    struct attest_anchor anchors[VERIFY_ANCHORS_MAX];
    size_t anchors_count;
    struct words words;
    json_t *collateral; /* during a run: digest in hex -> base64 */

    uint64_t leaves; /* seen             */
    size_t details;  /* hashed and equal */
    size_t evidence; /* verified again   */
};

STATUS verifier_add_anchor(struct verifier *verifier, struct bytes pem,
                           bool simulated, struct reason *why);

/* Checks every leaf's index, time and detail hash, the root, the head's
 * signature, that the head `seen` (size 0: none) is a prefix, and the
 * evidence of every certificate whose detail is readable: evidence under the
 * collateral it was judged with, the state found, rule, binding of key and
 * configuration; a node's word under verifier->words.zone. STATUS_CORRUPT with
 * a reason naming the leaf at the first that does not hold; missing evidence is
 * one of them. */
STATUS verifier_run(struct verifier *verifier, const json_t *log,
                    const struct api_spki *log_key, const struct api_head *seen,
                    struct reason *why);

#endif
