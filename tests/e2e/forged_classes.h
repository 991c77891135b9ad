/* forged_classes.h - what the makers of bad certificates share. */

#ifndef TESTS_E2E_FORGED_CLASSES_H
#define TESTS_E2E_FORGED_CLASSES_H

#include "tests/e2e/forged.h"

/* The zone CA signs it, with the name of `md` in both places. */
bool forged_zone_signs(const struct forger *f, X509 *x, const EVP_MD *md);

struct forged forged_presented(X509 *x, EVP_PKEY *key);

/* As the zone CA would sign it, if it could be made to; with the honest
 * key. Takes `x`. */
struct forged forged_by_zone(const struct forger *f, X509 *x);

struct forged forged_other_use(const struct forger *f, unsigned n);
struct forged forged_other_key_usage(const struct forger *f, unsigned n);
struct forged forged_authority_flag(const struct forger *f, unsigned n);
struct forged forged_a_name_on_a_person(const struct forger *f, unsigned n);
struct forged forged_unknown_extension(const struct forger *f, unsigned n);
struct forged forged_doubled_extension(const struct forger *f, unsigned n);
struct forged forged_missing_extension(const struct forger *f, unsigned n);
struct forged forged_another_version_or_kind(const struct forger *f,
                                             unsigned n);
struct forged forged_nobody_known(const struct forger *f, unsigned n);

#endif
