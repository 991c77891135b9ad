/* worker.c - the role `accord-hsm worker`: one thread reads jobs, N run
 * them, each with its own session. A worker that lost its token ends, and
 * the supervisor makes another: nothing is repaired in place. */

#include "pkcs11/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "pkcs11/roles.h"
#include "pkcs11/sandbox.h"

#define JUDGE_PATIENCE 1500 /* milliseconds: below the running deadline */
#define WEIGH_EVERY    256  /* jobs between two looks at the memory */
#define EXIT_LOST      75   /* sysexits: a temporary failure */

struct crew {
    struct hsm_worker worker;
    struct hsm_queue *queue;
    pthread_mutex_t writing; /* frames to the supervisor are whole */
    int statm;
    unsigned jobs_done;
    bool said_tired;
};

static uint64_t milliseconds(clockid_t clock)
{
    struct timespec at;
    (void)clock_gettime(clock, &at);
    return (uint64_t)at.tv_sec * 1000 + (uint64_t)at.tv_nsec / 1000000;
}

/* A supervisor that is gone is noticed by the reading thread. */
static void say(struct crew *crew, uint32_t id, uint8_t code, struct bytes body)
{
    const struct pkcs11_frame frame = { id, code, body };
    AUTO_CLEAR_BUFFER out = buffer_make(PKCS11_ANSWER_MAX);

    pkcs11_frame_put(&out, &frame);
    if (failed(buffer_status(&out)))
        return;
    pthread_mutex_lock(&crew->writing);
    status_ignore(pkcs11_write(HSM_FD_JOBS, buffer_bytes(&out)));
    pthread_mutex_unlock(&crew->writing);
}

/* Resident megabytes; 0 when the kernel does not say. */
static unsigned long memory_used(const struct crew *crew)
{
    char text[128] = "";

    ssize_t n = pread(crew->statm, text, sizeof(text) - 1, 0);
    const char *second = n > 0 ? strchr(text, ' ') : NULL;
    unsigned long pages = second ? strtoul(second, NULL, 10) : 0;
    return pages * (unsigned long)sysconf(_SC_PAGESIZE) / (1024UL * 1024);
}

/* SoftHSM leaks; a verifier can die; a disk can fail. All are cured by the
 * next generation, which can wait for a quiet moment. */
static bool is_tired(struct crew *crew)
{
    struct hsm_worker *worker = &crew->worker;

    pthread_mutex_lock(&worker->log.lock);
    bool broken = worker->log.broken;
    pthread_mutex_unlock(&worker->log.lock);
    return broken || hsm_judge_is_broken(worker->judge) ||
           (__atomic_add_fetch(&crew->jobs_done, 1, __ATOMIC_RELAXED) %
                    WEIGH_EVERY ==
                0 &&
            memory_used(crew) >= worker->settings.memory_limit);
}

/* Not while another thread writes to the token: that is never interrupted. */
static void give_up(struct crew *crew, struct status s)
{
    hsm_say("worker: the token is lost (%s answered 0x%x)", s.origin,
            (unsigned)s.detail);
    pthread_mutex_lock(&crew->worker.token_writes);
    _exit(EXIT_LOST);
}

static struct status run(struct crew *crew, struct hsm_session *session,
                         const struct hsm_task *task, struct buffer *out,
                         struct reason *why)
{
    const struct hsm_job job = {
        .worker = &crew->worker,
        .session = session,
        .now = milliseconds(CLOCK_REALTIME),
        .monotonic = milliseconds(CLOCK_MONOTONIC),
        .out = out,
        .why = why,
    };
    struct status s =
        hsm_job_run(&job, task->number, buffer_bytes(&task->body));
    if (failed(s) && !why->text[0])
        status_ignore(refuse(why, s.code, s.origin, "%s failed (0x%x)",
                             s.origin ? s.origin : "the job",
                             (unsigned)s.detail)); /* `s` knows more */
    return s;
}

