/* job_anchor.c - the token learns where the log stands: asked by the
 * supervisor every 10 s and before a stop, never by the broker. */

#include "pkcs11/worker.h"

static bool is_anchored(const struct hsm_log *log)
{
    return log->state.frontier.size == log->anchored.frontier.size &&
           log->state.epoch == log->anchored.epoch;
}

STATUS hsm_job_anchor(const struct hsm_job *job, struct bytes body)
{
    struct hsm_worker *worker = job->worker;
    struct hsm_log *log = &worker->log;

    (void)body;
    pthread_mutex_lock(&worker->token_writes);
    pthread_mutex_lock(&log->lock);
    struct hsm_state state = log->state;
    bool needed = !is_anchored(log);
    pthread_mutex_unlock(&log->lock);

    struct status s = needed ? hsm_anchor_write(job->session, &state) : OK;
    if (needed && !failed(s)) {
        pthread_mutex_lock(&log->lock);
        log->anchored = state;
        pthread_mutex_unlock(&log->lock);
    }
    pthread_mutex_unlock(&worker->token_writes);
    return s;
}
