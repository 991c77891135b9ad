/* users.h - what the rows about users share: how one is shown, leaves about
 * them, tokens that are mailed, the mail itself. */

#ifndef BROKER_USERS_H
#define BROKER_USERS_H

#include "broker/product.h"

/* A User of section 5.4; roles and user_account_status only with a member.
 * NULL when out of memory. */
json_t *user_view(const struct policy_user *user,
                  const struct policy_member *member);

/* A SessionInfo of section 5.2; NULL when out of memory. */
json_t *session_view(const struct exchange *x, const struct session *session);

/* Who asks: a session's user, or a person. */
const struct api_id *user_actor(const struct exchange *x);

/* A leaf about `user` in `account` (NULL: the installation's), caused by
 * `actor`. Never holds an e-mail address: the installation's leaves are for
 * everybody. */
STATUS user_log(struct exchange *x, struct policy_txn *txn, const char *action,
                const struct api_id *account, const struct api_id *actor,
                const struct api_id *user, const json_t *extra);

/* Is it the password of the session's user? 403 that names the member when it
 * is not, 423 after too many wrong ones. Slow: pool threads only. */
STATUS user_prove(struct exchange *x, const char *member,
                  const struct secret *password);

/* --- tokens that are mailed ---------------------------------------------- */

enum mail_purpose {
    MAIL_CONFIRM = 1, /* the address is the user's */
    MAIL_RESET = 2,   /* a new password            */
};

#define MAIL_TOKEN_CHARS   114
#define MAIL_CONFIRM_LASTS (7 * 86400) /* seconds */
#define MAIL_RESET_LASTS   3600
#define MAIL_INVITE_LASTS  (7 * 86400)

/* A token that serves once: it holds a MAC over the user's address, whether
 * that is confirmed, and the password's epoch, so what it is for undoes it.
 * Nothing is stored. `expires` in seconds. */
STATUS mail_token(const struct broker *broker, enum mail_purpose purpose,
                  const struct policy_user *user, uint64_t expires,
                  char out[MAIL_TOKEN_CHARS + 1]);

/* The user whom a token serves now; STATUS_DENIED with one text otherwise. */
STATUS mail_token_user(const struct exchange *x, struct policy_txn *txn,
                       enum mail_purpose purpose, const char *token,
                       struct policy_user *out, struct reason *why);

/* Puts one message into the outbox (OPERATIONS: who sends it). `send` false
 * does the same work and leaves nothing. A failure is the operator's: it goes
 * to the log, not to the client. */
void outbox_put(const struct exchange *x, const char *to, const char *subject,
                const char *text, bool send);

/* The directory mails are put into. */
void outbox_directory(const struct config *config, char *out, size_t capacity);

/* The three mails there are. Reset of a user without a password is an
 * invitation to set the first one. */
void mail_confirm(const struct exchange *x, const struct policy_user *user);
void mail_reset(const struct exchange *x, const struct policy_user *user,
                bool send);
void mail_invite(const struct exchange *x, const struct policy_user *user,
                 const char *account_name);

/* Whether the user is, or is invited to be, in another account than this one.
 */
STATUS user_is_elsewhere(struct policy_txn *txn, const struct api_id *user,
                         const struct api_id *account, bool *out);

#endif
