/* Inside a sandbox, everything on the list is denied; each attempt is made
 * by a process of its own, which the kernel ends or refuses. */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/check.h"

#include "pkcs11/sandbox.h"

enum outcome { DONE, REFUSED, KILLED };

struct attempt {
    const char *what;
    long number;
    long arguments[3];
};

static char nothing[] = "/bin/true";
static char *no_arguments[] = { nothing, NULL };

static const struct attempt verifiers[] = {
    { "open", SYS_open, { (long)nothing, O_RDONLY } },
    { "openat", SYS_openat, { AT_FDCWD, (long)nothing, O_RDONLY } },
    { "socket", SYS_socket, { AF_UNIX, SOCK_STREAM } },
    { "socketpair", SYS_socketpair, { AF_UNIX, SOCK_STREAM } },
    { "execve", SYS_execve, { (long)nothing, (long)no_arguments } },
    { "fork", SYS_fork, { 0 } },
    { "clone", SYS_clone, { SIGCHLD } },
    { "kill", SYS_kill, { 0x7fffffff, SIGTERM } },
    { "ptrace", SYS_ptrace, { 0 } },
    { "unlink", SYS_unlink, { (long)"/nonexistent/file" } },
    { "rename", SYS_rename, { (long)"/nonexistent/a", (long)"/b" } },
    { "chmod", SYS_chmod, { (long)"/nonexistent/file" } },
    { "mount", SYS_mount, { 0 } },
    { "setuid", SYS_setuid, { 0 } },
    { "prctl", SYS_prctl, { PR_SET_DUMPABLE, 1 } },
    { "read of standard input", SYS_read, { 0 } },
    { "write to standard output", SYS_write, { 1, 0, 0 } },
    { "dup", SYS_dup, { 2 } },
    { "memfd_create", SYS_memfd_create, { (long)nothing } },
    { "process_vm_readv", SYS_process_vm_readv, { 1 } },
    { "bpf", SYS_bpf, { 0 } },
    { "io_uring_setup", SYS_io_uring_setup, { 1 } },
    { "userfaultfd", SYS_userfaultfd, { 0 } },
};

static const struct attempt workers[] = {
    { "execve", SYS_execve, { (long)nothing, (long)no_arguments } },
    { "execveat", SYS_execveat, { AT_FDCWD, (long)nothing, 0 } },
    { "fork", SYS_fork, { 0 } },
    { "ptrace", SYS_ptrace, { 0 } },
    { "process_vm_readv", SYS_process_vm_readv, { 1 } },
    { "mount", SYS_mount, { 0 } },
    { "unshare", SYS_unshare, { 0 } },
    { "io_uring_setup", SYS_io_uring_setup, { 1 } },
    { "userfaultfd", SYS_userfaultfd, { 0 } },
    { "bpf", SYS_bpf, { 0 } },
};

static const struct attempt local_workers[] = {
    { "socket", SYS_socket, { AF_INET, SOCK_STREAM } },
    { "a syslog socket", SYS_socket, { AF_UNIX, SOCK_DGRAM } },
    { "clone", SYS_clone, { SIGCHLD } },
    { "kill", SYS_kill, { 0x7fffffff, SIGTERM } },
    { "setuid", SYS_setuid, { 0 } },
    { "symlink", SYS_symlink, { (long)"/a", (long)"/nonexistent/b" } },
    { "memfd_create", SYS_memfd_create, { (long)nothing } },
};

static const struct attempt filing[] = {
    { "open", SYS_open, { (long)nothing, O_RDONLY } },
    { "getpid", SYS_getpid, { 0 } },
    { "fdatasync", SYS_fdatasync, { 0 } },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

typedef STATUS (*enter_fn)(void);

static struct status enter_local(void)
{
    return hsm_sandbox_worker(HSM_SANDBOX_LOCAL);
}

static struct status enter_network(void)
{
    return hsm_sandbox_worker(HSM_SANDBOX_NETWORK);
}

static struct status enter_none(void)
{
    return hsm_sandbox_worker(HSM_SANDBOX_NONE);
}

static void attempt_inside(enter_fn enter, const struct attempt *attempt)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || failed(enter()))
        _exit(9);
    errno = 0;
    long rc = syscall(attempt->number, attempt->arguments[0],
                      attempt->arguments[1], attempt->arguments[2], 0, 0, 0);
    (void)syscall(SYS_exit_group, rc < 0 && errno == EPERM ? 1 : 0);
}

static enum outcome outcome_of(enter_fn enter, const struct attempt *attempt)
{
    int how = 0;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0)
        attempt_inside(enter, attempt);
    assert_int_equal(waitpid(child, &how, 0), child);
    if (WIFSIGNALED(how)) {
        assert_int_equal(WTERMSIG(how), SIGSYS);
        return KILLED;
    }
    assert_int_not_equal(WEXITSTATUS(how), 9);
    return WEXITSTATUS(how) == 1 ? REFUSED : DONE;
}

static void assert_all(enter_fn enter, const struct attempt *attempts,
                       size_t count, enum outcome expected)
{
    for (size_t i = 0; i < count; i++) {
        enum outcome outcome = outcome_of(enter, &attempts[i]);
        if (outcome != expected)
            print_error("%s: outcome %d\n", attempts[i].what, (int)outcome);
        assert_int_equal(outcome, expected);
    }
}

static void kills_a_verifier_for_whatever_it_does_not_need(void **state)
{
    (void)state;
    assert_all(hsm_sandbox_verifier, verifiers, COUNT(verifiers), KILLED);
}

static void kills_a_worker_that_turns_into_something_else(void **state)
{
    (void)state;
    assert_all(enter_local, workers, COUNT(workers), KILLED);
    assert_all(enter_network, workers, COUNT(workers), KILLED);
}

/* Refused, not killed: SoftHSM writes to syslog over a client's mistakes. */
static void refuses_a_local_worker_sockets_and_processes(void **state)
{
    (void)state;
    assert_all(enter_local, local_workers, COUNT(local_workers), REFUSED);
}

static void lets_a_worker_work_with_files(void **state)
{
    (void)state;
    assert_all(enter_local, filing, COUNT(filing), DONE);
}

static void lets_a_network_worker_have_sockets(void **state)
{
    (void)state;
    assert_all(enter_network, local_workers, 2, DONE);
}

static void does_nothing_when_told_so(void **state)
{
    (void)state;
    assert_all(enter_none, local_workers, 2, DONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kills_a_verifier_for_whatever_it_does_not_need),
        cmocka_unit_test(kills_a_worker_that_turns_into_something_else),
        cmocka_unit_test(refuses_a_local_worker_sockets_and_processes),
        cmocka_unit_test(lets_a_worker_work_with_files),
        cmocka_unit_test(lets_a_network_worker_have_sockets),
        cmocka_unit_test(does_nothing_when_told_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
