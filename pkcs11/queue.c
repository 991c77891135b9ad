#include "pkcs11/queue.h"

#include <pthread.h>
#include <stdlib.h>

struct hsm_queue {
    pthread_mutex_t lock;
    pthread_cond_t filled, emptied;
    size_t takers, givers; /* who waits for either */
    bool closed;
    size_t capacity, first, count;
    struct hsm_task tasks[]; /* a ring */
};

STATUS hsm_queue_new(size_t capacity, struct hsm_queue **out)
{
    struct hsm_queue *queue =
        calloc(1, sizeof(*queue) + capacity * sizeof(queue->tasks[0]));
    if (!queue)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    pthread_mutex_init(&queue->lock, NULL);
    pthread_cond_init(&queue->filled, NULL);
    pthread_cond_init(&queue->emptied, NULL);
    queue->capacity = capacity;
    *out = queue;
    return OK;
}

void hsm_queue_free(struct hsm_queue *queue)
{
    if (!queue)
        return;
    for (size_t i = 0; i < queue->count; i++)
        buffer_clear(&queue->tasks[(queue->first + i) % queue->capacity].body);
    pthread_cond_destroy(&queue->filled);
    pthread_cond_destroy(&queue->emptied);
    pthread_mutex_destroy(&queue->lock);
    free(queue);
}

void hsm_queue_push(struct hsm_queue *queue, struct hsm_task task)
{
    pthread_mutex_lock(&queue->lock);
    queue->givers++;
    while (queue->count == queue->capacity)
        pthread_cond_wait(&queue->emptied, &queue->lock);
    queue->givers--;
    queue->tasks[(queue->first + queue->count) % queue->capacity] = task;
    queue->count++;
    bool wanted = queue->takers > 0;
    pthread_mutex_unlock(&queue->lock);
    if (wanted) /* not under the lock: who wakes up wants that at once */
        pthread_cond_signal(&queue->filled);
}

void hsm_queue_close(struct hsm_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->closed = true;
    pthread_cond_broadcast(&queue->filled);
    pthread_mutex_unlock(&queue->lock);
}

bool hsm_queue_pop(struct hsm_queue *queue, struct hsm_task *out)
{
    pthread_mutex_lock(&queue->lock);
    queue->takers++;
    while (queue->count == 0 && !queue->closed)
        pthread_cond_wait(&queue->filled, &queue->lock);
    queue->takers--;
    bool any = queue->count > 0;
    if (any) {
        *out = queue->tasks[queue->first];
        queue->first = (queue->first + 1) % queue->capacity;
        queue->count--;
    }
    bool wanted = any && queue->givers > 0;
    pthread_mutex_unlock(&queue->lock);
    if (wanted)
        pthread_cond_signal(&queue->emptied);
    return any;
}
