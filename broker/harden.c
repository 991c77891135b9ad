#include "broker/harden.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/secret.h"

#define SECRET_HEAP ((size_t)4 * 1024 * 1024)

struct status harden(void)
{
    struct rlimit none = { 0, 0 }, files;
    (void)umask(077);
    if (setrlimit(RLIMIT_CORE, &none) != 0 ||
        prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 ||
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return failure(STATUS_UNAVAILABLE, "harden", (uint32_t)errno);
    if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
        return failure(STATUS_UNAVAILABLE, "signal", (uint32_t)errno);
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &files); /* fewer connections then */
    }
    return secret_heap_open(SECRET_HEAP);
}
