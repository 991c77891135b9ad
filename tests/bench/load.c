/* load.c - how many TLS 1.3 handshakes, or answers on kept connections, a
 * server on this machine manages per second.
 *
 *     load PORT ROOT.pem CERTIFICATE.pem KEY.pem SECONDS CONNECTIONS
 *          [REQUEST [each | RATE]]
 *
 * REQUEST is a file with the bytes of one HTTP request. Each connection has a
 * thread that asks, waits for the whole answer and asks again; with a RATE, not
 * sooner than its share of so many requests a second allows. With `each`,
 * REQUEST holds many requests, each ended by a zero byte, and each is sent
 * once: the end comes with the last of them. Prints one line of JSON, in which
 * 503 with Retry-After is "busy"; exits 1 when not a single attempt went well.
 */

#include "tests/bench/load.h"

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/file.h"

#define THREADS_MAX 256
#define SAMPLES_MAX                                                            \
    ((size_t)1 << 18) /* a thread's; further ones only count                   \
                       */

struct worker {
    const struct load *load;
    pthread_t thread;
    pthread_barrier_t *all_open; /* of all threads */
    double began, until;
    size_t done, failed, busy;
    float slowest_busy; /* milliseconds */
    size_t kept;
    float *milliseconds; /* owned, SAMPLES_MAX */
};

/* The requests that are sent once: the next of them, or NULL. */
static struct {
    const char *at, *end;
    pthread_mutex_t lock;
} once = { .lock = PTHREAD_MUTEX_INITIALIZER };

static const char *next_request(void)
{
    (void)pthread_mutex_lock(&once.lock);
    const char *request = once.at < once.end ? once.at : NULL;
    if (request)
        once.at += strlen(request) + 1;
    (void)pthread_mutex_unlock(&once.lock);
    return request;
}

static double now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void count(struct worker *w, bool well, double began)
{
    if (!well) {
        w->failed++;
        return;
    }
    if (w->kept < SAMPLES_MAX)
        w->milliseconds[w->kept++] = (float)((now() - began) * 1e3);
    w->done++;
}

static void shake_hands(struct worker *w)
{
    while (now() < w->until) {
        struct connection c;
        double began = now();
        bool open = connection_open(w->load, &c);
        count(w, open && connection_was_accepted(&c), began);
        if (open)
            connection_close(&c);
    }
}

static void count_busy(struct worker *w, double began)
{
    float took = (float)((now() - began) * 1e3);
    w->busy++;
    if (took > w->slowest_busy)
        w->slowest_busy = took;
}

/* Who is late goes on at once, and makes up for it. */
static void pause_until(double when)
{
    double wait = when - now();
    if (wait <= 0)
        return;
    struct timespec t = { .tv_sec = (time_t)wait,
                          .tv_nsec =
                              (long)((wait - (double)(time_t)wait) * 1e9) };
    (void)nanosleep(&t, NULL);
}

/* The time begins when all connections are open. */
static void keep_asking(struct worker *w)
{
    struct connection c;
    bool open = connection_open(w->load, &c);
    (void)pthread_barrier_wait(w->all_open);
    w->began = now();
    w->until = w->began + w->load->seconds;
    if (!open) {
        w->failed++;
        return;
    }
    double each = w->load->rate > 0 ? w->load->connections / w->load->rate : 0;
    double next = now();
    while (now() < w->until) {
        pause_until(next);
        next += each;
        double began = now();
        int status = connection_ask(w->load, &c);
        if (status == 503)
            count_busy(w, began);
        else
            count(w, status == 200, began);
        if (status != 200 && status != 503)
            break;
    }
    connection_close(&c);
}

static void ask_each(struct worker *w)
{
    struct connection c;
    struct load one = *w->load;
    if (!connection_open(w->load, &c)) {
        w->failed++;
        return;
    }
    while ((one.request = next_request())) {
        double began = now();
        bool well = connection_ask(&one, &c) == 200;
        count(w, well, began);
        if (!well)
            break;
    }
    connection_close(&c);
}

static void *work(void *argument)
{
    struct worker *w = argument;
    if (once.end)
        ask_each(w);
    else if (w->load->request)
        keep_asking(w);
    else
        shake_hands(w);
    return NULL;
}

