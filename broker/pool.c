#include "broker/pool.h"

#include <stdlib.h>

#include "broker/route.h"
#include "broker/steps.h"
#include "broker/writer.h"

struct pool {
    struct broker *broker;
    pthread_t writer;
    size_t count;
    pthread_t workers[];
};

static void *worker_run(void *context)
{
    struct broker *broker = context;
    struct exchange *x;
    while ((x = queue_take(&broker->pool, 1)))
        exchange_resume(x);
    return NULL;
}

struct status pool_start(struct broker *broker, size_t workers,
                         struct pool **out)
{
    struct pool *pool =
        calloc(1, sizeof(*pool) + workers * sizeof(pool->workers[0]));
    if (!pool)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    pool->broker = broker;
    int rc = pthread_create(&pool->writer, NULL, writer_run, broker);
    for (; rc == 0 && pool->count < workers; pool->count++)
        rc = pthread_create(&pool->workers[pool->count], NULL, worker_run,
                            broker);
    if (rc != 0) /* at start only; the process ends */
        return failure(STATUS_UNAVAILABLE, "pthread_create", (uint32_t)rc);
    *out = pool;
    return OK;
}

void pool_stop(struct pool *pool)
{
    if (!pool)
        return;
    queue_close(&pool->broker->pool);
    for (size_t i = 0; i < pool->count; i++)
        (void)pthread_join(pool->workers[i], NULL);
    queue_close(&pool->broker->writer);
    (void)pthread_join(pool->writer, NULL);
    free(pool);
}

void pool_handover(struct exchange *x, enum place to)
{
    struct broker *b = x->broker;
    if (to == ON_WRITER) {
        (void)queue_put(&b->writer, x, true);
        return;
    }
    bool begun = x->step->run != step_authorise;
    if (queue_put(&b->pool, x, begun))
        return;
    /* Still on the loop thread: straight on to the reply. */
    x->place = ON_LOOP;
    x->status = failure(STATUS_BUSY, "pool", 0);
    x->failed_step = x->step->name;
    exchange_resume(x);
}

/* --- the broker's own exchanges ------------------------------------------ */

struct own {
    struct exchange *x;
    pthread_mutex_t lock;
    pthread_cond_t ended;
    bool done;
    struct status status;
    struct reason why;
};

static void own_handover(struct exchange *x, enum place to)
{
    if (to != ON_LOOP)
        pool_handover(x, to);
    else
        exchange_resume(x); /* the reply step only writes its log line */
}

static void own_finished(struct exchange *x)
{
    struct own *own = x->own;
    (void)pthread_mutex_lock(&own->lock);
    own->status = x->status;
    own->why = x->why;
    own->done = true;
    (void)pthread_cond_signal(&own->ended);
    (void)pthread_mutex_unlock(&own->lock);
    x->work = NULL; /* the caller's */
    exchange_free(x);
}

struct status pool_run(struct broker *broker, const struct route *route,
                       void *work, struct reason *why)
{
    struct own own = { .done = false };
    struct exchange *x = exchange_new(broker);
    if (!x)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    (void)pthread_mutex_init(&own.lock, NULL);
    (void)pthread_cond_init(&own.ended, NULL);
    while (x->step->run != step_authorise)
        x->step++;
    x->step++; /* nobody to authorise: begin behind it */
    x->route = route;
    x->work = work;
    x->own = &own;
    x->handover = own_handover;
    x->finished = own_finished;
    x->now = clock_now().wall;
    exchange_resume(x);

    (void)pthread_mutex_lock(&own.lock);
    while (!own.done)
        (void)pthread_cond_wait(&own.ended, &own.lock);
    (void)pthread_mutex_unlock(&own.lock);
    (void)pthread_cond_destroy(&own.ended);
    (void)pthread_mutex_destroy(&own.lock);
    if (why && own.why.text[0])
        *why = own.why;
    return own.status;
}
