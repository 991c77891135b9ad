/* door.h - one call through the door; for the door's own files only. */

#ifndef PKCS11_DOOR_H
#define PKCS11_DOOR_H

#include "pkcs11/pkcs11.h"
#include "pkcs11/wire.h"

/* Sends one job and waits for its answer, which is appended to `answer`.
 * Statuses as pkcs11.h promises; the worker's reason is copied to `why`. */
STATUS pkcs11_call(struct pkcs11_door *door, enum pkcs11_job job,
                   struct bytes body, struct buffer *answer,
                   struct reason *why);

#endif
