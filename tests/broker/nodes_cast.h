/* nodes_cast.h - hosts that enrol in an account of the product's users. */

#ifndef TESTS_BROKER_NODES_CAST_H
#define TESTS_BROKER_NODES_CAST_H

#include "tests/broker/users_cast.h"

struct node {
    struct ca_key *key;
    struct buffer certificate;
    char id[API_ID_TEXT];
};

/* A new key instead of *key, and a request for it. */
json_t *node_csr(struct ca_key **key);
/* The body of POST /v1/nodes; `csr` is taken over. */
json_t *node_body(const char *name, json_t *csr);
/* The zone of the user's account; a header with a join token of it. */
void node_zone_of(struct stage *s, const struct user *u, char id[API_ID_TEXT]);
void node_join_header(struct stage *s, const struct user *u, char out[256]);

/* What an enrolment answered; `n` has its key already. */
void node_take(struct node *n, const struct answer *a);
void node_clear(struct node *n);
/* Joins the user's account. */
void node_enrol(struct stage *s, const struct user *u, const char *name,
                struct node *n);

#endif
