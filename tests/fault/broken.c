/* broken.c - preloaded: what a test cannot do to a disk by other means.
 *
 * $ACCORD_BROKEN is "room" (no file system has any left), or a path that
 * nothing can be renamed to. */

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

static int is_broken(const char *what)
{
    const char *broken = getenv("ACCORD_BROKEN");
    return broken && strcmp(broken, what) == 0;
}

__attribute__((visibility("default"))) int rename(const char *from,
                                                  const char *to);
int rename(const char *from, const char *to)
{
    static int (*next)(const char *, const char *);
    if (is_broken(to)) {
        errno = ENOSPC;
        return -1;
    }
    if (!next)
        *(void **)&next = dlsym(RTLD_NEXT, "rename");
    return next(from, to);
}

__attribute__((visibility("default"))) int fstatvfs(int fd,
                                                    struct statvfs *out);
int fstatvfs(int fd, struct statvfs *out)
{
    static int (*next)(int, struct statvfs *);
    if (!next)
        *(void **)&next = dlsym(RTLD_NEXT, "fstatvfs");
    int rc = next(fd, out);
    if (rc == 0 && is_broken("room"))
        out->f_bavail = 0;
    return rc;
}
