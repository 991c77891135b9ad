/* simulator_nitro.h - a simulated Nitro hypervisor: documents of the real form
 * under a root of its own.
 *
 * In a simulator's directory, besides what simulator.h lists:
 *     nitro-root.key, nitro-ca.key                     0600, PKCS#8
 *     nitro-root.pem, nitro-region.pem, nitro-ca.pem   0644
 * Each document is signed by a key made for it, certified for three hours. */

#ifndef AGENT_SIMULATOR_NITRO_H
#define AGENT_SIMULATOR_NITRO_H

#include "agent/nitro_document.h"
#include "base/scope.h"

/* Adds one to a simulator's directory, valid for ten years from a day before
 * `now`. STATUS_CONFLICT when there is one already. */
STATUS simulator_nitro_make(const char *directory, uint64_t now,
                            struct reason *why);

struct simulator_nitro;

/* Errors as simulator_open(). Caller frees. */
STATUS simulator_nitro_open(const char *directory, struct simulator_nitro **out,
                            struct reason *why);
void simulator_nitro_free(struct simulator_nitro *nitro);
DEFINE_AUTO_FREE(simulator_nitro);

/* What verifiers are to be told: PEM, borrowed. */
struct bytes simulator_nitro_root_pem(const struct simulator_nitro *nitro);

/* An enclave on this machine: its module's name, and PCRs 0 to 15 of zeros,
 * which is how a real one in debug mode looks, for the caller to fill. */
void simulator_nitro_enclave(struct nitro_document *out);

/* Appends a document made at `now` (seconds since 1970). Of `wanted` the
 * module, the PCRs, and the three optional members count. */
STATUS simulator_nitro_evidence(const struct simulator_nitro *nitro,
                                const struct nitro_document *wanted,
                                uint64_t now, struct buffer *out);

#endif
