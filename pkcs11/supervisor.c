#include "pkcs11/supervisor.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "attest/attest.h"
#include "base/file.h"
#include "pkcs11/pin.h"
#include "pkcs11/roles.h"

#define ANCHORS_MAX 64
#define TICK        1000 /* milliseconds: the longest sleep */

static uint64_t monotonic(void)
{
    struct timespec at;
    (void)clock_gettime(CLOCK_MONOTONIC, &at);
    return (uint64_t)at.tv_sec * 1000 + (uint64_t)at.tv_nsec / 1000000;
}

static struct status add_anchor(void *context, struct bytes label,
                                const char *path, bool simulated,
                                struct reason *why)
{
    struct buffer *anchors = context;
    struct attest_anchor anchor;
    char name[ATTEST_LABEL_LEN + 1] = "";
    AUTO_CLEAR_BUFFER pem = buffer_make(16 * 1024);

    struct status s = file_read(path, &pem);
    if (failed(s))
        return refuse(why, s.code, s.origin, "cannot read the anchor %s (%s)",
                      path, status_name(s.code));
    memcpy(name, label.at, label.len);
    memset(&anchor, 0, sizeof(anchor));
    TRY(attest_anchor_read(buffer_bytes(&pem), name, simulated, &anchor, why));
    buffer_put(anchors, bytes_of(&anchor, sizeof(anchor)));
    return buffer_status(anchors);
}

static struct status resolve_peers(struct hsm_supervisor *s, struct reason *why)
{
    size_t count = hsm_peers_count(&s->settings);
    if (count > sizeof(s->peers) / sizeof(s->peers[0]))
        return refuse(why, STATUS_INVALID, "config",
                      "service.peers has more than 64 users");
    for (size_t i = 0; i < count; i++) {
        TRY(hsm_peer_uid(hsm_peer_at(&s->settings, i), &s->peers[i], why));
        if (s->peers[i] == geteuid())
            hsm_say("supervisor: single-user mode: the broker's user is our "
                    "own, and could do all we can");
    }
    s->peers_count = count;
    return OK;
}

static struct status listen_at(const char *path, int *out, struct reason *why)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    memcpy(address.sun_path, path, strlen(path)); /* settings.c: it fits */

    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return failure(STATUS_UNAVAILABLE, "socket", (uint32_t)errno);
    (void)unlink(path); /* ours, from before: the state directory is locked */
    /* Who may speak is decided by SO_PEERCRED, not by the mode. */
    if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
        chmod(path, 0666) != 0 || listen(fd, 8) != 0) {
        int error = errno;
        (void)close(fd);
        return refuse(why, STATUS_UNAVAILABLE, "socket",
                      "cannot listen at %s: %s", path, strerrordesc_np(error));
    }
    *out = fd;
    return OK;
}

static struct status watch_signals(int *out)
{
    sigset_t set;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGHUP);
    (void)sigaddset(&set, SIGCHLD);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
        return failure(STATUS_UNAVAILABLE, "sigprocmask", (uint32_t)errno);
    *out = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (*out < 0)
        return failure(STATUS_UNAVAILABLE, "signalfd", (uint32_t)errno);
    return OK;
}

/* Everything that the configuration says and names, but the PIN. */
static struct status read_all(struct hsm_supervisor *s, const char *config_path,
                              struct reason *why)
{
    struct status read = file_read(config_path, &s->config);
    if (failed(read))
        return refuse(why, read.code, read.origin, "cannot read %s (%s)",
                      config_path, status_name(read.code));
    TRY(hsm_settings_read(config_path, buffer_bytes(&s->config), &s->settings,
                          why));
    TRY(hsm_anchors_each(&s->settings, add_anchor, &s->anchors, why));
    return resolve_peers(s, why);
}

static void begin(struct hsm_supervisor *s)
{
    s->config = buffer_make(HSM_CONFIG_MAX);
    s->anchors = buffer_make(ANCHORS_MAX * sizeof(struct attest_anchor));
    s->listener = s->signals = s->client.fd = s->worker.fd = -1;
}

static void end(struct hsm_supervisor *s)
{
    hsm_link_close(&s->client);
    secret_free(s->pin);
    buffer_clear(&s->config);
    buffer_clear(&s->anchors);
    hsm_settings_clear(&s->settings);
}

