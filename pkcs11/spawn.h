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

/* The worker gets the configuration's text and the PIN, the verifier the
 * anchors, each through a descriptor of its own. On failure nothing runs. */
STATUS hsm_spawn(struct bytes config, const struct secret *pin,
                 struct bytes anchors, struct hsm_generation *out);

#endif
