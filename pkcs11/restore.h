/* restore.h - `accord-hsm restore`: the holder of the PIN lets an older store
 * go on, as a new epoch that begins with a leaf about what is lost.
 *
 * Only here does history ever go back. The broker cannot ask for it through
 * its socket, and whoever writes the disk lacks the PIN: the new epoch counts
 * once it stands on the token. */

#ifndef PKCS11_RESTORE_H
#define PKCS11_RESTORE_H

#include <stdio.h>

#include "api/api.h"
#include "pkcs11/settings.h"

struct hsm_restore_order {
    struct bytes request; /* api/restore.h; from `accordd --restore` */
    uint64_t size;        /* the leaves to keep, said again by a person */
    uint64_t now;         /* milliseconds */
};

/* Writes the record of it (HSM_RESTORED_FILE), the anchor, then the frontier.
 * One that was interrupted is completed by the same order. Refuses a store
 * that is not older than what the log key has signed (STATUS_CONFLICT), one
 * of another installation, and a size that is not the request's
 * (STATUS_INVALID). accord-hsm must not be running: the caller has its lock.
 */
STATUS hsm_restore(const struct hsm_settings *settings,
                   const struct secret *pin,
                   const struct hsm_restore_order *order, FILE *report,
                   struct reason *why);

/* The record of the last one; *known is false when there was none. A file
 * that is not whole is STATUS_CORRUPT. */
STATUS hsm_restored_read(const struct hsm_settings *settings,
                         struct api_restore *out, bool *known,
                         struct reason *why);

#endif
