/* name.h - dNSNames: their grammar, lists of them, and the enclave's name.
 *
 * A name is 1 to 253 bytes of IA5: labels of 1 to 63 letters, digits, '-'
 * and '_', not beginning or ending with '-', the last not all digits; or an
 * IPv4 or IPv6 literal as inet_ntop() writes it. No wildcard, no final dot.
 *
 * The enclave's name, written by the issuer only, is
 *     <configuration hash>.<label>.id.<domain>
 * both first labels of 64 lower-case hexadecimal digits: one more than DNS
 * allows, as the product has it, and allowed nowhere else. */

#ifndef CA_NAME_H
#define CA_NAME_H

#include <stddef.h>

#include "api/api.h"
#include "base/hash.h"
#include "base/status.h"

#define CA_NAME_MAX   253
#define CA_NAMES_MAX  32
#define CA_NAMES_TEXT 2048 /* all names of a list, each with its NUL */
#define CA_LABEL_LEN  64
#define CA_DOMAIN_MAX (CA_NAME_MAX - 2 * (CA_LABEL_LEN + 1) - 3)

/* Names one behind the other; a value, copied by assignment. */
struct ca_names {
    size_t count;
    size_t used; /* bytes of text */
    char text[CA_NAMES_TEXT];
};

/* The name at `index` < count, borrowed. */
const char *ca_name_at(const struct ca_names *names, size_t index);

/* Adds a name after checking its grammar. STATUS_INVALID with a reason when
 * it is no name, is in the list already (in either case), or is too many. */
STATUS ca_names_add(struct ca_names *names, struct bytes name,
                    struct reason *why);

/* STATUS_INVALID with a reason when `name` is not one (see above). */
STATUS ca_name_check(struct bytes name, struct reason *why);

/* May a requester have this name? STATUS_DENIED with a reason for the domain
 * itself, anything equal to or under id.<domain>, nodes.<domain> and
 * workflow.<domain>, nodes.<address>, anything of the enclave's form, and the
 * `own[count]` names of the broker; STATUS_INVALID when it is no name. Case
 * does not matter. */
STATUS ca_name_allowed(const char *name, const char *domain,
                       const char *const *own, size_t count,
                       struct reason *why);

struct ca_enclave_name {
    struct hash configuration;    /* the first label, decoded */
    char label[CA_LABEL_LEN + 1]; /* the second, as text      */
};

/* Reads a name of the enclave's form under `domain` (NULL: under any).
 * STATUS_INVALID otherwise. */
STATUS ca_enclave_name_parse(const char *name, const char *domain,
                             struct ca_enclave_name *out);

/* Writes it, NUL-terminated. STATUS_INVALID when `domain` is no name or
 * longer than CA_DOMAIN_MAX, or the label not 64 lower-case digits. */
STATUS ca_enclave_name_write(const struct ca_enclave_name *name,
                             const char *domain, char out[CA_NAME_MAX + 1]);

/* Where the apps of a workflow find one of them:
 *     <object>.<workflow>.workflow.<domain>
 * `object` is its name in the graph: 1 to 63 of a-z, 0-9 and inner '-'; the
 * workflow's id is written as api_id_text() does. Of an issuer's making, as
 * the enclave's name, but asked for by the broker: it knows the graph. */
bool ca_workflow_name_is(const char *name, const char *domain);
/* STATUS_INVALID when `object` or `domain` does not make such a name. */
STATUS ca_workflow_name_write(const char *object, const struct api_id *workflow,
                              const char *domain, char out[CA_NAME_MAX + 1]);

#endif
