/* forge.h - quotes of every kind of wrongness, made from the same parts as
 * right ones. A forge begins honest; a test spoils one part, then writes. */

#ifndef TESTS_ATTEST_FORGE_H
#define TESTS_ATTEST_FORGE_H

#include "agent/pki.h"
#include "agent/sgx_extension.h"
#include "agent/sgx_quote.h"
#include "attest/attest.h"

#define FORGE_NOW 1750000000u /* in June 2025 */
#define FORGE_DAY 86400u

/* One certificate to be made. */
struct forge_certificate {
    struct pki_certificate says;
    const struct ca_key *key;
    const struct ca_key *signer;
    void (*retouch)(X509 *certificate); /* then it is signed again */
    const EVP_MD *digest;               /* of that signature */
    const struct ca_key *forger;        /* of that signature */
};

struct forge {
    struct ca_key *keys[4]; /* owned: root, CA, PCK, attestation */
    struct ca_key *other;   /* owned: a key that belongs nowhere */
    struct forge_certificate root, ca, pck;
    struct sgx_platform platform;
    struct buffer extension; /* made from `platform` when empty */
    const char *order;       /* letters: l leaf, c CA, r root, o other root */

    struct sgx_report report, qe;
    struct ca_key *attestation; /* borrowed: whose quote it is */
    struct ca_key *bound;       /* borrowed: what the QE vouches for */
    struct ca_key *platform_key;
    struct attest_anchor anchor; /* the honest root, simulated */
};

void forge_init(struct forge *forge);
void forge_clear(struct forge *forge);

#define AUTO_FORGE __attribute__((cleanup(forge_clear))) struct forge

/* Appends the quote. Asserts that it could be made. */
void forge_quote(struct forge *forge, struct buffer *out);

/* attest_verify() under the honest anchor, at FORGE_NOW. */
STATUS forge_judge(const struct forge *forge, struct bytes quote,
                   struct attest_identity *out, struct reason *why);

/* Asserts STATUS_DENIED by exactly this token, with `says` in the reason, and
 * that nothing was written. `row` is for the message. */
void forge_expect_refusal(const struct forge *forge, struct bytes quote,
                          const char *token, const char *says, size_t row);

/* Appends one certificate's DER. */
void forge_der(const struct forge_certificate *what, struct buffer *der);

/* Where the variable parts of a quote of version 3 begin; auth data is 32
 * bytes. */
enum {
    FORGE_SIGNATURE_LEN_AT = 432,
    FORGE_SIGNATURE_AT = 436,
    FORGE_KEY_AT = FORGE_SIGNATURE_AT + 64,
    FORGE_QE_AT = FORGE_KEY_AT + 64,
    FORGE_QE_SIGNATURE_AT = FORGE_QE_AT + 384,
    FORGE_AUTH_LEN_AT = FORGE_QE_SIGNATURE_AT + 64,
    FORGE_DATA_TYPE_AT = FORGE_AUTH_LEN_AT + 2 + 32,
    FORGE_DATA_LEN_AT = FORGE_DATA_TYPE_AT + 2,
    FORGE_PEM_AT = FORGE_DATA_LEN_AT + 4,
};

/* Replaces the certificates' text (with its NUL, if it is to have one) and
 * corrects both lengths. */
void forge_replace_pem(struct buffer *quote, struct bytes pem);

#endif
