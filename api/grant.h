/* grant.h - an owner's signed word that one program may have one dataset.
 *
 * grant, 200 bytes =
 *     "accord grant v1" 15 || account 16 || dataset 16 || owner hash 32 ||
 *     configuration hash 32 || identity hash 32 || flags 1 ||
 *     not before 8 || not after 8 || budget 8 || manifest digest 32
 * signed by the owner's current key. Times are seconds since the epoch;
 * budget 0 means without limit; flags are all zero in v1. At most 366 days
 * lie between not before and not after; 90 are usual. */

#ifndef API_GRANT_H
#define API_GRANT_H

#include "api/id.h"
#include "api/key.h"
#include "base/cursor.h"

#define API_GRANT_LEN      200
#define API_GRANT_DAYS     90
#define API_GRANT_DAYS_MAX 366

struct api_grant {
    struct api_id account;
    struct api_id dataset;
    struct hash owner;
    struct hash configuration;
    struct hash identity;
    uint8_t flags;
    uint64_t not_before;
    uint64_t not_after;
    uint64_t budget;
    struct hash digest;
};

STATUS api_grant_encode(const struct api_grant *grant,
                        unsigned char out[API_GRANT_LEN]);

/* Strict: exact length, label, flags zero, not_before < not_after, at most
 * 366 days apart; STATUS_INVALID naming the member. */
STATUS api_grant_decode(struct bytes encoded, struct api_grant *out,
                        struct reason *why);

#endif
