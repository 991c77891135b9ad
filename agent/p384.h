/* p384.h - signatures in the form of SNP reports and Nitro documents. */

#ifndef AGENT_P384_H
#define AGENT_P384_H

#include "base/bytes.h"
#include "ca/ca.h"

#define P384_SIGNATURE_LEN 96

/* ECDSA with SHA-384 over `message` as r || s, 48 bytes each, big-endian. */
STATUS p384_sign(const struct ca_key *key, struct bytes message,
                 unsigned char out[P384_SIGNATURE_LEN]);

#endif
