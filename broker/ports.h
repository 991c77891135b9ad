/* ports.h - the ports of an application configuration. */

#ifndef BROKER_PORTS_H
#define BROKER_PORTS_H

#include "broker/body.h"

/* The body's "ports": a set of names (api_name_valid), in the order of their
 * bytes. The caller owns *out. */
STATUS ports_read(struct exchange *x, json_t **out);

#endif
