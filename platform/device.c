#include "platform/device.h"

struct status device_refuse(struct reason *why, struct status s,
                            const char *provider, const char *what,
                            const char *path)
{
    const char *cause = s.code == STATUS_INVALID ? "it is too long"
                        : s.detail               ? strerror((int)s.detail)
                                                 : status_name(s.code);
    enum status_code code =
        s.code == STATUS_NOT_FOUND ? STATUS_UNAVAILABLE : s.code;
    return refuse(why, code, provider, "%s: cannot %s %s: %s", provider, what,
                  path, cause);
}

struct status device_read(const struct platform_system *system,
                          const char *provider, const char *path,
                          struct buffer *out, struct reason *why)
{
    size_t before = out->len;
    struct status s = system->read(system->context, path, out);
    if (failed(s))
        return device_refuse(why, s, provider, "read", path);
    if (out->len == before)
        return refuse(why, STATUS_INVALID, provider, "%s: %s is empty",
                      provider, path);
    return OK;
}

struct status device_write(const struct platform_system *system,
                           const char *provider, const char *path,
                           struct bytes contents, struct reason *why)
{
    struct status s = system->write(system->context, path, contents);
    return failed(s) ? device_refuse(why, s, provider, "write", path) : OK;
}
