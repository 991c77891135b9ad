/* progress.h - a bar on a terminal, nothing elsewhere. */

#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    const char *what;
    uint64_t total, done;
    unsigned shown; /* percent */
    bool terminal;
};

/* Begins for `total` bytes (0: unknown) of `what`. */
void progress_begin(struct progress *progress, const char *what,
                    uint64_t total);
void progress_add(struct progress *progress, uint64_t bytes);
void progress_end(struct progress *progress);

#endif
