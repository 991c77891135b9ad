/* server.h - what the agent's threads share. For this folder only. */

#ifndef AGENT_SERVER_H
#define AGENT_SERVER_H

#include <pthread.h>

#include "agent/agent.h"
#include "agent/broker.h"

struct agent {
    struct agent_broker broker;
    struct agent_tasks tasks;
    const struct simulator *simulator; /* NULL: none */
    struct ca_key *node_key;           /* NULL: none */
    struct buffer node_certificate;    /* DER */
    struct api_id node;                /* that it names; zero: none */

    int listener;
    uint16_t port;
    pthread_t acceptor;
    bool accepting; /* the acceptor was started */

    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t gone;  /* a connection ended */
    bool stopping;
    size_t open, open_max;
    int *fds; /* open_max of them; -1: free */
};

/* Serves one connection until it ends, then closes it. */
void agent_connection_serve(struct agent *agent, int fd);

#endif
