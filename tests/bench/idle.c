/* idle.c - many TLS connections that do nothing, from many addresses.
 *
 *     bench.idle PORT ROOT.pem CERTIFICATE.pem KEY.pem CONNECTIONS
 *
 * Opens them one after the other, 100 from each of 127.1.x.y; each asks for the
 * installation once, so that nothing of a handshake is left to do. Prints one
 * line of JSON when they are open, waits for the end of its input, and prints
 * how many are open still. */

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/load.h"

#define EACH 100u

static double now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void raise_limit(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &files);
    }
}

static bool open_one(struct load *load, unsigned number, struct connection *out)
{
    load->source.sin_family = AF_INET;
    load->source.sin_addr.s_addr = htonl(0x7f010001u + number / EACH);
    return connection_open(load, out) && connection_ask(load, out) == 200;
}

static unsigned still_open(const struct connection *all, unsigned count)
{
    unsigned open = 0;
    for (unsigned i = 0; i < count; i++) {
        struct pollfd look = { .fd = all[i].fd, .events = POLLIN };
        /* What comes unasked is the end. */
        if (all[i].ssl && poll(&look, 1, 0) == 0)
            open++;
    }
    return open;
}

int main(int argc, char **argv)
{
    unsigned wanted = argc == 6 ? (unsigned)strtoul(argv[5], NULL, 10) : 0;
    struct connection *all = calloc(wanted ? wanted : 1, sizeof(*all));
    struct load load = { .seconds = 1, .connections = 1 };
    char request[160], unused;
    if (wanted == 0 || !all) {
        (void)fprintf(stderr, "idle: PORT ROOT CERTIFICATE KEY CONNECTIONS\n");
        return 2;
    }
    (void)snprintf(request, sizeof(request),
                   "GET /accord/v1/log/head HTTP/1.1\r\nHost: 127.0.0.1:%s"
                   "\r\n\r\n",
                   argv[1]);
    load.request = request;
    load_address(&load, argv[1]);
    load.root = argv[2];
    load.certificate = argv[3];
    load.key = argv[4];
    raise_limit();
    if (!load_prepare(&load))
        return 2;
    double began = now();
    unsigned opened = 0;
    for (unsigned i = 0; i < wanted; i++)
        if (open_one(&load, i, &all[i]))
            opened++;
    (void)printf("{\"opened\": %u, \"seconds\": %.1f, \"open\": %u}\n", opened,
                 now() - began, still_open(all, wanted));
    (void)fflush(stdout);
    while (read(STDIN_FILENO, &unused, 1) > 0)
        ;
    (void)printf("{\"open\": %u}\n", still_open(all, wanted));
    return opened == wanted ? EXIT_SUCCESS : EXIT_FAILURE;
}
