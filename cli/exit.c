#include "cli/exit.h"

#include <stdio.h>

enum exit_code exit_of(enum status_code code)
{
    switch (code) {
    case STATUS_OK: return EXIT_OK;
    case STATUS_INVALID: return EXIT_ERROR;
    case STATUS_DENIED: return EXIT_DENIED;
    case STATUS_NOT_FOUND: return EXIT_NOT_FOUND;
    case STATUS_CONFLICT: return EXIT_CONFLICT;
    case STATUS_BUSY: return EXIT_UNAVAILABLE;
    case STATUS_UNAVAILABLE: return EXIT_UNAVAILABLE;
    case STATUS_CORRUPT: return EXIT_ERROR;
    case STATUS_NO_MEMORY: return EXIT_ERROR;
    }
    return EXIT_ERROR;
}

int exit_with(struct status s, const struct reason *why)
{
    if (failed(s))
        (void)fprintf(stderr, "accord: %s\n",
                      why && why->text[0] ? why->text : status_name(s.code));
    return (int)exit_of(s.code);
}
