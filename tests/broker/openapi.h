/* openapi.h - docs/openapi.json, as the tests see it. */

#ifndef TESTS_BROKER_OPENAPI_H
#define TESTS_BROKER_OPENAPI_H

#include "broker/route.h"

/* The whole document; read once, borrowed. */
json_t *openapi(void);

/* The operation of a row, or NULL. */
json_t *openapi_operation(const struct route *route);

/* True for the operator's listener, and for statuses that the document lists
 * for the row; 5xx but 501 are its "default". */
bool openapi_lists(const struct route *route, int status);

#endif
