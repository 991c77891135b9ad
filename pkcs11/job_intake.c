/* job_intake.c - an owner's sealed credential: its key comes to stay, on the
 * token or wrapped by it. */

#include "pkcs11/erased.h"
#include "pkcs11/messages.h"
#include "pkcs11/rsa.h"
#include "pkcs11/worker.h"
#include "pkcs11/wrapped.h"

/* Holding token_writes: nobody else can bring the same ctx meanwhile. */
static struct status keep(const struct hsm_job *job, CK_OBJECT_HANDLE k_prime,
                          const struct hash *ctx)
{
    struct hsm_credentials *credentials = job->worker->credentials;
    CK_OBJECT_HANDLE kept = CK_INVALID_HANDLE;

    if (hsm_erased_holds(job->worker->erased, ctx))
        return refuse(job->why, STATUS_CONFLICT, "intake",
                      "this version of the credential was erased: seal a new "
                      "one");
    struct status s = hsm_credentials_find(credentials, ctx, &kept, NULL);
    if (s.code != STATUS_NOT_FOUND)
        return refuse(job->why, STATUS_CONFLICT, "intake",
                      "this version of the credential has a key already");
    if (job->worker->settings.wrapped)
        return hsm_wrapped_keep(job->session,
                                job->worker->keys.handle[HSM_ROOT], k_prime,
                                ctx, job->out);
    TRY(hsm_intake_keep(job->session, k_prime, ctx, &kept));
    return hsm_credentials_add(credentials, ctx, kept);
}

STATUS hsm_job_intake(const struct hsm_job *job, struct bytes body)
{
    struct hsm_worker *worker = job->worker;
    struct pkcs11_intake sealed;
    struct hash ctx;
    AUTO_DESTROY k_prime = { job->session, CK_INVALID_HANDLE };

    if (failed(pkcs11_decode_intake(body, &sealed)))
        return refuse(job->why, STATUS_INVALID, "intake",
                      "the intake message is malformed");
    if (sealed.context.flags != 0)
        return refuse(job->why, STATUS_INVALID, "intake",
                      "only credentials of the signed class arrive sealed");
    TRY(api_context_hash(&sealed.context, &ctx));
    TRY(hsm_intake_open(job->session, worker->keys.handle[HSM_INTAKE], &sealed,
                        &ctx, &k_prime.handle, job->why));

    pthread_mutex_lock(&worker->token_writes);
    struct status s = keep(job, k_prime.handle, &ctx);
    pthread_mutex_unlock(&worker->token_writes);
    return s;
}
