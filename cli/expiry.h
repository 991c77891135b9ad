/* expiry.h - a word in time before credentials end. */

#ifndef CLI_EXPIRY_H
#define CLI_EXPIRY_H

#include "api/api.h"

#define EXPIRY_NEAR_SECONDS (2 * 86400)

/* How many datasets of {"items": [...]} have a credential that has ended or
 * ends within EXPIRY_NEAR_SECONDS of `now` (seconds); each is named on
 * standard error. `owner` (64 digits) NULL: everybody's. */
size_t expiry_warn(const json_t *answer, const char *owner, uint64_t now);

#endif
