/* collateral.h - what this broker holds to judge platforms with: read from a
 * directory at start and again on SIGHUP, by nobody else and never fetched.
 *
 * The directory (`evidence.collateral`) has one directory per set, of any
 * name, with the files tcbinfo.json, qeidentity.json, tcb_signing_chain.pem,
 * root_ca.crl.der and pck_ca.crl.der; `accord evidence fetch` writes them. What
 * is read here only says which platforms a set is about. That it is genuine is
 * found out by whoever judges with it: a set that is not vouches for nothing,
 * and no evidence is accepted without it either. */

#ifndef BROKER_COLLATERAL_H
#define BROKER_COLLATERAL_H

#include <pthread.h>

#include "attest/attest.h"
#include "policy/policy.h"

#define COLLATERAL_SETS_MAX 256
#define COLLATERAL_NAME_MAX 96

struct collateral_set {
    char name[COLLATERAL_NAME_MAX]; /* of its directory */
    struct policy_collateral about;
    uint64_t expires;      /* seconds: the first of all its ends */
    struct buffer encoded; /* attest_collateral_encode() */
};

/* All that is held; `lock` guards it. */
struct collateral {
    pthread_mutex_t lock;
    struct collateral_set *sets; /* the newest first, of each platform */
    size_t count;
    uint64_t generation; /* grows with each load that changed something */
};

void collateral_init(struct collateral *held);
void collateral_clear(struct collateral *held);

/* Reads the directory ("": none) anew, and in place of what was held. A set
 * that cannot be read is left out, with a line on standard error that names
 * it and why; the rest counts. STATUS_UNAVAILABLE when the directory itself
 * cannot be read: what was held stays. */
STATUS collateral_load(struct collateral *held, const char *directory,
                       struct reason *why);

/* Appends the encoded set that judges platforms of this family whose
 * certificate was issued by that CA (policy_collateral.ca), the newest there
 * is, and says which it is; STATUS_NOT_FOUND when there is none. */
STATUS collateral_find(struct collateral *held,
                       const struct attest_identity *platform, uint8_t ca,
                       struct buffer *encoded, struct policy_collateral *about);

/* How often what is held has changed. */
uint64_t collateral_generation(struct collateral *held);

/* {"items": [{"name", "tee", "fmspc", "ca", "evaluation", "issued",
 * "expires", "anchor", "digest"}]}; NULL when out of memory. */
json_t *collateral_list(struct collateral *held);

/* Seconds until the first set ends at `now` (0: one has ended); UINT64_MAX
 * without sets. */
uint64_t collateral_left(struct collateral *held, uint64_t now);

/* --- collateral_read.c --------------------------------------------------- */

/* One set from its directory; clear *out when it is no longer needed. */
STATUS collateral_read(const char *directory, const char *name,
                       struct collateral_set *out, struct reason *why);
void collateral_set_clear(struct collateral_set *set);

#endif
