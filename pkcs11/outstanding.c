#include "pkcs11/outstanding.h"

bool hsm_job_writes_token(uint8_t number)
{
    return number == PKCS11_INTAKE || number == PKCS11_INTAKE_PLAIN ||
           number == PKCS11_ERASE || number == PKCS11_ANCHOR;
}

static bool is_in_flight(const struct hsm_pending *job)
{
    return job->state == HSM_SENT || job->state == HSM_RUNNING;
}

struct hsm_pending *hsm_outstanding_add(struct hsm_outstanding *o,
                                        uint64_t connection,
                                        const struct pkcs11_frame *frame,
                                        uint64_t now)
{
    struct hsm_pending *job = o->jobs;

    if (o->count == HSM_OUTSTANDING_MAX ||
        frame->body.len > HSM_OUTSTANDING_BYTES - o->bytes)
        return NULL;
    while (job->state != HSM_FREE)
        job++;
    struct hsm_pending made = {
        .state = HSM_WAITING,
        .id = ++o->last_id == 0 ? ++o->last_id : o->last_id,
        .client_id = frame->id,
        .connection = connection,
        .number = frame->code,
        .since = now,
        .body = buffer_make(PKCS11_REQUEST_MAX),
    };
    buffer_put(&made.body, frame->body);
    if (failed(buffer_status(&made.body))) {
        buffer_clear(&made.body);
        return NULL;
    }
    *job = made;
    o->bytes += made.body.len;
    o->count++;
    size_t end = (size_t)(job - o->jobs) + 1;
    if (end > o->top)
        o->top = end;
    return job;
}

size_t hsm_outstanding_in_flight(const struct hsm_outstanding *o)
{
    size_t count = 0;
    for (size_t i = 0; i < o->top; i++)
        count += is_in_flight(&o->jobs[i]);
    return count;
}

static bool is_token_written(const struct hsm_outstanding *o)
{
    for (size_t i = 0; i < o->top; i++)
        if (is_in_flight(&o->jobs[i]) &&
            hsm_job_writes_token(o->jobs[i].number))
            return true;
    return false;
}

/* Ids wrap around; the older of two is the one not more than 2^31 behind. */
static bool is_older(const struct hsm_pending *a, const struct hsm_pending *b)
{
    return (int32_t)(a->id - b->id) < 0;
}

struct hsm_pending *hsm_outstanding_next(struct hsm_outstanding *o)
{
    struct hsm_pending *best = NULL;
    bool written = is_token_written(o);

    if (o->count == 0 || hsm_outstanding_in_flight(o) >= o->in_flight_max)
        return NULL;
    for (size_t i = 0; i < o->top; i++) {
        struct hsm_pending *job = &o->jobs[i];
        if (job->state != HSM_WAITING ||
            (written && hsm_job_writes_token(job->number)))
            continue;
        if (!best || is_older(job, best))
            best = job;
    }
    return best;
}

static void drop_body(struct hsm_outstanding *o, struct hsm_pending *job)
{
    o->bytes -= job->body.len;
    buffer_clear(&job->body);
}

void hsm_outstanding_sent(struct hsm_outstanding *o, struct hsm_pending *job,
                          uint64_t now)
{
    drop_body(o, job);
    job->state = HSM_SENT;
    job->since = now;
}

void hsm_outstanding_began(struct hsm_pending *job, uint64_t now)
{
    job->state = HSM_RUNNING;
    job->since = now;
}

struct hsm_pending *hsm_outstanding_find(struct hsm_outstanding *o, uint32_t id)
{
    for (size_t i = 0; i < o->top; i++)
        if (is_in_flight(&o->jobs[i]) && o->jobs[i].id == id)
            return &o->jobs[i];
    return NULL;
}

void hsm_outstanding_remove(struct hsm_outstanding *o, struct hsm_pending *job)
{
    drop_body(o, job);
    *job = (struct hsm_pending){ .state = HSM_FREE };
    o->count--;
    while (o->top > 0 && o->jobs[o->top - 1].state == HSM_FREE)
        o->top--;
}

struct hsm_pending *hsm_outstanding_any(struct hsm_outstanding *o)
{
    for (size_t i = 0; i < o->top; i++)
        if (o->jobs[i].state != HSM_FREE)
            return &o->jobs[i];
    return NULL;
}

struct hsm_pending *hsm_outstanding_waiting(struct hsm_outstanding *o,
                                            uint64_t connection)
{
    for (size_t i = 0; i < o->top; i++)
        if (o->jobs[i].state == HSM_WAITING &&
            o->jobs[i].connection == connection)
            return &o->jobs[i];
    return NULL;
}

struct hsm_pending *hsm_outstanding_flying(struct hsm_outstanding *o)
{
    for (size_t i = 0; i < o->top; i++)
        if (is_in_flight(&o->jobs[i]))
            return &o->jobs[i];
    return NULL;
}

struct hsm_pending *hsm_outstanding_overdue(struct hsm_outstanding *o,
                                            uint64_t now)
{
    for (size_t i = 0; i < o->top; i++)
        if (o->jobs[i].state == HSM_WAITING &&
            now - o->jobs[i].since >= o->wait_limit)
            return &o->jobs[i];
    return NULL;
}

/* How long a job may stay in its present state. A sent job that does not
 * begin is judged only when nothing runs before it. */
static unsigned limit_of(const struct hsm_outstanding *o,
                         const struct hsm_pending *job)
{
    if (job->state == HSM_WAITING)
        return o->wait_limit;
    return hsm_job_writes_token(job->number) ? o->token_limit : o->run_limit;
}

const struct hsm_pending *hsm_outstanding_hung(const struct hsm_outstanding *o,
                                               uint64_t now)
{
    const struct hsm_pending *hung = NULL, *stuck = NULL;
    bool running = false;

    for (size_t i = 0; i < o->top; i++) {
        const struct hsm_pending *job = &o->jobs[i];
        bool late = is_in_flight(job) && now - job->since >= limit_of(o, job);
        running |= job->state == HSM_RUNNING;
        if (job->state == HSM_RUNNING && hsm_job_writes_token(job->number) &&
            !late)
            return NULL; /* never interrupted */
        if (late && job->state == HSM_RUNNING)
            hung = job;
        else if (late)
            stuck = job;
    }
    return hung ? hung : running ? NULL : stuck;
}

unsigned hsm_outstanding_pause(const struct hsm_outstanding *o, uint64_t now,
                               unsigned most)
{
    for (size_t i = 0; i < o->top; i++) {
        const struct hsm_pending *job = &o->jobs[i];
        if (job->state == HSM_FREE)
            continue;
        uint64_t age = now - job->since, limit = limit_of(o, job);
        /* Late already but deferred: look again soon, do not spin. */
        uint64_t left = age < limit ? limit - age : 20;
        if (left < most)
            most = (unsigned)left;
    }
    return most;
}
