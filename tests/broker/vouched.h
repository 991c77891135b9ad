/* vouched.h - on the broker's stage: a program that has nothing but the word of
 * a node, and the node. */

#ifndef TESTS_BROKER_VOUCHED_H
#define TESTS_BROKER_VOUCHED_H

#include "tests/broker/cast.h"
#include "tests/ca/node_word.h"

struct word_node {
    struct ca_key *key;
    struct buffer certificate;
    char id[API_ID_TEXT], serial[2 * CA_SERIAL_LEN + 1];
};

struct vouched {
    struct play play;
    struct word_node node; /* of the play's account */
    struct node_word said;
    struct enclave enclave;
};

/* Setup and teardown of one test: *state is a struct vouched. */
int vouched_setup(void **state);
int vouched_teardown(void **state);

/* Another certificate for the same node; and a node of an account of its own.
 */
void vouched_renew(struct vouched *v, struct word_node *out);
void vouched_elsewhere(struct vouched *v, struct word_node *out);
void word_node_clear(struct word_node *node);

/* Owners agree on the enclave that node_word_enclave() is, under this kind and
 * terms (NULL: none); the anchor of words is the zone's root. */
void vouched_agree(struct vouched *v, uint8_t kind,
                   const struct api_terms *terms);

/* Evidence that is honest. */
void vouched_word(const struct vouched *v, struct buffer *evidence);

/* As the Node Agent passes it on; `subject` is what em-app writes, or empty. */
json_t *vouched_body(const struct vouched *v, struct bytes evidence,
                     struct bytes subject);
struct answer *vouched_attest_saying(struct vouched *v, struct bytes evidence,
                                     struct bytes subject);
struct answer *vouched_attest(struct vouched *v);

#endif
