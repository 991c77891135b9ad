/* workplace.h - the directory a program works in: memory only, seen by nobody
 * else where the kernel permits. For this folder only. */

#ifndef ENCLAVE_WORKPLACE_H
#define ENCLAVE_WORKPLACE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

#define WORKPLACE_PATH_MAX 256

struct workplace {
    char path[WORKPLACE_PATH_MAX]; /* "" when there is none */
    int fd;                        /* the directory         */
    bool mounted;                  /* a tmpfs of its own    */
};

/* Moves this process into a mount namespace of its own, if it may; before any
 * thread and before the process is made undumpable. */
bool workplace_isolate(void);

/* Makes the directory, 0700: a tmpfs when `isolated`, else a directory below
 * /dev/shm, or $TMPDIR, or /tmp. */
STATUS workplace_open(bool isolated, struct workplace *out, struct reason *why);

/* Bytes that may still be written. */
STATUS workplace_room(const struct workplace *place, uint64_t *out);

/* Removes it with all that is in it. */
void workplace_close(struct workplace *place);

#endif
