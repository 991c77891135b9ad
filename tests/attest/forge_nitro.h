/* forge_nitro.h - Nitro documents of every kind of wrongness, made from the
 * same parts as right ones. A forge begins honest; a test spoils one part,
 * then writes. */

#ifndef TESTS_ATTEST_FORGE_NITRO_H
#define TESTS_ATTEST_FORGE_NITRO_H

#include "agent/nitro_document.h"
#include "tests/attest/forge_vendor.h"

#define NITRO_ROOT     "Accord Simulator Nitro Root CA"
#define NITRO_REGION   "region.simulated"
#define NITRO_INSTANCE "i-0simulated"
#define NITRO_LEAF     "i-0simulated-enc0simulated"

struct nitro_forge {
    struct ca_key *keys[5]; /* owned: root, region, instance, leaf, another */
    struct ca_key *p256;    /* owned */
    struct vendor_certificate root, region, instance, leaf;
    struct nitro_document document; /* certificates are filled in */
    const char *order;     /* letters of the bundle: r, e(region), i, l, o(ther
                              root) */
    struct ca_key *signer; /* borrowed */
    struct nitro_envelope envelope; /* the payload is filled in */
    struct attest_anchor anchor;    /* the honest root, simulated */
    /* May change the payload before it is signed, the evidence after. */
    void (*edit_payload)(struct buffer *payload);
    void (*edit)(struct buffer *evidence);
};

void nitro_forge_init(struct nitro_forge *forge);
void nitro_forge_clear(struct nitro_forge *forge);

#define AUTO_NITRO_FORGE                                                       \
    __attribute__((cleanup(nitro_forge_clear))) struct nitro_forge

/* Appends the evidence. Asserts that it could be made. */
void nitro_forge_write(struct nitro_forge *forge, struct buffer *out);

/* Asserts STATUS_DENIED by exactly this token under the honest anchor, with
 * `says` in the reason, and that nothing was written. `row` is for the
 * message. */
void nitro_forge_expect_refusal(struct nitro_forge *forge, const char *token,
                                const char *says, size_t row);

#endif
