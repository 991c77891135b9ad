/* sandbox_calls.c - seccomp. */

#include "broker/sandbox.h"

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* clang-format off */
/* Memory, time, threads, the end. */
static const int computing[] = {
    SCMP_SYS(brk),             SCMP_SYS(clock_getres),
    SCMP_SYS(clock_gettime),   SCMP_SYS(clock_nanosleep),
    SCMP_SYS(exit),            SCMP_SYS(exit_group),
    SCMP_SYS(futex),           SCMP_SYS(getegid),
    SCMP_SYS(geteuid),         SCMP_SYS(getgid),
    SCMP_SYS(getpid),          SCMP_SYS(getrandom),
    SCMP_SYS(getrusage),       SCMP_SYS(gettid),
    SCMP_SYS(gettimeofday),    SCMP_SYS(getuid),
    SCMP_SYS(madvise),         SCMP_SYS(mlock),
    SCMP_SYS(mlock2),          SCMP_SYS(mremap),
    SCMP_SYS(msync),           SCMP_SYS(munlock),
    SCMP_SYS(munmap),          SCMP_SYS(nanosleep),
    SCMP_SYS(restart_syscall), SCMP_SYS(rseq),
    SCMP_SYS(rt_sigaction),    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),    SCMP_SYS(rt_sigtimedwait),
    SCMP_SYS(sched_getaffinity), SCMP_SYS(sched_yield),
    SCMP_SYS(set_robust_list), SCMP_SYS(sigaltstack),
    SCMP_SYS(sysinfo),         SCMP_SYS(tgkill),
    SCMP_SYS(time),            SCMP_SYS(uname),
};

/* Descriptors, and connections somebody else opened. */
static const int serving[] = {
    SCMP_SYS(accept4),       SCMP_SYS(close),
    SCMP_SYS(connect),       SCMP_SYS(epoll_create1),
    SCMP_SYS(epoll_ctl),     SCMP_SYS(epoll_pwait),
    SCMP_SYS(epoll_wait),    SCMP_SYS(eventfd2),
    SCMP_SYS(fcntl),         SCMP_SYS(getpeername),
    SCMP_SYS(getsockname),   SCMP_SYS(getsockopt),
    SCMP_SYS(poll),          SCMP_SYS(ppoll),
    SCMP_SYS(read),          SCMP_SYS(readv),
    SCMP_SYS(recvfrom),      SCMP_SYS(recvmsg),
    SCMP_SYS(sendmsg),       SCMP_SYS(sendto),
    SCMP_SYS(setsockopt),    SCMP_SYS(shutdown),
    SCMP_SYS(write),         SCMP_SYS(writev),
};

/* The store, and small files beside it; where, is Landlock's to say. */
static const int filing[] = {
    SCMP_SYS(access),     SCMP_SYS(faccessat),  SCMP_SYS(faccessat2),
    SCMP_SYS(fchmod),     SCMP_SYS(fdatasync),  SCMP_SYS(flock),
    SCMP_SYS(fstat),      SCMP_SYS(fsync),      SCMP_SYS(ftruncate),
    SCMP_SYS(getdents64), /* collateral */
    SCMP_SYS(lseek),      SCMP_SYS(lstat),      SCMP_SYS(newfstatat),
    SCMP_SYS(open),       SCMP_SYS(openat),     SCMP_SYS(pread64),
    SCMP_SYS(pwrite64),   SCMP_SYS(pwritev),    SCMP_SYS(rename),
    SCMP_SYS(renameat),   SCMP_SYS(stat),       SCMP_SYS(statx),
    SCMP_SYS(unlink),     SCMP_SYS(unlinkat),
};

/* Nothing a broker could want; who asks for it is not the broker. */
static const int forbidden[] = {
    SCMP_SYS(bpf),              SCMP_SYS(chroot),
    SCMP_SYS(execve),           SCMP_SYS(execveat),
    SCMP_SYS(fork),             SCMP_SYS(init_module),
    SCMP_SYS(io_uring_setup),   SCMP_SYS(kexec_load),
    SCMP_SYS(mount),            SCMP_SYS(pidfd_getfd),
    SCMP_SYS(pivot_root),       SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev), SCMP_SYS(ptrace),
    SCMP_SYS(setns),            SCMP_SYS(unshare),
    SCMP_SYS(userfaultfd),      SCMP_SYS(vfork),
};
/* clang-format on */

/* A call that is fine with this argument only: (value & mask) == want. */
struct narrow {
    int call;
    unsigned argument;
    uint64_t mask, want;
};
static const struct narrow narrow[] = {
    { SCMP_SYS(socket), 0, UINT32_MAX, AF_UNIX },
    { SCMP_SYS(ioctl), 1, UINT32_MAX, FIONREAD }, /* libevent */
    { SCMP_SYS(clone), 0, CLONE_THREAD, CLONE_THREAD },
    { SCMP_SYS(mmap), 2, PROT_EXEC, 0 },
    { SCMP_SYS(mprotect), 2, PROT_EXEC, 0 },
};

static struct status checked(int rc, const char *what)
{
    return rc == 0 ? OK : failure(STATUS_UNAVAILABLE, what, (uint32_t)-rc);
}

static struct status add_all(scmp_filter_ctx filter, uint32_t action,
                             const int *calls, size_t count)
{
    for (size_t i = 0; i < count; i++)
        TRY(checked(seccomp_rule_add(filter, action, calls[i], 0),
                    "seccomp_rule_add"));
    return OK;
}

static struct status add_narrow(scmp_filter_ctx filter)
{
    for (size_t i = 0; i < COUNT(narrow); i++) {
        const struct narrow *n = &narrow[i];
        const struct scmp_arg_cmp only = { .arg = n->argument,
                                           .op = SCMP_CMP_MASKED_EQ,
                                           .datum_a = n->mask,
                                           .datum_b = n->want };
        TRY(checked(seccomp_rule_add(filter, SCMP_ACT_ALLOW, n->call, 1, only),
                    "seccomp_rule_add"));
    }
    return OK;
}

static struct status fill(scmp_filter_ctx filter)
{
    TRY(add_all(filter, SCMP_ACT_ALLOW, computing, COUNT(computing)));
    TRY(add_all(filter, SCMP_ACT_ALLOW, serving, COUNT(serving)));
    TRY(add_all(filter, SCMP_ACT_ALLOW, filing, COUNT(filing)));
    TRY(add_all(filter, SCMP_ACT_KILL_PROCESS, forbidden, COUNT(forbidden)));
    TRY(add_narrow(filter));
    /* Its flags are behind a pointer. The C library then takes clone(). */
    TRY(checked(
        seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0),
        "seccomp_rule_add"));
    TRY(checked(seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1),
                "seccomp_attr_set"));
    return checked(seccomp_load(filter), "seccomp_load");
}

struct status sandbox_calls(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (!filter)
        return failure(STATUS_NO_MEMORY, "seccomp_init", 0);
    struct status s = fill(filter);
    seccomp_release(filter);
    return s;
}
