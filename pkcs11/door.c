/* door.c - one connection to accord-hsm, shared by all threads.
 *
 * Each call waits on its own semaphore; a reader thread per connection hands
 * out the answers by id. Whoever calls next opens a lost connection again.
 * Only who has the turn may write to the connection or change `fd`; a turn
 * is taken with `lock`, and kept without it while the socket is slow. */

#include "pkcs11/door.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

struct call {
    uint32_t id;
    struct buffer *answer;
    atomic_bool done;     /* set last, before the semaphore is posted */
    struct status status; /* meaningful once done */
    struct reason why;
    sem_t answered; /* so that who waits need not take the door's lock */
    struct call *next;
};

struct pkcs11_door {
    struct sockaddr_un address;
    unsigned deadline;    /* milliseconds */
    pthread_mutex_t lock; /* guards these: */
    bool is_taken;        /* the turn */
    pthread_cond_t turn_ended;
    int fd;          /* -1: not connected */
    bool has_reader; /* `reader` must be joined */
    pthread_t reader;
    struct call *calls;
    uint32_t next_id; /* the turn's */
};

/* Waits by the clock that nobody sets. */
static void condition_init(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
}

/* Without `until`, waits however long it takes. */
static bool take_turn(struct pkcs11_door *door, const struct timespec *until)
{
    int error = 0;

    pthread_mutex_lock(&door->lock);
    while (door->is_taken && error == 0)
        error = until ? pthread_cond_timedwait(&door->turn_ended, &door->lock,
                                               until)
                      : pthread_cond_wait(&door->turn_ended, &door->lock);
    bool mine = !door->is_taken;
    door->is_taken = true;
    pthread_mutex_unlock(&door->lock);
    return mine;
}

static void end_turn(struct pkcs11_door *door)
{
    pthread_mutex_lock(&door->lock);
    door->is_taken = false;
    pthread_mutex_unlock(&door->lock);
    pthread_cond_signal(&door->turn_ended);
}

STATUS pkcs11_door_open(const char *socket_path, unsigned deadline,
                        struct pkcs11_door **out)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    if (strlen(socket_path) >= sizeof(address.sun_path))
        return failure(STATUS_INVALID, "socket path is too long", 0);
    memcpy(address.sun_path, socket_path, strlen(socket_path));

    struct pkcs11_door *door = calloc(1, sizeof(*door));
    if (!door)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    door->address = address;
    door->deadline = deadline;
    door->fd = -1;
    pthread_mutex_init(&door->lock, NULL);
    condition_init(&door->turn_ended);
    *out = door;
    return OK;
}

void pkcs11_door_free(struct pkcs11_door *door)
{
    if (!door)
        return;
    pthread_mutex_lock(&door->lock);
    if (door->fd >= 0)
        (void)shutdown(door->fd, SHUT_RDWR); /* ends the reader */
    pthread_mutex_unlock(&door->lock);
    if (door->has_reader)
        pthread_join(door->reader, NULL);
    pthread_cond_destroy(&door->turn_ended);
    pthread_mutex_destroy(&door->lock);
    free(door);
}

bool pkcs11_door_connected(struct pkcs11_door *door)
{
    pthread_mutex_lock(&door->lock);
    bool connected = door->fd >= 0;
    pthread_mutex_unlock(&door->lock);
    return connected;
}

static void forget(struct pkcs11_door *door, const struct call *call)
{
    struct call **at = &door->calls;
    while (*at && *at != call)
        at = &(*at)->next;
    if (*at)
        *at = call->next;
}

/* Under `lock`; the last that is done to a call: it is the caller's again. */
static void finish(struct pkcs11_door *door, struct call *call,
                   struct status status, struct bytes text)
{
    forget(door, call);
    size_t len = text.len;
    if (len > sizeof(call->why.text) - 1)
        len = sizeof(call->why.text) - 1;
    if (len > 0)
        memcpy(call->why.text, text.at, len);
    call->why.text[len] = '\0';
    call->status = status;
    atomic_store(&call->done, true);
    (void)sem_post(&call->answered);
}

