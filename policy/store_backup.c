/* store_backup.c - a copy of a store that may be in use by another process.
 * Nothing is decrypted: neither key nor HSM is at hand. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "policy/store_private.h"

#define PATH_LEN 4096
#define SALT_MAX 256

struct backup {
    const char *from, *to;
    struct reason *why;
};

static struct status join(const struct backup *b, const char *directory,
                          const char *name, char out[static PATH_LEN])
{
    int len = snprintf(out, PATH_LEN, "%s/%s", directory, name);
    if (len < 0 || len >= PATH_LEN)
        return refuse(b->why, STATUS_INVALID, "backup",
                      "the directory's name is too long");
    return OK;
}

static struct status no_write(const struct backup *b, const char *what,
                              uint32_t detail)
{
    status_ignore(refuse(b->why, STATUS_UNAVAILABLE, what,
                         "cannot write %s: %s", b->to,
                         mdb_strerror((int)detail)));
    return failure(STATUS_UNAVAILABLE, what, detail);
}

/* LMDB would make an empty one of a name that is wrong. */
static struct status expect(const struct backup *b, const char *name)
{
    char path[PATH_LEN];
    TRY(join(b, b->from, name, path));
    if (access(path, R_OK) == 0)
        return OK;
    if (errno == ENOENT || errno == ENOTDIR)
        return refuse(b->why, STATUS_NOT_FOUND, "backup",
                      "there is no store in %s: %s is missing", b->from, name);
    return refuse(b->why, STATUS_UNAVAILABLE, "backup", "cannot read %s: %s",
                  path, mdb_strerror(errno));
}

/* The reader's slot in lock.mdb keeps the pages it sees from being reused
 * while it copies; it needs no other lock. */
static struct status open_reader(const struct backup *b, MDB_env **out)
{
    MDB_env *env = NULL;
    TRY(CALL(mdb_env_create, &env));
    struct status s =
        CALL(mdb_env_open, env, b->from, MDB_RDONLY | MDB_NOTLS, 0600);
    if (failed(s)) {
        mdb_env_close(env);
        status_ignore(refuse(b->why, s.code, s.origin,
                             "cannot open the store in %s: %s", b->from,
                             mdb_strerror((int)s.detail)));
        return s;
    }
    *out = env;
    return OK;
}

static struct status copy_into(const struct backup *b, MDB_env *env, int fd)
{
    struct status s = CALL(mdb_env_copyfd2, env, fd, MDB_CP_COMPACT);
    if (failed(s))
        return no_write(b, s.origin, s.detail);
    if (fsync(fd) != 0)
        return no_write(b, "fsync", (uint32_t)errno);
    return OK;
}

static struct status copy_records(const struct backup *b)
{
    char path[PATH_LEN];
    MDB_env *env = NULL;
    TRY(join(b, b->to, "data.mdb", path));
    TRY(open_reader(b, &env));
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    struct status s =
        fd < 0 ? no_write(b, "open", (uint32_t)errno) : copy_into(b, env, fd);
    if (fd >= 0 && close(fd) != 0 && !failed(s))
        s = no_write(b, "close", (uint32_t)errno);
    mdb_env_close(env);
    return s;
}

static struct status copy_salt(const struct backup *b)
{
    char from[PATH_LEN], to[PATH_LEN];
    AUTO_CLEAR_BUFFER salt = buffer_make(SALT_MAX);
    TRY(join(b, b->from, "salt", from));
    TRY(join(b, b->to, "salt", to));
    struct status s = file_read(from, &salt);
    if (failed(s))
        return refuse(b->why, s.code, "salt", "cannot read %s", from);
    s = file_write(to, buffer_bytes(&salt), 0600); /* syncs the directory */
    return failed(s) ? no_write(b, "salt", s.detail) : OK;
}

/* Only what this call made: the directory did not exist before it. */
static void take_away(const struct backup *b)
{
    char path[PATH_LEN];
    if (!failed(join(b, b->to, "data.mdb", path)))
        (void)unlink(path);
    if (!failed(join(b, b->to, "salt", path)))
        (void)unlink(path);
    (void)rmdir(b->to);
}

struct status policy_backup(const char *directory, const char *to,
                            struct reason *why)
{
    const struct backup b = { directory, to, why };
    TRY(expect(&b, "data.mdb"));
    TRY(expect(&b, "salt"));
    if (mkdir(to, 0700) != 0)
        return errno == EEXIST
                   ? refuse(why, STATUS_CONFLICT, "backup",
                            "%s exists already: a backup never overwrites", to)
                   : no_write(&b, "mkdir", (uint32_t)errno);
    struct status s = copy_records(&b);
    if (!failed(s))
        s = copy_salt(&b);
    if (failed(s))
        take_away(&b);
    return s;
}
