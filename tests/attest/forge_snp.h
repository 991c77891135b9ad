/* forge_snp.h - SEV-SNP evidence of every kind of wrongness, made from the
 * same parts as right ones. A forge begins honest; a test spoils one part,
 * then writes. */

#ifndef TESTS_ATTEST_FORGE_SNP_H
#define TESTS_ATTEST_FORGE_SNP_H

#include "agent/snp_report.h"
#include "tests/attest/forge_vendor.h"

struct snp_forge {
    struct ca_key *keys[5]; /* owned: ARK, ASK, another RSA; endorsement key,
                               another on P-384 */
    struct vendor_certificate ark, ask, ek;
    enum snp_product product;  /* of the endorsement key's extensions */
    unsigned char chip_id[64]; /* likewise */
    unsigned char tcb[8];      /* likewise */
    const char *provider;      /* likewise; NULL: a VCEK */
    struct snp_report report;
    struct ca_key *endorsement;  /* borrowed: signs the report */
    const char *order;           /* letters: e, a(sk), r(oot), o(ther root) */
    struct attest_anchor anchor; /* the honest ARK, simulated */
    /* May change the extensions, the report's bytes (signed already), the
     * whole evidence. */
    void (*edit_extensions)(struct snp_extensions *extensions);
    void (*edit)(struct buffer *evidence);
};

void snp_forge_init(struct snp_forge *forge);
void snp_forge_clear(struct snp_forge *forge);

#define AUTO_SNP_FORGE                                                         \
    __attribute__((cleanup(snp_forge_clear))) struct snp_forge

/* Makes the endorsement key a VLEK's, the ASK an ASVK, and the report say so.
 */
void snp_forge_vlek(struct snp_forge *forge);

/* Another product everywhere below the root. */
void snp_forge_product(struct snp_forge *forge, enum snp_product product);

/* Appends the evidence. Asserts that it could be made. */
void snp_forge_write(struct snp_forge *forge, struct buffer *out);

#endif
