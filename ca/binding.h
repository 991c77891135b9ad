/* binding.h - how evidence is bound to the key of the request it came in.
 *
 * The 64 bytes that evidence must hold follow from the key, the runtime
 * configuration and, for two of the rules, from bytes of the request. Whoever
 * decides computes them anew and compares all 64 (attest_binds()). */

#ifndef CA_BINDING_H
#define CA_BINDING_H

#include "base/buffer.h"
#include "base/hash.h"
#include "ca/report_data.h"

enum ca_binding_rule {
    /* ca_report_data(): of em-app, and of this project's own runner. */
    CA_BINDS_KEY = 1,
    /* SHA-256(DER) || 32 zero bytes, where DER is SEQUENCE { OCTET STRING
     * SHA-256 of the SPKI, SET OF coprocessors, OCTET STRING the
     * configuration's 64 lower-case digits as ASCII OPTIONAL }: of the
     * product's client in TDX and SEV-SNP machines. `material`: the SET. */
    CA_BINDS_DOMAIN = 2,
    /* SHA-256(claims) || 32 zero bytes: RA-TLS. `material`: the claims
     * (claims.h), which must name the key by its SHA-256, and exactly the
     * configuration that is asked for. */
    CA_BINDS_CLAIMS = 3,
    /* By a node's signature (vouch.h), not by report data. No material. */
    CA_BINDS_VOUCHED = 4,
};

struct ca_binding {
    enum ca_binding_rule rule;
    struct bytes material; /* borrowed; empty where the rule has none */
};

/* The 64 bytes for the key whose SPKI hashes to `spki`; `configuration` may be
 * NULL (none). STATUS_INVALID for CA_BINDS_VOUCHED or no rule, a configuration
 * of zeros, material where there must be none, for CA_BINDS_DOMAIN when it is
 * not one SET, and for CA_BINDS_CLAIMS when the claims are malformed or about
 * another key or configuration. */
STATUS ca_binding_report_data(const struct ca_binding *binding,
                              const struct hash *spki,
                              const struct hash *configuration,
                              unsigned char out[CA_REPORT_DATA_LEN]);

#endif
