/* authority.h - a zone root of one test program, and samples to certify. */

#ifndef TESTS_CA_AUTHORITY_H
#define TESTS_CA_AUTHORITY_H

#include "ca/ca.h"

#define NOW    1800000000ull /* 2027-01-15 08:00:00 UTC */
#define DOMAIN "accord.example"

struct authority {
    struct ca_key *key;
    struct ca_signer signer;
    struct buffer root; /* DER, from a day before NOW */
};

/* Opens the secret heap on the first call. Asserts success. */
void authority_make(struct authority *out);
void authority_clear(struct authority *a);

/* A key of this kind, made once per program; do not free it. */
struct ca_key *sample_key(enum ca_key_kind kind);

/* Fields that may be built, of each kind; from NOW for an hour. */
struct ca_certificate_fields sample_fields(enum ca_kind kind);

/* Its DER. Asserts success. */
void sample_build(const struct authority *a, enum ca_kind kind,
                  struct buffer *der);

/* --- for a whole group of tests ------------------------------------------ */

extern struct authority authority;
int authority_setup(void **state);
int authority_teardown(void **state);

/* A certificate of this kind by `authority`, made once; borrowed. */
struct bytes sample_der(enum ca_kind kind);

/* Refuses `der` for a reason that says `because`, and leaves *out alone. */
void assert_certificate_refused(struct bytes der, const char *because);

static inline struct bytes authority_root(const struct authority *a)
{
    return buffer_bytes(&a->root);
}

#endif
