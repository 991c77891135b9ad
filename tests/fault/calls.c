/* calls.c - preloaded: the n-th call of the system that may fail so fails.
 *
 * $ACCORD_CALLS names a file of struct control that the test and every
 * process of the program map. Only what the manual pages say can happen does:
 * each function has the errors it may meet. */

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

struct control {
    _Atomic int64_t after; /* calls that go well first; negative: all do   */
    _Atomic int64_t times; /* calls that fail then                         */
    _Atomic int64_t error; /* errno                                        */
    _Atomic int64_t seen;  /* calls that might have failed so, since armed */
    _Atomic int64_t struck;
};

static struct control *control;

enum { IO = 1, FULL = 2, SIGNAL = 4, FILES = 8, MEMORY = 16 };

static int bit_of(int64_t error)
{
    switch (error) {
    case EIO: return IO;
    case ENOSPC: return FULL;
    case EINTR: return SIGNAL;
    case EMFILE: return FILES;
    case ENOMEM: return MEMORY;
    default: return 0;
    }
}

/* A disk can be full; a socket cannot. */
static int on(int fd, int may)
{
    struct stat about;
    return control && fstat(fd, &about) == 0 && S_ISREG(about.st_mode)
               ? may
               : may & ~FULL;
}

/* True, with errno set, when this call is to fail. */
static bool strikes(int may)
{
    if (!control || atomic_load(&control->after) < 0)
        return false;
    int64_t error = atomic_load(&control->error);
    if (!(bit_of(error) & may))
        return false;
    atomic_fetch_add(&control->seen, 1);
    int64_t left = atomic_load(&control->after);
    while (left > 0)
        if (atomic_compare_exchange_weak(&control->after, &left, left - 1))
            return false;
    if (left < 0 || atomic_fetch_sub(&control->times, 1) <= 0)
        return false;
    atomic_fetch_add(&control->struck, 1);
    errno = (int)error;
    return true;
}

