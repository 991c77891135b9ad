/* sealing.h - a credential on its way from a body to the HSM and the store:
 * sealed by its owner (SEALED of docs/HTTP.md), or, of the CCM class, in
 * clear. */

#ifndef BROKER_SEALING_H
#define BROKER_SEALING_H

#include "broker/body.h"

struct sealing {
    struct api_id id, version;
    struct api_context context;
    struct buffer wrapped, blob;
    struct buffer kept; /* K' as the HSM gave it to keep, or empty */
    struct hash proof;
    json_t *record;          /* the dataset after the change          */
    struct api_context dead; /* a rotation's: the version it replaces */
    bool kills;              /* `dead` is to be erased                */
    struct status refused;   /* then, and only after it was           */
};

/* Made as x->work; free it with sealing_free(). */
STATUS sealing_new(struct exchange *x, struct sealing **out);
void sealing_free(void *work);

/* Reads SEALED of the body for dataset s->id of the asking person. */
STATUS sealing_read(struct exchange *x, struct sealing *s);

/* "description", "labels", "expires", checked. */
STATUS sealing_optional_members(struct exchange *x, const char **description);

/* The HSM takes K' in; one answer for every way a seal can be wrong. */
STATUS sealing_take_in(struct exchange *x, struct sealing *s);

/* The CCM class: the HSM takes the credential in as a new version of dataset
 * s->id, and seals s->blob. 403 FORBIDDEN where it takes none in clear. */
STATUS sealing_take_plain(struct exchange *x, struct sealing *s,
                          const struct secret *credential);

/* Sets the members of s->record that come with a version. */
STATUS sealing_set_version(struct exchange *x, struct sealing *s,
                           int64_t count);

/* The VERSION, BLOB and KEPT_KEY records, and the leaf. */
STATUS sealing_put_version(struct exchange *x, struct policy_txn *txn,
                           struct sealing *s);
STATUS sealing_log(struct exchange *x, struct policy_txn *txn,
                   struct sealing *s, const char *action);

/* The version that s->record names goes out of use, its blob out of the
 * store; sealing_erase() takes its key out of the token for good. */
STATUS sealing_forget_version(struct exchange *x, struct policy_txn *txn,
                              struct sealing *s);
STATUS sealing_erase(struct exchange *x); /* x->work is a struct sealing */

#endif
