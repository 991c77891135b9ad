/* spawn.h - one generation: a worker and its verifier, made by fork and exec
 * of this same program with nothing in between. */

#ifndef PKCS11_SPAWN_H
#define PKCS11_SPAWN_H

#include <sys/types.h>

#include "base/buffer.h"
#include "base/secret.h"

struct hsm_generation {
    pid_t worker;   /* 0: none */
    pid_t verifier; /* 0: none */
    int jobs;       /* our end of the worker's socket; the caller's to close */
};

/* What the supervisor leaves to its children. */
struct hsm_estate {
    struct bytes config;      /* text: the worker's      */
    const struct secret *pin; /* the worker's            */
    struct bytes anchors;     /* structs: the verifier's */
    int lock;                 /* descriptor: the worker's, so that no other
                                 supervisor starts beside it */
};

/* Each part goes through a descriptor of its own. On failure nothing runs. */
STATUS hsm_spawn(const struct hsm_estate *estate, struct hsm_generation *out);

#endif
