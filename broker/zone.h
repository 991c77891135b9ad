/* zone.h - an account's zone: the installation's one CA, shown to each account
 * as its own, and the token that lets compute nodes join it. */

#ifndef BROKER_ZONE_H
#define BROKER_ZONE_H

#include "broker/broker.h"
#include "broker/exchange.h"

#define ZONE_REFRESH_SECONDS 300 /* how often a node reports         */
#define ZONE_RENEWAL_PERCENT 50  /* of its life: a certificate is due */
#define ZONE_TOKEN_LASTS     (30 * 86400)
#define ZONE_TOKEN_CHARS     112

/* The id of an account's only zone: a UUIDv8 out of SHA-256("accord zone v1"
 * || account), the same for ever. */
STATUS zone_id(const struct api_id *account, struct api_id *out);

/* A Zone of section 5.5; NULL when out of memory. */
json_t *zone_view(const struct broker *broker, const struct api_id *account);

/* Lets whoever holds it enrol nodes in the account until `expires`
 * (seconds). Nothing is stored: it is a MAC under the store key. */
STATUS zone_token(const struct broker *broker, const struct api_id *account,
                  uint64_t expires, char out[ZONE_TOKEN_CHARS + 1]);

/* STATUS_DENIED for one that was not made here, or is not in time. */
STATUS zone_token_account(const struct exchange *x, struct bytes token,
                          struct api_id *out);

#endif
