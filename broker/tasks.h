/* tasks.h - what somebody of an account has to say yes or no to: a change of
 * an app's domains, a new image (section 5.8 of the wire contract).
 *
 * A task is an object of the CCM class. It names its entity, and the entity
 * names its pending task: one word closes both, in one transaction. */

#ifndef BROKER_TASKS_H
#define BROKER_TASKS_H

#include "broker/plain.h"

#define TASK_DOMAINS "DOMAIN_WHITELIST"
#define TASK_BUILD   "BUILD_WHITELIST"
/* Opened and closed at once, by a program's evidence: nobody is asked. */
#define TASK_CERTIFICATE "CERTIFICATE_ISSUANCE"

/* A task of this type about `entity`, waiting, asked for by the session's
 * user; `more` (NULL: none) has members to add. */
STATUS task_open(struct exchange *x, struct policy_txn *txn, const char *type,
                 const struct api_id *entity, const json_t *more,
                 struct api_id *out);

/* The pending task that `entity` names, if it names one, has FAILED: the
 * entity is being deleted. */
STATUS task_fail(struct exchange *x, struct policy_txn *txn,
                 const json_t *entity);

/* Sets status and time. */
STATUS task_set_status(struct exchange *x, json_t *task, const char *status);

/* The name that others know a user by; `out` holds it and its NUL. */
#define TASK_USER_NAME_MAX POLICY_EMAIL_MAX
void task_user_name(const struct policy_user *user,
                    char out[TASK_USER_NAME_MAX + 1]);

/* A Task, and a TaskResult, as the product shows them. */
STATUS task_view(struct exchange *x, struct policy_txn *txn, const json_t *task,
                 json_t **out);
STATUS task_result(const json_t *task, json_t **out);

#endif
