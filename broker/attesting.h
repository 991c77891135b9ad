/* attesting.h - a program's request for a certificate, whichever row it came
 * by (routes_attest.c, routes_issuance.c): known by its evidence alone. */

#ifndef BROKER_ATTESTING_H
#define BROKER_ATTESTING_H

#include "broker/evidence.h"
#include "broker/issue.h"
#include "broker/word.h"

/* x->work of such a row, or what that begins with; all zero at first. */
struct attesting {
    struct evidence_judged judged;
    struct hash configuration;
    struct policy_candidate candidate;
    struct issue issue;
    struct api_id node; /* that the request names, of the account; or zero */
    bool placed; /* ... and the certificate is remembered as the node's */
    bool nonce_missing; /* a rule accepts all but that there is none */
    /* Of a node's word: */
    struct ca_word word;
    struct buffer subject; /* contents of the request's Name */
};
void attesting_free(void *attesting);

/* Takes the request's key, names and evidence in. */
STATUS attesting_read(struct exchange *x, struct attesting *a, const char *pem);

/* Judges the evidence, and finds the agreed program that it is: from here on
 * x->peer is the program, in its workflow's account. STATUS_DENIED with the
 * code of what is missing. */
STATUS attesting_judge(struct exchange *x, struct attesting *a);

/* The rows' `change` and `perform`. */
STATUS attesting_change(struct exchange *x, struct policy_txn *txn);
STATUS attesting_perform(struct exchange *x);

#endif
