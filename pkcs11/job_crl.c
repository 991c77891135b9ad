/* job_crl.c - the list of revoked certificates. */

#include "pkcs11/messages.h"
#include "pkcs11/worker.h"

STATUS hsm_job_crl(const struct hsm_job *job, struct bytes body)
{
    struct hsm_worker *worker = job->worker;
    struct hsm_signer key = { job->session, worker->keys.handle[HSM_CA] };
    const struct ca_signer signer = hsm_ca_signer(&key);
    struct ca_crl_fields fields;

    if (failed(pkcs11_decode_crl(body, &fields)))
        return refuse(job->why, STATUS_INVALID, "crl",
                      "the crl message is malformed");
    return ca_crl_build(&fields, buffer_bytes(&worker->ca_certificate), &signer,
                        job->out, job->why);
}
