/* generation.c - a worker's life: started, served through, replaced. */

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#include "pkcs11/roles.h"
#include "pkcs11/supervisor.h"

#define BACKOFF_MIN  100  /* milliseconds */
#define BACKOFF_MAX  2000 /* a token that is back is served within 5 s */
#define ANCHOR_EVERY 10000
#define STEADY       10000 /* serving this long forgives earlier failures */

static void enter(struct hsm_supervisor *s, enum hsm_phase phase, uint64_t now)
{
    s->phase = phase;
    s->phase_since = now;
}

static void try_later(struct hsm_supervisor *s, uint64_t now)
{
    s->next_start = now + s->backoff;
    s->backoff = s->backoff * 2 > BACKOFF_MAX ? BACKOFF_MAX : s->backoff * 2;
    enter(s, HSM_DOWN, now);
}

void hsm_generation_start(struct hsm_supervisor *s, uint64_t now)
{
    s->tired = false;
    s->is_last_anchor = false;
    s->served_since = 0;
    if (s->backoff < BACKOFF_MIN)
        s->backoff = BACKOFF_MIN;
    struct status started =
        hsm_spawn(&(struct hsm_estate){ buffer_bytes(&s->config), s->pin,
                                        buffer_bytes(&s->anchors), s->lock },
                  &s->generation);
    if (!failed(started))
        started =
            hsm_link_open(&s->worker, s->generation.jobs, PKCS11_ANSWER_MAX,
                          PKCS11_REQUEST_MAX * 2 + 65536);
    if (failed(started)) {
        hsm_say("supervisor: cannot start a worker (%s, %u)", started.origin,
                (unsigned)started.detail);
        hsm_link_close(&s->worker);
        try_later(s, now);
        return;
    }
    enter(s, HSM_STARTING, now);
}

static void kill_worker(struct hsm_supervisor *s)
{
    if (s->generation.worker > 0)
        (void)kill(s->generation.worker, SIGKILL);
}

static void on_ready(struct hsm_supervisor *s, uint64_t now)
{
    hsm_say("supervisor: worker %d serves", (int)s->generation.worker);
    s->trouble.text[0] = '\0';
    s->served_since = now;
    s->next_anchor = now + ANCHOR_EVERY;
    enter(s, HSM_SERVING, now);
}

static void on_failed_start(struct hsm_supervisor *s, struct bytes text,
                            bool refuses)
{
    (void)snprintf(s->trouble.text, sizeof(s->trouble.text), "%.*s",
                   (int)text.len, text.len ? (const char *)text.at : "");
    hsm_say("supervisor: the worker %s: %s",
            refuses ? "refuses to start" : "cannot start", s->trouble.text);
    /* Its end follows; hsm_generation_reap() goes on from the phase. */
    s->phase = refuses ? HSM_LATCHED : HSM_STARTING;
    hsm_relay_fail_all(s, s->trouble.text);
}

static void on_frame(struct hsm_supervisor *s, const struct pkcs11_frame *frame,
                     uint64_t now)
{
    struct hsm_pending *job;

    switch (frame->code) {
    case PKCS11_READY: on_ready(s, now); return;
    case PKCS11_REFUSES: on_failed_start(s, frame->body, true); return;
    case PKCS11_CANNOT: on_failed_start(s, frame->body, false); return;
    case PKCS11_TIRED: s->tired = true; return;
    default: break;
    }
    job = hsm_outstanding_find(&s->outstanding, frame->id);
    if (!job)
        return;
    if (frame->code == PKCS11_BEGAN)
        hsm_outstanding_began(job, now);
    else
        hsm_relay_answer(s, job, frame->code, frame->body);
}

static void read_frames(struct hsm_supervisor *s, uint64_t now)
{
    struct pkcs11_frame frame;
    size_t used = 0;
    bool any = true;

    while (any) {
        if (failed(hsm_link_next(&s->worker, &frame, &used, &any))) {
            hsm_say("supervisor: the worker sent an impossible frame");
            kill_worker(s);
            return;
        }
        if (any) {
            on_frame(s, &frame, now);
            hsm_link_drop(&s->worker, used);
        }
    }
}

void hsm_generation_event(struct hsm_supervisor *s, short events, uint64_t now)
{
    bool ended = false;

    if (events & POLLOUT)
        ended = failed(hsm_link_flush(&s->worker));
    if (events & (POLLIN | POLLHUP | POLLERR))
        ended |= failed(hsm_link_read(&s->worker));
    read_frames(s, now);
    if (ended) /* SIGCHLD tells the rest */
        hsm_link_close(&s->worker);
}

/* Whatever it had said before its end still counts. */
static void hear_last_words(struct hsm_supervisor *s, uint64_t now)
{
    bool more = s->worker.fd >= 0;

    while (more) {
        size_t before = s->worker.in.len;
        more = !failed(hsm_link_read(&s->worker)) && s->worker.in.len > before;
        read_frames(s, now);
    }
    hsm_link_close(&s->worker);
}

/* After a steady time the next worker comes at once, whatever ended this
 * one; a worker that ends early is followed more and more slowly. */
static void plan_next(struct hsm_supervisor *s, uint64_t now)
{
    bool steady = s->served_since > 0 && now - s->served_since >= STEADY;

    if (s->phase == HSM_LATCHED)
        return;
    if (steady)
        s->backoff = BACKOFF_MIN;
    try_later(s, now);
    if (steady)
        s->next_start = now;
}