__attribute__((constructor)) static void map_control(void)
{
    const char *path = getenv("ACCORD_CALLS");
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    void *at =
        mmap(NULL, sizeof(*control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    (void)close(fd);
    if (at != MAP_FAILED)
        control = at;
}

/* CALL(result, bad, may, name, (parameters), (arguments)) */
#define CALL(result, bad, may, name, parameters, arguments)                    \
    __attribute__((visibility("default"))) result name parameters;             \
    result name parameters                                                     \
    {                                                                          \
        static result(*next) parameters;                                       \
        if (strikes(may))                                                      \
            return bad;                                                        \
        if (!next)                                                             \
            *(void **)&next = dlsym(RTLD_NEXT, #name);                         \
        return next arguments;                                                 \
    }

#define READING (IO | SIGNAL)
#define WRITING (IO | FULL | SIGNAL)
#define OPENING (IO | FULL | SIGNAL | FILES | MEMORY)
#define NETWORK (SIGNAL | MEMORY)

CALL(ssize_t, -1, READING, read, (int f, void *b, size_t n), (f, b, n))
CALL(ssize_t, -1, READING, __read_chk, (int f, void *b, size_t n, size_t m),
     (f, b, n, m))
CALL(ssize_t, -1, READING, pread64, (int f, void *b, size_t n, off_t o),
     (f, b, n, o))
CALL(ssize_t, -1, READING, readv, (int f, const struct iovec *v, int n),
     (f, v, n))
CALL(ssize_t, -1, on(f, WRITING), write, (int f, const void *b, size_t n),
     (f, b, n))
CALL(ssize_t, -1, on(f, WRITING), pwrite,
     (int f, const void *b, size_t n, off_t o), (f, b, n, o))
CALL(ssize_t, -1, on(f, WRITING), pwrite64,
     (int f, const void *b, size_t n, off_t o), (f, b, n, o))
CALL(ssize_t, -1, on(f, WRITING), writev, (int f, const struct iovec *v, int n),
     (f, v, n))
CALL(ssize_t, -1, on(f, WRITING), pwritev,
     (int f, const struct iovec *v, int n, off_t o), (f, v, n, o))
CALL(int, -1, on(f, WRITING), fsync, (int f), (f))
CALL(int, -1, on(f, WRITING), fdatasync, (int f), (f))
CALL(int, -1, WRITING, msync, (void *a, size_t n, int flags), (a, n, flags))
CALL(int, -1, on(f, WRITING), ftruncate, (int f, off_t n), (f, n))
CALL(int, -1, on(f, WRITING), ftruncate64, (int f, off_t n), (f, n))
CALL(int, -1, IO | FULL | MEMORY, rename, (const char *a, const char *b),
     (a, b))
CALL(int, -1, IO | MEMORY, unlink, (const char *a), (a))
CALL(void *, MAP_FAILED, MEMORY, mmap,
     (void *a, size_t n, int p, int m, int f, off_t o), (a, n, p, m, f, o))
CALL(void *, MAP_FAILED, MEMORY, mmap64,
     (void *a, size_t n, int p, int m, int f, off_t o), (a, n, p, m, f, o))

CALL(int, -1, FILES | MEMORY, socket, (int d, int t, int p), (d, t, p))
CALL(int, -1, FILES | MEMORY, socketpair, (int d, int t, int p, int s[2]),
     (d, t, p, s))
CALL(int, -1, FILES | MEMORY, eventfd, (unsigned v, int flags), (v, flags))
CALL(int, -1, FILES, pipe2, (int s[2], int flags), (s, flags))
CALL(int, -1, FILES | MEMORY, epoll_create1, (int flags), (flags))
CALL(int, -1, MEMORY, epoll_ctl, (int e, int op, int f, struct epoll_event *v),
     (e, op, f, v))
CALL(int, -1, SIGNAL, epoll_wait,
     (int e, struct epoll_event *v, int n, int timeout), (e, v, n, timeout))
CALL(int, -1, FILES | NETWORK, accept4,
     (int f, __SOCKADDR_ARG a, socklen_t *n, int flags), (f, a, n, flags))
CALL(ssize_t, -1, NETWORK, recv, (int f, void *b, size_t n, int flags),
     (f, b, n, flags))
CALL(ssize_t, -1, NETWORK, __recv_chk,
     (int f, void *b, size_t n, size_t m, int flags), (f, b, n, m, flags))
CALL(ssize_t, -1, NETWORK, recvmsg, (int f, struct msghdr *m, int flags),
     (f, m, flags))
CALL(ssize_t, -1, NETWORK, send, (int f, const void *b, size_t n, int flags),
     (f, b, n, flags))
CALL(ssize_t, -1, NETWORK, sendmsg, (int f, const struct msghdr *m, int flags),
     (f, m, flags))

/* --- those with a mode at the end ---------------------------------------- */

static mode_t mode_of(int flags, va_list more)
{
    return (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE
               ? va_arg(more, mode_t)
               : 0;
}

#define OPEN(name)                                                             \
    __attribute__((visibility("default"))) int name(const char *path,          \
                                                    int flags, ...);           \
    int name(const char *path, int flags, ...)                                 \
    {                                                                          \
        static int (*next)(const char *, int, mode_t);                         \
        va_list more;                                                          \
        va_start(more, flags);                                                 \
        mode_t mode = mode_of(flags, more);                                    \
        va_end(more);                                                          \
        if (strikes(OPENING))                                                  \
            return -1;                                                         \
        if (!next)                                                             \
            *(void **)&next = dlsym(RTLD_NEXT, #name);                         \
        return next(path, flags, mode);                                        \
    }

#define OPENAT(name)                                                           \
    __attribute__((visibility("default"))) int name(int at, const char *path,  \
                                                    int flags, ...);           \
    int name(int at, const char *path, int flags, ...)                         \
    {                                                                          \
        static int (*next)(int, const char *, int, mode_t);                    \
        va_list more;                                                          \
        va_start(more, flags);                                                 \
        mode_t mode = mode_of(flags, more);                                    \
        va_end(more);                                                          \
        if (strikes(OPENING))                                                  \
            return -1;                                                         \
        if (!next)                                                             \
            *(void **)&next = dlsym(RTLD_NEXT, #name);                         \
        return next(at, path, flags, mode);                                    \
    }

OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)
CALL(int, -1, OPENING, __open_2, (const char *p, int flags), (p, flags))
CALL(int, -1, OPENING, __open64_2, (const char *p, int flags), (p, flags))
