/* node_word.h - what a node says, made without a node: of an enclave, of a
 * trust domain, of an SNP guest. */

#ifndef TESTS_CA_NODE_WORD_H
#define TESTS_CA_NODE_WORD_H

#include "ca/ca.h"

struct node_word {
    struct ca_key *node_key; /* borrowed; P-256 */
    struct bytes node;       /* its certificate */
    struct bytes spki;       /* of the program's key */
    struct hash configuration;
    uint64_t from; /* seconds; it counts for ten minutes */
};

/* An enclave that may be one, bound to key and configuration: MRENCLAVE is
 * 04..., MRSIGNER 05..., product 6, version 7. */
struct ca_sgx_subject node_word_enclave(const struct node_word *word);

/* Append the evidence: attestation certificate || node certificate. The
 * subject is RDNs of ca/subject.h. Assert that it could be made. */
void node_word_say(const struct node_word *word, struct bytes subject,
                   struct buffer *evidence);
void node_word_sgx(const struct node_word *word,
                   const struct ca_sgx_subject *enclave,
                   struct buffer *evidence);

#endif