static void on_worker_end(struct hsm_supervisor *s, int how, uint64_t now)
{
    struct hsm_pending *job;

    hear_last_words(s, now);
    s->generation.worker = 0;
    if (s->generation.verifier > 0)
        (void)kill(s->generation.verifier, SIGKILL);
    if (WIFSIGNALED(how) || WEXITSTATUS(how) != 0)
        hsm_say("supervisor: the worker ended (%s %d)",
                WIFSIGNALED(how) ? "signal" : "exit",
                WIFSIGNALED(how) ? WTERMSIG(how) : WEXITSTATUS(how));
    while ((job = hsm_outstanding_flying(&s->outstanding)))
        hsm_relay_answer(
            s, job, STATUS_UNAVAILABLE,
            bytes_of_string("the HSM's worker ended before it answered"));
    plan_next(s, now);
}

/* Certificates of enclaves cannot be judged any more: the next generation
 * can. */
static void on_verifier_end(struct hsm_supervisor *s)
{
    s->generation.verifier = 0;
    if (s->generation.worker == 0 || s->phase == HSM_LEAVING)
        return;
    hsm_say("supervisor: the verifier ended");
    s->tired = true;
}

void hsm_generation_reap(struct hsm_supervisor *s, uint64_t now)
{
    int how = 0;
    pid_t ended;

    while ((ended = waitpid(-1, &how, WNOHANG)) > 0) {
        if (ended == s->generation.worker)
            on_worker_end(s, how, now);
        else if (ended == s->generation.verifier)
            on_verifier_end(s);
    }
}

static void ask_for_anchor(struct hsm_supervisor *s, uint64_t now)
{
    const struct pkcs11_frame frame = { 0, PKCS11_ANCHOR, { NULL, 0 } };
    if (!s->anchor_is_pending &&
        hsm_outstanding_add(&s->outstanding, 0, &frame, now))
        s->anchor_is_pending = true;
    s->next_anchor = now + ANCHOR_EVERY;
}

/* Asks the worker to go: it reads the end of its socket, logs out, exits. */
static void dismiss(struct hsm_supervisor *s, uint64_t now)
{
    hsm_link_close(&s->worker);
    enter(s, HSM_LEAVING, now);
}

/* Nothing runs: anchor, then go. */
static void wind_down(struct hsm_supervisor *s, uint64_t now)
{
    if (hsm_outstanding_in_flight(&s->outstanding) > 0)
        return;
    if (s->is_last_anchor) {
        dismiss(s, now);
        return;
    }
    const struct pkcs11_frame anchor = { 0, PKCS11_ANCHOR, { NULL, 0 } };
    struct hsm_pending *job =
        hsm_outstanding_add(&s->outstanding, 0, &anchor, now);
    if (job) {
        const struct pkcs11_frame frame = { job->id, job->number, { NULL, 0 } };
        status_ignore(hsm_link_put(&s->worker, &frame)); /* poll() tells */
        hsm_outstanding_sent(&s->outstanding, job, now);
    }
    s->is_last_anchor = true;
}

static void tend_serving(struct hsm_supervisor *s, uint64_t now)
{
    const struct hsm_pending *hung = hsm_outstanding_hung(&s->outstanding, now);

    if (hung) {
        hsm_say("supervisor: job %u did not end in time, worker %d is killed",
                hung->number, (int)s->generation.worker);
        kill_worker(s);
        enter(s, HSM_LEAVING, now);
        return;
    }
    if (s->tired || s->stopping)
        wind_down(s, now);
    else if (now >= s->next_anchor)
        ask_for_anchor(s, now);
}

/* A worker that does not come out of C_Login is not killed: a token's PIN
 * file may be half written. An operator decides. */
static void tend_starting(struct hsm_supervisor *s, uint64_t now)
{
    if (s->stopping) {
        dismiss(s, now);
        return;
    }
    if (now - s->phase_since < s->settings.token_limit || s->trouble.text[0])
        return;
    (void)snprintf(s->trouble.text, sizeof(s->trouble.text),
                   "the HSM's worker has not logged in for %u ms; it is left "
                   "alone until an operator sends SIGHUP",
                   s->settings.token_limit);
    hsm_say("supervisor: %s", s->trouble.text);
    hsm_relay_fail_all(s, s->trouble.text);
}

/* Dismissed or killed, and still there. One that never said READY may be in
 * C_Login: it is left behind, and ends by itself when it comes out. */
static void tend_leaving(struct hsm_supervisor *s, uint64_t now)
{
    if (now - s->phase_since < s->settings.token_limit)
        return;
    if (s->served_since > 0) {
        kill_worker(s);
        return;
    }
    hsm_say("supervisor: worker %d is left behind in its login",
            (int)s->generation.worker);
    s->generation.worker = 0;
    enter(s, HSM_DOWN, now);
}

void hsm_generation_tend(struct hsm_supervisor *s, uint64_t now)
{
    switch (s->phase) {
    case HSM_DOWN:
        if (!s->stopping && now >= s->next_start)
            hsm_generation_start(s, now);
        break;
    case HSM_STARTING: tend_starting(s, now); break;
    case HSM_SERVING: tend_serving(s, now); break;
    case HSM_LEAVING: tend_leaving(s, now); break;
    case HSM_LATCHED: break;
    }
}

/* SIGHUP: the operator has seen to the cause. */
void hsm_generation_unlatch(struct hsm_supervisor *s, uint64_t now)
{
    if (s->phase == HSM_STARTING && s->trouble.text[0])
        kill_worker(s);
    s->trouble.text[0] = '\0';
    if (s->phase == HSM_LATCHED && s->generation.worker == 0) {
        s->backoff = BACKOFF_MIN;
        s->next_start = now;
        enter(s, HSM_DOWN, now);
    }
}
