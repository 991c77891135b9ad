/* device.h - what providers share. Private to platform/. */

#ifndef PLATFORM_DEVICE_H
#define PLATFORM_DEVICE_H

#include "platform/platform.h"

/* "<provider>: cannot <what> <path>: <why>", with the status's own code. */
STATUS device_refuse(struct reason *why, struct status s, const char *provider,
                     const char *what, const char *path);

/* Reads with such a reason; at least one byte. */
STATUS device_read(const struct platform_system *system, const char *provider,
                   const char *path, struct buffer *out, struct reason *why);

STATUS device_write(const struct platform_system *system, const char *provider,
                    const char *path, struct bytes contents,
                    struct reason *why);

#endif
