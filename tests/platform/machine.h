/* machine.h - a machine in memory: files that answer what a test wants, a
 * Nitro Secure Module, and any one call that fails. */

#ifndef TESTS_PLATFORM_MACHINE_H
#define TESTS_PLATFORM_MACHINE_H

#include "platform/platform.h"

#define MACHINE_FILES 8

struct machine_file {
    const char *path; /* without the entry's name; NULL: free */
    struct bytes contents;
};

struct machine {
    struct machine_file files[MACHINE_FILES];
    const char *exists;       /* the one path that is there, besides files */
    unsigned long generation; /* of the tsm entry: counts writes */
    bool meddled;             /* somebody else writes as well */

    unsigned calls, fail_at; /* the fail_at-th call fails; 0: none */
    int fail_errno;

    struct buffer written; /* everything, one write behind the other */
    unsigned writes, made, removed;
    char entry[128];       /* the directory that was made last */
    struct buffer request; /* to the module */
    struct bytes answer;   /* by the module */

    struct platform_system system;
};

void machine_init(struct machine *machine);
void machine_clear(struct machine *machine);

#define AUTO_MACHINE __attribute__((cleanup(machine_clear))) struct machine

/* Adds a file; for entries of configfs the path after their name. */
void machine_put(struct machine *machine, const char *path,
                 struct bytes contents);

#endif
