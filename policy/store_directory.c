#include "policy/store_directory.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/vfs.h>
#include <unistd.h>

/* Memory maps or locks that are not those of one machine. Numbers from
 * statfs(2); the ones without a name here are not in <linux/magic.h>. */
/* clang-format off */
static const struct {
    unsigned long type;
    const char *name;
} refused[] = {
    { NFS_SUPER_MAGIC,  "NFS"  },
    { SMB_SUPER_MAGIC,  "SMB"  },
    { 0xff534d42,       "CIFS" },
    { 0xfe534d42,       "SMB2" },
    { 0x65735546,       "FUSE" },
    { V9FS_MAGIC,       "9p"   },
    { CEPH_SUPER_MAGIC, "Ceph" },
    { AFS_SUPER_MAGIC,  "AFS"  },
    { CODA_SUPER_MAGIC, "Coda" },
    { NCP_SUPER_MAGIC,  "NCP"  },
    { 0x0bd00bd0,       "Lustre" },
};
/* clang-format on */

const char *store_refused_filesystem(long type)
{
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        if (refused[i].type == ((unsigned long)type & 0xffffffff))
            return refused[i].name;
    return NULL;
}

static struct status check_filesystem(int fd, const char *directory,
                                      struct reason *why)
{
    struct statfs about;
    if (fstatfs(fd, &about) != 0)
        return refuse(why, STATUS_UNAVAILABLE, "fstatfs",
                      "cannot tell what file system %s is on", directory);
    const char *name = store_refused_filesystem((long)about.f_type);
    if (name)
        return refuse(why, STATUS_INVALID, "fstatfs",
                      "%s is on %s: the store needs a local file system",
                      directory, name);
    return OK;
}

static struct status lock(int fd, const char *directory, struct reason *why)
{
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return OK;
    if (errno == EWOULDBLOCK)
        return refuse(why, STATUS_BUSY, "flock",
                      "%s is in use by another process", directory);
    return refuse(why, STATUS_UNAVAILABLE, "flock", "cannot lock %s",
                  directory);
}

struct status store_directory_open(const char *directory, int *out,
                                   struct reason *why)
{
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return refuse(why,
                      errno == ENOENT ? STATUS_NOT_FOUND : STATUS_UNAVAILABLE,
                      "open", "cannot open the directory %s: %s", directory,
                      errno == ENOENT    ? "it does not exist"
                      : errno == ENOTDIR ? "it is no directory"
                      : errno == EACCES  ? "permission denied"
                                         : "I/O error");
    struct status s = check_filesystem(fd, directory, why);
    if (!failed(s))
        s = lock(fd, directory, why);
    if (failed(s)) {
        (void)close(fd);
        return s;
    }
    *out = fd;
    return OK;
}
