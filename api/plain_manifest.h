/* plain_manifest.h - what users of the CCM class agree on, by passwords.
 *
 * A proposal of this class, which only the broker makes and reads:
 *
 *   {"account": uuid, "workflow": uuid, "version": integer, "name": text,
 *    "description": text, "zone_ca": PEM text, "objects", "edges",
 *    "configurations": as in manifest.h,
 *    "builds": {uuid: {"owner_user": uuid, "rule": RULE}},
 *    "datasets": {uuid: {"owner_user": uuid}},
 *    "people": {uuid: {"name", "owner": hash}}}   who contributes, who asks
 *
 * The manifest is canonical JSON with "accord": "ccm-manifest/v1", otherwise
 * as in manifest.h but for what owners sign there: an app's "rule" is the
 * build's own; datasets have no location, flags and limits, since their owners
 * may move them; names of records are left out, since they may change; people
 * have no key. */

#ifndef API_PLAIN_MANIFEST_H
#define API_PLAIN_MANIFEST_H

#include "api/json.h"

/* Appends the manifest's canonical text. STATUS_INVALID with the first fault
 * (api_plain_check) when there is one. */
STATUS api_plain_manifest_text(const json_t *proposal, struct buffer *out,
                               struct reason *why);

#endif
