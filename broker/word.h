/* word.h - a node's word as evidence: the broker's part of it, beside what
 * ca/word.h says: what its node has become meanwhile. */

#ifndef BROKER_WORD_H
#define BROKER_WORD_H

#include "broker/evidence.h"
#include "broker/issue.h"

/* Judges issue->evidence at x->now: under this zone's root, for the request's
 * key, and saying of measurements what the request's subject does.
 * STATUS_DENIED with the code `evidence`. *word borrows from the issue; clear
 * *out on success. */
STATUS word_judge(struct exchange *x, const struct issue *issue,
                  struct bytes subject, struct ca_word *word,
                  struct evidence_judged *out);

/* Is it about this configuration, by a node of this account that is still
 * one? STATUS_DENIED with the codes `evidence`, `node-deactivated` (a MANAGER
 * sent it away, whichever of its certificates it shows) and `node-revoked`. */
STATUS word_check(struct exchange *x, struct policy_txn *txn,
                  const struct ca_word *word, const struct hash *configuration,
                  const struct api_id *account);

/* The caller's certificate was issued for a node's word: is that node still
 * one? For a program with other evidence there is nothing to ask. Codes as of
 * word_check(). */
STATUS word_stands(struct exchange *x, struct policy_txn *txn);

#endif
