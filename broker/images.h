/* images.h - the product's builds: what an image measures, as the product's
 * clients say it (section 5.7 of the wire contract), becomes an identity rule.
 * The rule decides who gets a certificate; of an SGX image signer, product and
 * version are compared besides. */

#ifndef BROKER_IMAGES_H
#define BROKER_IMAGES_H

#include "attest/attest.h"
#include "broker/plain.h"

/* The rule that the body's "mrenclave", ... or "attributes" stand for, under
 * the anchor that `ccm.anchors` names, and of an SGX image its EnclaveInfo
 * (NULL: another platform). 400 for what is no measurement, 501 for platforms
 * that this broker cannot verify, by name. */
STATUS image_read_rule(struct exchange *x, struct api_identity_rule *out,
                       json_t **info);

/* A Build (image_view.c); one of the signed class with what it has in common.
 */
STATUS image_view(struct exchange *x, struct policy_txn *txn,
                  const json_t *record, json_t **out);

/* STATUS_DENIED, code "build", when the program that asks for a certificate is
 * signed in another way than its image of the CCM class. */
STATUS image_check(struct exchange *x, struct policy_txn *txn,
                   const struct policy_candidate *candidate,
                   const struct attest_identity *measured);

/* The BUILD_WHITELIST task's image is approved, or denied for good. */
STATUS image_settle(struct exchange *x, struct policy_txn *txn,
                    const json_t *task, bool approved);

#endif
