/* job_intake_plain.c - a credential of the CCM class comes in clear, and its
 * key is made in the token. */

#include "pkcs11/erased.h"
#include "pkcs11/messages.h"
#include "pkcs11/plain.h"
#include "pkcs11/worker.h"
#include "pkcs11/wrapped.h"

/* The blob, and behind it K' as it is kept. */
static struct status keep_wrapped(const struct hsm_job *job,
                                  const struct hash *ctx,
                                  struct bytes credential, struct buffer *blob)
{
    AUTO_DESTROY k_prime = { job->session, CK_INVALID_HANDLE };

    TRY(hsm_plain_seal(job->session, ctx, credential, true, blob,
                       &k_prime.handle));
    return hsm_wrapped_keep(job->session, job->worker->keys.handle[HSM_ROOT],
                            k_prime.handle, ctx, blob);
}

/* Holding token_writes: nobody else can bring the same ctx meanwhile. */
static struct status keep(const struct hsm_job *job, const struct hash *ctx,
                          struct bytes credential, struct buffer *blob)
{
    struct hsm_credentials *credentials = job->worker->credentials;
    CK_OBJECT_HANDLE kept = CK_INVALID_HANDLE;
    AUTO_DESTROY k_prime = { job->session, CK_INVALID_HANDLE };

    if (hsm_erased_holds(job->worker->erased, ctx))
        return refuse(job->why, STATUS_CONFLICT, "intake",
                      "this version of the credential was erased: seal a new "
                      "one");
    struct status s = hsm_credentials_find(credentials, ctx, &kept, NULL);
    if (s.code != STATUS_NOT_FOUND)
        return refuse(job->why, STATUS_CONFLICT, "intake",
                      "this version of the credential has a key already");
    if (job->worker->settings.wrapped)
        return keep_wrapped(job, ctx, credential, blob);
    TRY(hsm_plain_seal(job->session, ctx, credential, false, blob,
                       &k_prime.handle));
    TRY(hsm_plain_keep(job->session, k_prime.handle, ctx, &kept));
    return hsm_credentials_add(credentials, ctx, kept);
}

STATUS hsm_job_intake_plain(const struct hsm_job *job, struct bytes body)
{
    struct hsm_worker *worker = job->worker;
    struct pkcs11_intake_plain_message asked;
    struct hash ctx;

    if (failed(pkcs11_decode_intake_plain(body, &asked)))
        return refuse(job->why, STATUS_INVALID, "intake",
                      "the intake message is malformed");
    if (!worker->settings.plain_paths)
        return refuse(job->why, STATUS_DENIED, "plain",
                      "ccm.plain_paths of the HSM is no: no credential "
                      "passes in clear");
    if (asked.context.flags != API_CLASS_CCM)
        return refuse(job->why, STATUS_DENIED, "class",
                      "only credentials of the CCM class arrive in clear");
    TRY(api_context_hash(&asked.context, &ctx));

    pthread_mutex_lock(&worker->token_writes);
    struct status s = keep(job, &ctx, asked.credential, job->out);
    pthread_mutex_unlock(&worker->token_writes);
    return s;
}
