/* exchange.h - one request to the agent and its answer. For this folder
 * only. */

#ifndef AGENT_EXCHANGE_H
#define AGENT_EXCHANGE_H

#include "agent/server.h"
#include "http/http.h"

#define AGENT_BODY_MAX   ((size_t)128 * 1024)
#define AGENT_ANSWER_MAX ((size_t)512 * 1024)

struct agent_answer {
    int status;
    struct buffer body; /* JSON */
};

/* The product's error body (section 0.6): {"message", "code", "severity"}.
 * Replaces whatever the answer held. */
void agent_refuse(struct agent_answer *answer, int status, const char *code,
                  const char *message);

/* Answers a complete request; never fails without an answer. */
void agent_route(struct agent *agent, const struct http_request *asked,
                 struct agent_answer *answer);

#endif
