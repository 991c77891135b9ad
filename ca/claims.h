/* claims.h - interoperable RA-TLS: evidence and what it says about the key
 * (CCC Attestation SIG, "Interoperable RA-TLS"). The value of the extension
 * 2.23.133.5.4.9 is CBOR,
 *     60000([evidence bytes, claims bytes])
 * and the evidence's report data SHA-256(claims) || 32 zero bytes. Claims are
 *     { "pubkey-hash": bytes of [algorithm, hash bytes],
 *       ? "nonce": bytes of 1 to 64, ? "accord-configuration": bytes of 32,
 *       other names of the sender's }
 * where the hash is over the DER SubjectPublicKeyInfo and the algorithm of
 * IANA's named information registry: 1 SHA-256, 7 SHA-384, 8 SHA-512. */

#ifndef CA_CLAIMS_H
#define CA_CLAIMS_H

#include "base/bytes.h"
#include "base/hash.h"
#include "base/status.h"

enum ca_claims_algorithm {
    CA_CLAIMS_SHA256 = 1,
    CA_CLAIMS_SHA384 = 7,
    CA_CLAIMS_SHA512 = 8,
};

/* All borrowed. */
struct ca_claims {
    enum ca_claims_algorithm algorithm;
    struct bytes key_hash;      /* 32, 48 or 64: as long as the algorithm's */
    struct bytes nonce;         /* `at` NULL: none */
    struct bytes configuration; /* likewise; else a configuration's hash */
};

/* The two parts of the extension's value, neither empty. STATUS_INVALID unless
 * it is strict CBOR (base/cbor.h) of exactly that form. */
STATUS ca_tagged_read(struct bytes value, struct bytes *evidence,
                      struct bytes *claims);

/* STATUS_INVALID unless the claims are one strict map of the form above, with
 * names that are text, each once. */
STATUS ca_claims_read(struct bytes claims, struct ca_claims *out);

/* OK when the claims name this key, a DER SubjectPublicKeyInfo; STATUS_DENIED
 * otherwise. */
STATUS ca_claims_name(const struct ca_claims *claims, struct bytes spki);

#endif
