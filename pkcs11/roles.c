#include "pkcs11/roles.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

STATUS hsm_harden(void)
{
    const struct rlimit none = { 0, 0 };

    (void)umask(077);
    if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
        return failure(STATUS_UNAVAILABLE, "signal", (uint32_t)errno);
    if (setrlimit(RLIMIT_CORE, &none) != 0)
        return failure(STATUS_UNAVAILABLE, "setrlimit", (uint32_t)errno);
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 ||
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return failure(STATUS_UNAVAILABLE, "prctl", (uint32_t)errno);
    return OK;
}

STATUS hsm_role_read(int fd, struct buffer *out)
{
    unsigned char part[4096];
    ssize_t n;

    while ((n = read(fd, part, sizeof(part))) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return failure(STATUS_UNAVAILABLE, "read", (uint32_t)errno);
        buffer_put(out, bytes_of(part, (size_t)n));
        TRY(buffer_status(out));
    }
    (void)close(fd);
    return OK;
}

STATUS hsm_role_pin(int fd, struct secret **out)
{
    AUTO_FREE(secret) wide = NULL;
    AUTO_FREE(secret) pin = NULL;
    size_t len = 0;

    TRY(secret_new(HSM_PIN_MAX + 1, &wide));
    for (;;) {
        ssize_t n = read(fd, secret_fill(wide) + len, HSM_PIN_MAX + 1 - len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return failure(STATUS_UNAVAILABLE, "read", (uint32_t)errno);
        if (n == 0)
            break;
        len += (size_t)n;
        if (len > HSM_PIN_MAX)
            return failure(STATUS_INVALID, "PIN length", 0);
    }
    (void)close(fd);
    if (len == 0)
        return failure(STATUS_INVALID, "PIN length", 0);
    TRY(secret_new(len, &pin));
    memcpy(secret_fill(pin), secret_expose(wide).at, len);
    *out = TAKE(pin);
    return OK;
}

void hsm_say(const char *format, ...)
{
    char line[512];
    va_list arguments;

    va_start(arguments, format);
    int len = vsnprintf(line, sizeof(line) - 1, format, arguments);
    va_end(arguments);
    if (len < 0)
        return;
    if ((size_t)len > sizeof(line) - 2)
        len = (int)sizeof(line) - 2;
    line[len] = '\n';
    ssize_t ignored = write(STDERR_FILENO, line, (size_t)len + 1);
    (void)ignored; /* nowhere left to say that saying failed */
}
