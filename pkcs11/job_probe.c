/* job_probe.c - is the HSM well? Asked of a key that no client's bytes reach:
 * the codes of other jobs cannot tell. */

#include "pkcs11/worker.h"

STATUS hsm_job_probe(const struct hsm_job *job, struct bytes body)
{
    (void)body;
    return hsm_possession(job->session, job->worker->keys.handle[HSM_LOG],
                          &job->worker->log_key, hsm_key_label(HSM_LOG),
                          job->why);
}
