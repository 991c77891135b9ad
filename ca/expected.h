/* expected.h - the 64 bytes that evidence must hold for one request: key,
 * configuration, and the nonce if there is one. Broker, HSM worker and auditor
 * compute them alike, here. */

#ifndef CA_EXPECTED_H
#define CA_EXPECTED_H

#include "ca/binding.h"

#define CA_MATERIAL_MAX ((size_t)8 * 1024) /* bytes of a binding's material */

struct ca_expectation {
    struct ca_binding binding;
    struct hash spki;          /* of the request's key */
    struct hash configuration; /* never zero */
    struct hash nonce;         /* zero: none */
    bool own_place; /* a Nitro document has a place of its own for the nonce,
                       which is compared besides (attest_has_nonce()) */
};

/* STATUS_INVALID with a reason where the rule has no place for the nonce, for
 * vouched bindings, and for material that is none. */
STATUS ca_expected(const struct ca_expectation *expectation,
                   unsigned char out[CA_REPORT_DATA_LEN], struct reason *why);

/* "key", "domain", "claims", "vouched"; NULL for anything else. */
const char *ca_binding_name(enum ca_binding_rule rule);
STATUS ca_binding_parse(struct bytes name, enum ca_binding_rule *out);

#endif
