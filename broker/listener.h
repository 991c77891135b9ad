/* listener.h - listening sockets. */

#ifndef BROKER_LISTENER_H
#define BROKER_LISTENER_H

#include "base/status.h"

/* A non-blocking TCP socket with SO_REUSEPORT, so that every loop thread has
 * its own; accepted sockets inherit TCP_NODELAY. */
STATUS listener_tcp(const char *address, uint16_t port, int *out,
                    struct reason *why);

/* "unix:/path" (0660, an old socket is replaced) or "address:port". */
STATUS listener_operator(const char *where, int *out, struct reason *why);

#endif
