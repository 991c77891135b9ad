#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>

const char *status_name(enum status_code code)
{
    switch (code) {
    case STATUS_OK: return "ok";
    case STATUS_INVALID: return "invalid";
    case STATUS_DENIED: return "denied";
    case STATUS_NOT_FOUND: return "not-found";
    case STATUS_CONFLICT: return "conflict";
    case STATUS_BUSY: return "busy";
    case STATUS_UNAVAILABLE: return "unavailable";
    case STATUS_CORRUPT: return "corrupt";
    case STATUS_NO_MEMORY: return "no-memory";
    }
    return "unknown";
}

struct status refuse(struct reason *why, enum status_code code,
                     const char *origin, const char *format, ...)
{
    if (why) {
        va_list arguments;
        va_start(arguments, format);
        (void)vsnprintf(why->text, sizeof(why->text), format, arguments);
        va_end(arguments);
    }
    return failure(code, origin, 0);
}
