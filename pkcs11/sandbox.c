#include "pkcs11/sandbox.h"

#include <errno.h>
#include <seccomp.h>

#include "pkcs11/roles.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Memory, locks, the end, and what libcrypto asks to seed itself. */
static const int computing[] = {
    SCMP_SYS(brk),          SCMP_SYS(clock_gettime),
    SCMP_SYS(exit),         SCMP_SYS(exit_group),
    SCMP_SYS(futex),        SCMP_SYS(getpid),
    SCMP_SYS(getrandom),    SCMP_SYS(gettid),
    SCMP_SYS(madvise),      SCMP_SYS(mmap),
    SCMP_SYS(mprotect),     SCMP_SYS(mremap),
    SCMP_SYS(munmap),       SCMP_SYS(restart_syscall),
    SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn), SCMP_SYS(sched_yield),
    SCMP_SYS(sigaltstack),  SCMP_SYS(tgkill),
    SCMP_SYS(rseq),
};

/* What a software token does to its files, and the worker to the frontier. */
static const int filing[] = {
    SCMP_SYS(access),     SCMP_SYS(chmod),        SCMP_SYS(clock_nanosleep),
    SCMP_SYS(close),      SCMP_SYS(dup),          SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2), SCMP_SYS(fchmod),       SCMP_SYS(fcntl),
    SCMP_SYS(fdatasync),  SCMP_SYS(flock),        SCMP_SYS(fstat),
    SCMP_SYS(fsync),      SCMP_SYS(ftruncate),    SCMP_SYS(getcwd),
    SCMP_SYS(getdents64), SCMP_SYS(getegid),      SCMP_SYS(geteuid),
    SCMP_SYS(getgid),     SCMP_SYS(gettimeofday), SCMP_SYS(getuid),
    SCMP_SYS(lseek),      SCMP_SYS(lstat),        SCMP_SYS(mkdir),
    SCMP_SYS(mlock),      SCMP_SYS(munlock),      SCMP_SYS(nanosleep),
    SCMP_SYS(newfstatat), SCMP_SYS(open),         SCMP_SYS(openat),
    SCMP_SYS(poll),       SCMP_SYS(pread64),      SCMP_SYS(pwrite64),
    SCMP_SYS(read),       SCMP_SYS(readlink),     SCMP_SYS(readv),
    SCMP_SYS(rename),     SCMP_SYS(rmdir),        SCMP_SYS(sched_getaffinity),
    SCMP_SYS(stat),       SCMP_SYS(statx),        SCMP_SYS(time),
    SCMP_SYS(umask),      SCMP_SYS(uname),        SCMP_SYS(unlink),
    SCMP_SYS(write),      SCMP_SYS(writev),
};

/* Nothing a token could want; who asks for it is not the token. */
static const int forbidden[] = {
    SCMP_SYS(bpf),
    SCMP_SYS(chroot),
    SCMP_SYS(execve),
    SCMP_SYS(execveat),
    SCMP_SYS(fork),
    SCMP_SYS(init_module),
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(kexec_load),
    SCMP_SYS(mount),
    SCMP_SYS(pidfd_getfd),
    SCMP_SYS(pivot_root),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(ptrace),
    SCMP_SYS(setns),
    SCMP_SYS(unshare),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(vfork),
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

/* A call on exactly this descriptor. */
static struct status add_on(scmp_filter_ctx filter, int call, int fd)
{
    return checked(
        seccomp_rule_add(
            filter, SCMP_ACT_ALLOW, call, 1,
            ((struct scmp_arg_cmp){
                .arg = 0, .op = SCMP_CMP_EQ, .datum_a = (scmp_datum_t)fd })),
        "seccomp_rule_add");
}

/* To every thread of the process, those that exist included. */
static struct status load(scmp_filter_ctx filter)
{
    TRY(checked(seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1),
                "seccomp_attr_set"));
    return checked(seccomp_load(filter), "seccomp_load");
}

static struct status fill_verifier(scmp_filter_ctx filter)
{
    TRY(add_all(filter, SCMP_ACT_ALLOW, computing, COUNT(computing)));
    TRY(add_on(filter, SCMP_SYS(read), HSM_FD_JUDGE));
    TRY(add_on(filter, SCMP_SYS(write), HSM_FD_JUDGE));
    TRY(add_on(filter, SCMP_SYS(write), 2 /* last words */));
    return load(filter);
}

STATUS hsm_sandbox_verifier(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    if (!filter)
        return failure(STATUS_NO_MEMORY, "seccomp_init", 0);
    struct status s = fill_verifier(filter);
    seccomp_release(filter);
    return s;
}

/* Unlisted calls fail instead of killing: SoftHSM reports errors to syslog,
 * and a client's bad bytes must not end the worker through that. */
static struct status fill_local(scmp_filter_ctx filter)
{
    TRY(add_all(filter, SCMP_ACT_ALLOW, computing, COUNT(computing)));
    TRY(add_all(filter, SCMP_ACT_ALLOW, filing, COUNT(filing)));
    TRY(add_all(filter, SCMP_ACT_KILL_PROCESS, forbidden, COUNT(forbidden)));
    return load(filter);
}

static struct status fill_network(scmp_filter_ctx filter)
{
    TRY(add_all(filter, SCMP_ACT_KILL_PROCESS, forbidden, COUNT(forbidden)));
    return load(filter);
}

STATUS hsm_sandbox_worker(enum hsm_sandbox profile)
{
    if (profile == HSM_SANDBOX_NONE)
        return OK;
    bool local = profile == HSM_SANDBOX_LOCAL;
    scmp_filter_ctx filter =
        seccomp_init(local ? SCMP_ACT_ERRNO(EPERM) : SCMP_ACT_ALLOW);
    if (!filter)
        return failure(STATUS_NO_MEMORY, "seccomp_init", 0);
    struct status s = local ? fill_local(filter) : fill_network(filter);
    seccomp_release(filter);
    return s;
}