/* Under `lock`. An id nobody waits for any more is not an error. */
static void deliver(struct pkcs11_door *door, const struct pkcs11_frame *frame)
{
    struct call *call = door->calls;
    while (call && call->id != frame->id)
        call = call->next;
    if (!call)
        return;
    if (frame->code > STATUS_NO_MEMORY) {
        finish(door, call,
               failure(STATUS_UNAVAILABLE, "answer code", frame->code),
               bytes_of_string("accord-hsm speaks another language"));
        return;
    }
    if (frame->code != STATUS_OK) {
        finish(door, call,
               failure((enum status_code)frame->code, "accord-hsm", 0),
               frame->body);
        return;
    }
    buffer_put(call->answer, frame->body);
    struct status s = buffer_status(call->answer);
    if (failed(s))
        s.code = s.code == STATUS_INVALID ? STATUS_UNAVAILABLE : s.code;
    finish(door, call, s, bytes_of(NULL, 0));
}

/* The connection is gone: nobody who waits will hear from it. An unasked
 * frame (id 0) says why the supervisor hung up. */
static void abandon(struct pkcs11_door *door, const struct pkcs11_frame *last)
{
    struct bytes text = bytes_of_string("the connection to accord-hsm broke");
    enum status_code code = STATUS_UNAVAILABLE;

    if (last->id == 0 && last->body.len > 0 && last->code != STATUS_OK &&
        last->code <= STATUS_NO_MEMORY) {
        text = last->body;
        code = (enum status_code)last->code;
    }
    (void)take_turn(door, NULL);
    pthread_mutex_lock(&door->lock);
    (void)close(door->fd);
    door->fd = -1;
    while (door->calls)
        finish(door, door->calls, failure(code, "accord-hsm", 0), text);
    pthread_mutex_unlock(&door->lock);
    end_turn(door);
}

static void *read_answers(void *argument)
{
    struct pkcs11_door *door = argument;
    struct buffer in = buffer_make(PKCS11_ANSWER_MAX);
    struct pkcs11_frame frame = { .id = 1 };

    pthread_mutex_lock(&door->lock);
    int fd = door->fd;
    pthread_mutex_unlock(&door->lock);
    for (;;) {
        struct status s = pkcs11_frame_read(fd, &in, &frame);
        if (failed(s) || frame.id == 0)
            break;
        pthread_mutex_lock(&door->lock);
        deliver(door, &frame);
        pthread_mutex_unlock(&door->lock);
        frame = (struct pkcs11_frame){ .id = 1 };
    }
    abandon(door, &frame);
    buffer_clear(&in);
    return NULL;
}

/* A connected socket whose writes give up after the deadline. */
static struct status dial(const struct pkcs11_door *door, int *out)
{
    struct timeval patience = { .tv_sec = door->deadline / 1000,
                                .tv_usec = door->deadline % 1000 * 1000 };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return failure(STATUS_UNAVAILABLE, "socket", (uint32_t)errno);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    if (connect(fd, (const struct sockaddr *)&door->address,
                sizeof(door->address)) != 0) {
        struct status s =
            failure(STATUS_UNAVAILABLE, "connect", (uint32_t)errno);
        (void)close(fd);
        return s;
    }
    *out = fd;
    return OK;
}

/* In one's turn, holding `lock`. Once fd is -1 the last reader has ended its
 * own turn or is about to: it needs nothing of ours any more. */
static struct status connect_again(struct pkcs11_door *door)
{
    if (door->fd >= 0)
        return OK;
    if (door->has_reader) {
        pthread_mutex_unlock(&door->lock);
        pthread_join(door->reader, NULL);
        pthread_mutex_lock(&door->lock);
        door->has_reader = false;
    }
    TRY(dial(door, &door->fd));
    int error = pthread_create(&door->reader, NULL, read_answers, door);
    if (error != 0) {
        (void)close(door->fd);
        door->fd = -1;
        return failure(STATUS_NO_MEMORY, "pthread_create", (uint32_t)error);
    }
    door->has_reader = true;
    return OK;
}

