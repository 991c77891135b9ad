#include "enclave/app.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"

#define DESCRIPTORS_MAX 65536

/* What the child says before it becomes the program; nothing more comes when
 * execve() worked, because the pipe closes then. */
struct birth {
    int error;   /* errno of what failed; 0: only `offline` is said */
    int offline; /* 1: it has no network                           */
};

struct environment {
    char home[512];
    char configuration[32 + 2 * HASH_LEN];
    char *entries[4];
};

static void environment_fill(const struct app *app, struct environment *out)
{
    static char path[] = "PATH=/usr/local/bin:/usr/bin:/bin";
    char hash[2 * HASH_LEN + 1];
    hex_encode(hash_bytes(&app->configuration), hash);
    (void)snprintf(out->home, sizeof(out->home), "HOME=%s", app->directory);
    (void)snprintf(out->configuration, sizeof(out->configuration),
                   "ACCORD_CONFIGURATION=%s", hash);
    out->entries[0] = path;
    out->entries[1] = out->home;
    out->entries[2] = out->configuration;
    out->entries[3] = NULL;
}

static void tell(int pipe_fd, int error, int offline)
{
    const struct birth birth = { error, offline };
    while (write(pipe_fd, &birth, sizeof(birth)) < 0 && errno == EINTR)
        continue;
}

/* Everything but the first three and the pipe, which closes itself. */
static void close_others(int pipe_fd)
{
    for (int fd = 3; fd < DESCRIPTORS_MAX; fd++) {
        if (fd != pipe_fd)
            (void)close(fd);
    }
}

/* Between fork and exec: only what is allowed there. */
static void become(const struct app *app, const struct environment *environment,
                   int pipe_fd)
{
    sigset_t none;
    (void)sigemptyset(&none);
    (void)setpgid(0, 0);
    bool offline = !app->network && unshare(CLONE_NEWNET) == 0;
    close_others(pipe_fd);
    tell(pipe_fd, 0, offline);
    (void)signal(SIGPIPE, SIG_DFL);
    if (chdir(app->directory) == 0 &&
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
        sigprocmask(SIG_SETMASK, &none, NULL) == 0)
        (void)execve(app->program, app->arguments, environment->entries);
    tell(pipe_fd, errno, offline);
    _exit(127);
}

static struct status hear(int fd, const struct app *app, bool *offline,
                          struct reason *why)
{
    struct birth birth;
    ssize_t len;
    do {
        len = read(fd, &birth, sizeof(birth));
        if (len == (ssize_t)sizeof(birth))
            *offline = birth.offline == 1;
        if (len == (ssize_t)sizeof(birth) && birth.error != 0)
            return refuse(why, STATUS_UNAVAILABLE, "execve",
                          "cannot run %s: %s", app->program,
                          strerror(birth.error));
    } while (len > 0 || (len < 0 && errno == EINTR));
    return OK;
}

/* The signals in `wanted` are blocked: they wait until they are asked for. */
static int wait_for(pid_t child, const sigset_t *wanted)
{
    int status = 0;
    for (;;) {
        int got = sigwaitinfo(wanted, NULL);
        if (got == SIGINT || got == SIGTERM)
            (void)kill(-child, got);
        pid_t gone = waitpid(child, &status, WNOHANG);
        if (gone == child || (gone < 0 && errno == ECHILD))
            break;
    }
    (void)kill(-child, SIGKILL); /* whatever it left running */
    if (WIFSIGNALED(status))
        return 128 + WTERMSIG(status);
    return WEXITSTATUS(status);
}

static struct status start(const struct app *app, pid_t *child, bool *offline,
                           struct reason *why)
{
    int ends[2];
    struct environment environment;
    environment_fill(app, &environment);
    if (pipe2(ends, O_CLOEXEC) != 0)
        return failure(STATUS_UNAVAILABLE, "pipe2", (uint32_t)errno);
    *child = fork();
    if (*child == 0)
        become(app, &environment, ends[1]);
    (void)close(ends[1]);
    struct status s = *child < 0
                          ? failure(STATUS_UNAVAILABLE, "fork", (uint32_t)errno)
                          : hear(ends[0], app, offline, why);
    (void)close(ends[0]);
    return s;
}

struct status app_run(const struct app *app, int *exit_code, bool *offline,
                      struct reason *why)
{
    sigset_t wanted, before;
    pid_t child = -1;
    bool alone = false;
    (void)sigemptyset(&wanted);
    (void)sigaddset(&wanted, SIGCHLD);
    (void)sigaddset(&wanted, SIGINT);
    (void)sigaddset(&wanted, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &wanted, &before);
    struct status s = start(app, &child, &alone, why);
    int code = child > 0 ? wait_for(child, &wanted) : 127;
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    TRY(s);
    *exit_code = code;
    *offline = alone;
    return OK;
}
