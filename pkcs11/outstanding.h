/* outstanding.h - the jobs a supervisor has taken and not yet answered, with
 * their two clocks. Pure: the time is a parameter, in milliseconds.
 *
 * A job waits here until the worker has room, and only here: a job answered
 * "busy" was never sent. Sent jobs begin when a thread takes them up, and
 * from then on their running clock counts. Jobs that write to the token are
 * sent one at a time, and no deadline of another job ends a worker while one
 * of them runs. */

#ifndef PKCS11_OUTSTANDING_H
#define PKCS11_OUTSTANDING_H

#include "base/buffer.h"
#include "pkcs11/wire.h"

#define HSM_OUTSTANDING_MAX   1024
#define HSM_OUTSTANDING_BYTES ((size_t)32 * 1024 * 1024) /* of bodies */

enum hsm_pending_state {
    HSM_FREE = 0,
    HSM_WAITING, /* has its body */
    HSM_SENT,    /* the worker has it, no thread yet */
    HSM_RUNNING,
};

struct hsm_pending {
    enum hsm_pending_state state;
    uint32_t id;         /* between supervisor and worker */
    uint32_t client_id;  /* between broker and supervisor */
    uint64_t connection; /* which of the broker's; 0: our own job */
    uint8_t number;      /* enum pkcs11_job */
    uint64_t since;      /* when it came into this state */
    struct buffer body;  /* owned; empty once sent */
};

struct hsm_outstanding {
    unsigned in_flight_max; /* sent and running together */
    unsigned wait_limit, run_limit, token_limit;
    uint32_t last_id;
    size_t count; /* not free */
    size_t top;   /* all from here on are free */
    size_t bytes; /* of bodies that wait */
    struct hsm_pending jobs[HSM_OUTSTANDING_MAX];
};

/* Does this job write to the token? */
bool hsm_job_writes_token(uint8_t number);

/* Takes a job in, copying its body. NULL when the table or its memory is
 * full. */
struct hsm_pending *hsm_outstanding_add(struct hsm_outstanding *o,
                                        uint64_t connection,
                                        const struct pkcs11_frame *frame,
                                        uint64_t now);

/* The waiting job to send next, oldest first; NULL when the worker has
 * enough, or all that wait must wait for a token write to end. */
struct hsm_pending *hsm_outstanding_next(struct hsm_outstanding *o);

void hsm_outstanding_sent(struct hsm_outstanding *o, struct hsm_pending *job,
                          uint64_t now);
void hsm_outstanding_began(struct hsm_pending *job, uint64_t now);

/* The sent or running job with this id; NULL if there is none. */
struct hsm_pending *hsm_outstanding_find(struct hsm_outstanding *o,
                                         uint32_t id);

void hsm_outstanding_remove(struct hsm_outstanding *o, struct hsm_pending *job);

/* Any job, for answering all of them; NULL when none is left. */
struct hsm_pending *hsm_outstanding_any(struct hsm_outstanding *o);

/* Any job of this connection that still waits. */
struct hsm_pending *hsm_outstanding_waiting(struct hsm_outstanding *o,
                                            uint64_t connection);

/* Any sent or running job; NULL if none. */
struct hsm_pending *hsm_outstanding_flying(struct hsm_outstanding *o);

size_t hsm_outstanding_in_flight(const struct hsm_outstanding *o);

/* A job that waited too long; NULL if none did. */
struct hsm_pending *hsm_outstanding_overdue(struct hsm_outstanding *o,
                                            uint64_t now);

/* The job for whose sake the worker must be killed now; NULL if none. */
const struct hsm_pending *hsm_outstanding_hung(const struct hsm_outstanding *o,
                                               uint64_t now);

/* Milliseconds until one of the two above may change; `most` at the most. */
unsigned hsm_outstanding_pause(const struct hsm_outstanding *o, uint64_t now,
                               unsigned most);

#endif
