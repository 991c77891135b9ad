/* arguments.h - accord-enclave's command line. For this folder only. */

#ifndef ENCLAVE_ARGUMENTS_H
#define ENCLAVE_ARGUMENTS_H

#include "enclave/accord.h"

#include "base/status.h"

struct arguments {
    enum { ARGUMENTS_RUN, ARGUMENTS_MEASURE, ARGUMENTS_HELP } verb;
    struct accord_options options;    /* of RUN */
    const char *receipts;             /* NULL: not written */
    const char *pause_before_release; /* NULL: no pause    */
    bool network, quiet;
    char **app; /* NULL-terminated: APP [ARG...] */
};

extern const char arguments_usage[];

/* STATUS_INVALID with a reason that names the argument. Everything is
 * borrowed from argv. */
STATUS arguments_read(int argc, char **argv, struct arguments *out,
                      struct reason *why);

#endif