static int by_size(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* All samples in one sorted array; NULL when there are none. */
static float *sorted(const struct worker *workers, unsigned n, size_t *out)
{
    size_t all = 0, at = 0;
    for (unsigned i = 0; i < n; i++)
        all += workers[i].kept;
    float *samples = all ? calloc(all, sizeof(*samples)) : NULL;
    if (!samples)
        return NULL;
    for (unsigned i = 0; i < n; i++) {
        memcpy(samples + at, workers[i].milliseconds,
               workers[i].kept * sizeof(*samples));
        at += workers[i].kept;
    }
    qsort(samples, all, sizeof(*samples), by_size);
    *out = all;
    return samples;
}

static int report(const struct worker *workers, unsigned n, double seconds)
{
    size_t done = 0, bad = 0, busy = 0, all = 0;
    float slowest = 0;
    for (unsigned i = 0; i < n; i++) {
        done += workers[i].done;
        bad += workers[i].failed;
        busy += workers[i].busy;
        if (workers[i].slowest_busy > slowest)
            slowest = workers[i].slowest_busy;
    }
    float *samples = sorted(workers, n, &all);
    double p50 = samples ? (double)samples[all / 2] : 0;
    double p99 = samples ? (double)samples[all * 99 / 100] : 0;
    free(samples);
    (void)printf("{\"done\": %zu, \"failed\": %zu, \"seconds\": %.3f, "
                 "\"per_second\": %.1f, \"p50_ms\": %.3f, \"p99_ms\": %.3f, "
                 "\"busy\": %zu, \"slowest_busy_ms\": %.3f}\n",
                 done, bad, seconds, (double)done / seconds, p50, p99, busy,
                 (double)slowest);
    return done > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int run(const struct load *load)
{
    static struct worker workers[THREADS_MAX];
    pthread_barrier_t all_open;
    unsigned started = 0;
    double began = now();
    if (pthread_barrier_init(&all_open, NULL, load->connections) != 0)
        return EXIT_FAILURE;
    for (unsigned i = 0; i < load->connections; i++) {
        struct worker *w = &workers[i];
        *w = (struct worker){ .load = load,
                              .all_open = &all_open,
                              .began = began,
                              .until = began + load->seconds };
        w->milliseconds = calloc(SAMPLES_MAX, sizeof(*w->milliseconds));
        if (!w->milliseconds || pthread_create(&w->thread, NULL, work, w) != 0)
            break;
        started++;
    }
    if (started != load->connections)
        return EXIT_FAILURE; /* the others wait for those in vain */
    for (unsigned i = 0; i < started; i++)
        (void)pthread_join(workers[i].thread, NULL);
    int code = report(workers, started, now() - workers[0].began);
    for (unsigned i = 0; i < load->connections; i++)
        free(workers[i].milliseconds);
    return code;
}

static int complain(const char *what)
{
    (void)fprintf(stderr, "load: %s\n", what);
    return 2;
}

int main(int argc, char **argv)
{
    AUTO_CLEAR_BUFFER request = buffer_make((size_t)256 << 20);
    bool each = argc == 9 && strcmp(argv[8], "each") == 0;
    double rate = argc == 9 && !each ? strtod(argv[8], NULL) : 0;
    if (argc < 7 || argc > 9 || (argc == 9 && !each && !(rate > 0)))
        return complain("PORT ROOT CERTIFICATE KEY SECONDS CONNECTIONS "
                        "[REQUEST [each | RATE]]");
    struct load load = { .root = argv[2],
                         .certificate = argv[3],
                         .key = argv[4],
                         .seconds = strtod(argv[5], NULL),
                         .connections = (unsigned)strtoul(argv[6], NULL, 10) };
    load_address(&load, argv[1]);
    load.rate = rate;
    if (load.connections < 1 || load.connections > THREADS_MAX ||
        !(load.seconds > 0))
        return complain("1 to 256 connections, more than 0 seconds");
    if (argc >= 8) {
        if (failed(file_read(argv[7], &request)))
            return complain("cannot read the request");
        buffer_put(&request, bytes_of("", 1));
        load.request = (const char *)request.data;
        once.at = each ? load.request : NULL;
        once.end = each ? load.request + request.len - 1 : NULL;
    }
    if (!load_prepare(&load))
        return 2;
    int code = run(&load);
    SSL_CTX_free(load.tls);
    return code;
}
