/* app.h - running the program: nothing but its work directory, no network, no
 * new privileges. For this folder only. */

#ifndef ENCLAVE_APP_H
#define ENCLAVE_APP_H

#include <stdbool.h>

#include "base/hash.h"
#include "base/status.h"

struct app {
    const char *program;    /* absolute path                           */
    char *const *arguments; /* NULL-terminated, its name first         */
    const char *directory;  /* becomes its current and home directory  */
    struct hash configuration;
    bool network; /* true: it keeps the network of its machine */
};

/* Runs it to its end, passing SIGINT and SIGTERM on, and ends what it left
 * behind in its process group. *exit_code is its own, or 128 + the signal
 * that ended it. *offline tells whether it really had no network.
 * STATUS_UNAVAILABLE with a reason when it could not be started. */
STATUS app_run(const struct app *app, int *exit_code, bool *offline,
               struct reason *why);

#endif
