/* people.h - accounts, the people in them, invitations. */

#ifndef POLICY_PEOPLE_H
#define POLICY_PEOPLE_H

#include "policy/store.h"

#define POLICY_NAME_MAX 64

/* A name people give: 1..64 bytes of UTF-8 without control characters. */
STATUS policy_name_check(const char *name, struct reason *why);

/* --- account.c ----------------------------------------------------------- */

STATUS policy_account_add(struct policy_txn *txn, const struct api_id *account,
                          const char *name, uint64_t now, struct reason *why);
STATUS policy_account_name(struct policy_txn *txn, const struct api_id *account,
                           char out[65]);

struct policy_account {
    struct api_id account;
    char name[POLICY_NAME_MAX + 1];
    uint64_t created_at;
};
STATUS policy_account_get(struct policy_txn *txn, const struct api_id *account,
                          struct policy_account *out);
/* STATUS_CONFLICT when another account has the name. */
STATUS policy_account_rename(struct policy_txn *txn,
                             const struct api_id *account, const char *name,
                             struct reason *why);
/* With its users' memberships, and what is history in it: closed tasks,
 * settled requests, ended workflows, deactivated nodes. STATUS_CONFLICT while
 * anything else is in it, naming what; `now` in seconds. */
STATUS policy_account_delete(struct policy_txn *txn,
                             const struct api_id *account, uint64_t now,
                             struct reason *why);

/* --- person.c ------------------------------------------------------------ */

enum policy_role {
    POLICY_NO_ROLE,
    POLICY_READER,
    POLICY_WRITER,
    POLICY_MANAGER,
};
const char *policy_role_name(enum policy_role role);
STATUS policy_role_parse(const char *name, enum policy_role *out);

struct policy_person {
    struct api_id account, person;
    char name[POLICY_NAME_MAX + 1];
    enum policy_role role;
    bool suspended;
    struct api_owner owner;
    struct hash owner_hash;
    struct hash key; /* SHA-256 of the current SPKI */
    uint64_t certificate_not_after;
    uint64_t created_at;
};

STATUS policy_person_get(struct policy_txn *txn, const struct api_id *account,
                         const struct api_id *person,
                         struct policy_person *out);
/* Puts the record and the index from key hash to person. */
STATUS policy_person_put(struct policy_txn *txn,
                         const struct policy_person *person);
/* By the current key's hash; STATUS_NOT_FOUND. */
STATUS policy_person_find(struct policy_txn *txn, const struct hash *key,
                          struct policy_person *out);
/* By owner hash within an account; STATUS_NOT_FOUND. */
STATUS policy_person_of_owner(struct policy_txn *txn,
                              const struct api_id *account,
                              const struct hash *owner,
                              struct policy_person *out);
json_t *policy_person_view(const struct policy_person *person);

/* --- invitation.c -------------------------------------------------------- */

struct policy_invitation {
    struct hash id; /* SHA-256 of the secret */
    struct api_id account;
    enum policy_role role;
    char name[POLICY_NAME_MAX + 1];
    uint64_t expires;     /* seconds */
    struct hash used_by;  /* SPKI hash of who joined; zero: unused */
    struct api_id person; /* who that became */
};

STATUS policy_invitation_put(struct policy_txn *txn,
                             const struct policy_invitation *invitation);
/* The invitation of this secret's hash that may be used now by this key: not
 * expired, unused or used by the very same key (an answer that got lost).
 * STATUS_DENIED with one text for every other case. */
STATUS policy_invitation_find(struct policy_txn *txn, const struct hash *id,
                              const struct hash *key, uint64_t now,
                              struct policy_invitation *out,
                              struct reason *why);

#endif
