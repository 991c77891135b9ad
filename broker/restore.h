/* restore.h - an older store that the holder of the HSM's PIN lets go on.
 *
 *   accordd --restore FILE      writes what the store has: a request
 *   accord-hsm restore          begins a new epoch there (pkcs11/restore.h)
 *   the next start of accordd   records the leaf of it, and suspends */

#ifndef BROKER_RESTORE_H
#define BROKER_RESTORE_H

#include "broker/broker.h"

/* Writes the request about the store that is open to `path`. STATUS_CONFLICT
 * when nothing would be lost; *leaves is what the store has. */
STATUS restore_request(struct broker *broker, const char *path,
                       uint64_t *leaves, struct reason *why);

/* At start, before the log catches up. When the HSM began a new epoch exactly
 * here: the leaf about what is lost and the suspension of every dataset, in
 * one transaction. Does nothing in any other case; STATUS_CORRUPT for a store
 * that is not the one which was accepted. */
STATUS restore_finish(struct broker *broker, struct reason *why);

#endif
