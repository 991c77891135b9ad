/* configuration.h - the runtime configuration and its hash: the name under
 * which a program and its data find each other (section 1 of the wire
 * contract: canonical text, closed types, sets and maps).
 *
 * A configuration is handled as JSON of the wire's own shape
 *     {"app_config": {path: {"contents"?}}, "labels": {}, "zone_ca": [],
 *      "workflow"?: {"workflow_id", "app_name", "port_map",
 *                    "app_acct_id"?, "app_group_id"?}}
 * and hashed over its typed content, never over the text it came in. */

#ifndef API_CONFIGURATION_H
#define API_CONFIGURATION_H

#include "api/json.h"

#define API_CONFIGURATION_MAX ((size_t)1024 * 1024)

/* Appends the canonical text. Closed types are closed: STATUS_INVALID names
 * the member that must not be there, is missing or has the wrong type.
 * Optional members that are null count as absent; UUIDs are written in lower
 * case with hyphens; maps are sorted by the bytes of their keys; zone_ca is
 * sorted and freed of doubles. */
STATUS api_configuration_text(const json_t *configuration, struct buffer *out,
                              struct reason *why);

/* SHA-256 of that text: the id of a base configuration (no workflow), or the
 * runtime configuration hash (with one). */
STATUS api_configuration_hash(const json_t *configuration, struct hash *out,
                              struct reason *why);

/* Object names in a graph, port names: [A-Za-z0-9_-] and inner dots, at most
 * 63 characters, never "." or "..": they become paths and DNS labels. */
bool api_name_valid(struct bytes name);

#endif
