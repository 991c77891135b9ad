/* What a process in accordd's sandbox can no longer do; each attempt is made
 * by a child, so that a kill is seen and nothing sticks to the test. */

#include "broker/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/check.h"
#include "tests/support/temp_dir.h"

/* --- children ------------------------------------------------------------ */

enum { DONE = 0, NO_SANDBOX = 98, KILLED = 1000 }; /* else an errno */

struct child {
    bool files, calls;
    int (*attempt)(const char *directory); /* 0 or an errno */
    const char *directory;                 /* the writable one */
};

static int in_sandbox(const struct child *c)
{
    struct reason why = { "" };
    const struct rlimit none = { 0, 0 };
    int version = 1;
    (void)setrlimit(RLIMIT_CORE, &none);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return NO_SANDBOX;
    if (c->files &&
        failed(sandbox_files(&c->directory, 1, NULL, &version, &why)))
        return NO_SANDBOX;
    if (c->calls && failed(sandbox_calls()))
        return NO_SANDBOX;
    return version == 0 ? NO_SANDBOX : c->attempt(c->directory);
}

static int outcome(struct child c)
{
    int status = 0;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        _exit(in_sandbox(&c));
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : KILLED;
}

static int with_calls(int (*attempt)(const char *directory))
{
    return outcome((struct child){ .calls = true, .attempt = attempt });
}

static int with_files(struct temp_dir *dir,
                      int (*attempt)(const char *directory))
{
    return outcome((struct child){
        .files = true, .attempt = attempt, .directory = dir->path });
}

static int result(long rc)
{
    return rc < 0 ? errno : 0;
}

/* --- system calls -------------------------------------------------------- */

static int run_a_program(const char *directory)
{
    char path[] = "/bin/true";
    char *const words[] = { path, NULL };
    (void)directory;
    return result(execve(path, words, NULL));
}

static int make_a_process(const char *directory)
{
    (void)directory;
    long pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (pid == 0)
        _exit(0);
    return result(pid);
}

static int fork_the_old_way(const char *directory)
{
    (void)directory;
    return result(syscall(SYS_fork));
}

static int trace_the_parent(const char *directory)
{
    (void)directory;
    return result(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL));
}

static int open_a_tcp_socket(const char *directory)
{
    (void)directory;
    return result(socket(AF_INET, SOCK_STREAM, 0));
}

static int open_a_unix_socket(const char *directory)
{
    (void)directory;
    return result(socket(AF_UNIX, SOCK_STREAM, 0));
}

static int bind_a_socket(const char *directory)
{
    const struct sockaddr_un at = { .sun_family = AF_UNIX };
    (void)directory;
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    return result(
        bind(fd, (const struct sockaddr *)&at, sizeof(at.sun_family)));
}

