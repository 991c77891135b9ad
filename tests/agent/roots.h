/* roots.h - a zone root that is good now, and a server certified by it. */

#ifndef TESTS_AGENT_ROOTS_H
#define TESTS_AGENT_ROOTS_H

#include "ca/ca.h"

struct root {
    struct ca_key *key;
    struct buffer der;
};

/* From yesterday on. Needs the secret heap; asserts success. */
struct root root_make(void);
void root_clear(struct root *root);

/* Appends its PEM. */
void root_pem(const struct root *root, struct buffer *out);

/* The DER of a certificate for the server 127.0.0.1 with this key, good for
 * an hour. The caller clears it. */
struct buffer root_certify_server(const struct root *root,
                                  const struct ca_key *server);

#endif
