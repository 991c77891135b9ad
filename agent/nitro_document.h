/* nitro_document.h - AWS Nitro attestation documents, written (AWS Nitro
 * Enclaves NSM API, "attestation process": COSE_Sign1 around a CBOR map). */

#ifndef AGENT_NITRO_DOCUMENT_H
#define AGENT_NITRO_DOCUMENT_H

#include "base/buffer.h"
#include "ca/ca.h"

#define NITRO_PCRS         32
#define NITRO_PCR_LEN      48 /* SHA-384 */
#define NITRO_BUNDLE_MAX   8
#define NITRO_DOCUMENT_MAX ((size_t)32 * 1024)

struct nitro_document {
    const char *module_id;
    uint64_t timestamp; /* milliseconds since 1970 */
    uint32_t present;   /* bit i: PCR i is there */
    unsigned char pcr[NITRO_PCRS][NITRO_PCR_LEN];
    struct bytes certificate;                /* of the signer; DER */
    struct bytes cabundle[NITRO_BUNDLE_MAX]; /* DER, the root first */
    size_t cabundle_count;
    struct bytes public_key, user_data, nonce; /* `at` NULL: null */
};

/* Appends the payload. */
STATUS nitro_payload_write(const struct nitro_document *document,
                           struct buffer *out);

/* What a payload is wrapped in; a real document has {1: -35} protected,
 * nothing unprotected and no tag. */
struct nitro_envelope {
    bool tagged;              /* 18 */
    struct bytes protected;   /* encoded map; empty: {1: -35} */
    struct bytes unprotected; /* encoded map; empty: {} */
    struct bytes payload;
};

/* Appends the COSE_Sign1, signed by `key` (P-384). */
STATUS nitro_envelope_write(const struct nitro_envelope *envelope,
                            const struct ca_key *key, struct buffer *out);

/* Both, in a real document's envelope. */
STATUS nitro_document_write(const struct nitro_document *document,
                            const struct ca_key *key, struct buffer *out);

#endif
