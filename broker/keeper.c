#include "broker/keeper.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "broker/dying.h"
#include "broker/own.h"

#define ROUND_SECONDS 15

struct keeper {
    struct broker *broker;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t stopping;
    bool stop;
};

void keeper_round(struct broker *b, uint64_t now)
{
    struct reason why = { "" };
    struct status well = pkcs11_probe(b->hsm, &why);
    bool was = atomic_exchange(&b->metrics.hsm_well, !failed(well)) != 0;
    if (was && failed(well))
        (void)fprintf(stderr, "hsm: not answering: %s\n", why.text);
    if (!was && !failed(well))
        (void)fprintf(stderr, "hsm: answering again\n");
    if (failed(well))
        return;
    struct status destroyed = dying_round(b, &why);
    if (failed(destroyed))
        (void)fprintf(stderr, "keys: not destroyed yet: %s\n", why.text);
    if (!tls_due(b->tls, now / 1000))
        return;
    struct status renewed = own_renew_tls(b, &why);
    if (failed(renewed))
        (void)fprintf(stderr, "server certificate: not renewed: %s\n",
                      why.text);
}

static void *keeper_run(void *context)
{
    struct keeper *k = context;
    (void)pthread_mutex_lock(&k->lock);
    while (!k->stop) {
        struct timespec until;
        (void)clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec += ROUND_SECONDS;
        (void)pthread_cond_timedwait(&k->stopping, &k->lock, &until);
        if (k->stop)
            break;
        (void)pthread_mutex_unlock(&k->lock);
        keeper_round(k->broker, clock_now().wall);
        (void)pthread_mutex_lock(&k->lock);
    }
    (void)pthread_mutex_unlock(&k->lock);
    return NULL;
}

struct status keeper_start(struct broker *broker, struct keeper **out)
{
    struct keeper *k = calloc(1, sizeof(*k));
    if (!k)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    k->broker = broker;
    pthread_condattr_t monotonic;
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_mutex_init(&k->lock, NULL);
    (void)pthread_cond_init(&k->stopping, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    int rc = pthread_create(&k->thread, NULL, keeper_run, k);
    if (rc != 0) {
        free(k);
        return failure(STATUS_UNAVAILABLE, "pthread_create", (uint32_t)rc);
    }
    *out = k;
    return OK;
}

void keeper_stop(struct keeper *k)
{
    if (!k)
        return;
    (void)pthread_mutex_lock(&k->lock);
    k->stop = true;
    (void)pthread_cond_signal(&k->stopping);
    (void)pthread_mutex_unlock(&k->lock);
    (void)pthread_join(k->thread, NULL);
    (void)pthread_cond_destroy(&k->stopping);
    (void)pthread_mutex_destroy(&k->lock);
    free(k);
}
