/* attempts.h - how often somebody may try: wrong passwords per address, and
 * what one host may cause before anybody is known.
 *
 * Counted in memory under keys nobody outside can predict the place of, for
 * addresses that exist and for others alike, so that a lock tells nothing.
 * Safe from several threads; time is a parameter. */

#ifndef BROKER_ATTEMPTS_H
#define BROKER_ATTEMPTS_H

#include "base/bytes.h"
#include "base/scope.h"
#include "base/status.h"

/* What is counted: at most `most` within `window` seconds, then refused
 * until `pause` seconds after the one too many. */
enum attempts_kind {
    ATTEMPTS_PASSWORD, /* wrong passwords for one e-mail address */
    ATTEMPTS_HOST,     /* wrong passwords from one host          */
    ATTEMPTS_SIGN_UP,  /* sign-ups from one host                 */
    ATTEMPTS_MAIL,     /* mails to one address nobody asked for  */
};

struct attempts;
STATUS attempts_new(struct attempts **out);
void attempts_free(struct attempts *attempts);
DEFINE_AUTO_FREE(attempts);

/* Seconds until `who` may try again; 0: now. */
uint64_t attempts_wait(struct attempts *attempts, enum attempts_kind kind,
                       struct bytes who, uint64_t now);

/* One attempt is used up. */
void attempts_count(struct attempts *attempts, enum attempts_kind kind,
                    struct bytes who, uint64_t now);

/* All are given back: the right password. */
void attempts_forget(struct attempts *attempts, enum attempts_kind kind,
                     struct bytes who);

#endif
