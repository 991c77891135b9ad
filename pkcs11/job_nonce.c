/* job_nonce.c - a nonce that only this worker could have made. */

#include "pkcs11/worker.h"

STATUS hsm_job_nonce(const struct hsm_job *job, struct bytes body)
{
    struct hash nonce;

    (void)body;
    TRY(hsm_nonce_make(job->worker->nonces, job->monotonic, &nonce));
    buffer_put(job->out, hash_bytes(&nonce));
    return buffer_status(job->out);
}
