/* relay.c - between the one broker and the one worker. */

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pkcs11/roles.h"
#include "pkcs11/supervisor.h"

#define CLIENT_OUT_MAX ((size_t)16 * 1024 * 1024)

static void hang_up(struct hsm_supervisor *s)
{
    struct hsm_pending *job;

    hsm_link_close(&s->client);
    while ((job = hsm_outstanding_waiting(&s->outstanding, s->connection)))
        hsm_outstanding_remove(&s->outstanding, job);
}

static void tell(struct hsm_supervisor *s, uint32_t id, uint8_t code,
                 struct bytes body)
{
    const struct pkcs11_frame frame = { id, code, body };
    if (s->client.fd >= 0 && failed(hsm_link_put(&s->client, &frame)))
        hang_up(s);
}

/* Answers to a connection that is gone go nowhere. */
void hsm_relay_answer(struct hsm_supervisor *s, struct hsm_pending *job,
                      uint8_t code, struct bytes body)
{
    uint32_t id = job->client_id;
    bool theirs = job->connection != 0 && job->connection == s->connection;

    if (job->connection == 0)
        s->anchor_is_pending = false;
    hsm_outstanding_remove(&s->outstanding, job);
    if (theirs)
        tell(s, id, code, body);
}

void hsm_relay_fail_all(struct hsm_supervisor *s, const char *text)
{
    struct hsm_pending *job;
    while ((job = hsm_outstanding_any(&s->outstanding)))
        hsm_relay_answer(s, job, STATUS_UNAVAILABLE, bytes_of_string(text));
}

static bool is_welcome(const struct hsm_supervisor *s, int fd)
{
    struct ucred peer;
    socklen_t len = sizeof(peer);

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0)
        return false;
    for (size_t i = 0; i < s->peers_count; i++)
        if (s->peers[i] == peer.uid)
            return true;
    hsm_say("supervisor: refused a connection of user %u", (unsigned)peer.uid);
    return false;
}

/* Says why in an unasked frame, and hangs up. A fresh socket's buffer holds
 * it, so this never waits. */
static void turn_away(int fd, enum status_code code, const char *text)
{
    const struct pkcs11_frame frame = { 0, (uint8_t)code,
                                        bytes_of_string(text) };
    AUTO_CLEAR_BUFFER out = buffer_make(512);

    pkcs11_frame_put(&out, &frame);
    if (!failed(buffer_status(&out)))
        (void)!send(fd, out.data, out.len, MSG_NOSIGNAL | MSG_DONTWAIT);
    (void)close(fd);
}

void hsm_relay_accept(struct hsm_supervisor *s)
{
    int fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0)
        return; /* gone again, or no descriptor: poll() tells us once more */
    if (!is_welcome(s, fd)) {
        turn_away(fd, STATUS_DENIED,
                  "accord-hsm does not serve this user (service.peers)");
        return;
    }
    if (s->client.fd >= 0) {
        turn_away(fd, STATUS_BUSY, "another broker is connected to accord-hsm");
        return;
    }
    s->connection++;
    s->store_key_given = false;
    if (failed(
            hsm_link_open(&s->client, fd, PKCS11_REQUEST_MAX, CLIENT_OUT_MAX)))
        hsm_link_close(&s->client);
}

/* Whether a client may ask for a job of this number: all but the anchor. */
static bool is_a_clients_job(uint8_t number)
{
    return number >= PKCS11_DESCRIBE && number < PKCS11_JOBS &&
           number != PKCS11_ANCHOR;
}

/* What never reaches a worker. */
static bool refused_here(struct hsm_supervisor *s,
                         const struct pkcs11_frame *frame)
{
    const char *text = NULL;
    enum status_code code = STATUS_DENIED;

    if (!is_a_clients_job(frame->code)) {
        text = "there is no such job";
        code = STATUS_INVALID;
    } else if (frame->code == PKCS11_STORE_KEY && s->store_key_given) {
        text = "the store key is given once per connection";
    } else if (s->stopping) {
        text = "accord-hsm is stopping";
        code = STATUS_UNAVAILABLE;
    } else if (s->trouble.text[0]) {
        text = s->trouble.text;
        code = STATUS_UNAVAILABLE;
    }
    if (!text)
        return false;
    tell(s, frame->id, (uint8_t)code, bytes_of_string(text));
    return true;
}

static void take_job(struct hsm_supervisor *s, const struct pkcs11_frame *frame,
                     uint64_t now)
{
    if (refused_here(s, frame))
        return;
    if (!hsm_outstanding_add(&s->outstanding, s->connection, frame, now)) {
        tell(s, frame->id, STATUS_BUSY,
             bytes_of_string("accord-hsm has too many jobs"));
        return;
    }
    s->store_key_given |= frame->code == PKCS11_STORE_KEY;
}

void hsm_relay_event(struct hsm_supervisor *s, short events, uint64_t now)
{
    struct pkcs11_frame frame;
    size_t used = 0;
    bool any = true;

    if ((events & POLLOUT) && failed(hsm_link_flush(&s->client))) {
        hang_up(s);
        return;
    }
    if (!(events & (POLLIN | POLLHUP | POLLERR)))
        return;
    bool ended = failed(hsm_link_read(&s->client));
    while (s->client.fd >= 0 && any) {
        if (failed(hsm_link_next(&s->client, &frame, &used, &any))) {
            hsm_say("supervisor: the broker sent an impossible frame");
            ended = true;
            break;
        }
        if (any)
            take_job(s, &frame, now);
        if (any && s->client.fd >= 0) /* answering may have hung up */
            hsm_link_drop(&s->client, used);
    }
    if (ended && s->client.fd >= 0)
        hang_up(s);
}

/* Hands the worker as much as it may have, and answers who waited too
 * long. */
void hsm_relay_send(struct hsm_supervisor *s, uint64_t now)
{
    struct hsm_pending *job;

    while (s->phase == HSM_SERVING && !s->tired &&
           (job = hsm_outstanding_next(&s->outstanding))) {
        const struct pkcs11_frame frame = { job->id, job->number,
                                            buffer_bytes(&job->body) };
        struct status sent = hsm_link_put(&s->worker, &frame);
        hsm_outstanding_sent(&s->outstanding, job, now);
        if (failed(sent))
            return; /* it is gone: its end is noticed by poll() */
    }
    while ((job = hsm_outstanding_overdue(&s->outstanding, now)))
        hsm_relay_answer(s, job, STATUS_BUSY,
                         bytes_of_string("the HSM is busy"));
}
