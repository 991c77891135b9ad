/* job_describe.c - what the ceremony made, and where the log stands. */

#include "pkcs11/messages.h"
#include "pkcs11/worker.h"

STATUS hsm_job_describe(const struct hsm_job *job, struct bytes body)
{
    struct hsm_worker *worker = job->worker;
    struct hsm_log *log = &worker->log;

    (void)body;
    pthread_mutex_lock(&log->lock);
    struct hsm_state state = log->state;
    uint64_t generation = log->file.generation;
    pthread_mutex_unlock(&log->lock);

    struct pkcs11_description description = {
        .store = state.store,
        .epoch = state.epoch,
        .generation = generation,
        .ca_key = worker->ca_key,
        .log_key = worker->log_key,
        .ca_certificate = worker->ca_certificate, /* borrowed */
        .intake_certificate = worker->intake_certificate,
        .size = state.frontier.size,
        .time = state.time,
        .plain_paths = worker->settings.plain_paths,
        .was_restored = worker->was_restored,
        .restored = worker->restored,
    };
    memcpy(description.domain, worker->settings.domain,
           strlen(worker->settings.domain) + 1);
    TRY(api_frontier_root(&state.frontier, &description.root));
    return pkcs11_encode_description(&description, job->out);
}
