/* submission.h - a graph of the CCM class on its way to be a final workflow:
 * what is submitted is frozen as a POLICY_REQUEST, and what everybody approves
 * is that, never a later state of a draft. */

#ifndef BROKER_SUBMISSION_H
#define BROKER_SUBMISSION_H

#include "broker/exchange.h"

#define SUBMISSION_SECONDS         (30ull * 86400)
#define SUBMISSION_NAME_MAX        256 /* bytes */
#define SUBMISSION_DESCRIPTION_MAX 4096

struct submission {
    struct api_id request, workflow;
    bool extends;   /* one more version of a workflow that is there */
    json_t *graph;  /* as it was read: "metadata" and "labels" besides */
    json_t *record; /* what waits for its reviewers */
};
void submission_clear(struct submission *s);

/* Reads the body of POST /v1/workflows/final/graphs (`extends`: of
 * .../graphs/{s->workflow}), checks everything, and makes the record. 400 with
 * all the faults of the graph; 403 for another version of what is of the
 * signed class; 404 for one of what is not there. */
STATUS submission_prepare(struct exchange *x, const json_t *body,
                          struct submission *s);

/* In the writer: checks again that it still is so, and that no other version
 * of the workflow is waiting (409); puts the record, with its leaf. */
STATUS submission_put(struct exchange *x, struct policy_txn *txn,
                      const struct submission *s);

/* In the writer: the session's user decides a pending request, which is put,
 * with its leaf; `denial` is a reason or NULL. After the last approval the
 * version is made, or, when what was approved does not hold any more, the
 * request "failed"; either way it gets its "result", {"status", "body"}. 400
 * INVALID_STATE for what is settled, 403 for whom nobody asked. */
STATUS submission_decide(struct exchange *x, struct policy_txn *txn,
                         json_t *request, bool approve, const char *denial);

#endif
