/* credentials_json.h - the product's credential text (section 7.2 of the wire
 * contract), read without a JSON library: everything in it is secret, and
 * what a document model copies cannot be wiped.
 *
 *     {"query_string": "<base64>", "encryption": {"key": "<64 hex digits>"}}
 *
 * Exactly these members, in either order, each once; blanks where JSON has
 * them; no escapes but "\/". */

#ifndef ENCLAVE_CREDENTIALS_JSON_H
#define ENCLAVE_CREDENTIALS_JSON_H

#include "base/secret.h"
#include "base/status.h"

struct credentials {
    struct secret *query; /* decoded; NULL when it is empty */
    struct secret *key;   /* 32 bytes                        */
};
void credentials_clear(struct credentials *credentials);

/* STATUS_INVALID with a reason that names the member or the position, never
 * the text. *out is touched on success only; clear it. */
STATUS credentials_json_read(struct bytes text, struct credentials *out,
                             struct reason *why);

#endif
