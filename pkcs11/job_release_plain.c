/* job_release_plain.c - one credential of the CCM class, in clear, for one
 * enclave. No owner signed a grant in this class: what remains to check is
 * that the operator of the HSM allows it at all, the class, the certificate,
 * and that the log says so. */

#include "pkcs11/messages.h"
#include "pkcs11/plain.h"
#include "pkcs11/worker.h"
#include "pkcs11/wrapped.h"

static struct status check_class(const struct hsm_job *job,
                                 const struct api_context *context)
{
    if (!job->worker->settings.plain_paths)
        return refuse(job->why, STATUS_DENIED, "plain",
                      "ccm.plain_paths of the HSM is no: no credential "
                      "passes in clear");
    if (context->flags != API_CLASS_CCM)
        return refuse(job->why, STATUS_DENIED, "class",
                      "this credential is not of the CCM class");
    return OK;
}

/* Without a grant it is the account that ties program and dataset. */
static struct status check_program(const struct hsm_job *job,
                                   const struct pkcs11_release_plain *asked)
{
    struct ca_facts facts;

    TRY(hsm_enclave_check(job, asked->certificate, &facts));
    if (!api_id_equal(&facts.statement.account, &asked->context.account))
        return refuse(job->why, STATUS_DENIED, "certificate",
                      "the certificate is for another account");
    return OK;
}

/* As with a sealed release, an erasure may have come between. */
static struct status open_blob(const struct hsm_job *job,
                               const struct hash *ctx, struct bytes blob,
                               CK_OBJECT_HANDLE k_prime)
{
    struct status s =
        hsm_plain_open(job->session, k_prime, ctx, blob, job->out);
    if (s.code == STATUS_CORRUPT)
        return refuse(job->why, STATUS_CORRUPT, "blob",
                      "the stored credential does not open under its key");
    if (failed(s))
        TRY(hsm_credentials_find(job->worker->credentials, ctx, &k_prime,
                                 job->why));
    return s;
}

/* The token has no key: perhaps it stands, wrapped, behind the blob. */
static struct status open_kept(const struct hsm_job *job,
                               const struct hash *ctx, struct bytes blob)
{
    AUTO_DESTROY k_prime = { job->session, CK_INVALID_HANDLE };
    struct bytes sealed = bytes_of(blob.at, blob.len - PKCS11_KEPT_LEN);
    struct bytes kept = bytes_of(blob.at + sealed.len, PKCS11_KEPT_LEN);

    struct status s =
        hsm_wrapped_open(job->session, job->worker->keys.handle[HSM_ROOT], kept,
                         ctx, HSM_WRAPPED_PLAIN, &k_prime.handle);
    if (s.code == STATUS_CORRUPT)
        return refuse(job->why, STATUS_NOT_FOUND, "credential",
                      "the token has no key for this credential");
    TRY(s);
    s = hsm_plain_open(job->session, k_prime.handle, ctx, sealed, job->out);
    if (s.code == STATUS_CORRUPT)
        return refuse(job->why, STATUS_CORRUPT, "blob",
                      "the stored credential does not open under its key");
    return s;
}

STATUS hsm_job_release_plain(const struct hsm_job *job, struct bytes body)
{
    struct pkcs11_release_plain asked;
    struct hash ctx;
    CK_OBJECT_HANDLE k_prime = CK_INVALID_HANDLE;

    if (failed(pkcs11_decode_release_plain(body, &asked)))
        return refuse(job->why, STATUS_INVALID, "release",
                      "the release message is malformed");
    TRY(check_class(job, &asked.context));
    TRY(api_context_hash(&asked.context, &ctx));
    TRY(check_program(job, &asked));
    bool kept;
    struct status found = hsm_key_find(job, &ctx, &k_prime, &kept);
    kept = kept && asked.blob.len > API_SEAL_TAG_LEN + PKCS11_KEPT_LEN;
    if (!kept)
        TRY(found);
    const struct hsm_release_leaf leaf = {
        .leaf = asked.leaf,
        .salt = asked.salt,
        .account = &asked.context.account,
        .ctx = &ctx,
        .certificate = asked.certificate,
    };
    TRY(hsm_release_leaf(job, &leaf));
    return kept ? open_kept(job, &ctx, asked.blob)
                : open_blob(job, &ctx, asked.blob, k_prime);
}
