#include "enclave/workplace.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

static bool write_text(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    size_t len = strlen(text);
    bool written = write(fd, text, len) == (ssize_t)len;
    return close(fd) == 0 && written;
}

/* Without privileges: a user namespace in which this user is itself. */
static bool isolate_as_user(void)
{
    char users[64], groups[64];
    unsigned uid = getuid(), gid = getgid();
    (void)snprintf(users, sizeof(users), "%u %u 1", uid, uid);
    (void)snprintf(groups, sizeof(groups), "%u %u 1", gid, gid);
    return unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 &&
           write_text("/proc/self/setgroups", "deny") &&
           write_text("/proc/self/uid_map", users) &&
           write_text("/proc/self/gid_map", groups);
}

bool workplace_isolate(void)
{
    if (unshare(CLONE_NEWNS) != 0 && !isolate_as_user())
        return false;
    return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
}

static bool make_below(const char *parent, struct workplace *out)
{
    if (!parent || parent[0] != '/')
        return false;
    int len =
        snprintf(out->path, sizeof(out->path), "%s/accord-work-XXXXXX", parent);
    return len > 0 && (size_t)len < sizeof(out->path) && mkdtemp(out->path);
}

static bool make_directory(bool isolated, struct workplace *out)
{
    return (!isolated && make_below("/dev/shm", out)) ||
           make_below(getenv("TMPDIR"), out) || make_below("/tmp", out);
}

struct status workplace_open(bool isolated, struct workplace *out,
                             struct reason *why)
{
    *out = (struct workplace){ .fd = -1 };
    if (!make_directory(isolated, out)) {
        out->path[0] = '\0';
        return refuse(why, STATUS_UNAVAILABLE, "mkdtemp",
                      "cannot make a work directory: %s", strerror(errno));
    }
    out->mounted = isolated && mount("tmpfs", out->path, "tmpfs",
                                     MS_NOSUID | MS_NODEV, "mode=0700") == 0;
    out->fd = open(out->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (out->fd >= 0)
        return OK;
    int error = errno;
    workplace_close(out);
    return refuse(why, STATUS_UNAVAILABLE, "open",
                  "cannot open the work directory: %s", strerror(error));
}

struct status workplace_room(const struct workplace *place, uint64_t *out)
{
    struct statvfs at;
    if (fstatvfs(place->fd, &at) != 0)
        return failure(STATUS_UNAVAILABLE, "fstatvfs", (uint32_t)errno);
    *out = (uint64_t)at.f_bavail * at.f_frsize;
    return OK;
}

static int remove_one(const char *path, const struct stat *st, int flag,
                      struct FTW *where)
{
    (void)st;
    (void)flag;
    (void)where;
    return remove(path) == 0 || errno == EBUSY ? 0 : -1;
}

void workplace_close(struct workplace *place)
{
    if (!place->path[0])
        return;
    if (place->fd >= 0)
        (void)close(place->fd);
    if (place->mounted) /* what is in it goes with it */
        (void)umount2(place->path, MNT_DETACH);
    (void)nftw(place->path, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
    *place = (struct workplace){ .fd = -1 };
}
