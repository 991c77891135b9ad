/* pair.h - an agent, a broker that says what it is told to, and a caller. */

#ifndef TESTS_AGENT_PAIR_H
#define TESTS_AGENT_PAIR_H

#include "agent/agent.h"
#include "agent/simulator.h"
#include "api/api.h"
#include "http/http.h"
#include "tests/http/server.h"

struct pair {
    struct server *broker;
    struct agent *agent;
    struct http_client *client;
};

/* What a group of tests shares. */
extern struct buffer pair_roots; /* PEM: the broker's root */
extern struct simulator *pair_simulator;
int pair_setup(void **state);
int pair_teardown(void **state);

/* `more` overrides what an agent is opened with. */
void pair_open(struct pair *p, const struct server_answer *answers,
               size_t count, const struct agent_settings *more);
struct server_record pair_close(struct pair *p); /* clear it */
void pair_close_quietly(struct pair *p);

/* An answer as text; one of four buffers used in turn. */
const char *pair_answer(int status, const char *body);

/* Asks the agent: the answer's body as JSON; the caller releases it. */
json_t *pair_call(const struct pair *p, enum http_method method,
                  const char *path, const char *body, int status);

/* `expected` NULL: there is no such member. */
void assert_member(const json_t *value, const char *name, const char *expected);

#endif
