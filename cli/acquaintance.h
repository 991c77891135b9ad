/* acquaintance.h - whom I have met: the owners, each with a key, of requests
 * that I approved. Kept in people.json of the context. */

#ifndef CLI_ACQUAINTANCE_H
#define CLI_ACQUAINTANCE_H

#include "cli/context.h"

/* {"people": {owner hash: key hash}}: myself, and whoever is in the file.
 * STATUS_INVALID names a file that is damaged. The caller owns *out. */
STATUS acquaintance_read(const struct context *context, json_t **out,
                         struct reason *why);

/* For api_acquaintance.met; `people` is what acquaintance_read() gave. */
bool acquaintance_met(void *people, const struct hash *owner,
                      const struct hash *key);

/* Adds everybody of this manifest, each with the present key, and keeps the
 * file. */
STATUS acquaintance_add(const struct context *context, const json_t *manifest,
                        struct reason *why);

#endif
