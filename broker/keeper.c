#include "broker/keeper.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "broker/dying.h"
#include "broker/evidence.h"
#include "broker/own.h"

#define ROUND_SECONDS 15

struct keeper {
    struct broker *broker;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t stopping;
    bool stop;
};

#define COLLATERAL_DAYS 7 /* left when somebody is told */

/* Once when it comes near its end, and again after it was renewed. */
static void watch_collateral(struct broker *b, uint64_t now)
{
    uint64_t left = collateral_left(&b->collateral, now / 1000);
    bool ending = left < COLLATERAL_DAYS * 86400ull;
    if (ending && !b->collateral_warned)
        (void)fprintf(stderr,
                      "collateral: some of it ends in %llu hours: accord "
                      "evidence fetch, then SIGHUP\n",
                      (unsigned long long)left / 3600);
    b->collateral_warned = ending;
    atomic_store(&b->metrics.collateral_sets, b->collateral.count);
    atomic_store(&b->metrics.collateral_left, left);
}

static void judge_again(struct broker *b, uint64_t now)
{
    struct reason why = { "" };
    if (failed(evidence_again(b, now, &why)))
        (void)fprintf(stderr, "evidence: not judged again yet: %s\n", why.text);
}

void keeper_round(struct broker *b, uint64_t now)
{
    struct reason why = { "" };
    watch_collateral(b, now);
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
    judge_again(b, now);
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
