#include "platform/system.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static struct status failed_call(const char *call)
{
    return failure(errno == ENOENT ? STATUS_NOT_FOUND : STATUS_UNAVAILABLE,
                   call, (uint32_t)errno);
}

static bool exists(void *context, const char *path)
{
    (void)context;
    return access(path, F_OK) == 0;
}

/* Appends until the end; one byte more than fits says that there is more. */
static struct status read_all(int fd, struct buffer *out)
{
    unsigned char piece[4096];
    for (;;) {
        ssize_t len = read(fd, piece, sizeof(piece));
        if (len < 0 && errno == EINTR)
            continue;
        if (len < 0)
            return failed_call("read");
        if (len == 0)
            return OK;
        buffer_put(out, bytes_of(piece, (size_t)len));
        TRY(buffer_status(out));
    }
}

static struct status read_file(void *context, const char *path,
                               struct buffer *out)
{
    (void)context;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return failed_call("open");
    struct status s = read_all(fd, out);
    (void)close(fd);
    return s;
}

static struct status write_file(void *context, const char *path,
                                struct bytes contents)
{
    (void)context;
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return failed_call("open");
    struct status s = OK;
    ssize_t len = write(fd, contents.at, contents.len);
    if (len < 0)
        s = failed_call("write");
    else if ((size_t)len != contents.len)
        s = failure(STATUS_UNAVAILABLE, "write", EIO);
    if (close(fd) != 0 && !failed(s))
        s = failed_call("close");
    return s;
}

static struct status make_directory(void *context, const char *path)
{
    (void)context;
    return mkdir(path, 0700) == 0 ? OK : failed_call("mkdir");
}

static struct status remove_directory(void *context, const char *path)
{
    (void)context;
    return rmdir(path) == 0 ? OK : failed_call("rmdir");
}

/* As drivers/misc/nsm.c of the kernel has it: both runs of bytes, the second
 * with the length of what was answered. */
struct nsm_message {
    struct iovec request, answer;
};
#define NSM_IOCTL _IOWR(0x0a, 0, struct nsm_message)

static struct status ask_nsm(void *context, struct bytes request,
                             struct buffer *out)
{
    (void)context;
    unsigned char answer[PLATFORM_NSM_ANSWER_MAX];
    struct nsm_message message = {
        .request = { (void *)(uintptr_t)request.at, request.len },
        .answer = { answer, sizeof(answer) },
    };
    int fd = open(PLATFORM_NSM_DEVICE, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return failed_call("open");
    int result = ioctl(fd, NSM_IOCTL, &message);
    struct status s = result == 0 ? OK : failed_call("ioctl");
    (void)close(fd);
    TRY(s);
    if (message.answer.iov_len > sizeof(answer))
        return failure(STATUS_UNAVAILABLE, "ioctl", EMSGSIZE);
    buffer_put(out, bytes_of(answer, message.answer.iov_len));
    return buffer_status(out);
}

const struct platform_system platform_real_system = {
    .exists = exists,
    .read = read_file,
    .write = write_file,
    .make_directory = make_directory,
    .remove_directory = remove_directory,
    .nsm = ask_nsm,
};
