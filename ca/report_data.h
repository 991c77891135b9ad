/* report_data.h - what evidence must say about the key of a request. */

#ifndef CA_REPORT_DATA_H
#define CA_REPORT_DATA_H

#include "base/hash.h"

#define CA_REPORT_DATA_LEN 64

/* The 64 bytes an enclave puts into its evidence (the product's em-app form):
 *     no configuration:  spki || 32 zero bytes
 *     configuration c:   SHA-256(0x01 || spki || c) || c
 * where `spki` is the SHA-256 of the key's SubjectPublicKeyInfo.
 * `configuration` may be NULL; one of 32 zero bytes is STATUS_INVALID,
 * because a verifier could not tell it from none. */
STATUS ca_report_data(const struct hash *spki, const struct hash *configuration,
                      unsigned char out[CA_REPORT_DATA_LEN]);

/* Ours, when a nonce n was demanded: SHA-256(0x02 || spki || c || n) || c.
 * Neither configuration nor nonce may be zero. (A Nitro document has a place of
 * its own for the nonce, and keeps the form above.) */
STATUS ca_report_data_fresh(const struct hash *spki,
                            const struct hash *configuration,
                            const struct hash *nonce,
                            unsigned char out[CA_REPORT_DATA_LEN]);

#endif
