/* exit.h - how the program ends, for scripts: one table of codes. */

#ifndef CLI_EXIT_H
#define CLI_EXIT_H

#include "base/status.h"

enum exit_code {
    EXIT_OK = 0,
    EXIT_ERROR = 1,
    EXIT_USAGE = 2,
    EXIT_DENIED = 3,
    EXIT_NOT_FOUND = 4,
    EXIT_CONFLICT = 5,
    EXIT_PENDING = 6,     /* waiting for somebody's approval     */
    EXIT_ATTESTATION = 7, /* evidence was refused                */
    EXIT_UNAVAILABLE = 8, /* server or HSM away: try again       */
};

/* The code decides, but for two origins that say more: "pending", and
 * "evidence", "build", "identity" (the decision's codes) of a STATUS_DENIED
 * or STATUS_CORRUPT. */
enum exit_code exit_of(struct status s);

/* The decision's code as one of those origins; "broker" for any other. */
const char *exit_origin(const char *code);

/* Prints "accord: reason" on standard error and returns the exit code. */
int exit_with(struct status s, const struct reason *why);

#endif
