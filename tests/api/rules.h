/* rules.h - one identity rule of each kind, with every member set. */

#ifndef TESTS_API_RULES_H
#define TESTS_API_RULES_H

#include "api/identity.h"

struct api_identity_rule rule_of_sgx(void);
struct api_identity_rule rule_of_tdx(void);
struct api_identity_rule rule_of_snp(void);
struct api_identity_rule rule_of_nitro(void);

/* The four of them, from 0. */
#define RULES 4
struct api_identity_rule rule_at(size_t index);

/* Every term set. */
struct api_terms terms_full(void);

#endif
