/* harden.h - before anything secret is read. */

#ifndef BROKER_HARDEN_H
#define BROKER_HARDEN_H

#include "base/status.h"

/* No core dumps, no ptrace, umask 077, SIGPIPE ignored, SIGBUS (the store's
 * file is not whole) explained, descriptors raised to the hard limit, the
 * secret heap locked. */
STATUS harden(void);

#endif
