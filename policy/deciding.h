/* deciding.h - what deciding a request of either class begins with. Private to
 * policy/. */

#ifndef POLICY_DECIDING_H
#define POLICY_DECIDING_H

#include "api/api.h"

/* The entry in "people" of somebody who may still decide (borrowed).
 * STATUS_CONFLICT when the request is settled, its time over, or `who` has
 * decided; STATUS_DENIED when `who` has no part in it. */
STATUS request_undecided(const json_t *request, const struct api_id *who,
                         uint64_t now, json_t **out, struct reason *why);

/* Has everybody in `people` approved? */
bool request_all_approved(const json_t *people);

#endif
