/* apps.h - the product's apps: a name, settings, and the domains that the
 * certificates of its images may name (section 5.6 of the wire contract).
 *
 * "allowed_domains" is what was asked for, "whitelisted_domains" what was
 * approved; a difference waits for the task "pending_task_id". Without one
 * both are equal. */

#ifndef BROKER_APPS_H
#define BROKER_APPS_H

#include "broker/plain.h"

/* An App; one of the signed class with empty settings. */
STATUS app_view(struct exchange *x, struct policy_txn *txn,
                const json_t *record, json_t **out);

/* The domains asked for become `wanted` (an array of names, checked): opens
 * the task that decides about the difference, if there is one. 400
 * INVALID_STATE while another waits. The caller puts the record. */
STATUS app_want_domains(struct exchange *x, struct policy_txn *txn,
                        const struct api_id *app, json_t *record,
                        const json_t *wanted);

/* The task's difference is approved, or dropped. */
STATUS app_settle_domains(struct exchange *x, struct policy_txn *txn,
                          const json_t *task, bool approved);

/* The body's "allowed_domains": names, each once, no name that is the
 * broker's to give. NULL when absent; *out is owned. */
STATUS app_read_domains(struct exchange *x, json_t **out);

/* Applies the body's "labels", a list of {"op", "path", "value"}. */
STATUS app_patch_labels(struct exchange *x, json_t *record);

#endif