STATUS hsm_supervisor_check(const char *config_path, struct reason *why)
{
    struct hsm_supervisor *s = calloc(1, sizeof(*s));
    if (!s)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    begin(s);
    struct status checked = read_all(s, config_path, why);
    end(s);
    free(s);
    return checked;
}

static struct status prepare(struct hsm_supervisor *s, const char *config_path,
                             struct reason *why)
{
    TRY(hsm_harden());
    TRY(secret_heap_open(HSM_SECRET_HEAP));
    TRY(read_all(s, config_path, why));
    TRY(hsm_pin_read(&s->settings, &s->pin, why));
    TRY(hsm_lock_state(&s->settings, &s->lock, why));
    TRY(watch_signals(&s->signals));
    s->outstanding.in_flight_max = s->settings.threads * 2;
    s->outstanding.wait_limit = s->settings.wait_limit;
    s->outstanding.run_limit = s->settings.run_limit;
    s->outstanding.token_limit = s->settings.token_limit;
    return listen_at(s->settings.socket, &s->listener, why);
}

static void stop(struct hsm_supervisor *s)
{
    s->stopping = true;
    if (s->listener >= 0)
        (void)close(s->listener);
    s->listener = -1;
    (void)unlink(s->settings.socket);
}

/* A changed PIN is taken; an unreadable one leaves everything as it was. */
static void hear_operator(struct hsm_supervisor *s, uint64_t now)
{
    struct reason why = { "" };
    struct secret *pin = NULL;

    if (failed(hsm_pin_read(&s->settings, &pin, &why))) {
        hsm_say("supervisor: SIGHUP: %s", why.text);
        return;
    }
    secret_free(s->pin);
    s->pin = pin;
    hsm_generation_unlatch(s, now);
}

static void on_signals(struct hsm_supervisor *s, uint64_t now)
{
    struct signalfd_siginfo info;

    while (read(s->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
        if (info.ssi_signo == SIGCHLD)
            hsm_generation_reap(s, now);
        else if (info.ssi_signo == SIGHUP)
            hear_operator(s, now);
        else
            stop(s);
    }
}

static unsigned pause_for(const struct hsm_supervisor *s, uint64_t now)
{
    unsigned most = TICK;
    if (s->phase == HSM_DOWN)
        most = s->next_start <= now         ? 0
               : s->next_start - now < most ? (unsigned)(s->next_start - now)
                                            : most;
    return hsm_outstanding_pause(&s->outstanding, now, most);
}

/* The broker's events before the listener's: a broker that reconnects has
 * hung up first. */
static void one_round(struct hsm_supervisor *s)
{
    struct pollfd fds[4] = {
        { s->signals, POLLIN, 0 },
        { s->worker.fd, hsm_link_events(&s->worker), 0 },
        { s->client.fd, hsm_link_events(&s->client), 0 },
        { s->listener, POLLIN, 0 },
    };
    int n = poll(fds, 4, (int)pause_for(s, monotonic()));
    uint64_t now = monotonic();

    if (n > 0 && fds[1].revents)
        hsm_generation_event(s, fds[1].revents, now);
    if (n > 0 && fds[0].revents)
        on_signals(s, now);
    if (n > 0 && fds[2].revents && s->client.fd == fds[2].fd)
        hsm_relay_event(s, fds[2].revents, now);
    if (n > 0 && fds[3].revents && s->listener >= 0)
        hsm_relay_accept(s);
    hsm_generation_tend(s, now);
    hsm_relay_send(s, now);
}

static bool is_over(const struct hsm_supervisor *s)
{
    return s->stopping && s->generation.worker == 0 &&
           (s->phase == HSM_DOWN || s->phase == HSM_LATCHED);
}

int hsm_supervisor_main(const char *config_path)
{
    static struct hsm_supervisor s; /* large, and one per process */
    struct reason why = { "" };

    begin(&s);
    struct status ready = prepare(&s, config_path, &why);
    if (failed(ready)) {
        hsm_say("accord-hsm: %s", why.text[0]    ? why.text
                                  : ready.origin ? ready.origin
                                                 : status_name(ready.code));
        return 1;
    }
    while (!is_over(&s))
        one_round(&s);
    hsm_relay_fail_all(&s, "accord-hsm is stopping");
    end(&s);
    return 0;
}
