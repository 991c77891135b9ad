/* world.h - every circumstance decide() looks at, as a choice of few: the
 * test makes facts of it, and an evaluator of its own judges it. */

#ifndef TESTS_POLICY_WORLD_H
#define TESTS_POLICY_WORLD_H

#include "policy/decide.h"

#define WORLD_NOW    ((uint64_t)2000000000)
#define WORLD_AGE    ((uint32_t)600) /* seconds, where a rule says so */
#define WORLD_OWNERS 3 /* of the app, of the dataset, of another dataset */

enum window { INSIDE, FIRST_SECOND, LAST_SECOND, TOO_EARLY, TOO_LATE };
enum manifest { WHOLE, NO_MANIFEST, OTHER_ACCOUNTS, WITHOUT_APP, OWNERLESS };
enum approval {
    APPROVED,
    MISSING,
    FORGED,
    OTHER_DIGEST,
    DECLINED,
    DECLINED_TOO,  /* approved and declined, both signed     */
    DECLINE_FORGED /* approved, and a decline nobody signed  */
};
enum end { NO_END, ENDS_NOW, ENDS_LATER, ENDED };
enum identity { AS_SIGNED, OTHER_PROGRAM, OTHER_ANCHOR, OTHER_KIND };
enum verdict {
    ACCEPTED,
    EXCEPTED, /* not in the mask: by the exception, in time      */
    EXCEPTION_OVER,
    OTHER_ADVISORY, /* one more than the exception lists               */
    OTHER_STATE,
    REFUSED,
    UNJUDGED
};
enum age { FRESH, JUST_IN_TIME, TOO_OLD, FUTURE, NO_EVIDENCE, NO_DIGEST };
enum asked { ON_PORT, NOTHING_ASKED, ON_OTHER_APP, UNKNOWN };

/* All zero is a release that is allowed. */
struct world {
    int no_chain, revoked, person, other_account, not_client;
    int window;
    int names; /* 0: one, 1: none, 2: two */
    int other_name, zero_configuration;
    int unknown_version, inactive, other_text;
    int manifest;
    int approval[WORLD_OWNERS];
    int end;
    int suspended; /* 0, 1: owner, 2: manager */
    int withdrawn;
    int identity;
    int age, limited; /* limited: the rule's own age, 600 seconds */
    int verdict;
    int asked;
    int plain_asked, plain_class, plain_version;
    int clock_stopped;
};

/* Choices in the order of the struct: how many each has. */
extern const int world_choices[];
#define WORLD_CHOICES (sizeof(struct world) / sizeof(int))

struct facts {
    struct decision_facts facts;
    struct policy_approval_fact approvals[2 * WORLD_OWNERS];
    json_t *manifest;
};

/* Release with facts_clear(). */
void facts_of(const struct world *world, struct facts *out);
void facts_clear(struct facts *facts);

#endif
