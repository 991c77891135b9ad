#include "broker/harden.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/secret.h"

#define SECRET_HEAP ((size_t)4 * 1024 * 1024)

/* The store is a mapped file: whoever reads where there is no disk any more
 * gets no error, but this. */
static void say_where(int signal_number)
{
    static const char said[] =
        "accordd: a part of the store's file is not there or cannot be read: "
        "look at the disk, restore the store from a backup\n";
    ssize_t unused = write(STDERR_FILENO, said, sizeof(said) - 1);
    (void)unused;
    (void)signal(signal_number, SIG_DFL);
    (void)raise(signal_number);
}

struct status harden(void)
{
    struct rlimit none = { 0, 0 }, files;
    (void)umask(077);
    if (setrlimit(RLIMIT_CORE, &none) != 0 ||
        prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 ||
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return failure(STATUS_UNAVAILABLE, "harden", (uint32_t)errno);
    if (signal(SIGPIPE, SIG_IGN) == SIG_ERR ||
        signal(SIGBUS, say_where) == SIG_ERR)
        return failure(STATUS_UNAVAILABLE, "signal", (uint32_t)errno);
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &files); /* fewer connections then */
    }
    return secret_heap_open(SECRET_HEAP);
}
