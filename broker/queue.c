#include "broker/queue.h"

#include "broker/exchange.h"

void queue_init(struct queue *queue, size_t max)
{
    *queue = (struct queue){ .max = max };
    (void)pthread_mutex_init(&queue->lock, NULL);
    (void)pthread_cond_init(&queue->filled, NULL);
}

void queue_clear(struct queue *queue)
{
    (void)pthread_mutex_destroy(&queue->lock);
    (void)pthread_cond_destroy(&queue->filled);
}

bool queue_put(struct queue *queue, struct exchange *x, bool force)
{
    (void)pthread_mutex_lock(&queue->lock);
    bool taken = force || (!queue->closed && queue->count < queue->max);
    if (taken) {
        x->next = NULL;
        if (queue->last)
            queue->last->next = x;
        else
            queue->first = x;
        queue->last = x;
        queue->count++;
    }
    bool wanted = taken && queue->waiting > 0;
    (void)pthread_mutex_unlock(&queue->lock);
    if (wanted) /* not under the lock: who wakes up wants that at once */
        (void)pthread_cond_signal(&queue->filled);
    return taken;
}

struct exchange *queue_take(struct queue *queue, size_t most)
{
    (void)pthread_mutex_lock(&queue->lock);
    queue->waiting++;
    while (!queue->first && !queue->closed)
        (void)pthread_cond_wait(&queue->filled, &queue->lock);
    queue->waiting--;

    struct exchange *first = queue->first, *last = first;
    size_t taken = first ? 1 : 0;
    while (last && taken < most && last->next) {
        last = last->next;
        taken++;
    }
    if (last) {
        queue->first = last->next;
        if (!queue->first)
            queue->last = NULL;
        last->next = NULL;
        queue->count -= taken;
    }
    (void)pthread_mutex_unlock(&queue->lock);
    return first;
}

void queue_close(struct queue *queue)
{
    (void)pthread_mutex_lock(&queue->lock);
    queue->closed = true;
    (void)pthread_cond_broadcast(&queue->filled);
    (void)pthread_mutex_unlock(&queue->lock);
}
