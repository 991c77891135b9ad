/* chain.h - is this certificate ours? */

#ifndef CA_CHAIN_H
#define CA_CHAIN_H

#include "ca/certificate.h"

enum ca_purpose {
    CA_FOR_CLIENT = 1, /* TLS client authentication     */
    CA_FOR_SERVER = 2, /* TLS server authentication     */
    CA_FOR_INTAKE = 3, /* sealing to the intake key     */
};

/* OK when `leaf` was issued by `root` (both DER), is in time at `now`
 * (seconds; not before <= now < not after, as TLS has it) and may be used for
 * `purpose`. The store holds this root only: no system path, no partial chain,
 * no intermediate, no fetching. STATUS_DENIED with a reason otherwise;
 * STATUS_INVALID when one of the two is not a certificate of ours. Revocation
 * is the caller's. */
STATUS ca_chain_verify(struct bytes leaf, struct bytes root, uint64_t now,
                       enum ca_purpose purpose, struct reason *why);

/* The cheap half: OK when the key `root_spki` (P-256) signed `leaf`;
 * STATUS_DENIED when it did not. Time, kind and purpose are read with
 * ca_certificate_read(). */
STATUS ca_signature_verify(struct bytes leaf, struct bytes root_spki,
                           struct reason *why);

#endif
