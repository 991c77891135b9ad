/* queue.h - exchanges waiting for a thread. Bounded; first in, first out. */

#ifndef BROKER_QUEUE_H
#define BROKER_QUEUE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

struct exchange;

struct queue {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    size_t waiting; /* who waits for it */
    struct exchange *first, *last;
    size_t count, max;
    bool closed;
};

void queue_init(struct queue *queue, size_t max);
void queue_clear(struct queue *queue); /* must be empty */

/* False when the queue is full or closed; the exchange stays the caller's.
 * `force` takes it even so (an exchange already under way must go on). */
bool queue_put(struct queue *queue, struct exchange *x, bool force);

/* Waits for at least one, then takes up to `most` as a list linked by
 * `next`, oldest first; NULL when closed and empty. */
struct exchange *queue_take(struct queue *queue, size_t most);

/* No more may enter; takers get what is left, then NULL. */
void queue_close(struct queue *queue);

#endif
