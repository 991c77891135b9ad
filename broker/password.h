/* password.h - passwords to what is kept of them: scrypt (RFC 7914).
 *
 * N = 2^15, r = 8, p = 1: 32 MiB and some 100 ms. The records lie sealed
 * under the HSM's store key, so a stolen disk gives nothing to try passwords
 * against. At most PASSWORD_AT_ONCE are computed at a time and some more
 * wait, so that log-ins leave threads and memory for releases. */

#ifndef BROKER_PASSWORD_H
#define BROKER_PASSWORD_H

#include "policy/policy.h"

#define PASSWORD_MIN     8 /* characters of UTF-8 count as their bytes */
#define PASSWORD_MAX     1024
#define PASSWORD_AT_ONCE 2
#define PASSWORD_WAITING 2

/* STATUS_INVALID outside of these lengths. */
STATUS password_check(struct bytes password, struct reason *why);

/* Slow: pool threads only. STATUS_BUSY when too many are under way. */
STATUS password_keep(const struct secret *password,
                     struct policy_password *out);

/* STATUS_DENIED when it is another password. `kept` NULL or not set: takes
 * the same time and denies. */
STATUS password_verify(const struct secret *password,
                       const struct policy_password *kept);

#endif
