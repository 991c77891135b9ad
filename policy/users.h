/* users.h - people of the product's clients: an e-mail address, a password,
 * memberships in accounts.
 *
 * A user is not a person (people.h): a person is a key whose certificate was
 * issued by invitation, and only persons own objects of the signed class. A
 * user is known by a password, so everything a user makes is of the CCM
 * class. One account may hold both; neither can become the other. */

#ifndef POLICY_USERS_H
#define POLICY_USERS_H

#include "policy/people.h"

#define POLICY_EMAIL_MAX 254 /* RFC 5321, 4.5.3.1.3, without the brackets */

/* What is kept of a password: scrypt (RFC 7914) with N = 2^log_n. */
struct policy_password {
    bool set; /* an invited user has none yet */
    unsigned char salt[16];
    uint8_t log_n, r, p;
    struct hash verifier;
};

struct policy_user {
    struct api_id user;
    char email[POLICY_EMAIL_MAX + 1]; /* lower case */
    char first_name[POLICY_NAME_MAX + 1], last_name[POLICY_NAME_MAX + 1];
    struct policy_password password;
    bool email_verified;
    bool terms_accepted;
    uint64_t created_at, last_logged_in_at; /* seconds; 0: never */
    uint64_t epoch; /* counts changes of the password: older sessions end */
    bool reset;     /* by a mailed token: see policy_user_suspends() */
};

/* Lower case; STATUS_INVALID for what cannot be an address: no '@' inside,
 * more than POLICY_EMAIL_MAX bytes, blanks or control characters, anything
 * but ASCII, or one of <>"(),:;[]\ . */
STATUS policy_email_normalise(const char *text, char out[POLICY_EMAIL_MAX + 1],
                              struct reason *why);

STATUS policy_user_get(struct policy_txn *txn, const struct api_id *user,
                       struct policy_user *out);
/* By its normalised address; STATUS_NOT_FOUND. */
STATUS policy_user_find(struct policy_txn *txn, const char *email,
                        struct policy_user *out);
/* Puts the record and the index from its address. */
STATUS policy_user_put(struct policy_txn *txn, const struct policy_user *user);
/* The record, its address and all its memberships. */
STATUS policy_user_delete(struct policy_txn *txn,
                          const struct policy_user *user);

/* True when this user's password was reset by a mailed token, or an older
 * store was put back (suspension.c), and the user has not resumed since:
 * datasets of the CCM class that the user owns are then suspended. Whoever
 * administers the host reads the mails, so a reset may be an administrator's. A
 * user that is gone suspends as well. */
STATUS policy_user_suspends(struct policy_txn *txn, const struct api_id *user,
                            bool *out);

/* --- member.c ------------------------------------------------------------ */

enum policy_membership {
    POLICY_MEMBER_ACTIVE,
    POLICY_MEMBER_PENDING, /* invited: grants nothing yet */
    POLICY_MEMBER_DISABLED,
};

/* A user in an account. */
struct policy_member {
    struct api_id account, user;
    enum policy_role role;
    enum policy_membership state;
    uint64_t created_at;
};

/* STATUS_NOT_FOUND when the user has no part in the account. */
STATUS policy_member_get(struct policy_txn *txn, const struct api_id *account,
                         const struct api_id *user, struct policy_member *out);
STATUS policy_member_put(struct policy_txn *txn,
                         const struct policy_member *member);
void policy_member_delete(struct policy_txn *txn,
                          const struct policy_member *member);

typedef STATUS (*policy_member_fn)(void *context,
                                   const struct policy_member *member);
/* All members of an account; all memberships of a user. */
STATUS policy_members_each(struct policy_txn *txn, const struct api_id *account,
                           policy_member_fn each, void *context);
STATUS policy_memberships_each(struct policy_txn *txn,
                               const struct api_id *user, policy_member_fn each,
                               void *context);

/* Number of active managers of the account, users and persons. */
STATUS policy_members_managing(struct policy_txn *txn,
                               const struct api_id *account, size_t *out);

#endif
