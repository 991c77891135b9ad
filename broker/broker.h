/* broker.h - what every part of the running server shares: opened at start,
 * then constant, except where a lock is named. */

#ifndef BROKER_BROKER_H
#define BROKER_BROKER_H

#include <pthread.h>
#include <stdatomic.h>

#include "attest/attest.h"
#include "base/config.h"
#include "broker/attempts.h"
#include "broker/clock.h"
#include "broker/collateral.h"
#include "broker/crowd.h"
#include "broker/dsm_sessions.h"
#include "broker/metrics.h"
#include "broker/peers.h"
#include "broker/queue.h"
#include "broker/room.h"
#include "broker/sessions.h"
#include "broker/tls.h"
#include "pkcs11/pkcs11.h"
#include "policy/policy.h"

#define BROKER_ANCHORS_MAX 16

/* The last signed CRL. */
struct crl_cache {
    pthread_mutex_t lock;
    struct buffer der;
    size_t serials;   /* bytes of serials in it */
    uint64_t made_at; /* milliseconds */
};

struct broker {
    const struct config *config;
    const char *url; /* how people and enclaves reach us */
    bool single_user;

    struct attest_anchor *anchors; /* whose evidence we read */
    size_t anchors_count;

    struct pkcs11_door *hsm;
    struct pkcs11_description hsm_facts; /* keys, certificates, domain */
    struct buffer ca_pem;
    struct policy *store;
    struct peers *peers; /* client certificates, once verified */
    struct tls *tls;
    struct crowd *hosts;        /* open connections of each address */
    struct crowd *certificates; /* and with each certificate        */
    struct room input;          /* for requests that are not small  */
    struct sessions *sessions;  /* of users who logged in */
    struct attempts *attempts;  /* at logging in, and the like */
    struct dsm_sessions *dsm;   /* of programs, on the DSM paths */

    struct queue pool;   /* exchanges for the worker threads */
    struct queue writer; /* exchanges that want to be recorded */
    struct clock_watch clock;

    /* Who waits for signals, once all runs: the writer ends us by SIGTERM
     * when the store cannot go on. */
    pthread_t main;
    atomic_bool main_waits;

    /* The writer's: how far the HSM's frontier reaches. */
    uint64_t frontier_size;
    bool frontier_known;

    /* The newest signed head; `head_lock` guards it. */
    pthread_mutex_t head_lock;
    struct api_head head;

    struct crl_cache crl;

    struct collateral collateral; /* what platforms are judged with */
    uint64_t collateral_judged;   /* the keeper's: up to which generation */
    bool collateral_warned;       /* the keeper's: somebody was told */
    struct metrics metrics;
};

/* A copy of the newest signed head. */
struct api_head broker_head(struct broker *broker);

/* "accord-invitation-v1 URL CA-KEY-HASH LOG-KEY-HASH SECRET" */
STATUS broker_invitation_line(const struct broker *broker,
                              const struct hash *secret, char *out,
                              size_t capacity);

#endif
