#include "pkcs11/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pkcs11/roles.h"
#include "pkcs11/wire.h"

#define CHILD_FDS 5 /* HSM_FD_JOBS and following */

/* Every descriptor of one start; -1 where there is none. All close on exec
 * and stand above the fixed numbers, so that dup2() cannot trample one. */
struct wiring {
    int jobs[2];  /* ours, the worker's     */
    int judge[2]; /* the worker's, verifier's */
    int pin[2];   /* read, write            */
    int config;
    int anchors;
    int lock;
};

static void close_at(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
}

static void wiring_clear(struct wiring *w)
{
    for (int i = 0; i < 2; i++) {
        close_at(&w->jobs[i]);
        close_at(&w->judge[i]);
        close_at(&w->pin[i]);
    }
    close_at(&w->config);
    close_at(&w->anchors);
    close_at(&w->lock);
}

static struct status lift(int *fd)
{
    int lifted = fcntl(*fd, F_DUPFD_CLOEXEC, HSM_FD_JOBS + CHILD_FDS);
    if (lifted < 0)
        return failure(STATUS_UNAVAILABLE, "fcntl", (uint32_t)errno);
    (void)close(*fd);
    *fd = lifted;
    return OK;
}

/* A file in memory, positioned at its beginning. */
static struct status hold(const char *name, struct bytes bytes, int *out)
{
    *out = memfd_create(name, MFD_CLOEXEC);
    if (*out < 0)
        return failure(STATUS_UNAVAILABLE, "memfd_create", (uint32_t)errno);
    TRY(pkcs11_write(*out, bytes));
    if (lseek(*out, 0, SEEK_SET) != 0)
        return failure(STATUS_UNAVAILABLE, "lseek", (uint32_t)errno);
    return lift(out);
}

static struct status wire(struct wiring *w, const struct hsm_estate *estate)
{
    const int type = SOCK_STREAM | SOCK_CLOEXEC;

    if (socketpair(AF_UNIX, type, 0, w->jobs) != 0 ||
        socketpair(AF_UNIX, type, 0, w->judge) != 0 ||
        pipe2(w->pin, O_CLOEXEC) != 0)
        return failure(STATUS_UNAVAILABLE, "socketpair", (uint32_t)errno);
    for (int i = 0; i < 2; i++) {
        TRY(lift(&w->jobs[i]));
        TRY(lift(&w->judge[i]));
        TRY(lift(&w->pin[i]));
    }
    TRY(hold("accord-config", estate->config, &w->config));
    TRY(hold("accord-anchors", estate->anchors, &w->anchors));
    w->lock = fcntl(estate->lock, F_DUPFD_CLOEXEC, HSM_FD_JOBS + CHILD_FDS);
    if (w->lock < 0)
        return failure(STATUS_UNAVAILABLE, "fcntl", (uint32_t)errno);
    /* Shorter than PIPE_BUF: fits whole, without a reader. */
    TRY(pkcs11_write(w->pin[1], secret_expose(estate->pin)));
    close_at(&w->pin[1]);
    return OK;
}

/* Signals are for the supervisor, though a terminal or systemd sends them to
 * all: a worker ends when its socket does, never in the middle of a write to
 * the token. Ignoring outlives exec. */
static void ignore_signals(void)
{
    sigset_t none;

    (void)signal(SIGTERM, SIG_IGN);
    (void)signal(SIGINT, SIG_IGN);
    (void)signal(SIGHUP, SIG_IGN);
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Between fork and exec: system calls only. */
static void become(const char *role, const int fds[CHILD_FDS],
                   char *const environment[])
{
    char name[] = "accord-hsm";
    char *const arguments[] = { name, (char *)(uintptr_t)role, NULL };

    for (int i = 0; i < CHILD_FDS; i++)
        if (fds[i] >= 0 && dup2(fds[i], HSM_FD_JOBS + i) < 0)
            _exit(127);
    for (int i = 0; i < CHILD_FDS; i++)
        if (fds[i] < 0)
            (void)close(HSM_FD_JOBS + i);
    if (close_range(HSM_FD_JOBS + CHILD_FDS, ~0U, 0) != 0)
        _exit(127);
    ignore_signals();
    (void)execve("/proc/self/exe", arguments, environment);
    _exit(127);
}

static struct status start(const char *role, const int fds[CHILD_FDS],
                           char *const environment[], pid_t *out)
{
    pid_t child = fork();
    if (child < 0)
        return failure(STATUS_UNAVAILABLE, "fork", (uint32_t)errno);
    if (child == 0)
        become(role, fds, environment);
    *out = child;
    return OK;
}

/* The worker keeps the environment: modules of network HSMs are configured
 * by it. The verifier gets none. */
static struct status start_both(const struct wiring *w,
                                struct hsm_generation *made)
{
    static char *const nothing[] = { NULL };
    const int verifier[CHILD_FDS] = { -1, w->judge[1], -1, w->anchors, -1 };
    const int worker[CHILD_FDS] = { w->jobs[1], w->judge[0], w->pin[0],
                                    w->config, w->lock };

    TRY(start("verifier", verifier, nothing, &made->verifier));
    struct status s = start("worker", worker, environ, &made->worker);
    if (failed(s)) {
        (void)kill(made->verifier, SIGKILL);
        (void)waitpid(made->verifier, NULL, 0);
    }
    return s;
}

STATUS hsm_spawn(const struct hsm_estate *estate, struct hsm_generation *out)
{
    struct wiring w = { { -1, -1 }, { -1, -1 }, { -1, -1 }, -1, -1, -1 };
    struct hsm_generation made = { .jobs = -1 };

    struct status s = wire(&w, estate);
    if (!failed(s))
        s = start_both(&w, &made);
    if (!failed(s)) {
        made.jobs = w.jobs[0];
        w.jobs[0] = -1;
        *out = made;
    }
    wiring_clear(&w);
    return s;
}
