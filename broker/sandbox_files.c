/* sandbox_files.c - Landlock. Debian 12's C library has no wrappers for it,
 * and its headers know version 2 only; the numbers are landlock(7)'s. */

#include "broker/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TRUNCATE    (1ULL << 14) /* version 3 */
#define CONNECT_TCP (1ULL << 1)  /* version 4 */

#define READING (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define WRITING                                                                \
    (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |           \
     LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR |           \
     LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |               \
     LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |             \
     LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM)
/* What the store and the operator's socket need of it. */
#define KEEPING                                                                \
    (READING | LANDLOCK_ACCESS_FS_WRITE_FILE |                                 \
     LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG |            \
     LANDLOCK_ACCESS_FS_MAKE_SOCK)

/* struct landlock_ruleset_attr as version 4 has it. */
struct ruleset {
    uint64_t files, network;
};

/* Read late, if at all: seeds, libcrypto's modules and configuration, the
 * number of cores, this process's own figures. */
static const char *const readable[] = {
    "/dev/urandom", "/dev/random",  "/etc/ssl",
    "/usr/lib",     "/usr/lib64",   "/usr/share/zoneinfo",
    "/proc/self",   "/proc/sys/vm", "/sys/devices/system/cpu",
};

static struct status no(struct reason *why, const char *what, const char *path)
{
    int error = errno;
    struct status s = refuse(
        why, STATUS_UNAVAILABLE, what,
        "sandbox: the kernel refuses the rule for %s (errno %d)", path, error);
    s.detail = (uint32_t)error;
    return s;
}

static struct status allow(int rules, const char *path, uint64_t access,
                           struct reason *why)
{
    struct landlock_path_beneath_attr rule = { .allowed_access = access };
    struct stat about;
    rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
    if (rule.parent_fd < 0)
        return no(why, "open", path);
    if (fstat(rule.parent_fd, &about) == 0 && !S_ISDIR(about.st_mode))
        rule.allowed_access &= ~(uint64_t)LANDLOCK_ACCESS_FS_READ_DIR;
    struct status s = OK;
    if (syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule,
                0) != 0)
        s = no(why, "landlock_add_rule", path);
    (void)close(rule.parent_fd);
    return s;
}

static struct status allow_all(int rules, const char *const *writable,
                               size_t count, const char *kept, int version,
                               struct reason *why)
{
    uint64_t keeping = KEEPING | (version >= 3 ? TRUNCATE : 0);
    for (size_t i = 0; i < sizeof(readable) / sizeof(readable[0]); i++)
        if (access(readable[i], F_OK) == 0)
            TRY(allow(rules, readable[i], READING, why));
    if (kept)
        TRY(allow(rules, kept, READING, why));
    for (size_t i = 0; i < count; i++)
        TRY(allow(rules, writable[i], keeping, why));
    return OK;
}

static struct status open_rules(int version, int *out, struct reason *why)
{
    const struct ruleset rules = {
        .files = READING | WRITING | LANDLOCK_ACCESS_FS_EXECUTE |
                 (version >= 2 ? LANDLOCK_ACCESS_FS_REFER : 0) |
                 (version >= 3 ? TRUNCATE : 0),
        .network = CONNECT_TCP,
    };
    size_t size = version >= 4 ? sizeof(rules) : sizeof(rules.files);
    long fd = syscall(SYS_landlock_create_ruleset, &rules, size, 0);
    if (fd < 0)
        return no(why, "landlock_create_ruleset", "files");
    *out = (int)fd;
    return OK;
}

struct status sandbox_files(const char *const *writable, size_t count,
                            const char *kept, int *version, struct reason *why)
{
    long found = syscall(SYS_landlock_create_ruleset, NULL, 0,
                         LANDLOCK_CREATE_RULESET_VERSION);
    int rules = -1;
    if (found <= 0) { /* not built in, or not switched on */
        *version = 0;
        return OK;
    }
    TRY(open_rules((int)found, &rules, why));
    struct status s = allow_all(rules, writable, count, kept, (int)found, why);
    if (!failed(s) && syscall(SYS_landlock_restrict_self, rules, 0) != 0)
        s = no(why, "landlock_restrict_self", "files");
    (void)close(rules);
    if (!failed(s))
        *version = (int)found;
    return s;
}
