/* crl.h - X.509 v2 revocation lists with AKI and CRLNumber. */

#ifndef CA_CRL_H
#define CA_CRL_H

#include "ca/certificate.h"

#define CA_CRL_SERIALS_MAX 65536
#define CA_CRL_MAX         (4u << 20) /* bytes of DER at that many */

struct ca_crl_fields {
    struct bytes serials; /* count * CA_SERIAL_LEN; any order, no double */
    uint64_t this_update, next_update; /* seconds */
    uint64_t number;                   /* grows with every list */
};

/* Appends the DER. STATUS_INVALID with a reason for serials that are zero,
 * negative or doubled, or a next update not after this one. Every entry is
 * dated `this_update`. */
STATUS ca_crl_build(const struct ca_crl_fields *fields, struct bytes issuer,
                    const struct ca_signer *signer, struct buffer *der_out,
                    struct reason *why);

#endif
