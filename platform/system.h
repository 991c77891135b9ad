/* system.h - the system as providers of evidence see it: a struct of
 * functions, so that a test can be any machine.
 *
 * Each fails with its own call's errno as detail; STATUS_NOT_FOUND for ENOENT,
 * else STATUS_UNAVAILABLE. */

#ifndef PLATFORM_SYSTEM_H
#define PLATFORM_SYSTEM_H

#include "base/buffer.h"

struct platform_system {
    void *context;

    bool (*exists)(void *context, const char *path);

    /* Appends the whole file; STATUS_INVALID when it is longer than the room
     * left in `out`. Believes no file size. */
    STATUS (*read)(void *context, const char *path, struct buffer *out);

    /* Into a file that exists, in one piece. */
    STATUS (*write)(void *context, const char *path, struct bytes contents);

    STATUS (*make_directory)(void *context, const char *path);
    STATUS (*remove_directory)(void *context, const char *path);

    /* One request to the Nitro Secure Module, CBOR; appends its answer of at
     * most PLATFORM_NSM_ANSWER_MAX bytes. */
    STATUS (*nsm)(void *context, struct bytes request, struct buffer *answer);
};

#define PLATFORM_NSM_DEVICE     "/dev/nsm"
#define PLATFORM_NSM_ANSWER_MAX 0x3000

/* The one that is there. */
extern const struct platform_system platform_real_system;

#endif
