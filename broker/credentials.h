/* credentials.h - what a request says of itself: the Authorization field, the
 * session cookie. Pure functions over bytes from strangers. */

#ifndef BROKER_CREDENTIALS_H
#define BROKER_CREDENTIALS_H

#include "policy/policy.h"

/* E-mail address and password of "Basic base64(address:password)" (RFC 7617),
 * split at the first colon; the address is normalised. STATUS_INVALID with
 * one text for every mistake of form. */
STATUS credentials_basic(struct bytes authorization,
                         char email[POLICY_EMAIL_MAX + 1],
                         struct secret **password, struct reason *why);

/* The token of "Bearer TOKEN" (RFC 6750; the scheme in any case), borrowed.
 * Empty when the field is absent or of another scheme. */
struct bytes credentials_bearer(struct bytes authorization);

#define SESSION_COOKIE_NAME "accord-session"

/* The value of our cookie (RFC 6265, 4.2.1), borrowed. Empty when there is
 * none, or more than one. */
struct bytes credentials_cookie(struct bytes cookie);

#endif
