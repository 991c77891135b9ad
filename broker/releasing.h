/* releasing.h - one credential to one program: the one way, whether the
 * credential goes sealed (POST /accord/v1/release) or in clear (DSM's
 * export). The rows differ in how a dataset is named and how the answer looks;
 * decision, record and the job for the HSM are here.
 *
 *   prepare: releasing_new(), then the dataset's id, then releasing_prepare()
 *   change:  releasing_change()   decides again, one leaf of kind RELEASE
 *   perform: releasing_perform()  the HSM, given that leaf */

#ifndef BROKER_RELEASING_H
#define BROKER_RELEASING_H

#include "broker/broker.h"
#include "broker/exchange.h"

struct releasing {
    struct api_id dataset;
    bool plain;                 /* asked for in clear                    */
    struct api_context context; /* of the version that is released       */
    json_t *record;             /* the DATASET record it was decided by  */
    struct buffer blob;
    /* sealed */
    struct api_owner owner;
    struct buffer grant;
    struct api_signature signature;
    struct buffer kept;    /* K' as the HSM gave it to keep, or empty */
    struct buffer wrapped; /* after releasing_perform() */
    /* plain */
    struct secret *clear; /* after releasing_perform() */
    /* the leaf */
    unsigned char leaf[API_LEAF_LEN], salt[API_SALT_LEN];
};

/* Made as x->work; free it with releasing_free(). */
STATUS releasing_new(struct exchange *x, bool plain, struct releasing **out);
void releasing_free(void *work);

/* Would it be allowed? For x->work, with its dataset filled in. */
STATUS releasing_prepare(struct exchange *x);
STATUS releasing_change(struct exchange *x, struct policy_txn *txn);
STATUS releasing_perform(struct exchange *x);

/* Asks decide() for the certificate of the peer, with `dataset` NULL for its
 * configuration alone. STATUS_DENIED with the decision's code; *out is to be
 * cleared only when OK. */
STATUS releasing_ask(struct exchange *x, struct policy_txn *txn,
                     const struct api_id *dataset, bool plain,
                     struct policy_answer *out);

#endif
