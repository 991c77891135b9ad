/* loop.h - a thread with its event base, its listening socket and the
 * connections it accepted, which never leave it. Other threads reach it
 * through one queue and one eventfd. */

#ifndef BROKER_LOOP_H
#define BROKER_LOOP_H

#include <event2/event.h>

#include "broker/broker.h"
#include "broker/route.h"

struct connection;

struct loop {
    struct broker *broker;
    struct event_base *base;
    pthread_t thread;
    bool running;

    int listen_fd;
    struct event *accepting;
    struct event *resume_accepting;    /* after running out of descriptors */
    const struct route *const *groups; /* what this listener serves       */
    bool plain;                        /* operators: no TLS               */

    struct tls_thread tls;

    int wake_fd;
    struct event *wake;
    struct queue back; /* exchanges that come back to this thread */

    struct connection *first; /* all connections */
    size_t connections, connections_max;
    bool stopping;
};

/* Takes `listen_fd` over. Starts nothing yet. */
STATUS loop_open(struct broker *broker, int listen_fd, bool plain,
                 const struct route *const *groups, struct loop **out);
STATUS loop_start(struct loop *loop);

/* Accepts no more, answers what is under way, closes what is idle, ends the
 * thread. Blocks until then, at most 10 s. */
void loop_stop(struct loop *loop);
void loop_free(struct loop *loop);

/* The engine's handover for exchanges of a connection on this loop. */
void loop_handover(struct exchange *x, enum place to);

#endif