static struct status send_all(int fd, struct bytes bytes)
{
    while (bytes.len > 0) {
        ssize_t n = send(fd, bytes.at, bytes.len, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return failure(STATUS_UNAVAILABLE, "send", (uint32_t)errno);
        bytes = bytes_of(bytes.at + n, bytes.len - (size_t)n);
    }
    return OK;
}

/* In one's turn. On success the call is listed, and the reader ends it:
 * with an answer, or with what the supervisor said when it hung up. */
static struct status ask(struct pkcs11_door *door, enum pkcs11_job job,
                         struct bytes body, struct call *call)
{
    AUTO_CLEAR_BUFFER out = buffer_make(PKCS11_REQUEST_MAX);

    call->id = ++door->next_id == 0 ? ++door->next_id : door->next_id;
    const struct pkcs11_frame frame = { call->id, (uint8_t)job, body };
    pkcs11_frame_put(&out, &frame);
    TRY(buffer_status(&out));

    pthread_mutex_lock(&door->lock);
    struct status s = connect_again(door);
    int fd = door->fd;
    if (!failed(s)) {
        call->next = door->calls;
        door->calls = call;
    }
    pthread_mutex_unlock(&door->lock);
    TRY(s);
    if (failed(send_all(fd, buffer_bytes(&out))))
        (void)shutdown(fd, SHUT_RDWR); /* half a frame may be out */
    return OK;
}

static struct timespec deadline_of(const struct pkcs11_door *door)
{
    struct timespec at;
    (void)clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += door->deadline / 1000;
    at.tv_nsec += (long)(door->deadline % 1000) * 1000000;
    if (at.tv_nsec >= 1000000000) {
        at.tv_sec++;
        at.tv_nsec -= 1000000000;
    }
    return at;
}

/* Waits until the call is done or the time is up; it is not listed then. */
static struct status await(struct pkcs11_door *door, struct call *call,
                           const struct timespec *until, struct reason *why)
{
    int late;
    do
        late = sem_clockwait(&call->answered, CLOCK_MONOTONIC, until);
    while (late != 0 && errno == EINTR);
    if (late != 0) { /* the answer may come in just now */
        pthread_mutex_lock(&door->lock);
        forget(door, call);
        pthread_mutex_unlock(&door->lock);
    }
    if (!atomic_load(&call->done))
        return refuse(why, STATUS_UNAVAILABLE, "accord-hsm",
                      "no answer from accord-hsm within %u ms", door->deadline);
    if (failed(call->status) && why)
        *why = call->why;
    return call->status;
}

STATUS pkcs11_call(struct pkcs11_door *door, enum pkcs11_job job,
                   struct bytes body, struct buffer *answer, struct reason *why)
{
    struct call call = { .answer = answer };
    struct timespec until = deadline_of(door);

    if (body.len > PKCS11_REQUEST_MAX - PKCS11_FRAME_HEAD)
        return refuse(why, STATUS_INVALID, "accord-hsm",
                      "a job of %zu bytes is too large", body.len);
    if (!take_turn(door, &until))
        return refuse(why, STATUS_BUSY, "accord-hsm",
                      "accord-hsm takes no jobs at the moment");
    (void)sem_init(&call.answered, 0, 0);
    struct status s = ask(door, job, body, &call);
    end_turn(door);

    if (failed(s))
        s = refuse(why, s.code, s.origin, "cannot reach accord-hsm at %s: %s",
                   door->address.sun_path, s.origin);
    else
        s = await(door, &call, &until, why);
    (void)sem_destroy(&call.answered);
    return s;
}
