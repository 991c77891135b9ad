#include "broker/loop.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "broker/connection.h"
#include "broker/pool.h"

/* Connections accepted per round, so that a flood of them does not starve
 * those that are open. */
#define ACCEPT_ROUND 64

static void pause_accepting(struct loop *loop)
{
    struct timeval soon = { .tv_usec = 100000 };
    (void)event_del(loop->accepting);
    (void)evtimer_add(loop->resume_accepting, &soon);
}

static void on_resume(evutil_socket_t fd, short what, void *context)
{
    (void)fd, (void)what;
    struct loop *loop = context;
    if (!loop->stopping)
        (void)event_add(loop->accepting, NULL);
}

/* Clients count over all loops; the operators' own one is never full of them.
 */
static bool is_full(const struct loop *loop)
{
    size_t open =
        loop->plain
            ? loop->connections
            : (size_t)atomic_load(&loop->broker->metrics.connections_open);
    return open >= loop->connections_max;
}

static void on_accept(evutil_socket_t listen_fd, short what, void *context)
{
    (void)what;
    struct loop *loop = context;
    for (int i = 0; i < ACCEPT_ROUND; i++) {
        if (is_full(loop)) {
            pause_accepting(loop);
            return;
        }
        int fd = accept4(listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            if (errno == EMFILE || errno == ENFILE || errno == ENOMEM)
                pause_accepting(loop);
            return;
        }
        int yes = 1;
        if (!loop->plain) /* fails on nothing but a dead socket */
            (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
        status_ignore(connection_open(loop, fd)); /* closed on failure */
    }
}

static void begin_stopping(struct loop *loop)
{
    struct timeval patience = { .tv_sec = 10 };
    (void)event_del(loop->accepting);
    (void)event_base_loopexit(loop->base, &patience);
    for (struct connection *c = loop->first, *next; c; c = next) {
        next = connection_next(c);
        connection_stop(c);
    }
}

static void on_wake(evutil_socket_t fd, short what, void *context)
{
    (void)what;
    struct loop *loop = context;
    uint64_t count;
    if (read(fd, &count, sizeof(count)) < 0 && errno != EAGAIN)
        return;

    (void)pthread_mutex_lock(&loop->back.lock);
    struct exchange *x = loop->back.first;
    loop->back.first = loop->back.last = NULL;
    loop->back.count = 0;
    bool stop = loop->back.closed;
    (void)pthread_mutex_unlock(&loop->back.lock);

    for (struct exchange *next; x; x = next) {
        next = x->next;
        exchange_resume(x);
    }
    if (stop && !loop->stopping) {
        loop->stopping = true;
        begin_stopping(loop);
    }
    if (loop->stopping && !loop->first)
        (void)event_base_loopbreak(loop->base);
}

static void wake(struct loop *loop)
{
    uint64_t one = 1;
    ssize_t put = write(loop->wake_fd, &one, sizeof(one));
    (void)put; /* full means that it is about to wake */
}

void loop_handover(struct exchange *x, enum place to)
{
    if (to != ON_LOOP) {
        pool_handover(x, to);
        return;
    }
    struct loop *loop = connection_loop(x->connection);
    (void)queue_put(&loop->back, x, true);
    wake(loop);
}

static bool open_events(struct loop *loop)
{
    loop->base = event_base_new();
    loop->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (!loop->base || loop->wake_fd < 0)
        return false;
    loop->accepting = event_new(loop->base, loop->listen_fd,
                                EV_READ | EV_PERSIST, on_accept, loop);
    loop->resume_accepting = evtimer_new(loop->base, on_resume, loop);
    loop->wake = event_new(loop->base, loop->wake_fd, EV_READ | EV_PERSIST,
                           on_wake, loop);
    return loop->accepting && loop->resume_accepting && loop->wake &&
           event_add(loop->accepting, NULL) == 0 &&
           event_add(loop->wake, NULL) == 0;
}

struct status loop_open(struct broker *broker, int listen_fd, bool plain,
                        const struct route *const *groups, struct loop **out)
{
    struct loop *loop = calloc(1, sizeof(*loop));
    if (!loop) {
        (void)close(listen_fd);
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    }
    loop->broker = broker;
    loop->listen_fd = listen_fd;
    loop->wake_fd = -1;
    loop->plain = plain;
    loop->groups = groups;
    loop->connections_max =
        (size_t)config_number(broker->config, "server", "connections");
    queue_init(&loop->back, SIZE_MAX);
    if (!open_events(loop)) {
        loop_free(loop);
        return failure(STATUS_NO_MEMORY, "event_base_new", 0);
    }
    *out = loop;
    return OK;
}

static void *loop_run(void *context)
{
    struct loop *loop = context;
    (void)event_base_dispatch(loop->base);
    return NULL;
}

struct status loop_start(struct loop *loop)
{
    int rc = pthread_create(&loop->thread, NULL, loop_run, loop);
    if (rc != 0)
        return failure(STATUS_UNAVAILABLE, "pthread_create", (uint32_t)rc);
    loop->running = true;
    return OK;
}

void loop_stop(struct loop *loop)
{
    if (!loop->running)
        return;
    queue_close(&loop->back);
    wake(loop);
    (void)pthread_join(loop->thread, NULL);
    loop->running = false;
}

void loop_free(struct loop *loop)
{
    if (!loop)
        return;
    /* Those whose exchange never came back within the patience above are
     * left to the end of the process. */
    if (loop->accepting)
        event_free(loop->accepting);
    if (loop->resume_accepting)
        event_free(loop->resume_accepting);
    if (loop->wake)
        event_free(loop->wake);
    if (!loop->first && loop->base)
        event_base_free(loop->base);
    (void)close(loop->listen_fd);
    if (loop->wake_fd >= 0)
        (void)close(loop->wake_fd);
    if (!loop->first)
        tls_thread_clear(&loop->tls);
    queue_clear(&loop->back);
    free(loop);
}
