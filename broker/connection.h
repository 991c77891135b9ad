/* connection.h - one client's connection, on its loop thread.
 *
 * Absolute deadlines, one timer that is set anew per phase and not per byte:
 * handshake 5 s, head 10 s, body 30 s, idle 60 s, sending 30 s. One request
 * in flight; what the client sends meanwhile waits in the kernel. One address,
 * and one certificate, has so many of them at most (crowd.h). */

#ifndef BROKER_CONNECTION_H
#define BROKER_CONNECTION_H

#include "broker/loop.h"
#include "http/http.h"

/* A connection for an accepted socket, which it takes over. */
STATUS connection_open(struct loop *loop, int fd);

/* Sends the answer of the exchange under way (called by the reply step). */
void connection_reply(struct connection *connection,
                      const struct http_reply *reply);

struct loop *connection_loop(const struct connection *connection);

/* Closes at once if nothing is under way, else after the answer. */
void connection_stop(struct connection *connection);
struct connection *connection_next(const struct connection *connection);

#endif
