/* server.c - the listener, and one thread per connection, a bounded number of
 * them. */

#include "agent/server.h"
#include "ca/ca.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECTIONS 64
#define BACKLOG     64
#define ROOTS_MAX   ((size_t)256 * 1024)

struct visit {
    struct agent *agent;
    int fd;
};

static bool enter(struct agent *agent, int fd)
{
    bool admitted = false;
    (void)pthread_mutex_lock(&agent->lock);
    for (size_t i = 0; !agent->stopping && i < agent->open_max; i++) {
        if (agent->fds[i] >= 0)
            continue;
        agent->fds[i] = fd;
        agent->open++;
        admitted = true;
        break;
    }
    (void)pthread_mutex_unlock(&agent->lock);
    return admitted;
}

/* Closes under the lock: agent_free() must not hang up on a number that
 * means another connection by then. */
static void leave(struct agent *agent, int fd)
{
    (void)pthread_mutex_lock(&agent->lock);
    for (size_t i = 0; i < agent->open_max; i++) {
        if (agent->fds[i] == fd)
            agent->fds[i] = -1;
    }
    (void)close(fd);
    agent->open--;
    (void)pthread_cond_broadcast(&agent->gone);
    (void)pthread_mutex_unlock(&agent->lock);
}

static void *visit_run(void *argument)
{
    struct visit visit = *(struct visit *)argument;
    free(argument);
    agent_connection_serve(visit.agent, visit.fd);
    leave(visit.agent, visit.fd);
    return NULL;
}

static bool visit_start(struct agent *agent, int fd)
{
    pthread_attr_t detached;
    pthread_t thread;
    struct visit *visit = malloc(sizeof(*visit));
    if (!visit)
        return false;
    *visit = (struct visit){ agent, fd };
    if (pthread_attr_init(&detached) != 0) {
        free(visit);
        return false;
    }
    (void)pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    bool started = pthread_create(&thread, &detached, visit_run, visit) == 0;
    (void)pthread_attr_destroy(&detached);
    if (!started)
        free(visit);
    return started;
}

static void welcome(struct agent *agent, int fd)
{
    static const char full[] = "HTTP/1.1 503 Service Unavailable\r\n"
                               "Content-Length: 0\r\n"
                               "Retry-After: 1\r\n"
                               "Connection: close\r\n\r\n";
    int yes = 1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    if (!enter(agent, fd)) {
        (void)send(fd, full, sizeof(full) - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
        (void)close(fd);
        return;
    }
    if (!visit_start(agent, fd))
        leave(agent, fd);
}

static bool is_stopping(struct agent *agent)
{
    (void)pthread_mutex_lock(&agent->lock);
    bool stopping = agent->stopping;
    (void)pthread_mutex_unlock(&agent->lock);
    return stopping;
}

/* agent_free() shuts the listener down, which wakes this. */
static void *accept_run(void *argument)
{
    struct agent *agent = argument;
    while (!is_stopping(agent)) {
        int fd = accept4(agent->listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd >= 0)
            welcome(agent, fd);
        else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM ||
                 errno == ENOBUFS)
            (void)poll(NULL, 0, 100); /* until somebody leaves */
    }
    return NULL;
}

static struct status read_address(const struct agent_settings *settings,
                                  struct sockaddr_storage *out, socklen_t *len,
                                  struct reason *why)
{
    struct sockaddr_in v4 = { .sin_family = AF_INET,
                              .sin_port = htons(settings->port) };
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6,
                               .sin6_port = htons(settings->port) };
    memset(out, 0, sizeof(*out));
    if (inet_pton(AF_INET, settings->address, &v4.sin_addr) == 1 &&
        ntohl(v4.sin_addr.s_addr) >> 24 == 127) {
        memcpy(out, &v4, *len = sizeof(v4));
        return OK;
    }
    if (inet_pton(AF_INET6, settings->address, &v6.sin6_addr) == 1 &&
        IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr)) {
        memcpy(out, &v6, *len = sizeof(v6));
        return OK;
    }
    return refuse(why, STATUS_INVALID, "address",
                  "listen.address: \"%s\" is not a loopback address",
                  settings->address);
}

static uint16_t port_of(int fd)
{
    struct sockaddr_storage at;
    socklen_t len = sizeof(at);
    if (getsockname(fd, (struct sockaddr *)&at, &len) != 0)
        return 0;
    if (at.ss_family == AF_INET)
        return ntohs(((struct sockaddr_in *)&at)->sin_port);
    return ntohs(((struct sockaddr_in6 *)&at)->sin6_port);
}

