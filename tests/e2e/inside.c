/* inside.c - code of somebody else in a running accordd: preloaded, it waits in
 * the loops' epoll_wait() until the file $ACCORD_INSIDE is there, and then
 * tries from a loop thread what the sandbox is for. One line on standard error
 * for each try: "inside: WHAT ERRNO" (0: it went well). When
 * $ACCORD_INSIDE.exec is there, it runs a program.
 *
 *     LD_PRELOAD=libinside.so ACCORD_INSIDE=... INSIDE_STORE=... INSIDE_PIN=...
 *     INSIDE_HSM=... INSIDE_HSM_PID=...  accordd ... */

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

__attribute__((visibility("default"))) int epoll_wait(
    int fd, struct epoll_event *events, int max, int timeout);

static const char *value(const char *name)
{
    const char *text = getenv(name);
    return text ? text : "";
}

static int opened(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC, 0600);
    if (fd < 0)
        return errno;
    (void)close(fd);
    return 0;
}

static const char *below(const char *directory, const char *name)
{
    static char path[4096];
    (void)snprintf(path, sizeof(path), "%s/%s", directory, name);
    return path;
}

/* --- tries --------------------------------------------------------------- */

static int read_passwd(void)
{
    return opened("/etc/passwd", O_RDONLY);
}

static int read_pin(void)
{
    return opened(value("INSIDE_PIN"), O_RDONLY);
}

static int read_memory_of_the_hsm(void)
{
    char path[64];
    (void)snprintf(path, sizeof(path), "/proc/%s/mem", value("INSIDE_HSM_PID"));
    return opened(path, O_RDONLY);
}

static int list_home(void)
{
    return opened("/", O_RDONLY | O_DIRECTORY);
}

static int write_beside_the_store(void)
{
    return opened(below(value("INSIDE_STORE"), "../planted"),
                  O_WRONLY | O_CREAT);
}

static int write_in_the_store(void)
{
    const char *path = below(value("INSIDE_STORE"), "planted");
    int error = opened(path, O_WRONLY | O_CREAT);
    return error ? error : unlink(path) == 0 ? 0 : errno;
}

static int link_a_file(void)
{
    return symlink("/etc/passwd", below(value("INSIDE_STORE"), "link")) == 0
               ? 0
               : errno;
}

static int change_a_mode(void)
{
    return chmod(value("INSIDE_STORE"), 0777) == 0 ? 0 : errno;
}

static int made(int family)
{
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return errno;
    (void)close(fd);
    return 0;
}

static int open_a_connection(void)
{
    return made(AF_INET);
}

static int open_a_connection_6(void)
{
    return made(AF_INET6);
}

static int ask_the_kernel(void)
{
    return made(AF_NETLINK);
}

static int reach_the_hsm(void)
{
    struct sockaddr_un to = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return errno;
    (void)snprintf(to.sun_path, sizeof(to.sun_path), "%s", value("INSIDE_HSM"));
    int error =
        connect(fd, (const struct sockaddr *)&to, sizeof(to)) == 0 ? 0 : errno;
    (void)close(fd);
    return error;
}

static int listen_somewhere(void)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int error =
        bind(fd, (const struct sockaddr *)&at, sizeof(at.sun_family)) == 0
            ? 0
            : errno;
    (void)close(fd);
    return error;
}

static int make_code(void)
{
    void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return at == MAP_FAILED ? errno : 0;
}

static int make_code_later(void)
{
    void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int error = mprotect(at, 4096, PROT_READ | PROT_EXEC) == 0 ? 0 : errno;
    (void)munmap(at, 4096);
    return error;
}

static int make_a_process(void)
{
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    return child < 0 ? errno : 0;
}

static int raise_a_limit(void)
{
    const struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };
    return setrlimit(RLIMIT_CORE, &limit) == 0 ? 0 : errno;
}

static int become_root(void)
{
    return syscall(SYS_setuid, 0) == 0 ? 0 : errno;
}

static const struct {
    const char *name;
    int (*attempt)(void);
} tries[] = {
    { "read-passwd", read_passwd },
    { "read-pin", read_pin },
    { "read-hsm-memory", read_memory_of_the_hsm },
    { "list-root", list_home },
    { "write-beside-store", write_beside_the_store },
    { "write-in-store", write_in_the_store },
    { "symlink", link_a_file },
    { "chmod", change_a_mode },
    { "socket-inet", open_a_connection },
    { "socket-inet6", open_a_connection_6 },
    { "socket-netlink", ask_the_kernel },
    { "reach-hsm", reach_the_hsm },
    { "bind", listen_somewhere },
    { "mmap-exec", make_code },
    { "mprotect-exec", make_code_later },
    { "fork", make_a_process },
    { "setrlimit", raise_a_limit },
    { "setuid", become_root },
};

static void try_all(void)
{
    for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++)
        (void)dprintf(STDERR_FILENO, "inside: %s %d\n", tries[i].name,
                      tries[i].attempt());
    (void)dprintf(STDERR_FILENO, "inside: done 0\n");
}

static void run_a_program(void)
{
    char *const arguments[] = { (char[]){ "true" }, NULL };
    (void)dprintf(STDERR_FILENO, "inside: execve begins\n");
    (void)execve("/bin/true", arguments, NULL);
    (void)dprintf(STDERR_FILENO, "inside: execve %d\n", errno);
}

int epoll_wait(int fd, struct epoll_event *events, int max, int timeout)
{
    static int (*real)(int, struct epoll_event *, int, int);
    static atomic_flag tried = ATOMIC_FLAG_INIT, ran = ATOMIC_FLAG_INIT;
    const char *sign = value("ACCORD_INSIDE");
    char second[4096];

    if (!real)
        *(void **)(&real) = dlsym(RTLD_NEXT, "epoll_wait");
    if (sign[0] && gettid() != getpid()) {
        (void)snprintf(second, sizeof(second), "%s.exec", sign);
        if (access(sign, F_OK) == 0 && !atomic_flag_test_and_set(&tried))
            try_all();
        if (access(second, F_OK) == 0 && !atomic_flag_test_and_set(&ran))
            run_a_program();
    }
    return real(fd, events, max, timeout);
}
