#include "cli/exit.h"

#include <stdio.h>
#include <string.h>

static const char *const attestation[] = { "evidence", "build", "identity" };
#define ATTESTATION_COUNT (sizeof(attestation) / sizeof(attestation[0]))

const char *exit_origin(const char *code)
{
    for (size_t i = 0; code && i < ATTESTATION_COUNT; i++)
        if (strcmp(code, attestation[i]) == 0)
            return attestation[i];
    return "broker";
}

static bool is_about_evidence(const char *origin)
{
    return origin && strcmp(exit_origin(origin), "broker") != 0;
}

enum exit_code exit_of(struct status s)
{
    if (failed(s) && s.origin && strcmp(s.origin, "pending") == 0)
        return EXIT_PENDING;
    switch (s.code) {
    case STATUS_OK: return EXIT_OK;
    case STATUS_INVALID: return EXIT_ERROR;
    case STATUS_DENIED:
        return is_about_evidence(s.origin) ? EXIT_ATTESTATION : EXIT_DENIED;
    case STATUS_NOT_FOUND: return EXIT_NOT_FOUND;
    case STATUS_CONFLICT: return EXIT_CONFLICT;
    case STATUS_BUSY: return EXIT_UNAVAILABLE;
    case STATUS_UNAVAILABLE: return EXIT_UNAVAILABLE;
    case STATUS_CORRUPT:
        return is_about_evidence(s.origin) ? EXIT_ATTESTATION : EXIT_ERROR;
    case STATUS_NO_MEMORY: return EXIT_ERROR;
    }
    return EXIT_ERROR;
}

int exit_with(struct status s, const struct reason *why)
{
    if (failed(s))
        (void)fprintf(stderr, "accord: %s\n",
                      why && why->text[0] ? why->text : status_name(s.code));
    return (int)exit_of(s);
}
