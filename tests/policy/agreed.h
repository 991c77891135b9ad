/* agreed.h - versions of a workflow as records, signed by keys of the test's
 * own: what policy_ask() and policy_candidate_find() look at. */

#ifndef TESTS_POLICY_AGREED_H
#define TESTS_POLICY_AGREED_H

#include "policy/nouns.h"
#include "tests/policy/fixture.h"

#define AGREED_NOW ((uint64_t)2000000000)

/* One owner, one app, one dataset on its port "input". */
struct agreed {
    struct api_key *key;
    struct hash owner;
    struct api_id account, workflow, person, build, dataset;
    struct hash runtime; /* SHA-256 of the runtime text below */
    struct api_identity_rule rule;
    struct ca_facts certificate; /* of a program that may have it all */
};
#define AGREED_TEXT "{\"runtime\":\"configuration\"}"

void agreed_make(struct agreed *a);
void agreed_clear(struct agreed *a);

/* Build and certificate records. */
void agreed_put_records(struct policy_txn *txn, const struct agreed *a);

/* An active version: WORKFLOW_VERSION, RUNTIME and GRANT, made at
 * `created_at`, agreed until `until` (seconds). */
void agreed_put_version(struct policy_txn *txn, const struct agreed *a,
                        uint32_t number, uint64_t created_at, uint64_t until);

/* The same by passwords: `user` (an approval of this digest, or a decline)
 * says it, and the dataset's record is of the CCM class too. a->owner must be
 * policy_user_owner() of the user for it to count. */
void agreed_put_plain(struct policy_txn *txn, const struct agreed *a,
                      const struct api_id *user, bool approve);

struct policy_key agreed_version_key(const struct agreed *a, uint32_t number);

#endif
