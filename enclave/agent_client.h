/* agent_client.h - calls to the Node Agent. For this folder only. */

#ifndef ENCLAVE_AGENT_CLIENT_H
#define ENCLAVE_AGENT_CLIENT_H

#include "enclave/session.h"

/* POSTs JSON and appends the body of a 200 answer. */
STATUS agent_client_post(struct accord_session *session, const char *path,
                         struct bytes body, struct buffer *out,
                         struct trouble *trouble);

#endif
