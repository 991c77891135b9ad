/* supervisor.h - the parent: holds the PIN, never loads the module; passes
 * jobs from one broker to one worker, and replaces the worker when a job
 * outlives its deadline. A single thread around poll(). */

#ifndef PKCS11_SUPERVISOR_H
#define PKCS11_SUPERVISOR_H

#include "pkcs11/link.h"
#include "pkcs11/outstanding.h"
#include "pkcs11/settings.h"
#include "pkcs11/spawn.h"

enum hsm_phase {
    HSM_DOWN,     /* no worker; one is started at next_start       */
    HSM_STARTING, /* the worker logs in; never killed here         */
    HSM_SERVING,  /* jobs may be sent                              */
    HSM_LEAVING,  /* the worker was told to go, its end is awaited */
    HSM_LATCHED,  /* no worker, and none until an operator acts    */
};

struct hsm_supervisor {
    struct hsm_settings settings;
    struct buffer config;  /* text, as the worker gets it */
    struct buffer anchors; /* structs, as the verifier gets them */
    struct secret *pin;
    uid_t peers[64];
    size_t peers_count;

    int lock;     /* of the state directory */
    int signals;  /* signalfd */
    int listener; /* -1 while stopping */
    struct hsm_link client, worker;
    uint64_t connection;  /* counts the broker's connections, from 1 */
    bool store_key_given; /* on this connection */

    enum hsm_phase phase;
    struct hsm_generation generation;
    uint64_t phase_since;   /* milliseconds, monotonic */
    uint64_t next_start;    /* DOWN: when to try again */
    uint64_t next_anchor;   /* SERVING: when to anchor next */
    unsigned backoff;       /* milliseconds until the start after next */
    uint64_t served_since;  /* this worker's READY; 0 before it */
    bool tired;             /* the worker asked to be replaced */
    bool stopping;          /* SIGTERM came */
    bool anchor_is_pending; /* our own job is among the outstanding */
    bool is_last_anchor;    /* ...and the worker goes after it */
    struct reason trouble;  /* why nothing can be served; "": nothing known */

    struct hsm_outstanding outstanding;
};

/* Runs until SIGTERM; returns the exit code. Takes the configuration's text
 * as the worker shall see it. */
int hsm_supervisor_main(const char *config_path);

/* Reads the configuration and the anchors it names, resolves its users. */
STATUS hsm_supervisor_check(const char *config_path, struct reason *why);

/* Parts, each in its own file. `now` is monotonic milliseconds. */

/* generation.c: the worker's life. */
void hsm_generation_start(struct hsm_supervisor *s, uint64_t now);
void hsm_generation_event(struct hsm_supervisor *s, short events, uint64_t now);
void hsm_generation_reap(struct hsm_supervisor *s, uint64_t now);
void hsm_generation_tend(struct hsm_supervisor *s, uint64_t now);
void hsm_generation_unlatch(struct hsm_supervisor *s, uint64_t now);

/* relay.c: the broker's connection and the answers. */
void hsm_relay_accept(struct hsm_supervisor *s);
void hsm_relay_event(struct hsm_supervisor *s, short events, uint64_t now);
void hsm_relay_send(struct hsm_supervisor *s, uint64_t now);
void hsm_relay_answer(struct hsm_supervisor *s, struct hsm_pending *job,
                      uint8_t code, struct bytes body);
void hsm_relay_fail_all(struct hsm_supervisor *s, const char *text);

#endif
