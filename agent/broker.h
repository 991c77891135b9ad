/* broker.h - asking the broker for a certificate, and remembering what it
 * said. For this folder only. */

#ifndef AGENT_BROKER_H
#define AGENT_BROKER_H

#include <pthread.h>

#include "api/api.h"
#include "base/buffer.h"

#define AGENT_TASKS_MAX 256
#define AGENT_CODE_MAX  32

enum agent_task_status {
    AGENT_INPROGRESS,
    AGENT_FAILED, /* the broker could not be asked, or not now */
    AGENT_SUCCESS,
    AGENT_DENIED,            /* it refused: `code` says what for          */
    AGENT_PENDING_WHITELIST, /* no approved configuration yet             */
};

/* What became of one request for a certificate. */
struct agent_outcome {
    enum agent_task_status status;
    char code[AGENT_CODE_MAX]; /* "" on success      */
    struct reason detail;      /* "" on success      */
    struct buffer certificate; /* PEM; empty but for success */
};
void agent_outcome_clear(struct agent_outcome *outcome);

struct agent_broker {
    char *url;
    struct buffer roots;
};

/* Checks the two settings; connects to nothing. */
STATUS agent_broker_check(const struct agent_broker *broker,
                          struct reason *why);

/* POSTs the request, {"csr": PEM, "nonce"?: hash}, and waits, 50 s at most.
 * There is always an outcome. Any thread. */
void agent_broker_ask(const struct agent_broker *broker, struct bytes request,
                      struct agent_outcome *out);

/* Appends {"nonce": hash, "seconds": n}: the broker's, for evidence that must
 * be made for one request. STATUS_UNAVAILABLE with a reason. */
STATUS agent_broker_nonce(const struct agent_broker *broker, struct buffer *out,
                          struct reason *why);

/* The newest AGENT_TASKS_MAX requests; the oldest makes room. */
struct agent_task {
    struct api_id id;
    bool used;
    struct agent_outcome outcome;
    struct buffer request; /* kept while it may be asked again */
};

struct agent_tasks {
    pthread_mutex_t lock;
    size_t next;
    struct agent_task task[AGENT_TASKS_MAX];
};

void agent_tasks_init(struct agent_tasks *tasks);
void agent_tasks_clear(struct agent_tasks *tasks);

/* Asks the broker, keeps the outcome under a fresh id, and appends the
 * product's JSON of it to `out`. */
STATUS agent_tasks_issue(struct agent_tasks *tasks,
                         const struct agent_broker *broker,
                         struct bytes request, struct buffer *out);

/* Appends what became of `id`; one that waits for approval is asked again
 * first. STATUS_NOT_FOUND when it is not (any more) known. */
STATUS agent_tasks_result(struct agent_tasks *tasks,
                          const struct agent_broker *broker,
                          const struct api_id *id, struct buffer *out);

#endif
