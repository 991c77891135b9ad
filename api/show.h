/* show.h - the words that sentences and differences share. For this folder
 * only. Writing is that of a buffer: sticky, asked once at the end. */

#ifndef API_SHOW_H
#define API_SHOW_H

#include "api/identity.h"
#include "api/sentences.h"

/* A text in quotes. */
void api_show_quoted(const char *text, struct buffer *out);

/* A text member in quotes; STATUS_INVALID when it is not there. */
STATUS api_show_member(const json_t *object, const char *name,
                       struct buffer *out);

/* The name in quotes of the person with this owner hash (64 digits), or
 * "somebody". */
void api_show_owner(const json_t *manifest, const char *owner,
                    struct buffer *out);

/* "SIMULATED SGX enclave with mrenclave 12...". */
void api_show_measurement(const struct api_identity_rule *rule,
                          struct buffer *out);

/* "UpToDate, UNEVALUATED". */
void api_show_tcb(uint16_t mask, struct buffer *out);

/* A line in capitals for each thing that weakens the rule and is not in the
 * measurement; nothing when there is none. */
void api_show_weaknesses(const struct api_identity_rule *rule,
                         const char *indent, struct buffer *out);

/* A line for each of the terms that is not the default. */
void api_show_terms(const struct api_terms *terms, const char *indent,
                    struct buffer *out);

/* "writes" for a port named out..., else "reads". */
const char *api_show_verb(const char *port);

/* `"patients" (dataset "Patients" of "Alice", at https://...)`. */
STATUS api_show_dataset(const json_t *manifest, const json_t *entry,
                        struct buffer *out);

/* The build of an app: `"harmonize" of "Bob" (4f...)`. */
STATUS api_show_build(const json_t *manifest, const json_t *app,
                      struct buffer *out);

#endif
