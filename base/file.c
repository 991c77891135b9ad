#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static struct status errno_status(const char *call)
{
    int e = errno;
    return failure(e == ENOENT ? STATUS_NOT_FOUND : STATUS_UNAVAILABLE, call,
                   (uint32_t)e);
}

static ssize_t read_again(int fd, void *to, size_t len)
{
    ssize_t got;
    do
        got = read(fd, to, len);
    while (got < 0 && errno == EINTR);
    return got;
}

static struct status read_all(int fd, struct buffer *out)
{
    unsigned char chunk[4096];
    for (;;) {
        ssize_t got = read_again(fd, chunk, sizeof(chunk));
        if (got < 0)
            return errno_status("read");
        if (got == 0)
            return buffer_status(out);
        buffer_put(out, bytes_of(chunk, (size_t)got));
        TRY(buffer_status(out));
    }
}

struct status file_read(const char *path, struct buffer *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno_status("open");
    struct status read = read_all(fd, out);
    (void)close(fd);
    return read;
}

static struct status read_secret(int fd, size_t max, struct secret **out,
                                 size_t *len)
{
    struct stat about;
    if (fstat(fd, &about) != 0)
        return errno_status("fstat");
    if (about.st_mode & 077)
        return failure(STATUS_DENIED, "file_read_secret", 0);

    AUTO_FREE(secret) whole = NULL;
    TRY(secret_new(max + 1, &whole));
    size_t have = 0;
    for (ssize_t got = 1; got != 0 && have < max + 1; have += (size_t)got) {
        got = read_again(fd, secret_fill(whole) + have, max + 1 - have);
        if (got < 0)
            return errno_status("read");
    }
    if (have > max)
        return failure(STATUS_INVALID, "file_read_secret", 0);
    *len = have;
    *out = TAKE(whole);
    return OK;
}

struct status file_read_secret(const char *path, size_t max, bool line,
                               struct secret **out)
{
    AUTO_FREE(secret) whole = NULL;
    AUTO_FREE(secret) exact = NULL;
    size_t len = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno_status("open");
    struct status got = read_secret(fd, max, &whole, &len);
    (void)close(fd);
    TRY(got);

    struct bytes contents = secret_expose(whole);
    if (line && len > 0 && contents.at[len - 1] == '\n')
        len--;
    TRY(secret_new(len, &exact));
    if (len > 0)
        memcpy(secret_fill(exact), contents.at, len);
    *out = TAKE(exact);
    return OK;
}

static struct status write_all(int fd, struct bytes contents)
{
    while (contents.len > 0) {
        ssize_t put = write(fd, contents.at, contents.len);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return errno_status("write");
        contents = bytes_of(contents.at + put, contents.len - (size_t)put);
    }
    return fsync(fd) == 0 ? OK : errno_status("fsync");
}

static struct status sync_directory_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    char directory[4096] = ".";
    if (slash)
        (void)snprintf(directory, sizeof(directory), "%.*s",
                       slash == path ? 1 : (int)(slash - path), path);
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno_status("open");
    struct status synced = fsync(fd) == 0 ? OK : errno_status("fsync");
    (void)close(fd);
    return synced;
}

struct status file_write(const char *path, struct bytes contents, mode_t mode)
{
    char temporary[4096];
    int len = snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path);
    if (len < 0 || (size_t)len >= sizeof(temporary))
        return failure(STATUS_INVALID, "file_write", 0);

    int fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0)
        return errno_status("mkostemp");
    /* First the mode, so that what is synced has it. */
    struct status done = fchmod(fd, mode) == 0 ? write_all(fd, contents)
                                               : errno_status("fchmod");
    (void)close(fd);
    if (!failed(done) && rename(temporary, path) != 0)
        done = errno_status("rename");
    if (failed(done)) {
        (void)unlink(temporary);
        return done;
    }
    return sync_directory_of(path);
}

struct status file_make_directory(const char *path, mode_t mode)
{
    struct stat about;
    if (mkdir(path, mode) == 0)
        return OK;
    if (errno != EEXIST || stat(path, &about) != 0)
        return errno_status("mkdir");
    return S_ISDIR(about.st_mode)
               ? OK
               : failure(STATUS_CONFLICT, "file_make_directory", ENOTDIR);
}
