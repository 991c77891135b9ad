#include "broker/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 1024

static struct status give_up(int fd, struct reason *why, const char *call,
                             const char *where)
{
    int e = errno;
    if (fd >= 0)
        (void)close(fd);
    return refuse(why, STATUS_UNAVAILABLE, call, "cannot listen on %s: %s",
                  where, strerror(e));
}

static struct status listen_on(int family, const struct sockaddr *address,
                               socklen_t len, const char *where, int *out,
                               struct reason *why)
{
    int yes = 1;
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return give_up(fd, why, "socket", where);
    if (family != AF_UNIX &&
        (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) ||
         setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof(yes)) ||
         setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes))))
        return give_up(fd, why, "setsockopt", where);
    if (bind(fd, address, len) != 0 || listen(fd, BACKLOG) != 0)
        return give_up(fd, why, "bind", where);
    *out = fd;
    return OK;
}

struct status listener_tcp(const char *address, uint16_t port, int *out,
                           struct reason *why)
{
    struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(port) };
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6,
                               .sin6_port = htons(port) };
    char where[128];
    (void)snprintf(where, sizeof(where), "%s port %u", address, port);
    if (inet_pton(AF_INET, address, &v4.sin_addr) == 1)
        return listen_on(AF_INET, (const struct sockaddr *)&v4, sizeof(v4),
                         where, out, why);
    if (inet_pton(AF_INET6, address, &v6.sin6_addr) == 1)
        return listen_on(AF_INET6, (const struct sockaddr *)&v6, sizeof(v6),
                         where, out, why);
    return refuse(why, STATUS_INVALID, "address",
                  "server.address: \"%s\" is not an IP address", address);
}

static struct status listen_unix(const char *path, int *out, struct reason *why)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    if (path[0] != '/')
        return refuse(why, STATUS_INVALID, "operator",
                      "operator.listen: unix: needs an absolute path");
    if (strlen(path) >= sizeof(address.sun_path))
        return refuse(why, STATUS_INVALID, "operator",
                      "operator.listen: the socket's path is too long");
    memcpy(address.sun_path, path, strlen(path) + 1);
    (void)unlink(path);
    mode_t before = umask(0117);
    struct status s = listen_on(AF_UNIX, (const struct sockaddr *)&address,
                                sizeof(address), path, out, why);
    (void)umask(before);
    return s;
}

struct status listener_operator(const char *where, int *out, struct reason *why)
{
    if (strncmp(where, "unix:", 5) == 0)
        return listen_unix(where + 5, out, why);

    char address[64];
    const char *colon = strrchr(where, ':');
    char *end = NULL;
    unsigned long port = colon ? strtoul(colon + 1, &end, 10) : 0;
    if (!colon || (size_t)(colon - where) >= sizeof(address) || *end ||
        port == 0 || port > 65535)
        return refuse(why, STATUS_INVALID, "operator",
                      "operator.listen: expected unix:/path or address:port");
    memcpy(address, where, (size_t)(colon - where));
    address[colon - where] = '\0';
    if (strcmp(address, "127.0.0.1") != 0 && strcmp(address, "::1") != 0)
        return refuse(why, STATUS_INVALID, "operator",
                      "operator.listen: only a unix socket or loopback");
    return listener_tcp(address, (uint16_t)port, out, why);
}
