/* journey.h - from evidence to credential through the door of the running
 * program: an enclave gets its certificate, an owner brings a credential and
 * grants it, the enclave opens it. Nothing is a double but the platform's
 * keys. */

#ifndef TESTS_PKCS11_JOURNEY_H
#define TESTS_PKCS11_JOURNEY_H

#include "tests/attest/forge.h"
#include "tests/pkcs11/running.h"

struct journey {
    struct forge forge;
    struct ca_key *enclave; /* RSA-3072 */
    struct api_key *owner_key, *recovery_key;
    struct api_owner owner;
    struct api_context context;
    struct api_identity_rule rule;
    struct hash configuration;
    struct buffer kept; /* what the HSM gave to keep; empty: on the token */
};

extern struct journey journey; /* one per test program, beside `r` */

/* Platform, people, ceremony; the program runs. `more` is of its
 * configuration. */
void journey_begin(const char *module, const char *more);
void journey_end(void);

uint64_t journey_now(void); /* seconds, the real clock */

/* Appends one leaf at the newest time or now; fills in index and time. */
STATUS journey_append(struct api_leaf *leaf, unsigned char out[API_LEAF_LEN],
                      struct api_head *head);

/* Evidence that binds the key of `bound`, for the enclave's key. */
STATUS journey_certify(const struct ca_key *bound, struct buffer *der);

/* Seals "secret" for journey.context and brings it in. Clear *sealed, and
 * *kept (often journey.kept), which is what a release wants back. */
STATUS journey_bring(struct api_sealed *sealed, struct buffer *kept);

/* A release of that credential to this certificate: its grant, and the leaf
 * that goes with it. Borrows all it is given. */
void journey_ask(const struct buffer *certificate,
                 unsigned char grant[API_GRANT_LEN], struct pkcs11_release *out,
                 struct api_leaf *leaf);

/* A credential of the CCM class comes in, goes out in clear to the holder of
 * this certificate, and is erased again. STATUS_CORRUPT when what goes out is
 * not what came in. Needs ccm.plain_paths. */
STATUS journey_plain(const struct buffer *certificate);

/* What the enclave makes of the answer; STATUS_CORRUPT when it does not open.
 */
STATUS journey_open(struct bytes wrapped, struct bytes blob,
                    struct secret **out);

#endif
