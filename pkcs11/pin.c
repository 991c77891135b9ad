#include "pkcs11/pin.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "pkcs11/roles.h"

STATUS hsm_pin_read_file(const char *path, struct secret **out,
                         struct reason *why)
{
    AUTO_FREE(secret) pin = NULL;

    struct status s = file_read_secret(path, HSM_PIN_MAX, true, &pin);
    if (s.code == STATUS_DENIED)
        return refuse(why, s.code, s.origin,
                      "the PIN file %s can be read by others: chmod 0400",
                      path);
    if (failed(s))
        return refuse(why, s.code, s.origin, "cannot read the PIN file %s (%s)",
                      path, status_name(s.code));
    if (secret_expose(pin).len == 0)
        return refuse(why, STATUS_INVALID, "pin", "the PIN file %s is empty",
                      path);
    *out = TAKE(pin);
    return OK;
}

STATUS hsm_pin_read(const struct hsm_settings *settings, struct secret **out,
                    struct reason *why)
{
    char path[HSM_PATH_MAX];
    const char *directory = getenv("CREDENTIALS_DIRECTORY");

    if (settings->pin_file[0])
        return hsm_pin_read_file(settings->pin_file, out, why);
    if (!directory || directory[0] != '/')
        return refuse(why, STATUS_NOT_FOUND, "pin",
                      "token.pin_file is not set and there is no "
                      "$CREDENTIALS_DIRECTORY: where is the PIN?");
    int len = snprintf(path, sizeof(path), "%s/pin", directory);
    if (len < 0 || (size_t)len >= sizeof(path))
        return failure(STATUS_INVALID, "CREDENTIALS_DIRECTORY", 0);
    return hsm_pin_read_file(path, out, why);
}
