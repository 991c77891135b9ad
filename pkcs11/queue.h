/* queue.h - jobs between the thread that reads them and those that run them.
 * Bounded; pushing waits for room. */

#ifndef PKCS11_QUEUE_H
#define PKCS11_QUEUE_H

#include "base/buffer.h"
#include "base/scope.h"

struct hsm_task {
    uint32_t id;
    uint8_t number;
    struct buffer body; /* owned */
};

struct hsm_queue;

STATUS hsm_queue_new(size_t capacity, struct hsm_queue **out);
void hsm_queue_free(struct hsm_queue *queue); /* and all that is in it */
DEFINE_AUTO_FREE(hsm_queue);

/* Takes over the task's body. */
void hsm_queue_push(struct hsm_queue *queue, struct hsm_task task);

/* No more will come: who waits, and who comes when it is empty, gets false. */
void hsm_queue_close(struct hsm_queue *queue);

/* Waits for a task. The caller clears its body. */
bool hsm_queue_pop(struct hsm_queue *queue, struct hsm_task *out);

#endif
