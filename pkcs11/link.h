/* link.h - one non-blocking connection of the supervisor, with what was read
 * and not yet understood, and what could not be written yet. */

#ifndef PKCS11_LINK_H
#define PKCS11_LINK_H

#include "pkcs11/wire.h"

struct hsm_link {
    int fd; /* -1: none */
    size_t frame_max;
    struct buffer in, out;
};

/* Takes over the descriptor and makes it non-blocking. */
STATUS hsm_link_open(struct hsm_link *link, int fd, size_t frame_max,
                     size_t out_max);
void hsm_link_close(struct hsm_link *link); /* wipes; fine when closed */

/* Reads what is there. STATUS_UNAVAILABLE at the end or on an error; what
 * was read before stays readable through hsm_link_next(). */
STATUS hsm_link_read(struct hsm_link *link);

/* The next whole frame, borrowed until hsm_link_drop(). *any is false when
 * none is complete. STATUS_INVALID: hang up. */
STATUS hsm_link_next(const struct hsm_link *link, struct pkcs11_frame *out,
                     size_t *used, bool *any);
void hsm_link_drop(struct hsm_link *link, size_t used);

/* Queues a frame and writes what the other side takes now. Fails when it is
 * gone, or takes so little that the queue is full: then hang up. */
STATUS hsm_link_put(struct hsm_link *link, const struct pkcs11_frame *frame);
STATUS hsm_link_flush(struct hsm_link *link);

/* The events poll() should report. */
short hsm_link_events(const struct hsm_link *link);

#endif
