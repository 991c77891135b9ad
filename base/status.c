#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

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

/* A cut must not leave half a character behind: the sentence goes into JSON. */
static void drop_half_character(char *text)
{
    size_t len = strlen(text), back = 0;
    while (back < 3 && back < len &&
           ((unsigned char)text[len - 1 - back] & 0xc0) == 0x80)
        back++;
    if (back == len)
        return;
    unsigned char first = (unsigned char)text[len - 1 - back];
    size_t wants = first >= 0xf0   ? 3
                   : first >= 0xe0 ? 2
                   : first >= 0xc0 ? 1
                                   : 0;
    if (wants > back)
        text[len - 1 - back] = '\0';
}

static void write_reason(struct reason *why, const char *format, va_list list)
    __attribute__((format(printf, 2, 0)));
static void write_reason(struct reason *why, const char *format, va_list list)
{
    if (!why)
        return;
    (void)vsnprintf(why->text, sizeof(why->text), format, list);
    drop_half_character(why->text);
}

struct status refuse(struct reason *why, enum status_code code,
                     const char *origin, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    write_reason(why, format, arguments);
    va_end(arguments);
    return failure(code, origin, 0);
}

struct status refuse_for(struct status because, struct reason *why,
                         enum status_code code, const char *origin,
                         const char *format, ...)
{
    if (is_wanting(because))
        return because;
    va_list arguments;
    va_start(arguments, format);
    write_reason(why, format, arguments);
    va_end(arguments);
    return failure(code, origin, 0);
}