static struct status listen_at(struct agent *agent,
                               const struct agent_settings *settings,
                               struct reason *why)
{
    struct sockaddr_storage address;
    socklen_t len;
    int yes = 1;
    TRY(read_address(settings, &address, &len, why));
    agent->listener = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (agent->listener < 0 ||
        setsockopt(agent->listener, SOL_SOCKET, SO_REUSEADDR, &yes,
                   sizeof(yes)) != 0 ||
        bind(agent->listener, (const struct sockaddr *)&address, len) != 0 ||
        listen(agent->listener, BACKLOG) != 0)
        return refuse(why, STATUS_UNAVAILABLE, "listen",
                      "cannot listen on %s port %u: %s", settings->address,
                      (unsigned)settings->port, strerror(errno));
    agent->port = port_of(agent->listener);
    return OK;
}

/* What the certificate does not say nobody reports. */
static struct status read_node(struct agent *agent, struct reason *why)
{
    struct ca_facts facts;
    if (agent->node_certificate.len == 0)
        return OK;
    TRY(ca_certificate_read(buffer_bytes(&agent->node_certificate), &facts,
                            why));
    if (facts.statement.kind == CA_NODE)
        agent->node = facts.statement.id;
    return OK;
}

static struct status copy_settings(struct agent *agent,
                                   const struct agent_settings *settings,
                                   struct reason *why)
{
    agent->simulator = settings->simulator;
    agent->node_key = settings->node_key;
    agent->node_certificate = buffer_make(CA_CERTIFICATE_MAX);
    buffer_put(&agent->node_certificate, settings->node_certificate);
    TRY(buffer_status(&agent->node_certificate));
    TRY(read_node(agent, why));
    agent->broker.url = strdup(settings->broker_url);
    agent->broker.roots = buffer_make(ROOTS_MAX);
    buffer_put(&agent->broker.roots, settings->broker_roots);
    agent->open_max =
        settings->connections ? settings->connections : CONNECTIONS;
    agent->fds = calloc(agent->open_max, sizeof(*agent->fds));
    if (!agent->broker.url || !agent->fds)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    for (size_t i = 0; i < agent->open_max; i++)
        agent->fds[i] = -1;
    TRY(buffer_status(&agent->broker.roots));
    return agent_broker_check(&agent->broker, why);
}

struct status agent_open(const struct agent_settings *settings,
                         struct agent **out, struct reason *why)
{
    AUTO_FREE(agent) agent = calloc(1, sizeof(*agent));
    if (!agent)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    agent->listener = -1;
    agent_tasks_init(&agent->tasks);
    (void)pthread_mutex_init(&agent->lock, NULL);
    (void)pthread_cond_init(&agent->gone, NULL);
    TRY(copy_settings(agent, settings, why));
    TRY(listen_at(agent, settings, why));
    if (pthread_create(&agent->acceptor, NULL, accept_run, agent) != 0)
        return failure(STATUS_UNAVAILABLE, "pthread_create", 0);
    agent->accepting = true;
    *out = TAKE(agent);
    return OK;
}

uint16_t agent_port(const struct agent *agent)
{
    return agent->port;
}

static void hang_up(struct agent *agent)
{
    (void)pthread_mutex_lock(&agent->lock);
    agent->stopping = true;
    for (size_t i = 0; i < agent->open_max; i++) {
        if (agent->fds && agent->fds[i] >= 0)
            (void)shutdown(agent->fds[i], SHUT_RDWR);
    }
    (void)pthread_mutex_unlock(&agent->lock);
}

void agent_free(struct agent *agent)
{
    if (!agent)
        return;
    hang_up(agent);
    if (agent->accepting) {
        (void)shutdown(agent->listener, SHUT_RDWR);
        (void)pthread_join(agent->acceptor, NULL);
    }
    (void)pthread_mutex_lock(&agent->lock);
    while (agent->open > 0)
        (void)pthread_cond_wait(&agent->gone, &agent->lock);
    (void)pthread_mutex_unlock(&agent->lock);
    if (agent->listener >= 0)
        (void)close(agent->listener);
    agent_tasks_clear(&agent->tasks);
    buffer_clear(&agent->broker.roots);
    buffer_clear(&agent->node_certificate);
    free(agent->broker.url);
    free(agent->fds);
    (void)pthread_cond_destroy(&agent->gone);
    (void)pthread_mutex_destroy(&agent->lock);
    free(agent);
}