static int map_code(const char *directory)
{
    (void)directory;
    void *at = mmap(NULL, 4096, PROT_READ | PROT_EXEC,
                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return at == MAP_FAILED ? errno : 0;
}

static int make_memory_executable(const char *directory)
{
    (void)directory;
    void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return at == MAP_FAILED ? EINVAL
                            : result(mprotect(at, 4096, PROT_READ | PROT_EXEC));
}

static int become_dumpable(const char *directory)
{
    (void)directory;
    return result(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
}

static void *nothing(void *argument)
{
    return argument;
}

static int start_a_thread(const char *directory)
{
    pthread_t thread;
    (void)directory;
    int rc = pthread_create(&thread, NULL, nothing, NULL);
    return rc ? rc : pthread_join(thread, NULL);
}

static int read_and_write(const char *directory)
{
    char byte;
    (void)directory;
    int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
    return read(fd, &byte, 1) == 1 && close(fd) == 0 ? 0 : EIO;
}

static void whoever_runs_a_program_is_killed(void **state)
{
    (void)state;
    assert_int_equal(with_calls(run_a_program), KILLED);
}

static void whoever_makes_a_process_fails(void **state)
{
    (void)state;
    assert_int_equal(with_calls(make_a_process), EPERM);
    assert_int_equal(with_calls(fork_the_old_way), KILLED);
}

static void whoever_traces_a_process_is_killed(void **state)
{
    (void)state;
    assert_int_equal(with_calls(trace_the_parent), KILLED);
}

static void only_the_way_to_the_hsm_can_be_opened(void **state)
{
    (void)state;
    assert_int_equal(with_calls(open_a_tcp_socket), EPERM);
    assert_int_equal(with_calls(open_a_unix_socket), DONE);
    assert_int_equal(with_calls(bind_a_socket), EPERM);
}

static void no_memory_becomes_code(void **state)
{
    (void)state;
    assert_int_equal(with_calls(map_code), EPERM);
    assert_int_equal(with_calls(make_memory_executable), EPERM);
}

static void what_harden_did_cannot_be_undone(void **state)
{
    (void)state;
    assert_int_equal(with_calls(become_dumpable), EPERM);
}

static void what_a_server_needs_still_works(void **state)
{
    (void)state;
    assert_int_equal(with_calls(start_a_thread), DONE);
    assert_int_equal(with_calls(read_and_write), DONE);
}

/* A thread that was there before is held too. */
static pthread_barrier_t gate;
static void *wait_and_open(void *argument)
{
    (void)argument;
    (void)pthread_barrier_wait(&gate); /* the filter is on */
    return socket(AF_INET, SOCK_STREAM, 0) < 0 && errno == EPERM ? &gate : NULL;
}

static int older_thread(const char *directory)
{
    pthread_t thread;
    void *held = NULL;
    (void)directory;
    (void)pthread_barrier_init(&gate, NULL, 2);
    if (pthread_create(&thread, NULL, wait_and_open, NULL) != 0 ||
        failed(sandbox_calls()))
        return NO_SANDBOX;
    (void)pthread_barrier_wait(&gate);
    (void)pthread_join(thread, &held);
    return held ? DONE : EACCES;
}

static void a_thread_from_before_is_held_too(void **state)
{
    (void)state;
    assert_int_equal(outcome((struct child){ .attempt = older_thread }), DONE);
}

/* --- files --------------------------------------------------------------- */

static int create(const char *directory, const char *name)
{
    char path[512];
    (void)snprintf(path, sizeof(path), "%s/%s", directory, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    return result(fd);
}

static int keep_a_file(const char *directory)
{
    char from[512], to[512];
    int made = create(directory, "new");
    (void)snprintf(from, sizeof(from), "%s/new", directory);
    (void)snprintf(to, sizeof(to), "%s/kept", directory);
    return made ? made : result(rename(from, to)) | result(unlink(to));
}

static int create_beside(const char *directory)
{
    char beside[512];
    (void)snprintf(beside, sizeof(beside), "%s.beside", directory);
    int made = result(open(beside, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    (void)unlink(beside);
    return made;
}

static int read_passwd(const char *directory)
{
    (void)directory;
    return result(open("/etc/passwd", O_RDONLY | O_CLOEXEC));
}

static int make_a_link(const char *directory)
{
    char path[512];
    (void)snprintf(path, sizeof(path), "%s/link", directory);
    return result(symlink("/etc/passwd", path));
}

static int connect_out(const char *directory)
{
    const struct sockaddr_in at = { .sin_family = AF_INET,
                                    .sin_port = htons(1),
                                    .sin_addr = { htonl(INADDR_LOOPBACK) } };
    (void)directory;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    return result(connect(fd, (const struct sockaddr *)&at, sizeof(at)));
}

static long landlock_version(void)
{
    return syscall(SYS_landlock_create_ruleset, NULL, 0, 1);
}

static void files_are_written_in_the_store_only(void **state)
{
    struct temp_dir dir = temp_dir_make();
    (void)state;
    if (landlock_version() <= 0) {
        temp_dir_remove(&dir);
        print_error("NO LANDLOCK IN THIS KERNEL: FILES NOT TESTED\n");
        skip();
    }
    assert_int_equal(with_files(&dir, keep_a_file), DONE);
    assert_int_equal(with_files(&dir, create_beside), EACCES);
    assert_int_equal(with_files(&dir, make_a_link), EACCES);
    assert_int_equal(with_files(&dir, run_a_program), EACCES);
    temp_dir_remove(&dir);
}

static void files_are_read_where_they_are_needed_only(void **state)
{
    struct temp_dir dir = temp_dir_make();
    (void)state;
    if (landlock_version() <= 0) {
        temp_dir_remove(&dir);
        print_error("NO LANDLOCK IN THIS KERNEL: FILES NOT TESTED\n");
        skip();
    }
    assert_int_equal(with_files(&dir, read_passwd), EACCES);
    assert_int_equal(with_files(&dir, read_and_write), DONE);
    temp_dir_remove(&dir);
}

static void nothing_connects_out_where_the_kernel_can_tell(void **state)
{
    struct temp_dir dir = temp_dir_make();
    (void)state;
    if (landlock_version() < 4) {
        temp_dir_remove(&dir);
        print_error("LANDLOCK OF THIS KERNEL KNOWS NO TCP: NOT TESTED\n");
        skip();
    }
    assert_int_equal(with_files(&dir, connect_out), EACCES);
    temp_dir_remove(&dir);
}

static void a_directory_that_is_missing_is_named(void **state)
{
    const char *missing = "/nonexistent/store";
    struct reason why = { "" };
    int version = 77;
    (void)state;
    if (landlock_version() <= 0)
        skip();
    struct status s = sandbox_files(&missing, 1, NULL, &version, &why);
    assert_status(STATUS_UNAVAILABLE, s);
    assert_non_null(strstr(why.text, missing));
    assert_int_equal(version, 77);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whoever_runs_a_program_is_killed),
        cmocka_unit_test(whoever_makes_a_process_fails),
        cmocka_unit_test(whoever_traces_a_process_is_killed),
        cmocka_unit_test(only_the_way_to_the_hsm_can_be_opened),
        cmocka_unit_test(no_memory_becomes_code),
        cmocka_unit_test(what_harden_did_cannot_be_undone),
        cmocka_unit_test(what_a_server_needs_still_works),
        cmocka_unit_test(a_thread_from_before_is_held_too),
        cmocka_unit_test(files_are_written_in_the_store_only),
        cmocka_unit_test(files_are_read_where_they_are_needed_only),
        cmocka_unit_test(nothing_connects_out_where_the_kernel_can_tell),
        cmocka_unit_test(a_directory_that_is_missing_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