static void perform(struct crew *crew, struct hsm_session *session,
                    const struct hsm_task *task)
{
    struct reason why = { "" };
    AUTO_CLEAR_BUFFER out = buffer_make(PKCS11_ANSWER_MAX - PKCS11_FRAME_HEAD);

    say(crew, task->id, PKCS11_BEGAN, bytes_of(NULL, 0));
    struct status s = run(crew, session, task, &out, &why);
    say(crew, task->id, (uint8_t)s.code,
        failed(s) ? bytes_of_string(why.text) : buffer_bytes(&out));
    if (hsm_is_lost(s))
        give_up(crew, s);
    if (failed(s)) {
        struct status renewed = hsm_session_renew(session);
        if (failed(renewed))
            give_up(crew, renewed);
    }
    if (is_tired(crew) &&
        !__atomic_exchange_n(&crew->said_tired, true, __ATOMIC_RELAXED))
        say(crew, 0, PKCS11_TIRED, bytes_of(NULL, 0));
}

static void *work(void *argument)
{
    struct crew *crew = argument;
    struct hsm_session session;
    struct hsm_task task;

    struct status s = hsm_session_open(crew->worker.token, &session);
    if (failed(s))
        give_up(crew, s);
    while (hsm_queue_pop(crew->queue, &task)) {
        perform(crew, &session, &task);
        buffer_clear(&task.body);
    }
    hsm_session_clear(&session);
    return NULL;
}

/* Until the supervisor hangs up. */
static void read_jobs(struct crew *crew)
{
    for (;;) {
        struct buffer in = buffer_make(PKCS11_REQUEST_MAX);
        struct pkcs11_frame frame;
        if (failed(pkcs11_frame_read(HSM_FD_JOBS, &in, &frame))) {
            buffer_clear(&in);
            return;
        }
        buffer_consume(&in, PKCS11_FRAME_HEAD);
        hsm_queue_push(crew->queue,
                       (struct hsm_task){ frame.id, frame.code, in });
    }
}

/* All threads first: afterwards none can be made. */
static bool start_threads(struct crew *crew, pthread_t *threads,
                          unsigned *count)
{
    while (*count < crew->worker.settings.threads &&
           pthread_create(&threads[*count], NULL, work, crew) == 0)
        ++*count;
    if (*count < crew->worker.settings.threads) {
        hsm_say("worker: cannot start its threads");
        return false;
    }
    struct status s = hsm_sandbox_worker(crew->worker.settings.sandbox);
    if (failed(s))
        hsm_say("worker: cannot enter its sandbox (%s, %u)", s.origin,
                (unsigned)s.detail);
    return !failed(s);
}

static int serve(struct crew *crew)
{
    pthread_t threads[HSM_THREADS_MAX];
    unsigned count = 0;

    bool started = start_threads(crew, threads, &count);
    if (started) {
        say(crew, 0, PKCS11_READY, bytes_of(NULL, 0));
        read_jobs(crew);
    }
    hsm_queue_close(crew->queue);
    for (unsigned i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    return started ? 0 : EXIT_LOST;
}

static struct status prepare(struct crew *crew, bool *refuses,
                             struct reason *why)
{
    AUTO_CLEAR_BUFFER config = buffer_make(HSM_CONFIG_MAX);
    AUTO_FREE(secret) pin = NULL;

    *refuses = false;
    TRY(hsm_harden());
    TRY(secret_heap_open(HSM_SECRET_HEAP));
    TRY(hsm_role_read(HSM_FD_CONFIG, &config));
    TRY(hsm_role_pin(HSM_FD_PIN, &pin));
    TRY(hsm_worker_open(&crew->worker, buffer_bytes(&config), pin, refuses,
                        why));
    TRY(hsm_judge_open(HSM_FD_JUDGE, JUDGE_PATIENCE, &crew->worker.judge));
    TRY(hsm_queue_new(crew->worker.settings.threads * 2, &crew->queue));
    crew->statm = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    return OK;
}

int hsm_worker_main(void)
{
    static struct crew crew; /* large, and one per process */
    struct reason why = { "" };
    bool refuses = false;
    int code = 1;

    pthread_mutex_init(&crew.writing, NULL);
    crew.worker.log.file.fd = -1;
    struct status s = prepare(&crew, &refuses, &why);
    if (failed(s)) {
        if (!why.text[0])
            s = refuse(&why, s.code, s.origin, "%s failed (0x%x)",
                       s.origin ? s.origin : "start", (unsigned)s.detail);
        say(&crew, 0, refuses ? PKCS11_REFUSES : PKCS11_CANNOT,
            bytes_of_string(why.text));
    } else {
        code = serve(&crew);
    }
    hsm_queue_free(crew.queue);
    hsm_worker_clear(&crew.worker);
    /* Not exit(): libcrypto's handlers and the module's destructors have no
     * agreed order. */
    _exit(code);
}
