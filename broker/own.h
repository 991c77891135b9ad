/* own.h - what the broker does for itself: the store's first leaf, its own
 * TLS certificate, the clock leaf. The same steps as for anybody. */

#ifndef BROKER_OWN_H
#define BROKER_OWN_H

#include "broker/broker.h"

/* Leaf 0 of an empty store, its first account, and the invitation of its
 * first manager, written to `invitation_path` (0600, valid for one hour). */
STATUS own_begin_store(struct broker *broker, const char *invitation_path,
                       struct reason *why);

/* Another such invitation, while nobody has joined yet: the first one may
 * have expired. Nothing is done as soon as there is a person. */
STATUS own_invite_again(struct broker *broker, const char *invitation_path,
                        struct reason *why);

/* A new TLS key in memory, certified by the zone CA, in use from then on. */
STATUS own_renew_tls(struct broker *broker, struct reason *why);

/* An operator accepted the time: the leaf that says so. */
STATUS own_accept_clock(struct broker *broker, struct reason *why);

#endif
